"""Requests that have ended, counted by model and API key. Pure.

Counting one takes about a microsecond and happens off the requests' way; what names a series is bounded, whatever
clients ask for: a model is a label value only when it is configured here or a peer has answered for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from llamaswap.metrics.buckets import DURATIONS, FIRST_BYTES, GENERATION_RATES, PROMPT_RATES, WAITS, Histogram
from llamaswap.metrics.row import NO_TOKENS, Finished, Tokens
from llamaswap.series import Distribution, Family

UNKNOWN = "(unknown)"
"""The model of requests for names that nobody knows."""
OTHER = "(other)"
"""The key, or the peer's model, when there are too many to tell them apart."""
MOST = 4096
"""Pairs of model and key that are told apart."""
_CLASSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")
_LABELS = ("model", "key")
_REQUESTS = (
    "Requests for models that have ended, as activity lists them, by class of status (none: there was no answer)."
)
_ERRORS = "Requests for models that were answered with an error, by status."
_PEERS = "Requests that a peer has answered, or was asked last."


class _Tally:
    """What is counted of one model and one key."""

    __slots__ = (
        *("durations", "errors", "first_bytes", "generation", "local", "prompt", "requests", "waits"),
        *("accepted", "cached", "drafted", "input", "output"),
    )

    def __init__(self, *, local: bool) -> None:
        self.local = local
        self.requests = [0] * len(_CLASSES)
        self.errors: dict[int, int] = {}
        self.input = self.output = self.cached = self.drafted = self.accepted = 0
        self.waits = Histogram(WAITS)
        self.first_bytes = Histogram(FIRST_BYTES)
        self.durations = Histogram(DURATIONS)
        self.generation = Histogram(GENERATION_RATES)
        self.prompt = Histogram(PROMPT_RATES)


class _Shown(NamedTuple):
    """A family of which each tally has one series."""

    name: str
    help: str
    of: Callable[[_Tally], int]


_TOKENS = (
    _Shown(
        "llamaswap_input_tokens_total", "Tokens of whole prompts, those out of a cache too.", lambda tally: tally.input
    ),
    _Shown("llamaswap_output_tokens_total", "Tokens that were generated.", lambda tally: tally.output),
    _Shown("llamaswap_cached_tokens_total", "Tokens of prompts that came out of a cache.", lambda tally: tally.cached),
    _Shown("llamaswap_drafted_tokens_total", "Tokens that speculative decoding drafted.", lambda tally: tally.drafted),
    _Shown("llamaswap_accepted_tokens_total", "Drafted tokens that were accepted.", lambda tally: tally.accepted),
)


class _ShownHistogram(NamedTuple):
    name: str
    help: str
    of: Callable[[_Tally], Histogram]


_HISTOGRAMS = (
    _ShownHistogram(
        "llamaswap_request_wait_seconds", "From a request's arrival to its grant.", lambda tally: tally.waits
    ),
    _ShownHistogram(
        "llamaswap_time_to_first_byte_seconds",
        "From a request's arrival to the head of its answer, of those that were answered well.",
        lambda tally: tally.first_bytes,
    ),
    _ShownHistogram(
        "llamaswap_request_duration_seconds",
        "From a request's arrival to its end, of those that were answered well.",
        lambda tally: tally.durations,
    ),
    _ShownHistogram(
        "llamaswap_generation_tokens_per_second",
        "Speed of generation in one answer, as the engines tell.",
        lambda tally: tally.generation,
    ),
    _ShownHistogram(
        "llamaswap_prompt_tokens_per_second",
        "Speed of reading one prompt, as the engines tell.",
        lambda tally: tally.prompt,
    ),
)


