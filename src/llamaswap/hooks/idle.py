"""The model that is loaded when nobody asks for anything (`hooks.idle_model`).

Its load keeps nobody waiting: once it has begun nobody waits for it, so that the scheduler gives it up for the first
request that wants something else (W-07).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import IdleModel, Settings
from llamaswap.errors import Refusal
from llamaswap.hooks.rules import Quiet
from llamaswap.ids import ModelId
from llamaswap.notices import ConfigurationChanged, ModelChanged, Notices, Preloaded, RequestEnded, State


class Scheduler(Protocol):
    """What is asked of the dispatcher."""

    def load(self, model: ModelId, why: str) -> Coroutine[Any, Any, None]: ...
    def in_flight(self, model: ModelId) -> int: ...
    def waiting(self, model: ModelId) -> int: ...


class IdleLoader:
    """Loads the idle model of the `settings` in force when its time has come: once, until something stirs.

    A request that ends stirs, whoever served it, and so does a model that was preloaded, and another one that is being
    loaded for whatever reason.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Callable[[], Settings],
        scheduler: Scheduler,
        state_of: Callable[[ModelId], State],
        *,
        notices: Notices,
        clock: IReactorTime,
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._state_of = state_of
        self._notices = notices
        self._clock = clock
        self._idle: IdleModel | None = None
        self._quiet = Quiet(0.0, 0.0)
        self._timer: IDelayedCall | None = None
        self._loading: Deferred[None] | None = None
        self._subscriptions: list[Callable[[], None]] = []
        self._unsubscribe: Callable[[], None] = lambda: None

    def begin(self) -> None:
        """Count from now on."""
        self._unsubscribe = self._notices.subscribe(ConfigurationChanged, lambda _: self._follow())
        self._follow()

    def stop(self) -> None:
        """Load nothing any more, and give up what has not begun."""
        self._unsubscribe()
        self._rest()

    def _listen(self) -> None:
        """Nobody need be told of every request for nothing."""
        self._subscriptions = [
            self._notices.subscribe(RequestEnded, lambda _: self._stir()),
            self._notices.subscribe(Preloaded, lambda _: self._stir()),
            self._notices.subscribe(ModelChanged, self._changed),
        ]

    def _rest(self) -> None:
        while self._subscriptions:
            self._subscriptions.pop()()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wait_no_longer()

    def _wait_no_longer(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()

    # -- what stirs ----------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Begin anew if the settings say something else than before."""
        idle = self._settings().idle_model
        if idle == self._idle:
            return
        self._rest()
        self._idle = idle
        if idle is not None:
            self._quiet = Quiet(idle.after, self._clock.seconds())
            self._listen()
            self._arm()

    def _changed(self, notice: ModelChanged) -> None:
        if self._idle is None or notice.new is not State.STARTING:
            return
        if notice.model == self._idle.model:
            self._wait_no_longer()
        else:
            self._stir()

    def _stir(self) -> None:
        self._quiet.stirred(self._clock.seconds())
        self._arm()

    # -- what follows --------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """See to it that somebody looks; a look that comes too early arms again."""
        if self._idle is not None and self._timer is None and self._quiet.due is not None:
            self._timer = self._clock.callLater(max(self._quiet.due - self._clock.seconds(), 0.0), self._look)

    def _look(self) -> None:
        self._timer = None
        if self._idle is not None and self._quiet.look(self._clock.seconds(), self._busy()):
            self._load(self._idle)
        self._arm()

    def _busy(self) -> bool:
        scheduler = self._scheduler
        return any(scheduler.in_flight(model) or scheduler.waiting(model) for model in self._settings().models)

    def _load(self, idle: IdleModel) -> None:
        if self._state_of(idle.model) is State.READY:
            return
        self._log.info("nothing was asked for in {after:g} s: loading {model}", after=idle.after, model=idle.model)
        loading = Deferred.fromCoroutine(self._wait(idle.model))
        loading.addErrback(lambda failure: self._log.failure("loading the idle model", failure))
        self._loading = loading
        if self._state_of(idle.model) is State.STARTING:
            self._wait_no_longer()

    async def _wait(self, model: ModelId) -> None:
        """Until its load has begun, or cannot; what becomes of it, the scheduler tells in the log."""
        try:
            await self._scheduler.load(model, "idle")
        except CancelledError:
            return
        except Refusal as error:
            self._log.warn("the idle model {model} is not loaded: {error}", model=model, error=error)
