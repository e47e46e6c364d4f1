"""Watching the files of a configuration: when they have changed, and changed to the end, say so.

The system's notices only say when to look. Looking happens in a thread, and what counts is that two looks in a row see
the same, so that a file which is still being written is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.errors import LlamaSwapError
from llamaswap.reload.snapshot import Look, Place, fires
from llamaswap.threads import InThread

T = TypeVar("T")
SETTLE = 0.2
"""Seconds between two looks that must see the same; there is never less between any two."""
POLL = 2.0
"""Seconds between looks where the system tells nothing (the original's way)."""
SLOW_POLL = 10.0
"""Seconds between looks where it does: network file systems keep the changes of others to themselves."""


class CannotNotify(LlamaSwapError):
    """The system does not tell what happens to files, or not any more."""


class Notifier(Protocol):
    """The system's notices about files (`inotify.py`)."""

    def watch(self, places: Iterable[Place]) -> None:
        """Tell of what happens at these places from now on, and nowhere else. Raises `CannotNotify`."""

    def close(self) -> None:
        """Tell nothing more. May be called at any time, also twice."""


class Watch(Service):
    """Calls `changed` whenever the files have changed and settled, but for their disappearance.

    `look` blocks, says how they are, and never fails; `first` is how they were before they were read. `notify` makes
    a notifier that calls what it is given, or raises `CannotNotify`: then the files are polled.
    """

    log = Logger()

    def __init__(
        self,
        look: Callable[[], Look],
        first: Look,
        changed: Callable[[], object],
        *,
        clock: IReactorTime,
        in_thread: InThread,
        notify: Callable[[Callable[[], None]], Notifier],
    ) -> None:
        self._look = look
        self._first = first
        self._changed = changed
        self._clock = clock
        self._in_thread = in_thread
        self._notify = notify
        self._notifier: Notifier | None = None
        self._armed: frozenset[Place] | None = None
        self._told = False
        self._resting: Deferred[None] | None = None
        self._awaited: Deferred[Any] | None = None

    def startService(self) -> None:
        super().startService()
        self._open()
        Deferred.fromCoroutine(self._run()).addErrback(self._failed)

    def stopService(self) -> None:
        super().stopService()
        if self._awaited is not None:
            self._awaited.cancel()
        self._close()

    def _failed(self, failure: Failure) -> None:
        self._close()
        if not failure.check(CancelledError):
            self.log.failure("the configuration is not watched any more", failure)

    async def _run(self) -> None:
        seen = last = self._first
        settled = False
        while self.running:
            await self._pause(settled)
            self._told = False
            now = await self._until(self._in_thread(self._look))
            settled = not self._arm(now.places) and now == last
            last = now
            if settled:
                before, seen = seen, now
                if fires(before, now):
                    self._changed()

    async def _pause(self, settled: bool) -> None:
        """Until it is worth looking again."""
        await self._until(deferLater(self._clock, SETTLE))
        if not settled or self._told:
            return
        self._resting = Deferred()
        alarm = self._clock.callLater((SLOW_POLL if self._notifier else POLL) - SETTLE, self._wake)
        try:
            await self._until(self._resting)
        finally:
            self._resting = None
            if alarm.active():
                alarm.cancel()

    async def _until(self, awaited: Deferred[T]) -> T:
        """Wait as `stopService` can end it."""
        self._awaited = awaited
        return await awaited

    def _wake(self) -> None:
        if self._resting is not None:
            self._resting.callback(None)

    # -- the system's notices --------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._notifier = self._notify(self._hear)
        except CannotNotify as error:
            self._poll(error)
        else:
            self.log.info("watching the configuration for changes")

    def _arm(self, places: frozenset[Place]) -> bool:
        """Listen at these places. True when others were listened at before: what changed since the look is unknown."""
        if self._notifier is None or places == self._armed:
            return False
        self._armed = places
        try:
            self._notifier.watch(places)
        except CannotNotify as error:
            self._close()
            self._poll(error)
        return True

    def _poll(self, why: CannotNotify) -> None:
        self.log.info("looking for changes of the configuration every {seconds:g}s: {why}", seconds=POLL, why=str(why))

    def _hear(self) -> None:
        self._told = True
        self._wake()

    def _close(self) -> None:
        if self._notifier is not None:
            self._notifier.close()
            self._notifier = None
