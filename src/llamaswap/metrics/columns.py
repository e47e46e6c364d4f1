"""A row of the activity as the columns of its table hold it, there and back. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from llamaswap.metrics.row import Row, Tokens

_MOST = 10**15
"""Greater counts, times and rates are nonsense; so many can be added up without an overflow."""


def bound(row: Row) -> tuple[Any, ...]:
    """What is bound for a row, in the order of the columns. Whatever an engine claims, it can be stored."""
    tokens = row.tokens
    counts = (tokens.cached, tokens.drafted, tokens.accepted, tokens.input, tokens.output)
    rates = (tokens.prompt_rate, tokens.generation_rate)
    metadata = json.dumps(dict(row.metadata)) if row.metadata else ""
    return (
        _count(row.when),
        *map(_text, (row.model, row.path, row.content_type)),
        _count(row.status),
        *map(_count, counts),
        *map(_rate, rates),
        _count(row.duration_ms),
        _text(row.error),
        metadata,
    )


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _count(value: float) -> int:
    return int(min(max(value, -1), _MOST))


def _rate(value: float) -> float:
    return min(max(float(value), -1.0), float(_MOST)) if math.isfinite(value) else 0.0


def row_of(found: tuple[Any, ...]) -> Row:
    id, when, model, path, kind, status, cached, drafted, accepted, read, made, prompt, rate, took, error, extra = found
    tokens = Tokens(read, made, cached, drafted, accepted, prompt, rate)
    return Row(id, when, model, path, kind, status, tokens, took, error, _metadata(extra))


def _metadata(text: str) -> Mapping[str, str]:
    """Another program may have written it."""
    with suppress(ValueError, RecursionError):
        found = json.loads(text) if text else {}
        if isinstance(found, dict):
            return {name: value for name, value in found.items() if isinstance(value, str)}
    return {}
