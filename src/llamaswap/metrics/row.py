"""One line in the list of activity (http-api section 14.1). Data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Tokens(NamedTuple):
    """What an answer says of its own cost (http-api section 13). -1 = it does not say; all 0 = it says nothing."""

    input: int = 0
    output: int = 0
    cached: int = 0
    drafted: int = 0
    accepted: int = 0
    """Of the drafted ones."""
    prompt_rate: float = 0.0
    """Tokens per second."""
    generation_rate: float = 0.0
    apart: int = 0
    """Of the cached ones, those that `input` leaves out, as llama.cpp and Anthropic do; not part of the row."""


NO_TOKENS = Tokens()


class Row(NamedTuple):
    """A request that has ended."""

    id: int
    """Increasing, never reused; the store gives it."""
    when: int
    """When the answer was finished, in whole seconds since the epoch."""
    model: str
    """The model's ID; the requested name for a peer's model and for one that nobody knows."""
    path: str
    """As it was forwarded, without the query."""
    content_type: str
    status: int
    tokens: Tokens
    duration_ms: int
    error: str
    """Why it failed; empty when it did not."""
    metadata: Mapping[str, str]


class Finished(NamedTuple):
    """The same request, for those who count."""

    model: str
    peer: str
    """Of the peer that answered; empty for a model here."""
    selector: str
    key: str
    """The name of the API key; empty without keys."""
    status: int
    waited: float
    """Seconds until it was granted a place; 0 for a peer's model."""
    first_byte: float | None
    """Seconds from its arrival to the head of the answer; None when there was none."""
    seconds: float
    """From its arrival to its end."""
    tokens: Tokens
    listed: bool
    """There is a `Row` of it."""
    cost: int
    """Tokens that it is taken to have cost at least, also where `tokens` say nothing of it (`usage.cost`)."""
