"""How much each API key may still ask for: requests in a time, tokens in a time (`rateLimit` and `quota`). Pure.

What was asked is remembered under the key's name, from one configuration to the next, and forgotten with the server.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from llamaswap.config.schema import ApiKey
from llamaswap.errors import KeyExhausted
from llamaswap.metrics.row import Finished
from llamaswap.web.refused import QUOTA, RATE
from llamaswap.web.window import Window


class Allowances:
    """The accounts of the keys that have a limit."""

    def __init__(self) -> None:
        self._requests: dict[str, Window] = {}
        self._tokens: dict[str, Window] = {}

    def follow(self, keys: Iterable[ApiKey]) -> None:
        """These keys count from now on, with these limits; those of the same name go on with what they have spent."""
        requests, tokens = self._requests, self._tokens
        self._requests, self._tokens = {}, {}
        for key in keys:
            if (rate := key.rate_limit) is not None:
                self._requests[key.name] = _renewed(requests.get(key.name), rate.requests, rate.per)
            if (quota := key.quota) is not None:
                self._tokens[key.name] = _renewed(tokens.get(key.name), quota.tokens, quota.per)

    def admit(self, name: str, when: float) -> None:
        """Count one request with the key `name`. Raises `KeyExhausted`, and then it is not counted."""
        tokens = self._tokens.get(name)
        if tokens is not None and (wait := tokens.wait(when)):
            raise _exhausted(f"the API key {name} has spent its quota of {tokens.most} tokens", tokens, wait, QUOTA)
        requests = self._requests.get(name)
        if requests is None:
            return
        if wait := requests.wait(when):
            raise _exhausted(f"the API key {name} is limited to {requests.most} requests", requests, wait, RATE)
        requests.add(1, when)

    def take_back(self, name: str) -> None:
        """A request with the key `name` that was counted came to nothing, as its model is not for the key."""
        window = self._requests.get(name)
        if window is not None:
            window.take_back()

    def shown(self, name: str, when: float) -> dict[str, Any]:
        """What the key `name` may ask for and has, JSON-ready; null where nothing is limited."""
        return {
            "rateLimit": _shown("requests", self._requests.get(name), when),
            "quota": _shown("tokens", self._tokens.get(name), when),
        }

    def spend(self, name: str, tokens: int, when: float) -> None:
        """Count tokens that a request with the key `name` has cost. They are known at its end only, so requests under
        way may spend more than is left."""
        window = self._tokens.get(name)
        if window is not None and tokens > 0:
            window.add(tokens, when)

    def ended(self, finished: Sequence[Finished], when: float) -> None:
        """Count what these requests have cost."""
        if not self._tokens:
            return
        for each in finished:
            if each.key:
                self.spend(each.key, each.cost, when)


def _shown(what: str, window: Window | None, when: float) -> dict[str, Any] | None:
    if window is None:
        return None
    rest = math.ceil(window.rest(when))
    return {what: window.most, "per": window.per, "used": window.used(when), "resets": rest}


def _renewed(window: Window | None, most: int, per: float) -> Window:
    if window is None:
        return Window(most, per)
    window.limit(most, per)
    return window


def _exhausted(what: str, window: Window, wait: float, reason: str) -> KeyExhausted:
    seconds = max(1, math.ceil(wait))
    told = f"{what} per {window.per:g} seconds; try again in {seconds} s"
    return KeyExhausted(told, retry_after=seconds, reason=reason)
