"""An answer that is one JSON text: what of it tells of its cost, and why it failed (http-api sections 13.1 to 13.4).

Pure. Short texts are read when they are whole, long ones as they pass: of a long one a few KiB are kept.
"""

from __future__ import annotations

import json
from typing import Any

from llamaswap.metrics.counts import NOTHING, Cost, Tally
from llamaswap.metrics.outline import Outline

SHORT = 8 * 1024
"""Bytes that are kept to be read as a whole."""
LONGEST_FAILURE = 64 * 1024
"""Bytes of an error's body; a longer one does not say why."""
LONGEST_MESSAGE = 500
_BLANK = " \t\r\n"
_READER = json.JSONDecoder()


class Answer:
    """Watches the body of a success."""

    __slots__ = ("_held", "_infill", "_outline", "_short")

    def __init__(self, *, infill: bool, short: int = SHORT) -> None:
        """`infill`: the last element of a list tells; otherwise a list tells nothing."""
        self._infill = infill
        self._short = short
        self._held = bytearray()
        self._outline: Outline | None = None

    def feed(self, data: bytes) -> None:
        """The next piece."""
        if self._outline is not None:
            self._outline.feed(data)
            return
        self._held += data
        if len(self._held) > self._short:
            self._outline = self._outlined()
            self._held.clear()

    def close(self) -> Cost:
        """What it told."""
        try:
            body = self._outline.close() if self._outline is not None else self._read()
        except ValueError:
            return NOTHING
        tally = Tally()
        if isinstance(body, dict):
            tally.whole(body)
        elif self._infill and isinstance(body, list) and body and isinstance(body[-1], dict):
            tally.timed(body[-1])
        return tally.cost()

    def _read(self) -> Any:
        held = self._held
        if not tells(held):
            return None
        try:
            return parsed(held)
        except RecursionError:
            return self._outlined().close()

    def _outlined(self) -> Outline:
        outline = Outline(listed=self._infill)
        outline.feed(bytes(self._held))
        return outline


class Failure:
    """Watches the body of an error."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """The next piece."""
        if len(self._held) <= LONGEST_FAILURE:
            self._held += data[: LONGEST_FAILURE + 1 - len(self._held)]

    def message(self) -> str:
        """The first text that it gives for a reason, shortened; empty when there is none."""
        if len(self._held) > LONGEST_FAILURE:
            return ""
        try:
            body = parsed(self._held)
        except (ValueError, RecursionError):
            return ""
        return _message(body) if isinstance(body, dict) else ""


def tells(text: bytes | bytearray) -> bool:
    """Whether a text may tell of its cost: one that has none of the three names does not."""
    return b'"usage"' in text or b'"timings"' in text or b'"metrics"' in text


def parsed(text: bytes | bytearray) -> Any:
    """As `json.loads` has it, at three quarters of the price. Raises ValueError, and RecursionError."""
    whole = text.decode("utf-8", "replace").strip(_BLANK)
    value, end = _READER.raw_decode(whole)
    if end < len(whole):
        raise ValueError("more follows the text")
    return value


def shortened(text: str) -> str:
    """At most 500 bytes of UTF-8, whole characters (Q12), and `...` for what is left out."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= LONGEST_MESSAGE:
        return raw.decode()
    return raw[:LONGEST_MESSAGE].decode("utf-8", "ignore") + "..."


def _message(body: dict[str, Any]) -> str:
    error = body.get("error")
    inner = error.get("message") if isinstance(error, dict) else None
    for said in (inner, error, body.get("message"), body.get("detail")):
        if isinstance(said, str) and (text := said.strip()):
            return shortened(text)
    return ""
