"""Blocking work, done in threads, whose outcome is told on the reactor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

T = TypeVar("T")


class InThread(Protocol):
    """Runs blocking work elsewhere."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """Fires with what `work` returns, fails with what it raises. Cancelling forgets the result."""


def do_and_tell(work: Callable[[], T], result: Deferred[T], reactor: IReactorFromThreads) -> None:
    """Do `work` in this thread; in a turn of the reactor `result` fires with what came of it, if it has not fired."""
    outcome: Any
    try:
        outcome = work()
    except BaseException:
        outcome = Failure()
    reactor.callFromThread(_fire, result, outcome)


def _fire(result: Deferred[T], outcome: T | Failure) -> None:
    if not result.called:
        result.callback(outcome)  # a failure goes on as one
