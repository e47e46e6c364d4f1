"""Blocking work that may never come back: with a driver in trouble, or files on a server that is gone.

Threads are few and everybody needs them. So what hangs may hold those that it had, and gets no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from llamaswap.errors import LlamaSwapError
from llamaswap.threads import InThread

T = TypeVar("T")


class StillHanging(LlamaSwapError):
    """what was begun before has not come back yet"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class GuardedThreads:
    """Runs work by `in_thread`. Satisfies `InThread`, and fails with `StillHanging` at once while anything hangs that
    nobody waits for any more. Cancelling gives up the wait."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._forgotten: set[object] = set()

    def __call__(self, work: Callable[[], T]) -> Deferred[T]:
        if self._forgotten:
            return fail(StillHanging())
        token = object()
        result: Deferred[T] = Deferred(lambda _: self._forgotten.add(token))

        def came_back(outcome: T | Failure) -> None:
            if token in self._forgotten:
                self._forgotten.discard(token)
            else:
                result.callback(outcome)  # a failure goes on as one

        self._in_thread(work).addBoth(came_back)
        return result
