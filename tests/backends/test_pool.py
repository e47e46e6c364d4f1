"""Swaps carried out over backends in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.interface import Backend
from llamaswap.backends.pool import Pool
from llamaswap.config.schema import Model
from llamaswap.errors import BadGateway, OutOfMemory, StartFailed
from llamaswap.ids import ModelId, SwapId
from llamaswap.notices import ModelChanged, Notices, State, StopBegan, SwapAdvanced, Swapped
from llamaswap.schedule.events import Died, Event, Renew, Stop, StopEnded, Swap, SwapEnded, Swaps
from llamaswap.wire.upstream import Upstream


class FakeBackend:
    """A backend that starts and stops when the test says so (fixture FP of lifecycle section 16)."""

    def __init__(self, form: Model, notices: Notices, did: list[str]) -> None:
        self.form = form
        self.model = form.id
        self.state = State.STOPPED
        self.upstream: Upstream | None = None
        self.pid: int | None = None
        self.starting: Deferred[Upstream] | None = None
        self.stopping: list[Deferred[None]] = []
        self.held = False
        """A stop takes until `gone`, even of a model that is stopped (as after a crash)."""
        self._notices = notices
        self._did = did

    def adapt(self, form: Model) -> None:
        self._did.append(f"adapt {self.model}")
        self.form = form

    def ensure_ready(self) -> Deferred[Upstream]:
        self._did.append(f"start {self.model}")
        self._enter(State.STARTING)
        self.starting = Deferred()
        return self.starting

    def ready(self) -> None:
        self.upstream = cast(Upstream, object())
        self._enter(State.READY)
        assert self.starting is not None
        self.starting.callback(self.upstream)

    def stop(self, grace: float) -> Deferred[None]:
        self._did.append(f"stop {self.model} {grace:g}")
        self.upstream = None
        if not self.held:
            self.state = State.SHUTDOWN if self.state is State.SHUTDOWN else State.STOPPED
            return succeed(None)
        self.stopping.append(Deferred())
        return self.stopping[-1]

    def gone(self) -> None:
        stopping, self.stopping = self.stopping, []
        assert stopping
        self.held = False
        for stopped in stopping:
            stopped.callback(None)

    def crash(self) -> None:
        self.upstream = None
        self._enter(State.STOPPED)

    def close(self, grace: float) -> Deferred[None]:
        stopped = self.stop(grace)
        self._enter(State.SHUTDOWN)
        return stopped

    def kill(self) -> None:
        self._did.append(f"kill {self.model}")

    def _enter(self, state: State) -> None:
        old, self.state = self.state, state
        if old is not state:
            self._notices.publish(ModelChanged(self.model, old, state, 0.0))


def model(name: str, **entry: Any) -> Model:
    return Model(id=ModelId(name), **entry)


class PoolCase(SynchronousTestCase):
    """Three models; the sweep is done."""

    def setUp(self) -> None:
        self.did: list[str] = []
        self.told: list[Event] = []
        self.errors: list[Exception] = []
        notices = self.notices = Notices(self.errors.append)
        self.swapped: list[Swapped] = []
        notices.subscribe(Swapped, self.swapped.append)
        self.clock = Clock()
        self.backends: dict[ModelId, FakeBackend] = {}
        """The newest of each model."""
        self.swept: Deferred[None] = Deferred()

        def make(form: Model) -> Backend:
            backend = self.backends[form.id] = FakeBackend(form, notices, self.did)
            return backend

        models = [model(name, unload_timeout=grace) for name, grace in zip("abc", (1, 2, 3), strict=True)]
        self.pool = Pool(models, make, clock=self.clock, notices=notices, ready_to_start=self.swept)
        self.pool.tell = self.told.append
        self.swaps: Swaps = self.pool
        self.addCleanup(lambda: self.assertEqual(self.errors, []))

    def begin(self, number: int, target: str, evict: Sequence[str] = ()) -> None:
        self.swaps.begin(Swap(SwapId(number), ModelId(target), tuple(map(ModelId, evict))))

    def fake(self, name: str) -> FakeBackend:
        return self.backends[ModelId(name)]

    def states(self) -> dict[str, State]:
        return {form.id: state for form, state in self.pool.states()}

    def ended(self) -> list[tuple[int, str | None]]:
        """The ends of swaps: number and cause."""
        return [
            (event.swap, event.error.cause if isinstance(event.error, StartFailed) else None)
            for event in self.told
            if isinstance(event, SwapEnded)
        ]


class SwapTests(PoolCase):
    """Loads and evictions."""

    def setUp(self) -> None:
        super().setUp()
        self.swept.callback(None)

    def test_victims_stop_in_parallel_with_their_own_grace_and_then_the_target_starts(self) -> None:
        """W-13: `unloadTimeout` of each, not one time for all."""
        self.fake("a").held = self.fake("b").held = True
        self.begin(1, "c", "ab")
        self.assertEqual(self.did, ["stop a 1", "stop b 2"])
        self.fake("b").gone()
        self.assertEqual(len(self.did), 2)
        self.fake("a").gone()
        self.assertEqual(self.did[2:], ["start c"])
        self.assertEqual(self.told, [])
        self.fake("c").ready()
        self.assertEqual(self.told, [SwapEnded(SwapId(1), 0.0)])
        self.assertIsNotNone(self.pool.upstream_of(ModelId("c")))
        self.assertEqual(self.states()["c"], State.READY)

    def test_stages_are_told(self) -> None:
        """As they come, before what they do; and a stop that is for no swap."""
        told: list[tuple[str, ...]] = []
        self.notices.subscribe(SwapAdvanced, lambda notice: told.append((notice.stage, *notice.evicted)))
        self.notices.subscribe(StopBegan, lambda notice: told.append((notice.why, *notice.models)))
        self.notices.subscribe(ModelChanged, lambda notice: told.append((notice.model, notice.new.value)))
        self.fake("a").held = True
        self.begin(1, "c", "a")
        self.assertEqual(told, [("stop", "a")])
        [running] = self.pool.swaps()
        self.assertEqual((running.swap.target, running.stage), ("c", "stop"))
        self.fake("a").gone()
        self.assertEqual(told[1:], [("settle", "a"), ("start", "a"), ("c", "starting")])
        self.fake("c").ready()
        self.assertEqual((told[4:], self.pool.swaps()), ([("c", "ready"), ("ready", "a")], ()))
        self.pool.stop(Stop(SwapId(2), (ModelId("c"),), 1.0, "ttl"))
        self.assertEqual(told[6], ("ttl", "c"))

    def test_a_failed_start_is_told_with_its_error(self) -> None:
        """The scheduler gets the very refusal that the waiters will read."""
        self.begin(1, "c")
        starting = self.fake("c").starting
        assert starting is not None
        starting.errback(StartFailed("no memory"))
        self.assertEqual(self.ended(), [(1, "no memory")])

    def test_whatever_a_backend_refuses_with_is_told(self) -> None:
        """Kinds of backends have kinds of errors, and none of them is a mistake of ours."""
        self.begin(1, "c")
        starting, error = self.fake("c").starting, BadGateway("the launcher is away")
        assert starting is not None
        starting.errback(error)
        self.assertEqual(self.told, [SwapEnded(SwapId(1), 0.0, error)])

    def test_a_mistake_of_ours_still_ends_the_swap(self) -> None:
        """Whatever goes wrong inside: one event, and the failure is in the log."""
        self.fake("c").ensure_ready = lambda: fail(ValueError("oops"))  # type: ignore[method-assign]
        self.begin(1, "c")
        self.assertEqual(self.ended(), [(1, "oops")])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_cancelling_a_load_stops_the_target(self) -> None:
        """The end is told once, when nothing of the target is left."""
        self.begin(1, "c")
        self.fake("c").held = True
        self.swaps.cancel(SwapId(1))
        self.assertEqual(self.did, ["start c", "stop c 5"])
        self.assertEqual(self.told, [])
        self.fake("c").gone()
        self.assertEqual(self.ended(), [(1, "aborted")])

    def test_cancelling_before_the_target_is_begun(self) -> None:
        """W-05: the victims' stop is awaited, and the target never starts."""
        self.fake("a").held = True
        self.begin(1, "c", "a")
        self.swaps.cancel(SwapId(1))
        self.assertEqual(self.told, [])
        self.fake("a").gone()
        self.assertEqual(self.did, ["stop a 1"])
        self.assertEqual(self.ended(), [(1, "aborted")])

    def test_cancelling_what_has_ended_does_nothing(self) -> None:
        """An unknown swap neither: the answer was under way."""
        self.begin(1, "c")
        self.fake("c").ready()
        self.swaps.cancel(SwapId(1))
        self.swaps.cancel(SwapId(2))
        self.assertEqual(self.ended(), [(1, None)])

    def test_a_batch_of_stops_has_one_end(self) -> None:
        """All with the grace of the batch."""
        self.fake("a").held = True
        self.swaps.stop(Stop(SwapId(7), (ModelId("a"), ModelId("b")), 4.0))
        self.assertEqual(self.did, ["stop a 4", "stop b 4"])
        self.assertEqual(self.told, [])
        self.fake("a").gone()
        self.assertEqual(self.told, [StopEnded(SwapId(7), 0.0)])

    def test_a_death_is_told_and_nothing_starts_before_its_remains_are_gone(self) -> None:
        """W-12: they may hold the memory that the next model needs."""
        self.begin(1, "a")
        self.fake("a").ready()
        self.fake("a").held = True
        self.fake("a").crash()
        self.assertEqual(self.told[1:], [Died(ModelId("a"), 0.0)])
        self.begin(2, "c")
        self.assertNotIn("start c", self.did)
        self.fake("a").gone()
        self.assertIn("start c", self.did)

    def test_closing_closes_all_and_waits_for_the_last(self) -> None:
        """Each with the grace that is left."""
        self.fake("b").held = True
        closed = self.pool.close(4)
        self.assertEqual(self.did, ["stop a 4", "stop b 4", "stop c 4"])
        self.assertNoResult(closed)
        self.fake("b").gone()
        self.successResultOf(closed)
        self.assertEqual(set(self.states().values()), {State.SHUTDOWN})

    def test_a_forced_exit_kills_all(self) -> None:
        """Without waiting for anything."""
        self.pool.kill()
        self.assertEqual(self.did, ["kill a", "kill b", "kill c"])


