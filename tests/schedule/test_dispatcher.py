"""The scheduler's answers as awaits: leases, loads, unloads, and the one timer."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model, Settings
from llamaswap.errors import (
    BadGateway,
    ModelRemoved,
    NotReady,
    OutOfMemory,
    Refusal,
    ShuttingDown,
    StartFailed,
    TooManyRequests,
    Unloaded,
)
from llamaswap.ids import ModelId
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import Died, Renew, StopEnded, SwapEnded
from llamaswap.schedule.lease import Lease
from llamaswap.stay import Progress, Stay
from llamaswap.wire.upstream import Upstream
from tests.support.schedule import RecordingSwaps, TablePolicy, edited, settings

A, B = ModelId("a"), ModelId("b")


class Client:
    """A request that holds its lease until told to end."""

    def __init__(self, dispatcher: Dispatcher, model: ModelId) -> None:
        self.upstream: Upstream | None = None
        self._end: Deferred[None] = Deferred()
        self.done = Deferred.fromCoroutine(self._live(dispatcher, model))

    async def _live(self, dispatcher: Dispatcher, model: ModelId) -> None:
        async with dispatcher.lease(model) as upstream:
            self.upstream = upstream
            await self._end

    def end(self, error: Exception | None = None) -> None:
        if error is None:
            self._end.callback(None)
        else:
            self._end.errback(error)


class DispatcherTestCase(SynchronousTestCase):
    """A dispatcher of models that exclude each other, with swaps that end when told to."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.swaps = RecordingSwaps()
        self.upstreams = {A: cast(Upstream, object()), B: cast(Upstream, object())}
        self.dispatcher = self.make()
        self.clients: list[Client] = []

    def tearDown(self) -> None:
        self.dispatcher.close()
        for client in self.clients:
            client.done.addErrback(lambda _: None)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def make(self, **every: Any) -> Dispatcher:
        core = Core(settings("a b", max_wait=10.0, **every), TablePolicy({"a": "b", "b": "a"}))
        return Dispatcher(core, self.swaps, self.upstreams.get, self.clock)

    def end_swap(self, model: ModelId, error: Refusal | None = None) -> None:
        swap = self.swaps.begun.pop(model)
        self.dispatcher.tell(SwapEnded(swap.id, self.clock.seconds(), error))

    def end_stop(self) -> None:
        self.dispatcher.tell(StopEnded(self.swaps.stops.pop(0).id, self.clock.seconds()))

    def client(self, model: ModelId = A) -> Client:
        self.clients.append(Client(self.dispatcher, model))
        return self.clients[-1]

    def have_ready(self, model: ModelId) -> None:
        client = self.client(model)
        self.end_swap(model)
        client.end()


