"""What is done at the turns of a model's life, around loads and stops of backends in memory."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock

from llamaswap.backends.interface import Attendance, Attendant
from llamaswap.backends.pool import Pool
from llamaswap.backends.underway import DIED_EARLY
from llamaswap.config.schema import Model
from llamaswap.errors import BadGateway, OutOfMemory, StartFailed
from llamaswap.ids import ModelId, SwapId
from llamaswap.notices import Notices, State
from llamaswap.schedule.events import Died, Stop, StopEnded, SwapEnded
from llamaswap.wire.upstream import Upstream
from tests.backends.test_pool import FakeBackend, PoolCase, model


class Recorder:
    """Writes down each turn; one that is named in `holds` takes until the test fires it, one in `fails` raises."""

    def __init__(self, name: str, did: list[str]) -> None:
        self._name = name
        self._did = did
        self.holds: set[str] = set()
        self.fails: dict[str, Exception] = {}
        self.held: Deferred[None] = Deferred()
        self.cancelled: list[str] = []
        self.deaf = False
        """What it does goes on when it is cancelled."""

    async def before_load(self, model: Model, why: str) -> None:
        await self._turn("before_load", model, why)

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        await self._turn("after_load", model, "load")

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        await self._turn("before_unload", model, why)

    async def before_stop(self, model: Model) -> None:
        await self._turn("before_stop", model, "now")

    async def after_stop(self, model: Model) -> None:
        await self._turn("after_stop", model, "now")

    async def after_unload(self, model: Model, why: str) -> None:
        await self._turn("after_unload", model, why)

    async def _turn(self, turn: str, model: Model, why: str) -> None:
        self._did.append(f"{self._name} {turn} {model.id} {why}")
        if turn in self.fails:
            raise self.fails[turn]
        if turn in self.holds:
            self.held = Deferred()
            try:
                await self.held
            except CancelledError:
                self.cancelled.append(turn)
                if not self.deaf:
                    raise


class AttendantCase(PoolCase):
    """Two attendants, one and two; the sweep is done, and a is ready."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.one, self.two = Recorder("1", self.did), Recorder("2", self.did)
        notices = Notices(self.errors.append)

        def make(form: Model) -> FakeBackend:
            backend = self.backends[form.id] = FakeBackend(form, notices, self.did)
            return backend

        models = [model(name, unload_timeout=grace) for name, grace in zip("abc", (1, 2, 3), strict=True)]
        both: list[Attendant] = [self.one, self.two]
        self.pool = Pool(models, make, clock=self.clock, notices=notices, ready_to_start=self.swept, attendants=both)
        self.pool.tell = self.told.append
        self.swaps = self.pool
        self.swept.callback(None)
        self.begin(1, "a")
        self.fake("a").ready()
        self.begun = self.did[:]
        self.did.clear()
        self.told.clear()

    def stop(self, name: str, why: str = "ttl", number: int = 9) -> None:
        self.swaps.stop(Stop(SwapId(number), (ModelId(name),), 4.0, why))

    def nothing_left(self) -> None:
        self.assertEqual(self.clock.getDelayedCalls(), [])


