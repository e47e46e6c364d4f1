"""How a line of the server's own log is written (http-api section 17, configuration section 7). Pure.

It knows neither where lines go nor which of them are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_ESCAPES = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _CONTROLS}


def escape(text: str) -> str:
    """`text` on one line: control characters are spelled out, so that nobody can forge a line of the log (Q23)."""
    return text if text.isprintable() else text.translate(_ESCAPES)


def format_line(level: str, message: str, stamp: str = "") -> bytes:
    """One finished line, `[timestamp ][LEVEL] message`."""
    before = f"{stamp} " if stamp else ""
    return f"{before}[{level}] {escape(message)}\n".encode(errors="backslashreplace")


def stamp(format_name: str, when: datetime) -> str:
    """`when` (which knows its zone) in the `logTimeFormat` called `format_name`; empty for an unknown one."""
    layout = _LAYOUTS.get(format_name.strip().lower())
    return layout(when) if layout else ""


def _strftime(pattern: str) -> Callable[[datetime], str]:
    return lambda when: when.strftime(pattern)


def _day_padded(pattern: str, digits: int = 0) -> Callable[[datetime], str]:
    """A layout whose day is padded with a blank, with `digits` of the second's fraction behind it."""

    def layout(when: datetime) -> str:
        fraction = f".{when.microsecond * 1000:09d}"[: digits + 1] if digits else ""
        return when.strftime(pattern.replace("DD", f"{when.day:2d}")) + fraction

    return layout


def _rfc3339(when: datetime) -> str:
    return _zulu(when.isoformat(timespec="seconds"))


def _rfc3339nano(when: datetime) -> str:
    fraction = f".{when.microsecond:06d}".rstrip("0").rstrip(".")
    return _zulu(f"{when:%Y-%m-%dT%H:%M:%S}{fraction}{when.isoformat()[-6:]}")


def _zulu(text: str) -> str:
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _kitchen(when: datetime) -> str:
    return f"{when.hour % 12 or 12}:{when:%M}{'AM' if when.hour < 12 else 'PM'}"


_LAYOUTS: dict[str, Callable[[datetime], str]] = {
    "ansic": _day_padded("%a %b DD %H:%M:%S %Y"),
    "unixdate": _day_padded("%a %b DD %H:%M:%S %Z %Y"),
    "rubydate": _strftime("%a %b %d %H:%M:%S %z %Y"),
    "rfc822": _strftime("%d %b %y %H:%M %Z"),
    "rfc822z": _strftime("%d %b %y %H:%M %z"),
    "rfc850": _strftime("%A, %d-%b-%y %H:%M:%S %Z"),
    "rfc1123": _strftime("%a, %d %b %Y %H:%M:%S %Z"),
    "rfc1123z": _strftime("%a, %d %b %Y %H:%M:%S %z"),
    "rfc3339": _rfc3339,
    "rfc3339nano": _rfc3339nano,
    "kitchen": _kitchen,
    "stamp": _day_padded("%b DD %H:%M:%S"),
    "stampmilli": _day_padded("%b DD %H:%M:%S", 3),
    "stampmicro": _day_padded("%b DD %H:%M:%S", 6),
    "stampnano": _day_padded("%b DD %H:%M:%S", 9),
}