class LeaseTests(DispatcherTestCase):
    def test_cold(self) -> None:
        """A lease waits for the swap and gets the upstream; its end gives the place back."""
        client = self.client()
        self.assertEqual((client.upstream, self.dispatcher.waiting(A)), (None, 1))
        self.end_swap(A)
        self.assertIs(client.upstream, self.upstreams[A])
        self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (1, 0))
        client.end()
        self.assertIsNone(self.successResultOf(client.done))
        self.assertEqual(self.dispatcher.in_flight(A), 0)

    def test_warm(self) -> None:
        """A lease of a ready model is granted before anybody has to wait."""
        self.have_ready(A)
        client = self.client()
        self.assertIs(client.upstream, self.upstreams[A])

    def test_refused(self) -> None:
        """A refusal is raised where the lease was asked for, for those that wait and for those that come."""
        self.dispatcher = self.make(concurrency_limit=1, queue_size=0)
        waiting, late = self.client(), self.client()
        self.failureResultOf(late.done, TooManyRequests)
        error = StartFailed("upstream command exited prematurely")
        self.end_swap(A, error)
        self.assertIs(self.failureResultOf(waiting.done, StartFailed).value, error)

    def test_client_leaves_while_waiting(self) -> None:
        """Cancelling a lease that waits gives up the place in line."""
        client = self.client()
        client.done.cancel()
        self.failureResultOf(client.done, CancelledError)
        self.assertEqual(self.dispatcher.waiting(A), 0)
        self.end_swap(A)
        self.assertEqual(self.dispatcher.in_flight(A), 0)

    def test_client_leaves_while_served(self) -> None:
        """Cancelling inside the block gives back the place, and the model can be evicted."""
        client = self.client()
        self.end_swap(A)
        self.client(B)
        client.done.cancel()
        self.failureResultOf(client.done, CancelledError)
        self.assertEqual(self.swaps.begun[B].evict, (A,))

    def test_s55_grant_that_cannot_be_delivered(self) -> None:
        """A grant for a client that left that very moment is given back, and a conflicting request starts at once."""

        async def hang_up_on_the_other() -> None:
            async with self.dispatcher.lease(A):
                other.done.cancel()  # which is about to be granted by the same event

        first = Deferred.fromCoroutine(hang_up_on_the_other())
        other = self.client()
        self.client(B)
        self.end_swap(A)
        self.successResultOf(first)
        self.failureResultOf(other.done, CancelledError)
        self.assertEqual(self.dispatcher.in_flight(A), 0)
        self.assertIn(B, self.swaps.begun)

    def test_s56_who_has_left_before_is_not_admitted(self) -> None:
        """A client that left before its lease was entered reserves nothing and loads nothing."""
        self.dispatcher.lease(A)
        self.assertEqual((self.dispatcher.waiting(A), dict(self.swaps.begun)), (0, {}))

    def test_died_that_very_moment(self) -> None:
        """A grant of a model that has no upstream any more is a 503, and gives the place back."""
        self.have_ready(A)
        del self.upstreams[A]
        client = self.client()
        failure = self.failureResultOf(client.done, NotReady)
        self.assertEqual(str(failure.value), "[a] process is not ready")
        self.assertEqual(self.dispatcher.in_flight(A), 0)

    def test_died_before_its_first_answer(self) -> None:
        """A lease whose block raised is no answer of the model: dying in it again and again counts as a crash loop."""
        for _ in range(2):
            client = self.client()
            self.end_swap(A)
            client.end(BadGateway())
            self.failureResultOf(client.done, BadGateway)
            self.dispatcher.tell(Died(A, self.clock.seconds()))
        failure = self.failureResultOf(self.client().done, StartFailed)
        self.assertEqual(failure.value.retry_after, 1)

    def test_a_lease_within_the_effects(self) -> None:
        """A client that is served and comes back at once waits its turn behind what is being dealt with."""
        order: list[str] = []

        async def twice(name: str) -> None:
            for _ in range(2):
                async with self.dispatcher.lease(A):
                    order.append(name)

        clients = [Deferred.fromCoroutine(twice(name)) for name in ("x", "y")]
        self.end_swap(A)
        for client in clients:
            self.successResultOf(client)
        self.assertEqual(order, ["x", "y", "x", "y"])

    def test_one_error_for_many(self) -> None:
        """Those that share an error do not see each other's way through the program in it."""
        depths = []

        async def ask() -> None:
            try:
                async with self.dispatcher.lease(A):
                    pass
            except StartFailed as error:
                trace, depth = error.__traceback__, 0
                while trace is not None:
                    trace, depth = trace.tb_next, depth + 1
                depths.append(depth)

        for _ in range(3):
            Deferred.fromCoroutine(ask())
        self.end_swap(A, StartFailed("no luck"))
        self.assertEqual(len(set(depths)), 1)


