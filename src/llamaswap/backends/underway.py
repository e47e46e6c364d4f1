"""A swap, and the way out of a ready model, while they last: what of them can be cut short, and who waits for what."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from llamaswap.backends.machine import ABORTED
from llamaswap.backends.waiters import Waiters
from llamaswap.errors import OutOfMemory, Refusal, StartFailed
from llamaswap.schedule.events import Swap

DIED_EARLY = "the process ended while it was being prepared"


class RunningSwap:
    """A swap under way."""

    def __init__(self, swap: Swap, clock: IReactorTime) -> None:
        self.swap = swap
        self.stages = {"drain": swap.drained} if swap.drained else {}
        """Seconds that each stage took, of those that are over."""
        self._clock = clock
        self.stage = ""
        """The one that it is in."""
        self.since = 0.0
        """When that began."""
        self.cancelled = False
        self.was_ready = False
        """The target, by this swap's doing."""
        self.died = False
        """The target, after that and before the swap ended."""
        self.loading: Deferred[None] | None = None

    def enter(self, stage: str) -> None:
        """One stage is over and another begins; none does when it is empty."""
        now = self._clock.seconds()
        if self.stage:
            self.stages[self.stage] = max(now - self.since, 0.0)
        self.stage, self.since = stage, now

    def cancel(self) -> None:
        """Give up the load, or do not begin it."""
        self.cancelled = True
        if self.loading is not None:
            self.loading.cancel()

    def has_died(self) -> None:
        """The target's process ended by itself."""
        if self.was_ready and self.loading is not None:
            self.died = True
            self.loading.cancel()

    def outcome(self, error: Refusal | None) -> str:
        """How it ended, in the words of `notices.Swapped`."""
        if error is None:
            return "loaded"
        return "abandoned" if self.cancelled else "out_of_memory" if isinstance(error, OutOfMemory) else "failed"

    def why_cut(self) -> Refusal:
        """What the scheduler is told of a load that was cut."""
        return StartFailed(DIED_EARLY if self.died else ABORTED)


class Departure:
    """A ready model on its way out: first it is taken leave of, then it stops, then nothing of it is left."""

    def __init__(self) -> None:
        self.over: Waiters[None] = Waiters()
        self._parted: Waiters[None] = Waiters()
        self._leave: Deferred[None] | None = None
        self._is_over = False

    async def take_leave(self, work: Coroutine[Any, Any, None]) -> None:
        """Return when the work is done, or was cut."""
        self._leave = Deferred.fromCoroutine(work)
        with suppress(CancelledError):
            await self._leave
        self._leave = None
        self._parted.fire(None)

    def cut(self) -> None:
        """End the taking of leave; harmless after it."""
        if self._leave is not None:
            self._leave.cancel()

    def left(self) -> Deferred[None]:
        """Fires when leave has been taken."""
        return self._parted.add() if self._leave is not None else succeed(None)

    def ended(self) -> Deferred[None]:
        """Fires when nothing of the model is left and everybody has done what follows from that."""
        return succeed(None) if self._is_over else self.over.add()

    def end(self) -> None:
        self._is_over = True
        self.over.fire(None)
