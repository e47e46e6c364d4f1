"""The models that are loaded at the start, and again when a reload makes others of them (lifecycle section 11).

All of them are asked for at once and in order, and the scheduler decides: those that can run together load at the same
time, the others one after the other (W-36). Each waits as a request would, behind those that came before it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import Settings
from llamaswap.errors import Refusal, StartFailed
from llamaswap.hooks.rules import due_again, each_once
from llamaswap.ids import ModelId
from llamaswap.notices import ConfigurationChanged, Notices, Preloaded

Load = Callable[[ModelId], Coroutine[Any, Any, None]]
"""`Dispatcher.load`."""


class Preload:
    """Loads what `hooks.on_startup.preload` of the `settings` in force lists, and publishes `Preloaded` for each."""

    _log = Logger()

    def __init__(self, settings: Callable[[], Settings], load: Load, *, notices: Notices, clock: IReactorTime) -> None:
        self._settings = settings
        self._load = load
        self._notices = notices
        self._clock = clock
        self._listed: Sequence[ModelId] = ()
        self._under_way: dict[ModelId, Deferred[None]] = {}
        self._unsubscribe: Callable[[], None] = lambda: None

    def begin(self) -> None:
        """Ask for all of the list, and follow the configuration from now on."""
        self._unsubscribe = self._notices.subscribe(ConfigurationChanged, self._reconfigured)
        self._listed = self._settings().preload
        self._ask(each_once(self._listed))

    def stop(self) -> None:
        """Give up what is not loaded yet, and load nothing any more."""
        self._unsubscribe()
        for work in list(self._under_way.values()):
            work.cancel()

    def _reconfigured(self, notice: ConfigurationChanged) -> None:
        before, self._listed = self._listed, self._settings().preload
        for model, work in list(self._under_way.items()):
            if model not in self._listed:
                work.cancel()
        self._ask(due_again(before, self._listed, notice.difference))

    def _ask(self, models: Sequence[ModelId]) -> None:
        for model in models:
            if model not in self._under_way:  # else it still waits, and gets what is in force now
                work = self._under_way[model] = Deferred.fromCoroutine(self._preload(model))
                work.addErrback(lambda failure: self._log.failure("a preload broke off", failure))
                work.addBoth(partial(self._over, model))

    def _over(self, model: ModelId, _: object) -> None:
        del self._under_way[model]

    async def _preload(self, model: ModelId) -> None:
        began = self._clock.seconds()
        try:
            await self._load(model)
        except CancelledError:
            return
        except Refusal as error:
            why = error.cause if isinstance(error, StartFailed) else str(error)
            self._log.warn("preload: {model} is not loaded: {why}", model=model, why=why)
            self._publish(model, why)
            return
        self._log.info(
            "preload: {model} is ready, {seconds:.1f} s after it was asked for",
            model=model,
            seconds=max(self._clock.seconds() - began, 0.0),
        )
        self._publish(model, "")

    def _publish(self, model: ModelId, why: str) -> None:
        self._notices.publish(Preloaded(model, not why, why, self._clock.seconds()))
