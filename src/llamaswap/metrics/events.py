"""An answer that is a stream of events: what of it tells of its cost (http-api section 13.2). Pure.

Every line `data:` is looked at by itself. Most tell nothing, which three searches show; only what is left of a line
between two pieces is kept, and of a long one a few KiB.
"""

from __future__ import annotations

import re
from typing import Any

from llamaswap.metrics.answers import SHORT, parsed, tells
from llamaswap.metrics.counts import Cost, Tally
from llamaswap.metrics.outline import Outline

_BREAK = re.compile(rb"[\r\n]")
_DATA = b"data:"
_NEXT = b"\ndata:"
_TELLING = re.compile(rb'"(?:usage|timings|metrics)"[ \t]*+:[ \t]*+\{')


class Events:
    """Watches the body of an event stream."""

    __slots__ = ("_counting", "_line", "_long", "_short", "_skipping", "_tally", "count")

    def __init__(self, *, short: int = SHORT, counting: bool = False) -> None:
        """`counting`: somebody wants the `count`."""
        self._counting = counting
        self._short = max(short, len(_DATA))
        self._tally = Tally()
        self._line = bytearray()
        """What there is of a line that has not ended."""
        self._long: Outline | None = None
        """Reads that line instead, because it is long."""
        self._skipping = False
        """It is long, and no data."""
        self.count = 0
        """Events, or lines of one, that carry data; while nobody wants it, not all of them."""

    def feed(self, data: bytes) -> None:
        """The next piece, not empty."""
        if self._line or self._long or self._skipping or data[-1] not in b"\r\n":
            self._broken(data)
            return
        if self._counting:
            self.count += data.count(_NEXT) + data.startswith(_DATA)
        if tells(data):
            self._lines(data)

    def close(self) -> Cost:
        """What it told; a last line need not have ended."""
        self._end_line()
        return self._tally.cost()

    def _broken(self, data: bytes) -> None:
        """A piece that does not consist of whole lines."""
        first = _BREAK.search(data)
        if first is None:
            self._hold(data)
            return
        last = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._hold(data[: first.start()])
        self._end_line()
        if self._counting:
            self.count += data.count(_NEXT, first.start(), last)
        if tells(data):
            self._lines(data[first.end() : last])
        self._hold(data[last:])

    def _hold(self, data: bytes) -> None:
        if self._long is not None:
            self._long.feed(data)
        elif not self._skipping:
            self._line += data
            if len(self._line) > self._short:
                self._begin_long()

    def _begin_long(self) -> None:
        if self._line.startswith(_DATA):
            self._long = Outline(nested=True)
            self._long.feed(bytes(self._line[len(_DATA) :]))
        else:
            self._skipping = True
        self._line.clear()

    def _end_line(self) -> None:
        if self._long is not None or self._line.startswith(_DATA):
            self.count += 1
        if self._long is not None:
            self._tell(self._long)
        elif tells(self._line):
            self._lines(bytes(self._line))
        self._line.clear()
        self._long = None
        self._skipping = False

    def _lines(self, data: bytes) -> None:
        """Whole lines."""
        for line in data.splitlines():
            if line.startswith(_DATA) and _TELLING.search(line):
                self._tell(line[len(_DATA) :])

    def _tell(self, read: bytes | Outline) -> None:
        try:
            event = read.close() if isinstance(read, Outline) else self._read(read)
        except ValueError:
            return
        if isinstance(event, dict):
            self._tally.event(event)

    def _read(self, text: bytes) -> Any:
        """What a data line holds. Raises ValueError when it is no JSON text."""
        if len(text) + len(_DATA) <= self._short:
            try:
                return parsed(text)
            except RecursionError:
                pass
        outline = Outline(nested=True)
        outline.feed(text)
        return outline.close()