class InLineTests(DispatcherTestCase):
    """A lease that is in line before anybody waits for it."""

    def test_whatever_happens(self) -> None:
        """The end of the block gives up the place in line, and the request loads nothing."""
        with self.assertRaises(ZeroDivisionError), self.dispatcher.lease(A) as lease:
            self.assertEqual((lease.waits, self.dispatcher.waiting(A)), (True, 1))
            raise ZeroDivisionError
        self.assertEqual(self.dispatcher.waiting(A), 0)
        self.end_swap(A)
        self.assertEqual(self.dispatcher.in_flight(A), 0)

    def test_granted_and_never_taken(self) -> None:
        """The place that was granted is given back, whether at once or later; it is no answer of the model."""
        with self.dispatcher.lease(A) as lease:
            self.end_swap(A)
            self.assertEqual((lease.waits, self.dispatcher.in_flight(A)), (False, 1))
        self.assertEqual(self.dispatcher.in_flight(A), 0)
        with self.dispatcher.lease(A) as lease:
            self.assertFalse(lease.waits)
        self.assertEqual(self.dispatcher.in_flight(A), 0)
        self.dispatcher.tell(Died(A, 0.0))
        self.client().end()
        self.end_swap(A)
        self.dispatcher.tell(Died(A, 0.0))
        self.assertEqual(self.swaps.begun, {})

    def test_refused_and_never_taken(self) -> None:
        """There is nothing to give back."""
        with self.dispatcher.lease(A) as lease:
            self.end_swap(A, StartFailed("exited"))
            self.assertFalse(lease.waits)
        self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (0, 0))

    def test_once(self) -> None:
        """What the inner block gave back, or gave up, is not given back again."""

        async def serve() -> None:
            with self.dispatcher.lease(A) as lease:
                async with lease:
                    await ended

        for cancelled in (False, True):
            ended: Deferred[None] = Deferred()
            done = Deferred.fromCoroutine(serve())
            if not cancelled:
                self.end_swap(A)
                ended.callback(None)
                self.successResultOf(done)
                self.dispatcher.tell(Died(A, 0.0))
            else:
                done.cancel()
                self.failureResultOf(done, CancelledError)
            self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (0, 0))


class StayTests(DispatcherTestCase):
    """What a lease tells about its way to the grant."""

    def in_line(self, model: ModelId) -> Lease:
        """One that has arrived, and is in line until the test ends."""
        return self.enterContext(self.dispatcher.lease(model))

    def lease(self, model: ModelId) -> tuple[Lease, Deferred[Upstream]]:
        lease = self.in_line(model)
        self.assertTrue(lease.waits)
        return lease, Deferred.fromCoroutine(lease.take())

    def test_progress(self) -> None:
        """It changes with what happens, and with the time."""
        first, taken = self.lease(A)
        self.clock.advance(2)
        second, waiting = self.lease(B)
        waiting.addErrback(lambda _: None)
        self.assertEqual(first.progress(), Progress(0, (), 2.0, 2.0))
        self.assertEqual(second.progress(), Progress(1))
        self.end_swap(A)
        self.successResultOf(taken)
        self.assertEqual(first.progress(), Progress())
        first.give_back(completed=True)
        self.clock.advance(1)
        self.assertEqual(second.progress(), Progress(0, (A,), 1.0, 1.0))

    def test_refused(self) -> None:
        """There is nothing to say of a request that was refused."""
        lease, taken = self.lease(A)
        self.end_swap(A, StartFailed("exited"))
        self.failureResultOf(taken, StartFailed)
        self.assertEqual((lease.progress(), lease.stay), (Progress(), None))

    def test_stay(self) -> None:
        """Set at the grant: priority, position at arrival, and how long it took."""
        self.dispatcher = self.make(priorities={"b": 7})
        first, taken = self.lease(A)
        self.lease(A)[1].addErrback(lambda _: None)
        second, waiting = self.lease(B)
        self.clock.advance(3)
        self.assertIsNone(first.stay)
        self.end_swap(A)
        self.successResultOf(taken)
        self.assertEqual(first.stay, Stay(0, 0, 3.0))
        self.dispatcher.tell(Died(A, 3.0))
        self.clock.advance(1)
        self.end_swap(B)
        self.successResultOf(waiting)
        self.assertEqual(second.stay, Stay(7, 1, 4.0))

    def test_granted_at_once(self) -> None:
        """Nothing is worked out for a request that needs not to wait."""
        self.have_ready(A)
        lease = self.in_line(A)
        self.assertFalse(lease.waits)
        self.assertEqual(lease.stay, Stay(0, 0, 0.0))
        self.successResultOf(Deferred.fromCoroutine(lease.take()))
        lease.give_back(completed=True)

    def test_arrived_within_the_effects(self) -> None:
        """A request that arrives while another is being dealt with has its position as well."""
        leases: list[Lease] = []

        async def first() -> None:
            async with self.dispatcher.lease(A):
                leases.append(self.in_line(B))

        done = Deferred.fromCoroutine(first())
        self.client(A)
        self.end_swap(A)
        self.successResultOf(done)
        self.assertEqual(leases[0].progress().position, 1)
        self.assertEqual(leases[0].position, 1)

    def test_w28_everybody_counts(self) -> None:
        """Who asks how busy a model is hears of all its requests, whichever way they came."""
        self.dispatcher = self.make(concurrency_limit=1)
        self.client()
        self.in_line(A)
        self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (0, 2))
        self.end_swap(A)
        self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (1, 1))


