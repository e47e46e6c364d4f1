"""The past of a server: rows of the activity, written into its store before it starts."""

from __future__ import annotations

from pathlib import Path

from llamaswap.metrics.opening import open_database
from llamaswap.metrics.row import NO_TOKENS, Row, Tokens

APART = 420
"""Seconds between two requests."""
MODELS = ("alpha", "beta", "alpha", "org/omega v1", "p1/zed", "alpha")
PATHS = ("/v1/chat/completions", "/v1/chat/completions", "/v1/messages", "/v1/embeddings")
FAULTS = (
    (502, "the model's server closed the connection before its answer"),
    (429, "too many requests wait for this model"),
    (500, "error in the stream: the context is full | 4096 tokens"),
)
FAILED = 5
"""Every fifth one has."""


def write_past(path: Path, count: int, now: float) -> None:
    """So many rows, the newest half a minute before `now`."""
    rows = [(number, _row(number, int(now) - 30 - APART * (count - number))) for number in range(1, count + 1)]
    database = open_database(str(path))
    try:
        database.write(rows)
    finally:
        database.close()


def _row(number: int, when: int) -> Row:
    failed = number % FAILED == 0
    status, error = FAULTS[number // FAILED % len(FAULTS)] if failed else (200, "")
    return Row(
        id=number,
        when=when,
        model=MODELS[number % len(MODELS)],
        path=PATHS[number % len(PATHS)],
        content_type="application/json" if number % 3 else "text/event-stream",
        status=status,
        tokens=NO_TOKENS if failed else _tokens(number),
        duration_ms=80 + number * 7919 % 20_000,
        error=error,
        metadata={"tenant": f"team {number % 4}"} if number % 7 == 0 else {},
    )


def _tokens(number: int) -> Tokens:
    drafted = 10 * (number % 4)
    return Tokens(
        input=100 + number * 31 % 900,
        output=20 + number * 17 % 400,
        cached=number * 13 % 300,
        drafted=drafted,
        accepted=drafted * 7 // 10,
        prompt_rate=400.0 + number * 37 % 900,
        generation_rate=25.0 + number * 11 % 60,
    )