class TurnTests(AttendantCase):
    """The order of things."""

    def test_load(self) -> None:
        """All of them before the start, and after it, before anybody is told that the model is ready."""
        expected = ["1 before_load a load", "2 before_load a load", "start a", "1 after_load a load"]
        self.assertEqual(self.begun, [*expected, "2 after_load a load"])
        self.one.holds = {"after_load"}
        self.begin(2, "b")
        self.fake("b").ready()
        self.assertEqual(self.told, [])
        self.one.held.callback(None)
        self.assertEqual(self.told, [SwapEnded(SwapId(2), 0.0)])

    def test_swap(self) -> None:
        """A victim is taken leave of, stops, and is seen off; then the target's turn comes."""
        self.begin(2, "b", "a")
        self.assertEqual(
            self.did,
            [
                *("1 before_unload a evict", "2 before_unload a evict", "stop a 1"),
                *("1 after_unload a evict", "2 after_unload a evict"),
                *("1 before_load b load", "2 before_load b load", "start b"),
            ],
        )

    def test_why_a_model_stops(self) -> None:
        """The word of the stop."""
        for why in ("ttl", "unload", "reload"):
            self.setUp()
            self.stop("a", why)
            self.assertEqual(self.did[0], f"1 before_unload a {why}")
            self.assertEqual(self.told, [StopEnded(SwapId(9), 0.0)])

    def test_models_that_are_not_ready(self) -> None:
        """Nobody takes leave of what was never there; a load of what is ready already is none."""
        self.stop("b")
        self.assertEqual(self.did, ["stop b 4"])
        self.begin(2, "c")
        self.did.clear()
        self.stop("c")
        self.assertEqual(self.did, ["stop c 4"])
        self.did.clear()
        self.begin(3, "a")
        self.assertEqual(self.did, [])

    def test_one_that_is_taken_leave_of_is_stopping(self) -> None:
        """For everybody who asks, and nobody is let through to it."""
        self.one.holds = {"before_unload"}
        self.stop("a")
        self.assertIs(self.pool.state_of(ModelId("a")), State.STOPPING)
        self.assertIs(self.states()["a"], State.STOPPING)
        self.assertIsNone(self.pool.upstream_of(ModelId("a")))
        self.assertNotIn("stop a 4", self.did)
        self.one.held.callback(None)
        self.assertIs(self.states()["a"], State.STOPPED)

    def test_two_stops_of_one_model(self) -> None:
        """It is taken leave of and seen off once; both end when nothing is left of it."""
        self.one.holds = {"before_unload", "after_unload"}
        self.stop("a", "ttl", 8)
        self.stop("a", "unload", 9)
        self.one.held.callback(None)
        self.assertEqual(self.told, [])
        self.one.held.callback(None)
        self.assertEqual({event.stop for event in self.told if isinstance(event, StopEnded)}, {8, 9})
        self.assertEqual([did for did in self.did if "stop" in did], ["stop a 4"])
        self.assertEqual(sum("1 after_unload" in did for did in self.did), 1)

    def test_one_that_cares_for_nothing(self) -> None:
        """`Attendance` is an attendant that can be built upon."""
        idle: Attendant = Attendance()
        upstream = cast(Upstream, None)
        for turn in (
            idle.before_load(model("a"), "load"),
            idle.after_load(model("a"), upstream),
            idle.before_unload(model("a"), upstream, "ttl"),
            idle.before_stop(model("a")),
            idle.after_stop(model("a")),
            idle.after_unload(model("a"), "ttl"),
        ):
            self.successResultOf(Deferred.fromCoroutine(turn))