class CauseTests(DispatcherTestCase):
    """Who wanted what is loaded."""

    def begun(self, model: ModelId) -> str:
        return self.swaps.begun[model].cause

    def test_a_request(self) -> None:
        self.client()
        self.assertEqual(self.begun(A), "request")

    def test_an_errand(self) -> None:
        """By hand, if nothing else is said."""
        Deferred.fromCoroutine(self.dispatcher.load(A))
        self.assertEqual(self.begun(A), "manual")
        self.end_swap(A)
        Deferred.fromCoroutine(self.dispatcher.load(B, "preload"))
        self.assertEqual(self.begun(B), "preload")
        self.end_swap(B)

    def test_who_came_first(self) -> None:
        """It is theirs, when its time comes."""
        self.have_ready(A)
        using = self.client(A)
        Deferred.fromCoroutine(self.dispatcher.load(B, "idle"))
        self.client(B)
        self.assertNotIn(B, self.swaps.begun)
        using.end()
        self.assertEqual(self.begun(B), "idle")
        self.end_swap(B)

    def test_watched(self) -> None:
        """Whoever watches is called after everything but what is quick."""
        stirred: list[int] = []
        self.dispatcher.stirred = lambda: stirred.append(self.dispatcher.survey(10).total)
        self.client(A)
        self.assertEqual(stirred, [1])
        self.end_swap(A)
        self.assertEqual(stirred, [1, 0])
        self.client(A)
        self.assertEqual(stirred, [1, 0])


class LoadTests(DispatcherTestCase):
    def test_loads(self) -> None:
        """`load` returns when the model is ready, and keeps no place."""
        loading = Deferred.fromCoroutine(self.dispatcher.load(A))
        self.assertNoResult(loading)
        self.end_swap(A)
        self.successResultOf(loading)
        self.assertEqual(self.dispatcher.in_flight(A), 0)

    def test_failed(self) -> None:
        """`load` raises what kept the model from loading."""
        loading = Deferred.fromCoroutine(self.dispatcher.load(A))
        self.end_swap(A, StartFailed("no luck"))
        self.failureResultOf(loading, StartFailed)

    def test_is_no_answer_of_the_model(self) -> None:
        """Loading a model that dies at its first request does not hide the crash loop."""
        for _ in range(2):
            loading = Deferred.fromCoroutine(self.dispatcher.load(A))
            self.end_swap(A)
            self.successResultOf(loading)
            self.dispatcher.tell(Died(A, self.clock.seconds()))
        self.failureResultOf(self.client().done, StartFailed)


