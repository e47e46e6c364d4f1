"""Several that wait for one thing."""

from __future__ import annotations

from typing import Generic, TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


class Waiters(Generic[T]):
    """Deferreds that fire together. Cancelling one gives up that wait and touches nothing else."""

    def __init__(self) -> None:
        self._waiting: list[Deferred[T]] = []

    def __bool__(self) -> bool:
        return any(not waiting.called for waiting in self._waiting)

    def add(self) -> Deferred[T]:
        """A new one; fires with the next `fire`, fails with the next `fail`."""
        waiting: Deferred[T] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def take(self, others: Waiters[T]) -> None:
        """Let those who wait with `others` wait here instead."""
        self._waiting += others._drain()

    def fire(self, result: T) -> None:
        """Answer all who wait now."""
        for waiting in self._drain():
            waiting.callback(result)

    def fail(self, error: Exception) -> None:
        """Refuse all who wait now."""
        for waiting in self._drain():
            waiting.errback(error)

    def _drain(self) -> list[Deferred[T]]:
        waiting = [one for one in self._waiting if not one.called]  # one that was cancelled has been called
        self._waiting = []
        return waiting
