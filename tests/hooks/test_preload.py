"""What is loaded at the start, over the real scheduler."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model
from llamaswap.hooks.preload import Preload
from llamaswap.ids import ModelId
from llamaswap.notices import Preloaded
from tests.hooks.world import World
from tests.support.schedule import edited, group, settings


def ids(names: str) -> tuple[ModelId, ...]:
    return tuple(map(ModelId, names))


class PreloadCase(SynchronousTestCase):
    """Models that swap, but for x and y, which run beside each other and nobody else."""

    def setUp(self) -> None:
        together = group("together", "x y", swap=False)
        one = group("(default)", "a b c")
        self.world = World(settings("a b c x y", groups=(together, one)))
        self.told: list[tuple[str, bool, str]] = []
        self.world.notices.subscribe(Preloaded, lambda each: self.told.append((each.model, each.success, each.why)))
        self.preload = Preload(
            lambda: self.world.settings,
            self.world.dispatcher.load,
            notices=self.world.notices,
            clock=self.world.clock,
        )

    def tearDown(self) -> None:
        self.preload.stop()
        self.world.dispatcher.close()
        self.assertEqual(self.world.errors, [])
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def begin(self, names: str) -> None:
        self.listed(names)
        self.preload.begin()

    def listed(self, names: str, **others: Any) -> None:
        self.world.reload(preload=ids(names), **others)


class StartTests(PreloadCase):
    """The list at the start."""

    def test_s97_one_after_the_other(self) -> None:
        """[a, b] in one swap group: a is loaded, then b, which remains; one notice each, in order."""
        self.begin("ab")
        self.assertEqual((self.world.loads, self.told), (["a"], []))
        self.world.ready("a")
        self.assertEqual((self.world.loads, self.told), (["a", "b"], [("a", True, "")]))
        self.assertEqual(self.world.begun[ModelId("b")].evict, ids("a"))
        self.world.ready("b")
        self.assertEqual(self.told, [("a", True, ""), ("b", True, "")])

    def test_w36_together(self) -> None:
        """Models that may run together load at the same time."""
        self.begin("xy")
        self.assertEqual(self.world.loads, ["x", "y"])
        self.world.ready("y")
        self.world.ready("x")
        self.assertEqual(self.told, [("y", True, ""), ("x", True, "")])

    def test_a_list_that_names_a_model_twice(self) -> None:
        """[a, b, a]: a is what remains, and is loaded once."""
        self.begin("aba")
        self.world.ready("b")
        self.world.ready("a")
        self.assertEqual((self.world.loads, [name for name, *_ in self.told]), (["b", "a"], ["b", "a"]))

    def test_w36_success_is_ready(self) -> None:
        """A load that fails is told with its reason, and the next follows; a model that runs already is a success."""
        self.begin("abc")
        with capturedLogs() as events:
            self.world.fail("a")
        said = [formatEvent(event) for event in events if "preload" in event["log_format"]]
        self.assertEqual(said, ["preload: a is not loaded: no luck"])
        self.world.ready("b")
        self.world.ready("c")
        self.assertEqual(self.told, [("a", False, "no luck"), ("b", True, ""), ("c", True, "")])

    def test_a_request_is_not_held_up(self) -> None:
        """A client that comes while a loads is served by a before b, which waits, evicts it."""
        self.begin("ab")
        request = self.world.serve("a")
        self.world.ready("a")
        self.successResultOf(request)
        self.assertEqual(self.world.loads, ["a", "b"])
        self.world.ready("b")

    def test_the_end(self) -> None:
        """What is not loaded by then is given up, in silence; nothing follows."""
        self.begin("abx")
        self.preload.stop()
        self.assertEqual([self.world.dispatcher.waiting(model) for model in ids("abx")], [0, 0, 0])
        self.listed("abxy")
        self.world.ready("a")
        self.assertEqual((self.world.loads, self.told), (["a"], []))

    def test_nothing_before_the_start(self) -> None:
        """Other settings that come before it are what the start finds."""
        self.listed("a")
        self.assertEqual(self.world.loads, [])
        self.begin("b")
        self.assertEqual(self.world.loads, ["b"])
        self.world.ready("b")


class ReloadTests(PreloadCase):
    """Other settings (oddity 13, W-15)."""

    def setUp(self) -> None:
        super().setUp()
        self.begin("ab")
        self.world.ready("a")
        self.world.ready("b")
        self.world.loads.clear()
        self.told.clear()

    def test_of_something_else(self) -> None:
        """What was swapped out or unloaded since stays so."""
        self.world.serve("c")
        self.world.ready("c")
        self.world.reload(edited(self.world.settings, Model(id=ModelId("a"), ttl=900), max_wait=3.0))
        self.assertEqual((self.world.loads, self.told), (["c"], []))

    def test_new_on_the_list(self) -> None:
        """It is loaded."""
        self.listed("abc")
        self.world.ready("c")
        self.assertEqual((self.world.loads, self.told), (["c"], [("c", True, "")]))

    def test_w15_a_changed_model_follows_what_it_replaces(self) -> None:
        """It is loaded again when the old process, and what it serves, has ended, and not before."""
        until: Deferred[None] = Deferred()
        end = self.world.serve("b", until)
        self.world.reload(edited(self.world.settings, Model(id=ModelId("b"), cmd="new")))
        self.assertEqual((self.world.loads, self.world.stops), ([], []))
        until.callback(None)
        self.successResultOf(end)
        self.assertEqual((self.world.loads, self.world.stops[0].models), ([], ids("b")))
        self.world.stopped()
        self.assertEqual(self.world.loads, ["b"])
        self.world.ready("b")
        self.assertEqual(self.told, [("b", True, "")])

    def test_one_that_still_waits(self) -> None:
        """It is not asked for twice, and told of once; one that is not on the list any more is given up."""
        self.listed("abac")
        self.assertEqual(self.world.loads, ["c"])
        self.listed("xaba")
        self.world.reload(edited(self.world.settings, Model(id=ModelId("x"), cmd="new")))
        self.assertEqual([self.world.dispatcher.waiting(model) for model in ids("cx")], [0, 1])
        self.world.fail("c")
        self.world.ready("x")
        self.assertEqual(self.told, [("x", True, "")])
