"""When may a model that keeps failing be tried again?

A pure value, one for each model. It knows neither why a model is wanted nor what an attempt would evict: the core
asks it before it makes room for a load (W-10).
"""

from __future__ import annotations

import math

from llamaswap.errors import StartFailed

LONGEST = 60.0


class Backoff:
    """The failures of one model in a row. The first may be retried at once, later ones after 1, 2, 4 … 60 seconds."""

    __slots__ = ("_cause", "_failures", "_retry_at")

    def __init__(self) -> None:
        self._failures = 0
        self._retry_at = -math.inf
        self._cause = ""

    def failed(self, cause: str, when: float) -> None:
        """A start failed, or the model died before it had served a request."""
        self._failures += 1
        self._cause = cause
        if self._failures > 1:
            self._retry_at = when + min(2.0 ** min(self._failures - 2, 10), LONGEST)

    def served(self) -> None:
        """The model served a request: whatever failed before is forgotten."""
        self._failures = 0
        self._retry_at = -math.inf

    def refusal(self, when: float) -> StartFailed | None:
        """What to answer instead of another attempt; None when one may be made."""
        if when >= self._retry_at:
            return None
        seconds = math.ceil(self._retry_at - when)
        return StartFailed(f"{self._cause}; next attempt in {seconds} s", retry_after=seconds)
