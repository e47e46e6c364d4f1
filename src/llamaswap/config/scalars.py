"""What an unquoted word of YAML is: a number, a truth, a date, nothing, or just text.

The rules are configuration section 2.2, which differs from PyYAML's own resolver (`yes`, exponents without a dot,
`0o`, base 60). `canonical` is the way back: how a value reads when a key wants text (sections 2.3 and 5.5).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A date or a moment, in the words of RFC 3339."""

    text: str


Value = None | bool | int | float | str | Timestamp

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_BASES = {"0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2}
_BASED = re.compile(r"([-+]?)(0[xX](?=[0-9a-fA-F]+$)|0[oO](?=[0-7]+$)|0[bB](?=[01]+$)|0(?=[0-7]+$))([0-9a-fA-F]+)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{1,2}-\d{1,2})"
    r"((?P<gap>[Tt ])(?P<time>\d{1,2}:\d{1,2}:\d{1,2})(?P<fraction>\.\d+)?(?P<zone>Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)
_LONGEST_64_BIT = len(str(-(2**64)))


def plain(text: str) -> Value:
    """What the unquoted, untagged `text` stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    moment = _timestamp(text)
    if moment is not None:
        return moment
    number = _number(text)
    return text if number is None else number


def tagged(text: str, tag: str) -> Value:
    """What `text` stands for under an explicit tag; ValueError says that it is no such thing."""
    kind = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if kind == "binary":
        return _binary(text)
    if kind not in _KINDS:
        return text
    value = plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if not isinstance(value, _KINDS[kind]) or (kind == "int" and isinstance(value, bool)):
        raise ValueError(f"cannot decode `{text}` as {kind}")
    return value


_KINDS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": float,
    "bool": bool,
    "null": type(None),
    "timestamp": Timestamp,
}


def canonical(value: Value) -> str:
    """`value` as text: what a key that wants text makes of it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case Timestamp(text):
            return text
    return str(value)


def _binary(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"cannot decode `{text}` as binary") from error


def _number(text: str) -> int | float | None:
    if text[0] == ".":
        return _float(text)
    digits = text.replace("_", "")
    number = _integer(digits)
    return _float(digits) if number is None else number


def _integer(digits: str) -> int | None:
    """None also beyond 64 bits, and for `09`, which cannot be octal: both are floats (section 2.2)."""
    based = _BASED.fullmatch(digits)
    if based:
        number = int(based[1] + based[3], _BASES.get(based[2], 8))
    elif _DECIMAL.fullmatch(digits) and len(digits) <= _LONGEST_64_BIT:
        number = int(digits)
    else:
        return None
    return number if -(2**63) <= number < 2**64 else None


def _float(text: str) -> float | None:
    if not _FLOAT.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _timestamp(text: str) -> Timestamp | None:
    match = _TIME.fullmatch(text)
    if match is None or (match["gap"] in ("T", "t")) != (match["zone"] is not None):
        return None
    year, month, day = map(int, match["date"].split("-"))
    hour, minute, second = map(int, (match["time"] or "0:0:0").split(":"))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    fraction = (match["fraction"] or "")[:10].rstrip("0").rstrip(".")
    seconds, zone = moment.isoformat()[:19], moment.isoformat()[19:]
    return Timestamp(seconds + fraction + ("Z" if zone == "+00:00" else zone))


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
    return timezone(-offset if text[0] == "-" else offset)


def _float_text(number: float) -> str:
    """Fewest digits that round-trip; exponent notation below 1e-4 and from 1e6 on, with two exponent digits."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("+Inf" if number > 0 else "-Inf")
    sign, digits, _ = Decimal(repr(number)).normalize().as_tuple()
    exponent = Decimal(repr(number)).adjusted() if number else 0
    if -4 <= exponent < 6:
        return format(Decimal(repr(number)).normalize(), "f")
    mantissa = "".join(map(str, digits))
    point = f"{mantissa[0]}.{mantissa[1:]}" if len(mantissa) > 1 else mantissa
    return f"{'-' if sign else ''}{point}e{exponent:+03d}"
