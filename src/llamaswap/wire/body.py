"""A request's body between the parser that fills it and whoever reads it: bounded, and never faster than it is read."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, fail, succeed

from llamaswap.errors import BodyTooLarge, LlamaSwapError

_HIGH_WATER = 256 * 1024
"""Bytes waiting to be read from which on the client is told to pause. A client that pauses cannot tell that it leaves
(its end waits behind its data), so most bodies should fit."""


class Source(Protocol):
    """Where the bytes come from: the channel."""

    def wanted(self) -> None:
        """Somebody waits for the body: let the client send (and tell it to, if it asked)."""

    def enough(self) -> None:
        """More has arrived than is being read: let the client wait."""

    def room(self) -> None:
        """What was too much has been read."""


class IncomingBody:
    """A `RequestBody`. The parser calls `feed` and `end`, or `break_off` when no more will come."""

    __slots__ = (
        "_error",
        "_limit",
        "_pieces",
        "_size",
        "_source",
        "_unread",
        "_waiter",
        "_waiting",
        "complete",
        "discarded",
        "length",
    )

    def __init__(self, source: Source, length: int | None, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._size = 0
        self._waiter: Deferred[bytes] | None = None
        self._error: LlamaSwapError | None = None
        self._unread = False
        self.discarded = 0
        """Bytes that came when nobody would read them any more."""
        self.length = length
        self.complete = False
        if length is not None and length > limit:
            self._error = BodyTooLarge()

    # -- the reader --------------------------------------------------------------------------------------------

    def take(self) -> bytes:
        if self._error is not None:
            raise self._error
        if not self._pieces:
            return b""
        pieces, self._pieces = self._pieces, []
        was_full, self._waiting = self._waiting > _HIGH_WATER, 0
        if was_full:
            self._source.room()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read(self) -> Deferred[bytes]:
        if self._error is not None:
            return fail(self._error)
        if self._pieces or self.complete:
            return succeed(self.take())
        self._waiter = Deferred(self._forget)
        waiter = self._waiter
        self._source.wanted()
        return waiter

    def _forget(self, _: Deferred[bytes]) -> None:
        self._waiter = None

    # -- the parser --------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> bool:
        """Somebody waits for the next piece."""
        return self._waiter is not None

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self._size

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        if self._error is not None:
            return
        if self._unread:
            self.discarded += len(data)
            return
        if self._size > self._limit:
            self.break_off(BodyTooLarge())
        elif self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            waiter.callback(data)
        else:
            self._pieces.append(data)
            self._waiting += len(data)
            if self._waiting > _HIGH_WATER:
                self._source.enough()

    def end(self) -> None:
        self.complete = True
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            waiter.callback(b"")

    def discard(self) -> None:
        """Nobody will read what is left; it is only counted from now on."""
        self._unread = True
        self._pieces.clear()

    def break_off(self, why: LlamaSwapError) -> None:
        """No more will come; whoever reads, now or later, is told why."""
        self._error = why
        self._pieces.clear()
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            waiter.errback(why)
