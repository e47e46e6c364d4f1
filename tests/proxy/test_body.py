"""Bodies that wait for their model: whole, bounded in memory, edited in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, execute, succeed
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ClientGone
from llamaswap.filters.scan import Span
from llamaswap.proxy.body import IN_MEMORY, SCANNED_AT_ONCE, StoredBody, scan, store
from llamaswap.wire.body import IncomingBody


class Quiet:
    """A source that lets everything come."""

    def wanted(self) -> None: ...
    def enough(self) -> None: ...
    def room(self) -> None: ...


def at_once(work: Callable[[], Any]) -> Deferred[Any]:
    return succeed(work())


class StoreTests(SynchronousTestCase):
    def store(self, *pieces: bytes, length: int | None = None) -> StoredBody:
        body = IncomingBody(Quiet(), length, 1 << 40)
        stored = Deferred.fromCoroutine(store(body, at_once))
        for piece in pieces:
            body.feed(piece)
        self.assertNoResult(stored)
        body.end()
        return self.successResultOf(stored)

    def test_a_small_body_stays_in_memory(self) -> None:
        """Up to IN_MEMORY bytes no file is opened."""
        with self.store(b"abc", b"def") as body:
            self.assertTrue(body.in_memory)
            self.assertEqual((body.content, body.length), (b"abcdef", 6))

    def test_a_large_body_goes_to_a_file_without_a_name(self) -> None:
        """Beyond that it is on disk, complete, and gone when closed."""
        before = len(os.listdir("/proc/self/fd"))
        data = os.urandom(IN_MEMORY)
        with self.store(data, b"tail1", b"tail2" * 100_000) as body:
            self.assertFalse(body.in_memory)
            self.assertEqual(b"".join(body.pieces()), data + b"tail1" + b"tail2" * 100_000)
            self.assertLess(max(map(len, body.pieces())), IN_MEMORY)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_what_is_kept_of_it(self) -> None:
        """Is all of it, with the edits, also once it is closed; and then nothing is left of it."""
        before = len(os.listdir("/proc/self/fd"))
        for filler in (b"x", b"x" * (IN_MEMORY + 1)):
            with self.store(b"<old>", filler) as body:
                body.replace([(Span(1, 4), b"new!")])
                kept = body.kept()
                body.replace([])
            self.assertEqual(kept() if callable(kept) else kept, b"<new!>" + filler)
            del kept
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_edits_touch_their_spans_only(self) -> None:
        """Renaming replaces bytes in place, in memory and on disk, and the length follows."""
        for filler in (b"x", b"x" * (IN_MEMORY + 1)):
            with self.store(b"<old>", filler, b"<old>") as body:
                end = len(body.content)
                body.replace([(Span(1, 4), b"newer"), (Span(end - 4, end - 1), b"even newer")])
                whole = b"".join(body.pieces())
                self.assertEqual(whole, b"<newer>" + filler + b"<even newer>")
                self.assertEqual(body.length, len(whole))

    def test_a_client_that_leaves_ends_the_wait_and_frees_the_file(self) -> None:
        """The reader is told, at any size."""
        for start in (b"", b"x" * (IN_MEMORY + 1)):
            before = len(os.listdir("/proc/self/fd"))
            body = IncomingBody(Quiet(), None, 1 << 40)
            stored = Deferred.fromCoroutine(store(body, at_once))
            body.feed(start + b"x")
            body.break_off(ClientGone("gone"))
            self.failureResultOf(stored, ClientGone)
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class ScanTests(SynchronousTestCase):
    def test_short_texts_at_once(self) -> None:
        """A thread would cost more than the look; what goes wrong is told either way."""
        threads: list[Any] = []

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            threads.append(work)
            return execute(work)

        for size, used in ((SCANNED_AT_ONCE, 0), (SCANNED_AT_ONCE + 1, 1)):
            found = Deferred.fromCoroutine(scan(in_thread, size, int, "12"))
            self.assertEqual((self.successResultOf(found), len(threads)), (12, used))
            self.failureResultOf(Deferred.fromCoroutine(scan(in_thread, size, int, "x")), ValueError)
            threads.clear()
