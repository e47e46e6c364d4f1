"""Which models are loaded without a request, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from llamaswap.config.difference import Difference
from llamaswap.ids import ModelId


def each_once(listed: Sequence[ModelId]) -> list[ModelId]:
    """The models of a list, each at its last place: where few fit, those at the end are to remain (section 11)."""
    return list(dict.fromkeys(reversed(listed)))[::-1]


def due_again(before: Sequence[ModelId], now: Sequence[ModelId], difference: Difference) -> list[ModelId]:
    """Those of the list `now` that a reload has put on it, or has made another model than the list `before` meant."""
    others = {*difference.added, *difference.changed}
    return [model for model in each_once(now) if model in others or model not in before]


class Quiet:
    """How long nothing has been asked for, and whether that has had its consequence."""

    def __init__(self, after: float, when: float) -> None:
        self._after = after
        self._since = when
        self._spent = False

    @property
    def due(self) -> float | None:
        """When to look; None: not before something stirs."""
        return None if self._spent else self._since + self._after

    def stirred(self, when: float) -> None:
        """Something was asked for."""
        self._since = when
        self._spent = False

    def look(self, when: float, busy: bool) -> bool:
        """The idle model's time has come: true once, and then not before something has stirred again.

        `busy`: somebody waits or is being served.
        """
        if busy:
            self.stirred(when)
        if self.due is None or when < self.due:
            return False
        self._spent = True
        return True
