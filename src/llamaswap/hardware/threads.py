"""Work that may never come back, in threads whose end nobody waits for.

A driver in trouble may hold whoever asks it. Threads of the reactor's pool would keep the program from ending then.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads

from llamaswap.threads import do_and_tell

T = TypeVar("T")


class LooseThreads:
    """Satisfies `InThread`: each piece of work has a thread of its own, which ends with the program at the latest."""

    def __init__(self, reactor: IReactorFromThreads) -> None:
        self._reactor = reactor

    def __call__(self, work: Callable[[], T]) -> Deferred[T]:
        """Fires with what `work` returns, fails with what it raises. Cancelling forgets the result."""
        result: Deferred[T] = Deferred(lambda _: None)
        try:
            Thread(target=do_and_tell, args=(work, result, self._reactor), name="hardware", daemon=True).start()
        except RuntimeError:  # the system has no more of them
            return fail()
        return result
