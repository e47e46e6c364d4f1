"""How often each API key was refused, and why, for operators who wonder who is throttled. Pure.

A series is there, at 0, for what can happen to a key, so that its first refusal is seen as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llamaswap.config.schema import SCOPES, ApiKey
from llamaswap.errors import Refusal
from llamaswap.exchange import Caller
from llamaswap.series import Family

UNAUTHORIZED, SCOPE, MODEL, RATE, QUOTA = "unauthorized", "scope", "model", "rate", "quota"
_HELP = (
    "Requests that were refused for their API key, by reason (unauthorized: no key, or a wrong one; scope, model, "
    "rate, quota: what the key is not good for, or had enough of)."
)


class Refused:
    """Counts since the start, by the names of keys; nobody's are under the empty one."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def follow(self, keys: Iterable[ApiKey]) -> None:
        """These keys are in force. Those of the same name go on; what others were refused is forgotten."""
        keys = tuple(keys)
        expected = [(key.name, reason) for key in keys for reason in _reasons(key)]
        nobody = [("", UNAUTHORIZED)] if keys else []
        self._counts = {pair: self._counts.get(pair, 0) for pair in (*nobody, *expected)}

    def count(self, refusal: Refusal, caller: Caller | None) -> None:
        """Count a refusal, if it is for the key."""
        if refusal.reason:
            good = refusal.reason != UNAUTHORIZED  # a key that was taken out is nobody's
            pair = caller.name if caller is not None and good else "", refusal.reason
            self._counts[pair] = self._counts.get(pair, 0) + 1

    def families(self) -> Iterator[Family]:
        """All of it."""
        samples = [(pair, float(number)) for pair, number in sorted(self._counts.items())]
        yield Family("llamaswap_refused_requests_total", "counter", _HELP, ("key", "reason"), samples)


def _reasons(key: ApiKey) -> Iterator[str]:
    """Why it can be refused."""
    if len(key.scopes) < len(SCOPES):
        yield SCOPE
    if key.models or "admin" not in key.scopes:  # the latter: behind peers (`permits.is_confined`)
        yield MODEL
    if key.rate_limit is not None:
        yield RATE
    if key.quota is not None:
        yield QUOTA