class UnloadTests(DispatcherTestCase):
    def test_one(self) -> None:
        """`unload` returns when the model is gone."""
        self.have_ready(A)
        done = Deferred.fromCoroutine(self.dispatcher.unload([A], 2.0))
        self.assertNoResult(done)
        self.assertEqual((self.swaps.stops[0].models, self.swaps.stops[0].grace), ((A,), 2.0))
        self.end_stop()
        self.successResultOf(done)

    def test_all(self) -> None:
        """`unload(None)` means all; with none running it returns at once, and refuses who waits."""
        waiting = self.client()
        done = Deferred.fromCoroutine(self.dispatcher.unload(None))
        self.failureResultOf(waiting.done, Unloaded)
        self.assertEqual(len(self.swaps.cancelled), 1)
        self.end_swap(A, StartFailed("aborted"))
        self.successResultOf(done)
        self.successResultOf(Deferred.fromCoroutine(self.dispatcher.unload(None)))

    def test_cancelled(self) -> None:
        """Whoever waits for an unload may go; the model stops all the same."""
        self.have_ready(A)
        done = Deferred.fromCoroutine(self.dispatcher.unload([A]))
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.end_stop()


class ReconfigureTests(DispatcherTestCase):
    """Other settings, in the middle of whatever goes on."""

    def setUp(self) -> None:
        super().setUp()
        self.settings: Settings = settings("a b")

    def edit(self, *models: Model, removed: str = "") -> None:
        self.settings = edited(self.settings, *models, removed=removed)
        self.dispatcher.reconfigure(self.settings, TablePolicy())

    def test_removed(self) -> None:
        """Who waits for a model that is gone is refused, now and later; its process is stopped, and forgotten."""
        self.have_ready(A)
        running, waiting = self.client(), self.client(B)
        self.edit(removed="a b")
        self.failureResultOf(waiting.done, ModelRemoved)
        self.failureResultOf(self.client(A).done, ModelRemoved)
        self.assertTrue(self.dispatcher.outdated(A))
        running.end()
        self.successResultOf(running.done)
        self.end_stop()
        self.assertIn(Renew(A, None), self.swaps.renewed)
        self.assertFalse(self.dispatcher.outdated(A))
        self.assertEqual((self.dispatcher.in_flight(A), self.dispatcher.waiting(A)), (0, 0))

    def test_changed(self) -> None:
        """What is served runs on over its connection; the next lease waits for what takes its place."""
        self.have_ready(A)
        running = self.client()
        self.edit(Model(id=A, cmd="new"))
        waiting = self.client()
        self.assertEqual((running.upstream, waiting.upstream), (self.upstreams[A], None))
        running.end()
        new = self.upstreams[A] = cast(Upstream, object())
        self.end_stop()
        self.assertEqual(self.swaps.renewed[-1], Renew(A, Model(id=A, cmd="new")))
        self.end_swap(A)
        self.assertIs(waiting.upstream, new)

    def test_unload_all(self) -> None:
        """What is on its way out is among all that is to be unloaded."""
        self.have_ready(A)
        self.client()
        self.edit(removed="a")
        done = Deferred.fromCoroutine(self.dispatcher.unload(None))
        self.assertEqual([stop.models for stop in self.swaps.stops], [(A,)])
        self.end_stop()
        self.successResultOf(done)

    def test_within_the_effects(self) -> None:
        """An edit from within a lease that is granted takes its turn, before whatever is asked for after it."""

        async def edit_and_ask() -> None:
            async with self.dispatcher.lease(A):
                self.edit(Model(id=ModelId("c")), removed="b")
                asked.append(self.client(ModelId("c")))
                asked.append(self.client(B))

        asked: list[Client] = []
        first = Deferred.fromCoroutine(edit_and_ask())
        self.end_swap(A)
        self.successResultOf(first)
        self.assertIn(ModelId("c"), self.swaps.begun)
        self.failureResultOf(asked[1].done, ModelRemoved)


