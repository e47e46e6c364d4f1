"""Where a log goes on that was followed before: its history comes again, and has been printed in part. Pure."""

from __future__ import annotations

_TAIL = 2048
"""Bytes of what was printed that are looked for."""
_HISTORY = 102_400
"""A history is no longer (http-api section 17)."""


class Seam:
    """Takes a log as it comes, and gives what is new of it."""

    def __init__(self) -> None:
        self._printed = b""
        self._held: bytes | None = None
        """What has come since the log began anew, while the place is looked for; None: it is found."""

    @property
    def open(self) -> bool:
        """It is still looked for: nothing is given."""
        return self._held is not None

    def begin_again(self) -> None:
        """What comes next is a history."""
        self._held = b"" if self._printed else None

    def take(self, data: bytes) -> bytes:
        """What of it is to be printed now."""
        if self._held is None:
            return self._give(data)
        self._held += data
        place = self._place()
        if place:
            return self._close(place)
        return self._close(0) if len(self._held) > _HISTORY else b""

    def give_up(self) -> bytes:
        """It is another log, such as that of a server which was started again: all that was held back."""
        return self._close(0) if self._held is not None else b""

    def _place(self) -> int:
        """Behind what was printed; 0 while that has not come. Little is only known again where it began, as then it is
        all that the log had said."""
        held, printed = self._held or b"", self._printed
        if len(printed) < _TAIL:
            return len(printed) if held.startswith(printed) else 0
        return held.rfind(printed) + len(printed) if printed in held else 0

    def _close(self, place: int) -> bytes:
        held, self._held = self._held or b"", None
        return self._give(held[place:])

    def _give(self, data: bytes) -> bytes:
        self._printed = (self._printed + data)[-_TAIL:]
        return data