class StageTests(PoolCase):
    """What is told of a swap when it is over."""

    def setUp(self) -> None:
        super().setUp()
        self.swept.callback(None)

    def ended_so(self) -> tuple[str, dict[str, float]]:
        (told,) = self.swapped
        return told.outcome, dict(told.stages)

    def begin_draining(self, drained: float, target: str, evict: str = "") -> None:
        victims = tuple(map(ModelId, evict))
        self.swaps.begin(Swap(SwapId(1), ModelId(target), victims, "because", drained))

    def test_every_stage(self) -> None:
        """The time from one to the next; an instant one counts as well."""
        self.fake("a").held = True
        self.begin_draining(7.0, "b", "a")
        self.clock.advance(2)
        self.fake("a").gone()
        self.clock.advance(3)
        self.assertEqual(self.swapped, [])
        self.fake("b").ready()
        stages = {"drain": 7.0, "stop": 2.0, "settle": 0.0, "start": 3.0, "ready": 0.0}
        self.assertEqual(self.ended_so(), ("loaded", stages))
        told = self.swapped[0]
        self.assertEqual((told.model, told.evicted, told.why, told.when), ("b", ("a",), "because", 5.0))
        self.assertEqual(list(told.stages), list(stages))

    def test_stages_that_there_are_not(self) -> None:
        """Nothing was waited for, and nothing had to go; one that is ready already is not started."""
        self.begin(1, "b")
        self.fake("b").ready()
        self.assertEqual(self.ended_so()[1].keys(), {"settle", "start", "ready"})
        self.swapped.clear()
        self.begin(2, "b")
        self.assertEqual(self.ended_so(), ("loaded", {"settle": 0.0}))

    def test_the_scheduler_hears_first(self) -> None:
        """Nobody who waits for the model waits for this."""
        heard: list[int] = []
        self.pool.tell = lambda event: heard.append(len(self.swapped))
        self.begin(1, "b")
        self.fake("b").ready()
        self.assertEqual((heard, len(self.swapped)), ([0], 1))

    def test_failures(self) -> None:
        """Want of memory is told apart."""
        for error, outcome in ((StartFailed("no"), "failed"), (OutOfMemory("no"), "out_of_memory")):
            self.swapped.clear()
            self.begin(1, "b")
            self.clock.advance(4)
            starting = self.fake("b").starting
            assert starting is not None
            starting.errback(error)
            self.assertEqual(self.ended_so(), (outcome, {"settle": 0.0, "start": 4.0}))

    def test_a_load_that_is_given_up(self) -> None:
        """Whether it had begun or not."""
        self.begin(1, "b")
        self.swaps.cancel(SwapId(1))
        self.assertEqual(self.ended_so()[0], "abandoned")
        self.swapped.clear()
        self.fake("a").held = True
        self.begin(2, "b", "a")
        self.swaps.cancel(SwapId(2))
        self.fake("a").gone()
        self.assertEqual(self.ended_so()[0], "abandoned")


