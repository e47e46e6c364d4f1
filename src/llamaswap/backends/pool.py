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

from llamaswap.backends.interface import Attendant, Backend
from llamaswap.backends.machine import ABANDONED_GRACE, ABORTED
from llamaswap.backends.waiters import Waiters
from llamaswap.config.difference import launched_alike
from llamaswap.config.schema import Model
from llamaswap.errors import Refusal, StartFailed
from llamaswap.ids import ModelId, SwapId
from llamaswap.notices import ModelChanged, Notices, State
from llamaswap.schedule.events import Died, Event, Renew, Stop, StopEnded, Swap, SwapEnded
from llamaswap.wire.upstream import Upstream


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
    ) -> None:
        self._make = make
        self._attendants = attendants
        self._backends = {model.id: make(model) for model in models}
        self._leaving: set[Backend] = set()
        """Those that others have replaced, until the last remains of their processes are gone."""
        self._clock = clock
        self.tell: Callable[[Event], None] = lambda event: None
        """Hears `SwapEnded`, `StopEnded` and `Died`; whoever needs these sets it before the first swap."""
        self._swaps: dict[SwapId, _RunningSwap] = {}
        self._obstacles: set[object] = {ready_to_start}
        """What must be out of the way before anything starts: the first sweep, and the remains of dead models."""
        self._clear_way: Waiters[None] = Waiters()
        self._closed = False
        self._unsubscribe = notices.subscribe(ModelChanged, self._changed)
        ready_to_start.addBoth(lambda _: self._removed(ready_to_start))

    # -- questions -----------------------------------------------------------------------------------------------

    def upstream_of(self, model: ModelId) -> Upstream | None:
        """Where requests for `model` go; None unless it is ready."""
        backend = self._backends.get(model)
        return backend.upstream if backend is not None else None

    def state_of(self, model: ModelId) -> State:
        """The model's state; one that is unknown does not run."""
        backend = self._backends.get(model)
        return backend.state if backend is not None else State.STOPPED

    def states(self) -> list[tuple[Model, State]]:
        """Every model, in the form that runs or would, and its state. One that was removed counts until it is gone."""
        return [(backend.form, backend.state) for backend in self._backends.values()]

    @property
    def patience(self) -> float:
        """Seconds after which the last of the models has had its `unloadTimeout`."""
        return float(max((backend.form.unload_timeout for backend in self._all()), default=0))

    # -- orders --------------------------------------------------------------------------------------------------

    def begin(self, swap: Swap) -> None:
        """Stop the victims in parallel, each with its own grace, then make the target ready; ends in `SwapEnded`."""
        running = self._swaps[swap.id] = _RunningSwap(swap)
        work = Deferred.fromCoroutine(self._carry_out(running))
        work.addErrback(self._unforeseen)
        work.addCallback(self._swap_ended, swap.id)

    def cancel(self, swap: SwapId) -> None:
        """Its target must not come up. An unknown swap, or one that has ended: no effect."""
        if running := self._swaps.get(swap):
            running.cancel()

    def stop(self, stop: Stop) -> None:
        """Stop the models in parallel; ends in `StopEnded`."""
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
        """Fires when no process of any model is left; nothing starts any more."""
        self._closed = True
        closed = gatherResults([backend.close(grace) for backend in self._all()])
        return closed.addCallback(lambda _: self._unsubscribe())

    def kill(self) -> None:
        """SIGKILL everything this instant; nothing starts any more."""
        self._closed = True
        for backend in self._all():
            backend.kill()

    def _all(self) -> list[Backend]:
        return [*self._backends.values(), *self._leaving]

    def _let_go(self, backend: Backend) -> None:
        """Nobody starts it again; but of a process that died by itself something may still be there."""
        self._leaving.add(backend)
        backend.stop(0.0).addCallback(lambda _: self._leaving.discard(backend))

    # -- a swap --------------------------------------------------------------------------------------------------

    async def _carry_out(self, running: _RunningSwap) -> Refusal | None:
        """Returns why the target is not ready and has no process left, or None when it is ready."""
        graces = {id: float(self._backends[id].form.unload_timeout) for id in running.swap.evict}
        await self._stop_all(graces, "evict")
        while self._obstacles:
            await self._clear_way.add()
        if running.cancelled:
            return StartFailed(ABORTED)
        backend = self._backends[running.swap.target]
        running.loading = Deferred.fromCoroutine(self._load(backend))
        try:
            await running.loading
        except Refusal as error:
            await backend.stop(ABANDONED_GRACE)
            return error
        except CancelledError:
            await backend.stop(ABANDONED_GRACE)
            return StartFailed(ABORTED)
        return None

    async def _load(self, backend: Backend) -> None:
        """Make it ready, with all that goes with it. Raises `Refusal`."""
        if backend.upstream is not None:
            return
        for attendant in self._attendants:
            await attendant.before_load(backend.form, "load")
        upstream = await backend.ensure_ready()
        for attendant in self._attendants:
            await attendant.after_load(backend.form, upstream)
        if backend.upstream is not upstream:
            raise StartFailed("the process ended while it was being prepared")

    def _stop_all(self, graces: Mapping[ModelId, float], why: str) -> Deferred[list[None]]:
        stops = (self._stop(self._backends[model], grace, why) for model, grace in graces.items())
        return gatherResults([Deferred.fromCoroutine(stop) for stop in stops])

    async def _stop(self, backend: Backend, grace: float, why: str) -> None:
        """Stop it, with all that goes with it."""
        upstream = backend.upstream
        if upstream is None:
            await backend.stop(grace)
            return
        for attendant in self._attendants:
            await attendant.before_unload(backend.form, upstream, why)
        await backend.stop(grace)
        for attendant in self._attendants:
            await attendant.after_unload(backend.form, why)

    def _swap_ended(self, error: Refusal | None, swap: SwapId) -> None:
        del self._swaps[swap]
        self.tell(SwapEnded(swap, self._clock.seconds(), error))

    def _unforeseen(self, failure: Failure) -> Refusal:
        self._log.failure("a swap broke off", failure)
        return StartFailed(str(failure.value))

    # -- models that die -----------------------------------------------------------------------------------------

    def _changed(self, notice: ModelChanged) -> None:
        """A ready model that was asked to stop is *stopping* first; one that is not has died."""
        if (notice.old, notice.new) == (State.READY, State.STOPPED):
            self._obstacles.add(notice.model)
            cleared = self._backends[notice.model].stop(0.0)
            cleared.addCallback(lambda _: self._removed(notice.model))
            self.tell(Died(notice.model, notice.when))

    def _removed(self, obstacle: object) -> None:
        self._obstacles.discard(obstacle)
        if not self._obstacles:
            self._clear_way.fire(None)


class _RunningSwap:
    """A swap under way."""

    def __init__(self, swap: Swap) -> None:
        self.swap = swap
        self.cancelled = False
        self.loading: Deferred[None] | None = None

    def cancel(self) -> None:
        """Give up the load, or do not begin it."""
        self.cancelled = True
        if self.loading is not None:
            self.loading.cancel()
