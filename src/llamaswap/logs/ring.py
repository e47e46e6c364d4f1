"""The last so many bytes of a stream. Pure: it knows no listeners, no lines and no clock."""

from __future__ import annotations

CAPACITY = 102_400
"""Bytes of history that every log source keeps (lifecycle section 1)."""


class Ring:
    """Keeps the last `capacity` bytes that were appended."""

    __slots__ = ("_capacity", "_kept")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._kept = bytearray()

    def append(self, data: bytes) -> None:
        self._kept += data
        excess = len(self._kept) - self._capacity
        if excess > 0:
            # Cheap: a bytearray drops its front without moving the rest, and copies only when it outgrows its space.
            del self._kept[:excess]

    def __bytes__(self) -> bytes:
        return bytes(self._kept)

    def __len__(self) -> int:
        return len(self._kept)
