"""Server-sent events, read from bytes as they arrive (the HTML standard, section 9.2). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 16 * 1024 * 1024
"""Bytes of one event; the greatest that a server here sends is a log's history."""
_END = re.compile(rb"\r\n|\n|\r")


class Message(NamedTuple):
    """One event."""

    data: str
    id: str
    """The latest `id` of the stream so far; empty when there was none."""


class EventReader:
    """Takes a stream in whatever pieces, and gives its events. Comments are skipped."""

    def __init__(self, id: str = "") -> None:
        """`id` is the latest one that an earlier stream gave."""
        self._id = id
        self._rest = bytearray()
        self._data: list[str] = []
        self._size = 0
        self._too_long = False

    def feed(self, piece: bytes) -> list[Message]:
        """The events that `piece` completes; one that is too long is left out."""
        messages: list[Message] = []
        if not (b"\n" in piece or b"\r" in piece or self._rest.endswith(b"\r")):
            self._rest += piece  # the line goes on
            self._limit()
            return messages
        text = bytes(self._rest) + piece
        start = 0
        for end in _END.finditer(text):
            if end.group() == b"\r" and end.end() == len(text):
                break  # a line feed may follow
            message = self._line(text[start : end.start()])
            start = end.end()
            if message is not None:
                messages.append(message)
        self._rest = bytearray(text[start:])
        self._limit()
        return messages

    def _limit(self) -> None:
        if len(self._rest) + self._size > LONGEST:
            self._too_long = True
            self._rest.clear()
            self._data.clear()
            self._size = 0

    def _line(self, line: bytes) -> Message | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(line)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> Message | None:
        data, self._data, self._size = self._data, [], 0
        too_long, self._too_long = self._too_long, False
        return Message("\n".join(data), self._id) if data and not too_long else None