class StopTests(AttendantCase):
    """Processes that are stopped, ready or not (W-19: what they hold can be measured)."""

    def stops(self) -> list[str]:
        return [did for did in self.did if "stop" in did]

    def test_a_ready_model(self) -> None:
        """Leave is taken first; it is seen off last."""
        self.fake("a").pid = 7
        self.stop("a")
        self.assertEqual(self.did[2:4], ["1 before_stop a now", "2 before_stop a now"])
        self.assertEqual(self.did[4:7], ["stop a 4", "1 after_stop a now", "2 after_stop a now"])
        self.assertEqual(self.did[7], "1 after_unload a ttl")

    def test_w07_a_load_that_is_given_up(self) -> None:
        """The swap ends when all of it is done, so that the next start knows what it has to wait for."""
        self.begin(2, "b")
        self.fake("b").pid = 7
        self.one.holds = {"before_stop", "after_stop"}
        self.swaps.cancel(SwapId(2))
        self.assertEqual(self.stops(), ["1 before_stop b now"])
        self.one.held.callback(None)
        self.assertEqual(self.stops()[1:], ["2 before_stop b now", "stop b 5", "1 after_stop b now"])
        self.assertEqual(self.told, [])
        self.one.held.callback(None)
        self.assertEqual(self.ended(), [(2, "aborted")])

    def test_ready_although_it_was_given_up(self) -> None:
        """A load that succeeds while it is measured is stopped all the same."""
        self.begin(2, "b")
        self.fake("b").pid = 7
        self.one.holds = {"before_stop"}
        self.swaps.cancel(SwapId(2))
        self.fake("b").ready()
        self.one.held.callback(None)
        self.assertEqual((self.ended(), self.states()["b"]), ([(2, "aborted")], State.STOPPED))
        self.assertNotIn("1 after_load b load", self.did)

    def test_without_a_process(self) -> None:
        """There is nothing to stop."""
        self.begin(2, "b")
        self.swaps.cancel(SwapId(2))
        self.assertEqual(self.stops(), ["stop b 5"])

    def test_the_end_of_the_server(self) -> None:
        """Nothing starts after it, and there is no time to lose."""
        self.begin(2, "b")
        self.fake("a").pid, self.fake("b").pid = 6, 7
        self.successResultOf(self.pool.close(10))
        self.assertFalse([did for did in self.did if "_stop" in did])

    def test_the_end_of_the_server_while_it_is_measured(self) -> None:
        """The end does not wait for that, and a forced one ends it."""
        self.fake("a").pid = 7
        self.one.holds = {"before_stop"}
        self.stop("a")
        closed = self.pool.close(10)
        self.assertIn("stop a 10", self.did)
        self.pool.kill()
        self.assertEqual(self.one.cancelled, ["before_stop"])
        self.successResultOf(closed)
        self.nothing_left()


class FailureTests(AttendantCase):
    """Attendants that refuse, or break."""

    def test_refusal_before_the_load(self) -> None:
        """Nothing starts, the others are not asked, and the scheduler is told the very refusal."""
        error = BadGateway("not today")
        self.one.fails = {"before_load": error}
        self.begin(2, "b")
        self.assertEqual(self.told, [SwapEnded(SwapId(2), 0.0, error)])
        self.assertEqual(self.did, ["1 before_load b load", "stop b 5"])

    def test_refusal_after_the_load(self) -> None:
        """The model is stopped again before the swap ends."""
        error = BadGateway("not like this")
        self.one.fails = {"after_load": error}
        self.begin(2, "b")
        self.fake("b").held = True
        self.fake("b").ready()
        self.assertEqual(self.did[-2:], ["1 after_load b load", "stop b 5"])
        self.assertEqual(self.told, [])
        self.fake("b").gone()
        self.assertEqual(self.did[-2:], ["1 after_unload b abandon", "2 after_unload b abandon"])
        self.assertEqual(self.told, [SwapEnded(SwapId(2), 0.0, error)])

    def test_whatever_else_is_raised(self) -> None:
        """It is in the log, and everything goes on as if it had not been; so is a refusal of what cannot be refused."""
        for recorder in (self.one, self.two):
            recorder.fails = {turn: ValueError(turn) for turn in ("before_load", "after_load", "before_unload")}
            recorder.fails["after_unload"] = BadGateway("no")
        self.begin(2, "b", "a")
        self.fake("b").ready()
        self.assertEqual(self.told, [SwapEnded(SwapId(2), 0.0)])
        self.assertEqual(len(self.did), 10)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 6)
        self.assertEqual(len(self.flushLoggedErrors(BadGateway)), 2)

    def test_a_cancel_that_nobody_asked_for(self) -> None:
        """It is a failure as any other, not the end of the load."""
        self.one.fails = {"before_load": CancelledError()}
        self.begin(2, "b")
        self.fake("b").ready()
        self.assertEqual(self.told, [SwapEnded(SwapId(2), 0.0)])
        self.assertEqual(len(self.flushLoggedErrors(CancelledError)), 1)


