"""How long would a request for a model have to wait?

Only for the `Retry-After` of a refusal (W-32), and for whoever watches: nothing is decided by it. Learns from
how long the model's loads and answers took lately; does not look at other models, whose turn may come first.
"""

from __future__ import annotations

import math

WEIGHT = 0.3
"""Of the newest duration in the moving average."""
SHORTEST, LONGEST = 1, 60


class Estimate:
    """Moving averages of one model's loads and answers, in seconds."""

    __slots__ = ("_load", "_service")

    def __init__(self) -> None:
        self._load: float | None = None
        self._service: float | None = None

    @property
    def load(self) -> float | None:
        """Seconds of a load; None without history."""
        return self._load

    @property
    def service(self) -> float | None:
        """Seconds that a request holds its place; None without history."""
        return self._service

    def loaded(self, seconds: float) -> None:
        """A load took `seconds` until the model was ready."""
        self._load = _blend(self._load, seconds)

    def served(self, seconds: float) -> None:
        """A request held its place for `seconds`."""
        self._service = _blend(self._service, seconds)

    def remaining(self, loading: float) -> float | None:
        """Seconds until a model is ready that has been loading for so long; None without history."""
        return None if self._load is None else max(self._load - loading, 0.0)

    def retry_after(self, ahead: int, places: int, loading: float | None) -> int:
        """Whole seconds, 1 to 60, until a request behind `ahead` others has one of `places`; 1 without history.

        `loading` is how long the model has been loading already, 0 when that has yet to begin, None when it is ready.
        """
        load = 0.0 if loading is None else max((self._load or 0.0) - loading, 0.0)
        wait = load + (self._service or 0.0) * (ahead + 1) / places
        return min(max(math.ceil(wait), SHORTEST), LONGEST)


def _blend(old: float | None, new: float) -> float:
    new = max(new, 0.0)
    return new if old is None else old + WEIGHT * (new - old)