class Counters:
    """Counts since the start. `known` says whether a name is that of a model here."""

    def __init__(self, known: Callable[[str], bool], most: int = MOST) -> None:
        self._known = known
        self._most = most
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._peers: dict[tuple[str, str], int] = {}

    def take(self, batch: Iterable[Finished]) -> None:
        """Count each of `batch`."""
        for finished in batch:
            self.count(finished)

    def count(self, finished: Finished) -> None:
        """Count one request, if the list of activity has it too: a model's own pages and sockets are none."""
        if not finished.listed:
            return
        tally = self._tallies.get((finished.model, finished.key)) or self._place(finished)
        status, waited, tokens = finished.status, finished.waited, finished.tokens
        good = 100 <= status < 400
        tally.requests[status // 100 if good or 400 <= status < 600 else 0] += 1
        if good:
            tally.durations.observe(finished.seconds)
            if finished.first_byte is not None:
                tally.first_bytes.observe(finished.first_byte)
            if tokens is not NO_TOKENS:
                _count_tokens(tally, tokens)
        elif status >= 400:
            tally.errors[status] = tally.errors.get(status, 0) + 1
        if finished.peer:
            self._count_peer(finished)
        elif good or waited > 0.0:
            tally.waits.observe(waited)

    def totals(self) -> dict[str, int]:
        """How many requests each model was asked, by the label that it has."""
        found: dict[str, int] = {}
        for (model, _), tally in self._tallies.items():
            found[model] = found.get(model, 0) + sum(tally.requests)
        return found

    def keep_known(self) -> None:
        """Forget the models that are configured no more; everything, when there was no room for some."""
        if len(self._tallies) >= self._most:
            self._tallies.clear()
        if len(self._peers) >= self._most:
            self._peers.clear()
        gone = [pair for pair, tally in self._tallies.items() if tally.local and not self._known(pair[0])]
        for pair in gone:
            del self._tallies[pair]

    def families(self) -> Iterator[Family]:
        """All of it; each family as it is when it is taken. A series appears with the first that it counts."""
        tallies = sorted(self._tallies.items())
        with_status = (*_LABELS, "status")
        requests = [((*pair, what), float(n)) for pair, one in tallies for what, n in _classes(one)]
        yield Family("llamaswap_requests_total", "counter", _REQUESTS, with_status, requests)
        errors = [((*pair, str(status)), float(n)) for pair, one in tallies for status, n in sorted(one.errors.items())]
        yield Family("llamaswap_request_errors_total", "counter", _ERRORS, with_status, errors)
        for shown in _TOKENS:
            yield _counter(shown, tallies)
        for histogram in _HISTOGRAMS:
            yield _histogram(histogram, tallies)
        peers = [(pair, float(number)) for pair, number in sorted(self._peers.items())]
        yield Family("llamaswap_peer_requests_total", "counter", _PEERS, ("peer", "status"), peers)

    def _place(self, finished: Finished) -> _Tally:
        """Where a request is counted whose names were not met before."""
        pair = self._names(finished)
        tally = self._tallies.get(pair)
        if tally is None:
            tally = self._tallies[pair] = _Tally(local=not finished.peer and pair[0] != UNKNOWN)
        return tally

    def _names(self, finished: Finished) -> tuple[str, str]:
        room = len(self._tallies) < self._most
        if self._known(finished.model):
            return finished.model, finished.key if room else OTHER
        if finished.peer:
            return (finished.model, finished.key) if room else (OTHER, OTHER)
        return UNKNOWN, finished.key if room else OTHER

    def _count_peer(self, finished: Finished) -> None:
        peer = finished.peer if len(self._peers) < self._most else OTHER
        pair = peer, _CLASSES[finished.status // 100 if 100 <= finished.status < 600 else 0]
        self._peers[pair] = self._peers.get(pair, 0) + 1


def _count_tokens(tally: _Tally, tokens: Tokens) -> None:
    """What is -1 was not told."""
    input, output, cached, drafted, accepted, prompt_rate, generation_rate, apart = tokens
    if input > 0 or apart > 0:
        tally.input += max(input, 0) + apart
    if output > 0:
        tally.output += output
    if cached > 0:
        tally.cached += cached
    if drafted > 0:
        tally.drafted += drafted
        tally.accepted += max(accepted, 0)
    if generation_rate > 0.0:
        tally.generation.observe(generation_rate)
    if prompt_rate > 0.0:
        tally.prompt.observe(prompt_rate)


_Tallies = list[tuple[tuple[str, str], _Tally]]


def _classes(tally: _Tally) -> list[tuple[str, int]]:
    return [(what, number) for what, number in zip(_CLASSES, tally.requests, strict=True) if number]


def _counter(shown: _Shown, tallies: _Tallies) -> Family:
    samples = [(pair, float(number)) for pair, tally in tallies if (number := shown.of(tally))]
    return Family(shown.name, "counter", shown.help, _LABELS, samples)


def _histogram(shown: _ShownHistogram, tallies: _Tallies) -> Family:
    samples: list[tuple[tuple[str, ...], float | Distribution]] = [
        (pair, histogram.shown()) for pair, tally in tallies if not (histogram := shown.of(tally)).empty
    ]
    return Family(shown.name, "histogram", shown.help, _LABELS, samples)
