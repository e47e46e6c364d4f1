"""What an answer says of its own cost, counted (http-api sections 13.2 and 13.3). Pure.

A member that is `null` says nothing: it is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llamaswap.metrics.row import NO_TOKENS, Tokens

MOST = 10**12
"""No count, rate or time is greater: what is says nothing, and a million of them still add up."""

Cost = tuple[Tokens, int]
"""The tokens, and the milliseconds that the engine says it took; 0 when it does not."""
NOTHING: Cost = (NO_TOKENS, 0)

_INTEGER = re.compile("[0-9]{1,13}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,13}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_KNOWN_TIMINGS = frozenset(
    "prompt_n prompt_ms prompt_per_second predicted_n predicted_ms predicted_per_second"
    " cache_n draft_n draft_n_accepted".split()
)


def count(value: object) -> int:
    """Whole tokens: integers in strings count, floats are cut off, all else is 0."""
    if type(value) is int:
        return value if 0 <= value <= MOST else 0
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is int or type(value) is float:
        return int(value) if 0 <= value <= MOST else 0
    return 0


def measure(value: object) -> float:
    """A rate or a time: numbers in strings count, all else is 0."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value)
    if type(value) is float or type(value) is int:
        return float(value) if 0 <= value <= MOST else 0.0
    return 0.0


class Tally:
    """The running values of one answer."""

    __slots__ = ("_apart", "_cached", "_input", "_metrics", "_output", "_said", "_timings")

    def __init__(self) -> None:
        self._input = 0
        self._output = 0
        self._cached = -1
        self._apart = False
        """`usage` leaves out of the input what came from a cache, as Anthropic's does."""
        self._said = False
        self._timings: Mapping[str, Any] | None = None
        self._metrics: Mapping[str, Any] | None = None

    def whole(self, body: Mapping[str, Any]) -> None:
        """The answer is this object, and nothing else."""
        self._said = "usage" in body or "metrics" in body
        self._use(body.get("usage"))
        self._time(body)

    def event(self, event: Mapping[str, Any]) -> None:
        """The answer holds this object, among others."""
        if (
            self._use(event.get("usage"))
            or self._use(_inside(event, "response"))
            or self._use(_inside(event, "message"))
        ):
            self._said = True
        self._time(event)

    def timed(self, part: Mapping[str, Any]) -> None:
        """Of this object only `timings` are meant."""
        timings = part.get("timings")
        if isinstance(timings, dict) and not _KNOWN_TIMINGS.isdisjoint(timings):
            self._timings = timings

    def cost(self) -> Cost:
        """What all that comes to."""
        if self._timings is None and self._metrics is None and not self._said:
            return NOTHING
        took = 0
        if self._timings is not None:
            tokens, took = _of_timings(self._timings, self._cached)
        else:
            apart = max(self._cached, 0) if self._apart else 0
            tokens = Tokens(self._input, self._output, self._cached, -1, -1, -1.0, -1.0, apart)
        if self._metrics is not None:
            tokens = _with_metrics(tokens, self._metrics)
        return tokens, took

    def _time(self, part: Mapping[str, Any]) -> None:
        self.timed(part)
        metrics = part.get("metrics")
        if isinstance(metrics, dict):
            self._metrics = metrics

    def _use(self, usage: object) -> bool:
        """Whether it says anything. What it says replaces what was said before, save zeros."""
        if not isinstance(usage, dict):
            return False
        get = usage.get
        given, made, cached = get("prompt_tokens"), get("completion_tokens"), _cached(usage)
        if given is None:
            given = get("input_tokens")
        if made is None:
            made = get("output_tokens")
        self._input = count(given) or self._input
        self._output = count(made) or self._output
        if cached is not None and not _negative(cached):
            self._cached = count(cached)
            self._apart = usage.get("cache_read_input_tokens") is not None and usage.get("prompt_tokens") is None
        return given is not None or made is not None or cached is not None


def _of_timings(timings: Mapping[str, Any], cached: int) -> Cost:
    """llama.cpp's, which say all that `usage` does, save perhaps how much was `cached`; their `prompt_n` leaves that
    out."""
    get = timings.get
    told, drafted, accepted = get("cache_n"), get("draft_n"), get("draft_n_accepted")
    if told is not None and not _negative(told):
        cached = count(told)
    drafts = drafted is not None and accepted is not None
    tokens = Tokens(
        count(get("prompt_n")),
        count(get("predicted_n")),
        cached,
        count(drafted) if drafts else -1,
        count(accepted) if drafts else -1,
        measure(get("prompt_per_second")),
        measure(get("predicted_per_second")),
        max(cached, 0),
    )
    return tokens, int(measure(get("prompt_ms")) + measure(get("predicted_ms")))


def _with_metrics(tokens: Tokens, metrics: Mapping[str, Any]) -> Tokens:
    """vLLM's: times from which rates follow, and what became of speculative decoding."""
    speculation = metrics.get("speculative_decoding")
    if isinstance(speculation, dict):
        drafted, accepted = (speculation.get(f"num_{kind}_tokens") for kind in ("draft", "accepted_draft"))
        if drafted is not None and accepted is not None:
            tokens = tokens._replace(drafted=count(drafted), accepted=count(accepted))
    if first := measure(metrics.get("time_to_first_token_ms")):
        computed = max(tokens.input - max(tokens.cached, 0), 0)
        tokens = tokens._replace(prompt_rate=_sane(computed * 1000 / first))
    if between := measure(metrics.get("mean_itl_ms")):
        tokens = tokens._replace(generation_rate=_sane(1000 / between))
    return tokens


def _sane(rate: float) -> float:
    """What a time next to nothing gives says nothing."""
    return rate if rate <= MOST else -1.0


def _cached(usage: Mapping[str, Any]) -> object:
    cached: object = usage.get("cache_read_input_tokens")
    if cached is None and isinstance(details := usage.get("input_tokens_details"), dict):
        cached = details.get("cached_tokens")
    if cached is None and isinstance(details := usage.get("prompt_tokens_details"), dict):
        cached = details.get("cached_tokens")
    return cached


def _negative(value: object) -> bool:
    return isinstance(value, (int, float)) and value < 0


def _inside(event: Mapping[str, Any], name: str) -> object:
    """The usage in what Responses and Anthropic's API call so."""
    around = event.get(name)
    return around.get("usage") if isinstance(around, dict) else None
