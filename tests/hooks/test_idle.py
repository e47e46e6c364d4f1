"""The model for quiet times, over the real scheduler."""

from __future__ import annotations

from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import IdleModel
from llamaswap.hooks.idle import IdleLoader
from llamaswap.ids import ModelId
from llamaswap.notices import Preloaded, State
from tests.hooks.world import World
from tests.support.schedule import settings

IDLE = ModelId("idle")


class IdleCase(SynchronousTestCase):
    """`idle` after ten seconds; it and the others exclude each other."""

    every: ClassVar[dict[str, Any]] = {}

    def setUp(self) -> None:
        self.world = World(settings("a b idle", **self.every))
        self.world.reload(idle_model=IdleModel(model=IDLE, after=10.0))
        world = self.world
        self.idle = IdleLoader(
            lambda: world.settings, world.dispatcher, world.state_of, notices=world.notices, clock=world.clock
        )
        self.idle.begin()

    def tearDown(self) -> None:
        self.idle.stop()
        self.world.dispatcher.close()
        self.assertEqual(self.world.errors, [])
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def after(self, seconds: float) -> list[str]:
        """What was loaded by then."""
        self.world.clock.advance(seconds)
        loads, self.world.loads = self.world.loads, []
        return loads


class QuietTests(IdleCase):
    """When."""

    def test_after_the_time(self) -> None:
        """From the start on, once."""
        self.assertEqual(self.after(9.9), [])
        with capturedLogs() as events:
            self.assertEqual(self.after(0.1), ["idle"])
        self.assertIn("nothing was asked for in 10 s: loading idle", [formatEvent(event) for event in events])
        self.world.ready("idle")
        self.assertEqual(self.after(1000), [])

    def test_each_request_counts(self) -> None:
        """The time begins with the end of the last one, whatever it was for; then what it used is evicted."""
        request = self.world.serve("a")
        self.world.clock.advance(5)
        self.world.ready("a")
        self.successResultOf(request)
        self.assertEqual(self.after(6), ["a"])
        self.successResultOf(self.world.serve("a"))
        self.assertEqual(self.after(9), [])
        self.assertEqual(self.after(1), ["idle"])
        self.assertEqual(self.world.begun[IDLE].evict, ("a",))
        self.world.ready("idle")

    def test_nobody_is_stopped_while_he_is_served(self) -> None:
        """A long answer counts to its end, and so does a wait."""
        end: Deferred[None] = Deferred()
        self.world.serve("a", until=end)
        self.world.clock.advance(25)
        self.world.ready("a")
        self.world.clock.advance(25)
        self.assertEqual(self.after(0), ["a"])
        end.callback(None)
        self.assertEqual(self.after(9.9), [])
        self.assertEqual(self.after(0.1), ["idle"])
        self.world.ready("idle")

    def test_a_load_without_a_request_counts(self) -> None:
        """An operator, or a preload, wants that model now."""
        self.world.clock.advance(9)
        Deferred.fromCoroutine(self.world.dispatcher.load(ModelId("a")))
        self.world.ready("a")
        self.assertEqual(self.after(9.9), ["a"])
        self.assertEqual(self.after(0.1), ["idle"])
        self.world.ready("idle")

    def test_a_preload_counts(self) -> None:
        """From its end, however long it took."""
        self.after(8)
        self.world.notices.publish(Preloaded(ModelId("a"), True, "", 8.0))
        self.assertEqual(self.after(9.9), [])
        self.assertEqual(self.after(0.1), ["idle"])

    def test_one_that_is_ready(self) -> None:
        """It is left alone, and so it is when it goes later without anything else being asked for."""
        self.world.serve("idle")
        self.world.ready("idle")
        self.assertEqual(self.after(100), ["idle"])
        Deferred.fromCoroutine(self.world.dispatcher.unload([IDLE]))
        self.world.stopped()
        self.assertEqual(self.after(100), [])

    def test_a_failure_is_not_repeated(self) -> None:
        """Until something else was asked for."""
        self.assertEqual(self.after(10), ["idle"])
        self.world.fail("idle")
        self.assertEqual(self.after(100), [])
        self.world.serve("a")
        self.world.ready("a")
        self.assertEqual(self.after(10), ["a", "idle"])
        self.world.ready("idle")


