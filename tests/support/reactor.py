"""A reactor in memory whose threads are none: what is done in one is done at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure


class ThreadlessReactor(MemoryReactorClock):
    """Enough of a reactor with threads for `deferToThreadPool`."""

    def getThreadPool(self) -> ThreadlessReactor:
        return self

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        callable(*args, **kwargs)

    def callInThreadWithCallback(
        self, told: Callable[[bool, Any], None], work: Callable[..., Any], *args: object
    ) -> None:
        try:
            result = work(*args)
        except Exception:
            told(False, Failure())
        else:
            told(True, result)
