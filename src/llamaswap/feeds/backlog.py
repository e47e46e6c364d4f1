"""The latest messages, numbered, for all clients together: who falls behind them has to begin anew. Pure."""

from __future__ import annotations

from collections import deque
from itertools import islice

MOST_MESSAGES = 4096
MOST_BYTES = 4 * 1024 * 1024
_AT_ONCE = 64 * 1024


class Backlog:
    """Keeps messages as long as there is room, and the newest in any case."""

    def __init__(self, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._kept: deque[bytes] = deque()
        self._bytes = 0
        self.next = 1
        """The number that the next message gets."""
        self._answered: tuple[int, int, bytes] = (0, 0, b"")

    @property
    def first(self) -> int:
        """The number of the oldest one that is kept; `next` when none is."""
        return self.next - len(self._kept)

    def append(self, message: bytes) -> None:
        self._kept.append(message)
        self._bytes += len(message)
        self.next += 1
        while len(self._kept) > self._most_messages or (self._bytes > self._most_bytes and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft())

    def reaches(self, number: int) -> bool:
        """All from `number` on are kept; so it is when `number` is the next."""
        return self.first <= number <= self.next

    def since(self, number: int) -> tuple[bytes, int] | None:
        """Messages from `number` on, as many as are sent at once, and the number after them; None: they are lost."""
        if number == self.next:
            return b"", number
        if not self.reaches(number):
            return None
        start, end, data = self._answered
        if start != number or end != self.next:  # most ask for the same
            data, end = self._joined(number)
            self._answered = (number, end, data)
        return data, end

    def _joined(self, number: int) -> tuple[bytes, int]:
        chosen: list[bytes] = []
        size = 0
        for message in islice(self._kept, number - self.first, None):
            chosen.append(message)
            size += len(message)
            if size >= _AT_ONCE:
                break
        return b"".join(chosen), number + len(chosen)