class CloseTests(DispatcherTestCase):
    def test_drained(self) -> None:
        """Closing refuses those that wait; `drained` fires when the last lease has ended."""
        client = self.client()
        self.end_swap(A)
        waiting = self.client(B)
        self.dispatcher.close()
        self.failureResultOf(waiting.done, ShuttingDown)
        self.failureResultOf(self.client().done, ShuttingDown)
        drained, unwanted = self.dispatcher.drained(), self.dispatcher.drained()
        unwanted.cancel()
        self.failureResultOf(unwanted, CancelledError)
        self.assertNoResult(drained)
        client.end()
        self.successResultOf(drained)
        self.successResultOf(self.dispatcher.drained())

    def test_no_timer_is_left(self) -> None:
        """After closing nothing wakes up any more, twice included."""
        self.client()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.dispatcher.close()
        self.dispatcher.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class TimerTests(DispatcherTestCase):
    def test_overdue(self) -> None:
        """The timer makes a waiting request overdue: later ones for the loaded model are no longer let past."""
        first = self.client()
        self.end_swap(A)
        rival = self.client(B)
        self.clock.advance(10)
        late = self.client()
        self.assertIsNone(late.upstream)
        first.end()
        self.end_swap(B)
        self.assertIsNotNone(rival.upstream)
        self.assertIsNone(late.upstream)

    def test_only_one(self) -> None:
        """However many wait, there is one timer; it is moved, not multiplied."""
        self.dispatcher = self.make(queue_timeout=5.0)
        clients = [self.client() for _ in range(20)]
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.pump([1.0] * 5)
        for client in clients:
            self.failureResultOf(client.done, TooManyRequests)
        self.clock.advance(60)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_ttl(self) -> None:
        """A model that idles is stopped by the timer, and its news are dealt with."""
        self.dispatcher = self.make(ttl=3)
        self.have_ready(A)
        self.clock.pump([0.7] * 5)
        self.assertEqual([stop.why for stop in self.swaps.stops], ["ttl"])
        self.end_stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_clock_that_lags(self) -> None:
        """A timer that goes off a rounding error early still counts as the time that was asked for."""
        self.dispatcher = self.make(ttl=3)
        self.clock.advance(0.1)
        self.have_ready(A)
        self.clock.advance(3.0)
        self.clock.advance(1e-15)
        self.clock.advance(1e-9)
        self.assertEqual(len(self.swaps.stops), 1)


class FailingSwaps(RecordingSwaps):
    """Swaps with a defect: `cancel` raises."""

    def cancel(self, swap: object) -> None:
        raise RuntimeError("defect")


class SecondTryTests(DispatcherTestCase):
    def test_it_is_told(self) -> None:
        """The log names both tries, and who went for the second; so does the refusal."""
        core = Core(settings("a b"), TablePolicy())
        self.dispatcher = Dispatcher(core, self.swaps, self.upstreams.get, self.clock)
        self.have_ready(B)
        client = self.client()
        with capturedLogs() as events:
            self.end_swap(A, OutOfMemory("no memory"))
            self.end_swap(A, OutOfMemory("no memory"))
        said = "tried again after evicting b"
        self.assertIn(said, str(self.failureResultOf(client.done, OutOfMemory).value))
        self.assertEqual(
            [formatEvent(event) for event in events if event["log_level"] >= LogLevel.info],
            [
                "swap 2: a not loaded after 0.0 s: no memory",
                "swap 3: loading a, evicting b (second try, for want of memory; table)",
                "swap 3: a not loaded after 0.0 s: no memory",
            ],
        )


class DefectTests(DispatcherTestCase):
    def test_one_effect_fails(self) -> None:
        """An effect that cannot be performed is logged; the others are performed all the same."""
        self.swaps = FailingSwaps()
        self.dispatcher = self.make()
        waiting, rival = self.client(), self.client(B)
        self.dispatcher.close()
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        for client in (waiting, rival):
            self.failureResultOf(client.done, ShuttingDown)
        self.end_swap(A, StartFailed("aborted"))
