"""Has a message like this come before on the same connection?

Clients and servers write the same head again and again, but for the length of the body. A message that arrives in one
piece and begins as one did that the parser has read means the same, so that nothing of it has to be parsed. Whatever
else arrives is the parser's business. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from llamaswap.exchange import Header

T = TypeVar("T")

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)", re.IGNORECASE)
_LONGEST_HEAD = 4096
"""Bytes of a head that are kept for a connection."""
_MOST_DIGITS = 9
_END = b"\r\n\r\n"


def with_length(headers: Sequence[Header], length: int) -> list[Header]:
    """Header lines with another length of the body."""
    digits = b"%d" % length
    return [
        (name, digits) if len(name) == 14 and name.lower() == b"content-length" else (name, value)
        for name, value in headers
    ]


class Recalled(NamedTuple, Generic[T]):
    """A whole message, told by its beginning."""

    meaning: T
    """Of the head that came before."""
    length: int
    body: bytes


class Familiar(Generic[T]):
    """The head that was read last on a connection, and what it means."""

    __slots__ = ("_digits", "_head", "_length", "_meaning")

    def __init__(self) -> None:
        self._meaning: T | None = None
        self._head = b""
        self._length = 0
        """What its Content-Length says; 0 when there is none."""
        self._digits = (0, 0)
        """Where in it that stands."""

    def forget(self) -> None:
        """What comes next means something else, however it begins."""
        self._meaning = None

    def learn(self, message: bytes, length: int, meaning: T) -> None:
        """`message` has arrived in one piece and was read: one message with a body of `length` bytes, told by that
        number, after which the connection goes on. `meaning` is that of its head."""
        end = len(message) - length
        if end > _LONGEST_HEAD or message.find(_END) + len(_END) != end:  # line breaks stand before it or behind it
            self.forget()
            return
        digits = _LENGTH.search(message, 0, end)
        self._digits = digits.span(1) if digits is not None else (end, end)
        self._head, self._length = message[:end], length
        self._meaning = meaning

    def recall(self, data: bytes) -> Recalled[T] | None:
        """`data`, which is where a message begins, as a message that begins as the one before; None unless it is whole,
        and nothing else."""
        if self._meaning is None:
            return None
        head, length = self._head, self._length
        if data.startswith(head):  # of the same length, too
            size = len(head)
            return Recalled(self._meaning, length, data[size:]) if len(data) == size + length else None
        return self._of_another_length(self._meaning, data)

    def _of_another_length(self, meaning: T, data: bytes) -> Recalled[T] | None:
        start, stop = self._digits
        if not data.startswith(self._head[:start]):
            return None
        after = self._head[stop:]
        end = data.find(b"\r", start, start + _MOST_DIGITS + 1)
        digits = data[start:end]
        if end < 0 or not digits.isdigit() or not data.startswith(after, end):
            return None
        length, body = int(digits), data[end + len(after) :]
        return Recalled(meaning, length, body) if len(body) == length else None
