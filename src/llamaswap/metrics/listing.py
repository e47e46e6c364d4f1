"""Rows of the activity as people and programs get them (http-api sections 14.1 and 14.3): JSON, and CSV. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from io import StringIO
from typing import Any

from llamaswap import rfc3339
from llamaswap.metrics.histogram import Spread
from llamaswap.metrics.row import Row
from llamaswap.metrics.storage import Stats

COLUMNS = (
    *("id", "timestamp", "model", "req_path", "resp_content_type", "resp_status_code"),
    *("input_tokens", "output_tokens", "cache_tokens", "draft_tokens", "draft_acc_tokens"),
    *("prompt_per_second", "tokens_per_second", "duration_ms", "error_msg", "metadata"),
)
"""Of a CSV file."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet may execute."""


def record(row: Row, captured: Container[int]) -> dict[str, Any]:
    """A row as JSON; `captured` knows whose captures are there."""
    tokens = row.tokens
    told: dict[str, Any] = {
        "id": row.id,
        "timestamp": rfc3339.write(row.when, "seconds"),
        "model": row.model,
        "req_path": row.path,
        "resp_content_type": row.content_type,
        "resp_status_code": row.status,
        "tokens": {
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "cache_tokens": tokens.cached,
            "draft_tokens": tokens.drafted,
            "draft_acc_tokens": tokens.accepted,
            "prompt_per_second": tokens.prompt_rate,
            "tokens_per_second": tokens.generation_rate,
        },
        "duration_ms": row.duration_ms,
        "has_capture": row.id in captured,
    }
    if row.error:
        told["error_msg"] = row.error
    if row.metadata:
        told["metadata"] = dict(row.metadata)
    return told


def stats_record(stats: Stats) -> dict[str, Any]:
    """Sums and rates as JSON."""
    return {
        "total_requests": stats.requests,
        "total_input_tokens": stats.input,
        "total_output_tokens": stats.output,
        "total_cache_tokens": stats.cached,
        "prompt_histogram": _spread(stats.prompt),
        "gen_histogram": _spread(stats.generation),
    }


def table(rows: Iterable[Iterable[object]]) -> str:
    """Lines of CSV. No text in it is taken for a formula by a spreadsheet: one that could be begins with `'`."""
    import csv

    lines = StringIO()
    csv.writer(lines).writerows([_cell(value) for value in row] for row in rows)
    return lines.getvalue()


def cells(row: Row) -> tuple[object, ...]:
    """A row in the order of `COLUMNS`."""
    tokens = row.tokens
    counts = (tokens.input, tokens.output, tokens.cached, tokens.drafted, tokens.accepted)
    metadata = ";".join(f"{name}={value}" for name, value in sorted(row.metadata.items()))
    first = (row.id, rfc3339.write(row.when, "seconds"), row.model, row.path, row.content_type, row.status)
    return (*first, *counts, tokens.prompt_rate, tokens.generation_rate, row.duration_ms, row.error, metadata)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    p50, p95, p99 = spread.percentiles
    return {
        "bins": spread.bins,
        "min": spread.low,
        "max": spread.high,
        "binSize": spread.width,
        "p50": p50,
        "p95": p95,
        "p99": p99,
    }
