"""A request's body kept whole until its model is ready: in memory while small, in an unlinked file beyond.

Requests may wait long and in numbers, and some carry pictures or recordings; memory must not grow with them (W-33).
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import IO, Any, TypeVar

from twisted.internet.defer import CancelledError

from llamaswap.exchange import RequestBody
from llamaswap.filters.scan import Buffer, Edit
from llamaswap.threads import InThread

IN_MEMORY = 1024 * 1024
"""Bytes of a body that are kept in memory."""
SCANNED_AT_ONCE = 16 * 1024
"""Bytes that may be looked through on the reactor."""
_PIECE = 256 * 1024

T = TypeVar("T")


class StoredBody:
    """A body that has arrived. Closing it frees its file; use it as a context manager."""

    def __init__(self, content: Buffer, file: IO[bytes] | None = None) -> None:
        self.content = content
        self._file = file
        self._edits: Sequence[Edit] = ()

    @property
    def length(self) -> int:
        """Bytes, after all edits."""
        if not self._edits:
            return len(self.content)
        return len(self.content) + sum(len(new) - (span.end - span.start) for span, new in self._edits)

    @property
    def in_memory(self) -> bool:
        return self._file is None

    @property
    def short(self) -> bool:
        """It may be looked through on the reactor."""
        return len(self.content) <= SCANNED_AT_ONCE

    def joined(self) -> bytes:
        """All of it, after all edits; for one in memory."""
        if self._edits or not isinstance(self.content, bytes):
            return b"".join(self.pieces())
        return self.content

    def kept(self) -> bytes | Callable[[], bytes]:
        """All of it, as it is now; for one in a file what gives it to a thread that asks, also when this is closed.

        Raises `OSError` when the file cannot be kept open.
        """
        if self._file is None:
            return self.joined()
        again = StoredBody(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))
        again.replace(self._edits)
        return lambda: b"".join(again.pieces())

    def replace(self, edits: Sequence[Edit]) -> None:
        """Say what is different, in place of what was said before; all other bytes stay as they are."""
        self._edits = edits

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces that are fit to be written."""
        position = 0
        for span, new in self._edits:
            yield from self._slices(position, span.start)
            if new:
                yield new
            position = span.end
        yield from self._slices(position, len(self.content))

    def _slices(self, start: int, end: int) -> Iterator[bytes]:
        if self._file is None:
            yield self.content[start:end]
            return
        for at in range(start, end, _PIECE):
            yield self.content[at : min(at + _PIECE, end)]

    def __enter__(self) -> StoredBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            assert isinstance(self.content, mmap.mmap)
            self.content.close()
            self._file.close()


def whole(body: RequestBody) -> StoredBody | None:
    """The whole body, if it has come already and is small; `store` waits for others. Fails as it does."""
    return StoredBody(body.take()) if body.complete and body.length is not None and body.length <= IN_MEMORY else None


async def store(body: RequestBody, in_thread: InThread) -> StoredBody:
    """Take the whole body in. Fails as `RequestBody.read` does; cancelling frees what was stored."""
    if (body.length or 0) > IN_MEMORY:
        return await _spill(await body.read(), body, in_thread)
    pieces = [body.take()]
    size = len(pieces[0])
    while not body.complete:
        piece = await body.read()
        pieces.append(piece)
        size += len(piece)
        if size > IN_MEMORY:
            return await _spill(b"".join(pieces), body, in_thread)
    pieces.append(body.take())
    return StoredBody(b"".join(pieces))


async def scan(in_thread: InThread, size: int, look: Callable[..., T], *arguments: Any) -> T:
    """What `look` finds in so many bytes; in a thread where they are many. Fails as `look` does."""
    if size <= SCANNED_AT_ONCE:
        return look(*arguments)
    return await in_thread(partial(look, *arguments))


async def _spill(start: bytes, body: RequestBody, in_thread: InThread) -> StoredBody:
    file = tempfile.TemporaryFile(buffering=0)
    try:
        pending = start
        while pending:
            await in_thread(partial(_write_all, file, pending))
            pending = await _gather(body)
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except CancelledError:
        raise  # a thread may still write to the file; it is closed with the last reference to it
    except BaseException:
        file.close()
        raise
    return StoredBody(content, file)


def _write_all(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


async def _gather(body: RequestBody) -> bytes:
    """The next piece of at least `_PIECE` bytes, or what is left; empty at the end."""
    pieces: list[bytes] = []
    size = 0
    while size < _PIECE and (piece := await body.read()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
