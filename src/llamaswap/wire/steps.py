"""A coroutine carried from one thing that it waits for to the next, for whoever wants nothing of it but its end.

`Deferred.fromCoroutine` does more (it has a result, callbacks, a context of its own), which each request would pay for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar, cast

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class Steps(Generic[T]):
    """The life of `coroutine`, which awaits Deferreds. `over` is told once, with what it raised if it did, and `of`."""

    __slots__ = ("_cancelled", "_coroutine", "_of", "_over", "_waiting")

    def __init__(self, coroutine: Coroutine[Any, Any, None], over: Callable[[Failure | None, T], None], of: T) -> None:
        self._coroutine = coroutine
        self._over = over
        self._of = of
        self._waiting: Deferred[Any] | None = None
        self._cancelled = False

    def go_on(self, result: object = None) -> None:
        """The first step, and each that follows when what it waits for is there (the Deferred itself hands that over,
        but not what went wrong)."""
        self._waiting = None
        try:
            if isinstance(result, Failure):
                waiting = self._coroutine.throw(cast(BaseException, result.value))
            else:
                waiting = self._coroutine.send(None)
        except StopIteration:
            self._over(None, self._of)
        except BaseException:
            self._over(Failure(), self._of)
        else:
            self._waiting = waiting
            waiting.addCallbacks(self.go_on, self.go_on)
            if self._cancelled:
                self.cancel()

    def cancel(self) -> None:
        """Let what it waits for fail with `CancelledError`; what it does then is its own business. Cancelled in the
        middle of a step, it meets that at the next wait."""
        waiting, self._cancelled = self._waiting, self._waiting is None
        if waiting is not None:
            waiting.cancel()
