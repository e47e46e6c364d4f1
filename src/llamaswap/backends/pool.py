"""All backends of a server, and the swaps between them: carries out what the scheduler's core has decided.

It decides nothing itself. Every swap and every batch of stops is one coroutine that ends with exactly one event; the
pool also tells when a model died by itself. Lifecycle sections 5.4 and 5.8.

Each model has one backend, which is of one form: where the next form has to be launched differently, another backend
takes its place (lifecycle section 12, W-15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.attending import Attendants
from llamaswap.backends.departures import Departures
from llamaswap.backends.interface import Attendant, Backend
from llamaswap.backends.machine import ABANDONED_GRACE, ABORTED
from llamaswap.backends.underway import DIED_EARLY, RunningSwap
from llamaswap.backends.waiters import Waiters
from llamaswap.config.difference import launched_alike
from llamaswap.config.schema import Model
from llamaswap.errors import OutOfMemory, Refusal, StartFailed
from llamaswap.ids import ModelId, SwapId
from llamaswap.notices import ModelChanged, Notices, State, StopBegan, SwapAdvanced, Swapped
from llamaswap.schedule.events import Died, Event, Renew, Stop, StopEnded, Swap, SwapEnded
from llamaswap.wire.upstream import Upstream

LAST_WORDS = 1.0
"""Seconds beyond the grace of the server's end, for what attendants do when a model is gone."""


