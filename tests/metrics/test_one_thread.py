"""A thread of one's own, on a real reactor."""

from __future__ import annotations

import threading
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, gatherResults
from twisted.trial.unittest import TestCase

from llamaswap.errors import LlamaSwapError
from llamaswap.metrics.one_thread import OneThread


class OneThreadTests(TestCase):
    def setUp(self) -> None:
        threads: Any = reactor
        self.thread = OneThread(threads, "test")
        self.addCleanup(self.thread.close)

    async def test_in_order(self) -> None:
        """One after the other, in one thread that is not the reactor's; results come to the reactor's."""
        seen: list[int] = []
        where: list[int] = []

        def work(n: int) -> int:
            seen.append(n)
            return threading.get_ident()

        def heard(ident: int) -> int:
            where.append(threading.get_ident())
            return ident

        told = [self.thread(lambda n=n: work(n)) for n in range(100)]  # type: ignore[misc]
        told[0] = told[0].addCallback(heard)
        idents = set(await gatherResults(told))
        self.assertEqual((seen, len(idents)), (list(range(100)), 1))
        self.assertNotIn(threading.get_ident(), idents)
        self.assertEqual(where, [threading.get_ident()])

    async def test_failures(self) -> None:
        """They come back, and the thread goes on."""
        with self.assertRaises(ZeroDivisionError):
            await self.thread(lambda: 1 // 0)
        self.assertEqual(await self.thread(lambda: 5), 5)

    async def test_cancel(self) -> None:
        """The result is forgotten, not the work."""
        go, done = threading.Event(), threading.Event()

        def work() -> None:
            go.wait(60)
            done.set()

        waiting = self.thread(work)
        waiting.cancel()
        with self.assertRaises(CancelledError):
            await waiting
        go.set()
        await self.thread(lambda: None)
        self.assertTrue(done.is_set())

    async def test_close(self) -> None:
        """What was given is done, and then the thread ends; later work is refused."""
        last = self.thread(lambda: threading.current_thread())
        self.thread.close()
        thread = await last
        thread.join(60)
        self.assertFalse(thread.is_alive())
        with self.assertRaises(LlamaSwapError):
            await self.thread(lambda: None)