class RenewTests(PoolCase):
    """A model's next form (lifecycle section 12)."""

    def setUp(self) -> None:
        super().setUp()
        self.swept.callback(None)

    def renew(self, name: str, form: Model | None) -> None:
        self.swaps.renew(Renew(ModelId(name), form))

    def run_model(self, name: str) -> FakeBackend:
        self.begin(1, name)
        self.fake(name).ready()
        return self.fake(name)

    def test_what_is_launched_alike_runs_on(self) -> None:
        """The backend is told, and its next stop takes the new `unloadTimeout`."""
        running = self.run_model("a")
        self.did.clear()
        self.renew("a", model("a", unload_timeout=9))
        self.assertEqual(self.did, ["adapt a"])
        self.assertIs(self.fake("a"), running)
        self.begin(2, "c", "a")
        self.assertEqual(self.did[1], "stop a 9")

    def test_what_is_not_has_another_backend(self) -> None:
        """The next start is the new one's."""
        old = self.fake("a")
        self.renew("a", model("a", cmd="new"))
        self.begin(1, "a")
        self.assertIsNot(self.fake("a"), old)
        self.assertIsNone(old.starting)
        self.assertEqual(self.fake("a").form.cmd, "new")
        self.fake("a").ready()
        self.assertIs(self.pool.upstream_of(ModelId("a")), self.fake("a").upstream)

    def test_a_new_model(self) -> None:
        """It can be started as any other."""
        self.assertEqual((self.pool.upstream_of(ModelId("d")), self.pool.state_of(ModelId("d"))), (None, State.STOPPED))
        self.renew("d", model("d"))
        self.begin(1, "d")
        self.assertIs(self.pool.state_of(ModelId("d")), State.STARTING)

    def test_a_removed_model(self) -> None:
        """It is forgotten; nobody is told of a state of it that is none."""
        self.assertTrue(self.pool.knows(ModelId("a")))
        self.renew("a", None)
        self.renew("a", None)
        self.assertEqual(set(self.states()), {"b", "c"})
        self.assertFalse(self.pool.knows(ModelId("a")))
        self.assertIs(self.pool.state_of(ModelId("a")), State.STOPPED)
        self.assertIs(self.backends[ModelId("a")].state, State.STOPPED)

    def test_remains_of_the_old_form(self) -> None:
        """What a dead process left is waited for before the new form starts, and the end of the server reaches it."""
        old = self.run_model("a")
        old.held = True
        old.crash()
        self.renew("a", model("a", cmd="new", unload_timeout=2))
        self.begin(2, "a")
        self.assertIsNone(self.fake("a").starting)
        self.did.clear()
        self.pool.kill()
        self.assertEqual(self.did.count("kill a"), 2)
        closed = self.pool.close(4)
        self.assertNoResult(closed)
        old.gone()
        self.successResultOf(closed)

    def test_remains_that_are_gone(self) -> None:
        """Once nothing is left of it an old backend is nobody's business any more."""
        old = self.run_model("a")
        old.held = True
        old.crash()
        self.renew("a", model("a", cmd="new"))
        old.gone()
        self.begin(2, "a")
        self.assertIsNotNone(self.fake("a").starting)
        self.did.clear()
        self.pool.kill()
        self.assertEqual(self.did, ["kill b", "kill c", "kill a"])

    def test_patience(self) -> None:
        """The longest `unloadTimeout` counts: of what runs, and of what its edit has not reached."""
        self.assertEqual(self.pool.patience, 3.0)
        self.renew("a", model("a", cmd="new", unload_timeout=45))
        self.assertEqual(self.pool.patience, 45.0)
        for name in "abc":
            self.renew(name, None)
        self.assertEqual(self.pool.patience, 0.0)

    def test_nothing_starts_after_the_end(self) -> None:
        """A form that comes after the pool was closed, or its models were killed, is of no use."""
        for end in (lambda: self.pool.close(1.0), self.pool.kill):
            self.setUp()
            end()
            self.pool.renew(Renew(ModelId("a"), model("a", cmd="new")))
            self.begin(1, "a")
            self.assertNotIn("start a", [did for did in self.did if "new" in did])


class SweepTests(PoolCase):
    """What an earlier run left comes first (W-24)."""

    def test_nothing_starts_before_the_sweep_is_done(self) -> None:
        """Two swaps wait, and both go on; one that was cancelled meanwhile does not."""
        for number, name in enumerate("abc"):
            self.begin(number, name)
        self.swaps.cancel(SwapId(1))
        self.assertEqual(self.did, [])
        self.swept.callback(None)
        self.assertEqual(self.did, ["start a", "start c"])
        self.assertEqual(self.ended(), [(1, "aborted")])

    def test_a_sweep_that_failed_holds_up_nothing(self) -> None:
        """It is reported by whoever ran it."""
        self.begin(1, "a")
        self.swept.errback(OSError("no directory"))
        self.assertEqual(self.did, ["start a"])
