"""The head of an answer as it is written to a client and read here, not anew for each answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llamaswap.exchange import Header


class Lines(list[Header]):
    """Header lines that belong to more than one answer: how they are written is remembered."""

    __slots__ = ("_status", "_values", "_written")

    def __init__(self, lines: Iterable[Header]) -> None:
        super().__init__(lines)
        self._status: tuple[int, bytes] | None = None
        self._written = b""
        self._values: dict[bytes, str] = {}

    def value(self, name: bytes) -> str:
        """As `value_of`."""
        found = self._values.get(name)
        if found is None:
            found = self._values[name] = _value(self, name)
        return found

    def below(self, status: int, reason: bytes) -> bytes:
        """They, and the status line before them. Raises ValueError as `written_head` does."""
        if self._status != (status, reason):
            self._written = _written(status, reason, self)
            self._status = (status, reason)
        return self._written


def value_of(headers: Sequence[Header], name: bytes) -> str:
    """The value of the header `name` (in lower case), or its values as one list; empty without one."""
    return headers.value(name) if isinstance(headers, Lines) else _value(headers, name)


def _value(headers: Sequence[Header], name: bytes) -> str:
    values = [value for key, value in headers if len(key) == len(name) and key.lower() == name]
    return b", ".join(values).decode("latin-1")


def written_head(status: int, reason: bytes, headers: Sequence[Header]) -> bytes:
    """Status line and header lines. A line break inside a value would be a second header: refused with ValueError."""
    return headers.below(status, reason) if isinstance(headers, Lines) else _written(status, reason, headers)


def _written(status: int, reason: bytes, headers: Sequence[Header]) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, reason)]
    lines += [b"%b: %b" % header for header in headers]
    head = b"\r\n".join(lines) + b"\r\n"
    if head.count(b"\n") != len(lines):
        raise ValueError("a header of the answer holds a line break")
    return head
