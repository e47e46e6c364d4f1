"""The top-level keys about what is remembered of requests: rows and captures (configuration section 7)."""

from __future__ import annotations

import re
from typing import Any

from llamaswap.config.fields import (
    At,
    Key,
    duration,
    integer,
    listed,
    natural,
    read_keys,
    require,
    some,
    string,
    strings,
)
from llamaswap.config.nodes import ScalarNode
from llamaswap.config.schema import CAPTURE_LEVELS, CaptureRules

_NO_PATH = "store.path must not be empty"
_DAYS = re.compile(r"[0-9]+d")
_DAY = 86_400.0
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header may be called."""


def read_store(at: At | None) -> dict[str, Any]:
    """The fields of `Settings` that the section `store` decides."""
    if at is None:
        return {}
    require(at, "path", _NO_PATH)
    path = at.child("path")
    return read_keys(at, STORE) | {"store_place": path.node.place if path else None}


def _path(at: At) -> str | None:
    path = string(at)
    if path is None:
        return None
    if not path.strip():
        at.error(_NO_PATH)
    elif "\0" in path:
        at.error("holds the character NUL, which no path can")
    return path.strip()


def _age(at: At) -> float | None:
    """In seconds."""
    text = at.node.value if isinstance(at.node, ScalarNode) else None
    if isinstance(text, str) and _DAYS.fullmatch(text):
        return int(text[:-1]) * _DAY
    value = duration(at, such="90d, 12h or 1h30m")
    if value is not None and str(text).startswith("-"):
        at.error("must be >= 0")
        return None
    return value


def _buffer(at: At) -> int | None:
    value = integer(at)
    return None if value is None else max(0, value)


def _captures(at: At) -> CaptureRules:
    return CaptureRules(
        **{name: value for found in read_keys(at, CAPTURES, strict=True).values() for name, value in found.items()}
    )


def _level(at: At) -> dict[str, str] | None:
    level = string(at)
    if level is not None and level not in CAPTURE_LEVELS:
        at.error(f"level must be one of {', '.join(CAPTURE_LEVELS)}, not `{level}`")
        return None
    return None if level is None else {"level": level}


def _redact(at: At) -> dict[str, Any]:
    return read_keys(at, REDACT, strict=True)


def _headers(at: At) -> tuple[str, ...] | None:
    for name, item in listed(at):
        if not _TOKEN.fullmatch(name.strip()):
            item.error(f"`{name}` cannot be the name of a header")
    return _names(at)


def _names(at: At) -> tuple[str, ...] | None:
    """Each once, without blanks around it."""
    names = strings(at)
    if names is None:
        return None
    if not all(name.strip() for name in names):
        at.error("an empty name")
    return tuple(dict.fromkeys(name.strip() for name in names))


KEYS = (
    Key("metricsMaxInMemory", "metrics_max_in_memory", some),
    Key("captureBuffer", "capture_buffer", _buffer),
    Key("captures", "captures", _captures),
)

CAPTURES = (
    Key("level", "level", _level),
    Key("redact", "redact", _redact),
)

REDACT = (
    Key("headers", "redact_headers", _headers),
    Key("fields", "redact_fields", _names),
)

STORE = (
    Key("path", "store_path", _path),
    Key("maxRows", "store_max_rows", natural),
    Key("maxAge", "store_max_age", _age),
)
