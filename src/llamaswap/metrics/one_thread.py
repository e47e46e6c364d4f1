"""A thread that does blocking work, one piece after the other: whoever waits for a disk holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads

from llamaswap.errors import LlamaSwapError
from llamaswap.threads import do_and_tell

T = TypeVar("T")


class OneThread:
    """Satisfies `InThread`, in order. The thread begins with the first work, and keeps no process alive."""

    def __init__(self, reactor: IReactorFromThreads, name: str) -> None:
        self._reactor = reactor
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._closed = False

    def __call__(self, work: Callable[[], T]) -> Deferred[T]:
        """Fires with what `work` returns, fails with what it raises. Cancelling forgets the result."""
        if self._closed:
            return fail(LlamaSwapError(f"the thread of {self._name} has ended"))
        result: Deferred[T] = Deferred()
        self._work.put(partial(do_and_tell, work, result, self._reactor))
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return result

    def close(self) -> None:
        """Let the thread end, once it has done what it was given; later work fails. May be called twice."""
        self._closed = True
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # or it would be kept until there is more
