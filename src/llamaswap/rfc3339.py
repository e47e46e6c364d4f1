"""Times as RFC 3339 writes them, read and written in one way everywhere. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-5][0-9]))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""The seconds of the years 1 to 9999."""


def read(text: str) -> int | None:
    """Microseconds since the epoch, finer digits cut off; None when `text` is no such time."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    *date, fraction, sign, hours, minutes = found.groups()
    away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        moment = datetime(*map(int, date), tzinfo=timezone(-away if sign == "-" else away))  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return (moment - _EPOCH) // _MICROSECOND + int((fraction or "").ljust(6, "0")[:6])


def write(when: float, timespec: Literal["seconds", "milliseconds", "microseconds"]) -> str:
    """Seconds since the epoch, in UTC; what no year holds becomes the first second that one does, or the last."""
    moment = _EPOCH + timedelta(seconds=min(max(when, _FIRST), _LAST))
    return moment.isoformat(timespec=timespec)[:-6] + "Z"
