"""At most so many models run at a time, and the least recently used makes room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.plugin import IPlugin
from zope.interface import implementer

from llamaswap.config.schema import Model
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import Running, Verdict
from llamaswap.schedule.plugins import IPolicyMaker


class LruPolicy:
    """`most` models at a time. What it is asked changes nothing."""

    def __init__(self, most: int) -> None:
        self._most = most

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """Nobody goes for a model that runs; else as many as are too many, idle ones first."""
        runs = any(shown.model == target for shown in running)
        too_many = 0 if runs else max(len(running) + 1 - self._most, 0)
        return self._verdict(sorted(running, key=_worth)[:too_many], running)

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """Where memory is too small for so many, whoever is idle may go."""
        return self._verdict([shown for shown in running if shown.model != target], running)

    def _verdict(self, leaving: Sequence[Running], running: Sequence[Running]) -> Verdict:
        chosen = {shown.model for shown in leaving}
        evict = tuple(shown.model for shown in running if shown.model in chosen)
        return Verdict(evict, cost=len(evict), why=f"lru: at most {self._most} at a time")


def _worth(shown: Running) -> tuple[bool, float]:
    """The smallest goes first: idle before busy, then by last use."""
    busy = shown.state is not State.READY or shown.in_flight > 0 or shown.waiting > 0
    return busy, shown.last_used


@implementer(IPlugin, IPolicyMaker)
class LruMaker:
    """`routing.router.use: lru`."""

    name = "lru"

    def make(self, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> LruPolicy:
        """`settings` has one key, `max`."""
        for key in settings:
            if key != "max":
                raise ValueError(f"unknown key {key}: there is only max")
        most = settings.get("max")
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise ValueError("max must be a whole number >= 1: how many models may run at a time")
        return LruPolicy(most)