class TtlTests(IdleCase):
    """All models have a `ttl`."""

    every: ClassVar = {"ttl": 3}

    def test_no_loop(self) -> None:
        """It goes by its own ttl, and is not loaded again before something was asked for."""
        self.assertEqual(self.after(10), ["idle"])
        self.world.ready("idle")
        self.world.clock.advance(3.1)
        self.assertEqual(self.world.stops[0].models, (IDLE,))
        self.world.stopped()
        self.assertEqual(self.after(1000), [])
        self.world.serve("a")
        self.world.ready("a")
        self.world.clock.advance(3.1)
        self.world.stopped()
        self.assertEqual(self.after(7), ["a", "idle"])
        self.world.ready("idle")
        self.world.clock.advance(3.1)
        self.world.stopped()


class CourtesyTests(IdleCase):
    """Its load keeps nobody waiting."""

    def test_w07_a_load_that_is_in_the_way_is_given_up(self) -> None:
        """A request that comes meanwhile wants something else."""
        self.assertEqual(self.after(10), ["idle"])
        self.assertEqual(self.world.dispatcher.waiting(IDLE), 0)
        swap = self.world.begun[IDLE].id
        request = self.world.serve("a")
        self.assertEqual(self.world.cancelled, [swap])
        self.world.fail("idle")
        self.world.ready("a")
        self.successResultOf(request)
        self.assertEqual(self.after(9.9), ["a"])
        self.assertEqual(self.after(0.1), ["idle"])
        self.world.ready("idle")

    def test_a_load_that_nobody_minds_is_completed(self) -> None:
        """And serves whoever comes for it meanwhile."""
        self.after(10)
        request = self.world.serve("idle")
        self.world.ready("idle")
        self.successResultOf(request)
        self.assertEqual((self.world.state_of(IDLE), self.world.cancelled), (State.READY, []))

    def test_one_that_has_to_wait_for_its_turn(self) -> None:
        """It waits, as for a model that is stopping, and is no obstacle once it has begun."""
        self.world.serve("a")
        self.world.ready("a")
        self.world.clock.advance(5)
        Deferred.fromCoroutine(self.world.dispatcher.unload([ModelId("a")]))
        self.assertEqual(self.after(5), ["a"])
        self.assertEqual(self.world.dispatcher.waiting(IDLE), 1)
        self.world.stopped()
        self.assertEqual((self.world.loads, self.world.dispatcher.waiting(IDLE)), (["idle"], 0))
        self.world.ready("idle")


class ReloadTests(IdleCase):
    """Other settings."""

    def test_another_model_or_time(self) -> None:
        """The time begins anew."""
        self.world.clock.advance(9)
        self.world.reload(idle_model=IdleModel(model=ModelId("b"), after=4.0))
        self.assertEqual(self.after(3.9), [])
        self.assertEqual(self.after(0.1), ["b"])
        self.world.ready("b")

    def test_something_else(self) -> None:
        """It goes on counting."""
        self.world.clock.advance(9)
        self.world.reload(max_wait=3.0)
        self.assertEqual(self.after(1), ["idle"])
        self.world.ready("idle")

    def test_none(self) -> None:
        """Nothing is loaded any more, whatever happens."""
        self.world.reload(idle_model=None)
        self.world.serve("a")
        self.world.ready("a")
        self.assertEqual(self.after(100), ["a"])
        self.world.reload(idle_model=IdleModel(model=IDLE, after=2.0))
        self.assertEqual(self.after(2), ["idle"])
        self.world.ready("idle")

    def test_the_end(self) -> None:
        """Nothing is loaded any more."""
        self.idle.stop()
        self.world.serve("a")
        self.world.ready("a")
        self.assertEqual(self.after(100), ["a"])