class ShortTests(AttendantCase):
    """Loads that fail for want of memory."""

    def test_w19_it_is_told_whether_all_was_free(self) -> None:
        """The scheduler learns it with the failure; of other failures nobody is asked."""
        asked: list[ModelId] = []

        def unsettled(model: ModelId) -> bool:
            asked.append(model)
            return model == "b"

        def make(form: Model) -> FakeBackend:
            return self.backends.setdefault(form.id, FakeBackend(form, Notices(self.errors.append), self.did))

        models, self.backends = [model(name) for name in "abc"], {}
        around: Any = {"clock": self.clock, "notices": Notices(self.errors.append), "ready_to_start": succeed(None)}
        self.pool = Pool(models, make, unsettled=unsettled, **around)
        self.pool.tell = self.told.append
        self.swaps = self.pool
        for number, (name, error) in enumerate(
            (("a", OutOfMemory("none")), ("b", OutOfMemory("none")), ("c", StartFailed("exited")))
        ):
            self.begin(number, name)
            starting = self.fake(name).starting
            assert starting is not None
            starting.errback(error)
        errors = [event.error for event in self.told if isinstance(event, SwapEnded)]
        self.assertEqual([getattr(error, "unsettled", None) for error in errors], [False, True, None])
        self.assertEqual(asked, ["a", "b"])


class CancelTests(AttendantCase):
    """A load that is given up."""

    def test_in_each_step(self) -> None:
        """It ends within its attendants at once, whatever these make of it, and later ones are not called."""
        for deaf in (False, True):
            for turn in ("before_load", "after_load"):
                self.setUp()
                self.one.holds, self.one.deaf = {turn}, deaf
                self.begin(2, "b")
                if turn == "after_load":
                    self.fake("b").ready()
                self.swaps.cancel(SwapId(2))
                self.assertEqual(self.one.cancelled, [turn])
                self.assertNotIn(f"2 {turn} b load", self.did)
                self.assertEqual(self.ended(), [(2, "aborted")])
                self.assertEqual("1 after_unload b abandon" in self.did, turn == "after_load")

    def test_while_the_model_starts(self) -> None:
        """It was not ready, so nobody sees it off."""
        self.begin(2, "b")
        self.swaps.cancel(SwapId(2))
        self.assertEqual(self.ended(), [(2, "aborted")])
        self.assertEqual(self.did[-2:], ["start b", "stop b 5"])

    def test_while_victims_are_taken_leave_of(self) -> None:
        """That goes on, for the victims stop in any case; the target's turn never comes."""
        self.one.holds = {"before_unload"}
        self.begin(2, "b", "a")
        self.swaps.cancel(SwapId(2))
        self.assertEqual(self.told, [])
        self.one.held.callback(None)
        self.assertEqual(self.ended(), [(2, "aborted")])
        self.assertEqual(self.did[-1], "2 after_unload a evict")


class CrashTests(AttendantCase):
    """A ready model's process that ends by itself."""

    def test_one_that_cannot_be_cleared_up_after(self) -> None:
        """It is in the log, and others start all the same."""
        self.patch(self.fake("a"), "stop", lambda grace: fail(OSError("no way")))
        self.fake("a").crash()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.begin(2, "b")
        self.assertEqual(self.did[-1], "start b")

    def test_a_ready_model(self) -> None:
        """It is seen off when its remains are gone; until that is done it does not start again, and others do."""
        self.one.holds = {"after_unload"}
        self.fake("a").held = True
        self.fake("a").crash()
        self.assertEqual(self.told, [Died(ModelId("a"), 0.0)])
        self.assertEqual(self.did, ["stop a 0"])
        self.fake("a").gone()
        self.assertEqual(self.did[1:], ["1 after_unload a crash"])
        self.begin(2, "b")
        self.begin(3, "a")
        self.assertEqual(self.did[2:], ["1 before_load b load", "2 before_load b load", "start b"])
        self.one.held.callback(None)
        self.assertEqual(self.did[5:7], ["2 after_unload a crash", "1 before_load a load"])

    def test_while_an_attendant_works_on_its_load(self) -> None:
        """The work ends at once; the load has failed, and it is seen off once, as one that died."""
        self.one.holds = {"after_load"}
        self.begin(2, "b")
        self.fake("b").ready()
        self.fake("b").crash()
        self.assertEqual(self.one.cancelled, ["after_load"])
        self.assertEqual(self.ended(), [(2, DIED_EARLY)])
        self.assertEqual(
            [did for did in self.did if "unload" in did], ["1 after_unload b crash", "2 after_unload b crash"]
        )

    def test_while_an_attendant_takes_leave(self) -> None:
        """The work ends at once, the stop goes on, and it is seen off once."""
        self.one.holds = {"before_unload"}
        self.stop("a")
        self.fake("a").crash()
        self.assertEqual(self.one.cancelled, ["before_unload"])
        self.assertEqual([event for event in self.told if isinstance(event, StopEnded)], [StopEnded(SwapId(9), 0.0)])
        self.assertEqual(sum("1 after_unload" in did for did in self.did), 1)
        self.assertNotIn("2 before_unload a ttl", self.did)