class Pool:
    """The backends by name, which `make` makes. Satisfies `Swaps`.

    Nothing starts before `ready_to_start` has fired: until then the processes of an earlier run may still hold memory
    and ports.
    """

    _log = Logger()

    def __init__(
        self,
        models: Iterable[Model],
        make: Callable[[Model], Backend],
        *,
        clock: IReactorTime,
        notices: Notices,
        ready_to_start: Deferred[None],
        attendants: Sequence[Attendant] = (),
        unsettled: Callable[[ModelId], bool] = lambda model: False,
    ) -> None:
        """`unsettled` says of a load that failed for want of memory whether it began before all of it was free."""
        self._make = make
        self._attendants = Attendants(attendants)
        self._unsettled = unsettled
        self._backends = {model.id: make(model) for model in models}
        self._leaving: set[Backend] = set()
        """Those that others have replaced, until the last remains of their processes are gone."""
        self._clock = clock
        self.tell: Callable[[Event], None] = lambda event: None
        """Hears `SwapEnded`, `StopEnded` and `Died`; whoever needs these sets it before the first swap."""
        self._swaps: dict[SwapId, RunningSwap] = {}
        self._departures = Departures(self._attendants, clock)
        self._obstacles: set[object] = {ready_to_start}
        """What must be out of the way before anything starts: the first sweep, and the remains of dead models."""
        self._clear_way: Waiters[None] = Waiters()
        self._mourned: dict[ModelId, Waiters[None]] = {}
        """Models that died and have not been seen off: who wants them to start again waits for that."""
        self._closed = False
        self._publish = notices.publish
        self._unsubscribe = notices.subscribe(ModelChanged, self._changed)
        ready_to_start.addBoth(lambda _: self._removed(ready_to_start))

    # -- questions -----------------------------------------------------------------------------------------------

    def upstream_of(self, model: ModelId) -> Upstream | None:
        """Where requests for `model` go; None unless it is ready."""
        backend = self._backends.get(model)
        leaves = backend is None or backend in self._departures
        return None if backend is None or leaves else backend.upstream

    def state_of(self, model: ModelId) -> State:
        """The model's state; one that is unknown does not run."""
        backend = self._backends.get(model)
        return self._state(backend) if backend is not None else State.STOPPED

    def pid_of(self, model: ModelId) -> int | None:
        """The process that the command of `model` became; None when it has none."""
        backend = self._backends.get(model)
        return backend.pid if backend is not None else None

    def knows(self, model: ModelId) -> bool:
        """Whether `states` names it."""
        return model in self._backends

    def states(self) -> list[tuple[Model, State]]:
        """Every model, in the form that runs or would, and its state. One that was removed counts until it is gone."""
        return [(backend.form, self._state(backend)) for backend in self._backends.values()]

    def _state(self, backend: Backend) -> State:
        """One that is taken leave of is stopping already."""
        leaves = backend.state is State.READY and backend in self._departures
        return State.STOPPING if leaves else backend.state

    def swaps(self) -> Sequence[RunningSwap]:
        """Those that are under way."""
        return tuple(self._swaps.values())

    @property
    def patience(self) -> float:
        """Seconds after which the last of the models has had its `unloadTimeout`."""
        return float(max((backend.form.unload_timeout for backend in self._all()), default=0))

    # -- orders --------------------------------------------------------------------------------------------------

    def begin(self, swap: Swap) -> None:
        """Stop the victims in parallel, each with its own grace, then make the target ready; ends in `SwapEnded`."""
        running = self._swaps[swap.id] = RunningSwap(swap, self._clock)
        work = Deferred.fromCoroutine(self._carry_out(running))
        work.addErrback(self._unforeseen)
        work.addCallback(self._swap_ended, swap.id)

    def cancel(self, swap: SwapId) -> None:
        """Its target must not come up. An unknown swap, or one that has ended: no effect."""
        if running := self._swaps.get(swap):
            running.cancel()

    def stop(self, stop: Stop) -> None:
        """Stop the models in parallel; ends in `StopEnded`."""
        self._publish(StopBegan(stop.models, stop.why, self._clock.seconds()))
        stopped = self._stop_all(dict.fromkeys(stop.models, stop.grace), stop.why)
        stopped.addCallback(lambda _: self.tell(StopEnded(stop.id, self._clock.seconds())))

    def renew(self, renew: Renew) -> None:
        """Give the model its next form: to the backend it has if that is launched alike, else to a new one."""
        if self._closed:
            return
        backend, form = self._backends.get(renew.model), renew.form
        if backend is not None and form is not None and launched_alike(backend.form, form):
            backend.adapt(form)
            return
        if backend is not None:
            self._let_go(self._backends.pop(renew.model))
        if form is not None:
            self._backends[form.id] = self._make(form)

    def close(self, grace: float) -> Deferred[None]:
        """Fires when no process of any model is left, and no attendant is at work; nothing starts any more.

        Half of the grace is for taking leave of the models, and a second more than it for what follows their end.
        """
        self._closed = True
        return Deferred.fromCoroutine(self._close_all(grace))

    async def _close_all(self, grace: float) -> None:
        end = self._clock.seconds() + grace
        self._departures.hasten()
        self._publish(StopBegan(tuple(self._backends), "shutdown", self._clock.seconds()))
        for running in tuple(self._swaps.values()):
            running.cancel()
        timers = [
            self._clock.callLater(grace / 2, self._departures.cut),
            self._clock.callLater(grace + LAST_WORDS, self._attendants.close),
        ]
        await gatherResults([Deferred.fromCoroutine(self._departures.close(backend, end)) for backend in self._all()])
        await self._attendants.idle()
        for timer in timers:
            if timer.active():
                timer.cancel()
        self._unsubscribe()

    def kill(self) -> None:
        """SIGKILL everything this instant; nothing starts any more."""
        self._closed = True
        self._attendants.close()
        for backend in self._all():
            backend.kill()

    def _all(self) -> list[Backend]:
        return [*self._backends.values(), *self._leaving]

    def _let_go(self, backend: Backend) -> None:
        """Nobody starts it again; but of a process that died by itself something may still be there."""
        self._leaving.add(backend)
        backend.stop(0.0).addCallback(lambda _: self._leaving.discard(backend))

    # -- a swap --------------------------------------------------------------------------------------------------

    async def _carry_out(self, running: RunningSwap) -> Refusal | None:
        """Returns why the target is not ready and has no process left, or None when it is ready."""
        graces = {id: float(self._backends[id].form.unload_timeout) for id in running.swap.evict}
        if graces:
            self._enter(running, "stop")
        await self._stop_all(graces, "evict")
        self._enter(running, "settle")
        while self._obstacles:
            await self._clear_way.add()
        if running.cancelled:
            return StartFailed(ABORTED)
        backend = self._backends[running.swap.target]
        running.loading = Deferred.fromCoroutine(self._load(backend, running))
        try:
            await running.loading
        except (Refusal, CancelledError) as error:
            await self._departures.end(backend, ABANDONED_GRACE)
            if running.was_ready and not running.died:
                await self._attendants.after_unload(backend.form, "abandon")
            if isinstance(error, OutOfMemory):
                error.unsettled = self._unsettled(running.swap.target)
            return error if isinstance(error, Refusal) else running.why_cut()
        return None

    async def _load(self, backend: Backend, running: RunningSwap) -> None:
        """Make it ready, with all that goes with it. Raises `Refusal`."""
        if backend.upstream is not None:
            return
        if (mourned := self._mourned.get(backend.form.id)) is not None:
            await mourned.add()
        await self._attendants.before_load(backend.form)
        self._enter(running, "start")
        upstream = await backend.ensure_ready()
        self._enter(running, "ready")
        running.was_ready = True
        await self._attendants.after_load(backend.form, upstream)
        if backend.upstream is not upstream:
            raise StartFailed(DIED_EARLY)

    def _enter(self, running: RunningSwap, stage: str) -> None:
        running.enter(stage)
        swap = running.swap
        self._publish(SwapAdvanced(swap.target, swap.evict, swap.why, swap.cause, stage, running.since))

    # -- stops ---------------------------------------------------------------------------------------------------

    def _stop_all(self, graces: Mapping[ModelId, float], why: str) -> Deferred[list[None]]:
        stops = (self._departures.stop(self._backends[model], grace, why) for model, grace in graces.items())
        return gatherResults([Deferred.fromCoroutine(stop) for stop in stops])

    def _swap_ended(self, error: Refusal | None, swap: SwapId) -> None:
        running, now = self._swaps.pop(swap), self._clock.seconds()
        running.enter("")
        self.tell(SwapEnded(swap, now, error))
        target, evicted, why, cause = running.swap.target, running.swap.evict, running.swap.why, running.swap.cause
        said = "" if error is None else error.cause if isinstance(error, StartFailed) else str(error)
        self._publish(Swapped(target, evicted, why, running.outcome(error), running.stages, now, cause, said))

    def _unforeseen(self, failure: Failure) -> Refusal:
        self._log.failure("a swap broke off", failure)
        return StartFailed(str(failure.value))

    # -- models that die -----------------------------------------------------------------------------------------

    def _changed(self, notice: ModelChanged) -> None:
        """A ready model that was asked to stop is *stopping* first; one that is not has died."""
        if (notice.old, notice.new) != (State.READY, State.STOPPED):
            return
        self._obstacles.add(notice.model)
        self._mourned[notice.model] = Waiters()
        clearing = Deferred.fromCoroutine(self._clear(self._backends[notice.model]))
        clearing.addErrback(lambda failure: self._log.failure("clearing up after {model}", failure, model=notice.model))
        clearing.addCallback(lambda _: self._mourned.pop(notice.model).fire(None))
        for running in tuple(self._swaps.values()):
            if running.swap.target == notice.model:
                running.has_died()
        self.tell(Died(notice.model, notice.when))

    async def _clear(self, backend: Backend) -> None:
        """Its remains keep everybody from starting; what goes with its end keeps only itself."""
        try:
            to_be_seen_off = await self._departures.clear(backend)
        finally:
            self._removed(backend.form.id)
        if to_be_seen_off:
            await self._departures.see_off(backend)

    def _removed(self, obstacle: object) -> None:
        self._obstacles.discard(obstacle)
        if not self._obstacles:
            self._clear_way.fire(None)