class EndTests(AttendantCase):
    """The end of the server."""

    def test_each_ready_model_is_taken_leave_of_and_seen_off(self) -> None:
        """The others just end; the time that is left is the processes'."""
        self.one.holds = {"before_unload"}
        closed = self.pool.close(10)
        self.assertEqual(self.did, ["1 before_unload a shutdown", "stop b 10", "stop c 10"])
        self.clock.advance(3)
        self.one.held.callback(None)
        self.assertEqual(self.did[3:5], ["2 before_unload a shutdown", "stop a 7"])
        self.assertEqual(self.did[5:], ["1 after_unload a shutdown", "2 after_unload a shutdown"])
        self.successResultOf(closed)
        self.nothing_left()

    def test_time_is_short(self) -> None:
        """Half of the grace is for leave; a second more than it for what follows."""
        self.one.holds = {"before_unload", "after_unload"}
        closed = self.pool.close(10)
        self.clock.advance(5)
        self.assertEqual(self.one.cancelled, ["before_unload"])
        self.assertEqual(self.did[-2:], ["stop a 5", "1 after_unload a shutdown"])
        self.clock.advance(5)
        self.assertNoResult(closed)
        self.clock.advance(1)
        self.assertEqual(self.one.cancelled, ["before_unload", "after_unload"])
        self.successResultOf(closed)
        self.nothing_left()

    def test_a_load_under_way(self) -> None:
        """It is given up first: nobody takes leave of what is still being prepared."""
        self.one.holds = {"after_load"}
        self.begin(2, "b")
        self.fake("b").ready()
        self.successResultOf(self.pool.close(10))
        self.assertEqual(self.one.cancelled, ["after_load"])
        self.assertNotIn("1 before_unload b shutdown", self.did)
        self.assertIn("1 after_unload b abandon", self.did)
        self.assertEqual(self.ended(), [(2, "aborted")])
        self.nothing_left()

    def test_a_stop_under_way(self) -> None:
        """Its leave is not taken twice, and the end reaches its process."""
        self.one.holds = {"before_unload"}
        self.stop("a")
        closed = self.pool.close(10)
        self.assertNotIn("stop a 10", self.did)
        self.clock.advance(2)
        self.one.held.callback(None)
        self.assertEqual(sum("before_unload" in did for did in self.did), 2)
        self.assertIn("stop a 8", self.did)
        self.successResultOf(closed)
        self.assertIs(self.states()["a"], State.SHUTDOWN)
        self.nothing_left()

    def test_a_forced_exit(self) -> None:
        """Everything ends at once, and nobody is called any more."""
        self.one.holds = {"before_unload"}
        self.stop("a")
        self.pool.kill()
        self.assertEqual(self.one.cancelled, ["before_unload"])
        self.assertEqual(self.did[1:4], ["stop a 4", "kill a", "kill b"])
        self.assertNotIn("1 after_unload a ttl", self.did)

    def test_what_follows_a_crash_is_waited_for(self) -> None:
        """As long as the end has time for it."""
        self.one.holds = {"after_unload"}
        self.fake("a").crash()
        closed = self.pool.close(10)
        self.assertNoResult(closed)
        self.one.held.callback(None)
        self.successResultOf(closed)
        self.nothing_left()
