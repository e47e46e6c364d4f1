"""What does a new configuration do to the models of the one before? (lifecycle section 12, W-15)

The *form* of a model is its entry in the configuration as its process was started with it. Most of a new entry takes
effect on a process that runs. Where it does not, or where the model has no entry any more, the form is *outdated*:
nobody is granted a place on that process, what it serves runs to its end, then it is stopped. When nothing of it is
left the model is *renewed*: it takes on its new form, or is forgotten. An edit that brings the form of a process back
makes it current again, as long as it was not told to stop.

The stations are told apart and held here; what is begun with them, and when, is the core's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from llamaswap.config.difference import launched_alike
from llamaswap.config.schema import Settings
from llamaswap.ids import ModelId
from llamaswap.schedule.backoff import Backoff
from llamaswap.schedule.estimate import Estimate
from llamaswap.schedule.events import EvictionPolicy, Renew
from llamaswap.schedule.station import Station


class Renewals:
    """The stations whose form is outdated. They are held: nothing is begun with them but their end."""

    def __init__(self) -> None:
        self.outdated: dict[ModelId, Station] = {}
        """Removed models included, which no configuration speaks of."""
        self._last_rules: dict[ModelId, _Rules] = {}
        """Those that knew a removed model."""

    def follow(
        self, settings: Settings, before: Mapping[ModelId, Station], policy: EvictionPolicy
    ) -> tuple[dict[ModelId, Station], list[Renew]]:
        """The stations for `settings`, in place of those `before`, and what of it needs no process to end.

        A station that there was keeps all it knows. Those of models that are removed are among the outdated ones;
        `policy` is the one that knew them.
        """
        renewed = []
        after = {}
        for id, model in settings.models.items():
            station = before.get(id) or self.outdated.get(id)
            if station is None:
                station = Station(model)
                renewed.append(Renew(id, model))
            station.model, station.removed = model, False
            station.priority = settings.priorities.get(id, 0)
            after[id] = station
        gone = [station for id, station in before.items() if id not in after]
        for station in gone:
            station.removed = True
            self._last_rules[station.id] = _Rules(policy, frozenset(before))
        for station in (*gone, *after.values()):
            renewed += self._judge(station)
        return after, renewed

    def _judge(self, station: Station) -> Iterator[Renew]:
        """Does what may run of it still hold? If so it takes on the rest of its entry at once."""
        if station.removed or not launched_alike(station.form, station.model):
            self._hold(station)
            return
        self._release(station)
        if station.form != station.model:
            station.form = station.model
            yield Renew(station.id, station.form)

    def renew(self, station: Station) -> Renew:
        """Nothing of its outdated form is left: nothing that was learned from it holds."""
        self._release(station)
        if station.removed:
            return Renew(station.id, None)
        station.backoff, station.estimate, station.short = Backoff(), Estimate(), None
        station.form = station.model
        return Renew(station.id, station.form)

    def in_the_way(self, station: Station, when: float) -> list[Station]:
        """What must be gone before `station` may start, whatever the eviction policy says of the others.

        For a removed model the last rules hold that knew it; who is new since then waits for it. And a process keeps
        its port.
        """
        return [
            old
            for old in self.outdated.values()
            if old is not station and (_same_port(old, station) or self._excluded(old, station, when))
        ]

    def _excluded(self, old: Station, station: Station, when: float) -> bool:
        if not old.removed:
            return False
        rules = self._last_rules[old.id]
        if station.id not in rules.known:
            return True
        return old.id in rules.policy.decide(station.id, [old.shown(old.state)], when).evict

    def _hold(self, station: Station) -> None:
        if not station.outdated:
            station.outdated = True
            station.holds += 1
            self.outdated[station.id] = station

    def _release(self, station: Station) -> None:
        if station.outdated:
            station.outdated = False
            station.holds -= 1
            del self.outdated[station.id]
            self._last_rules.pop(station.id, None)


def _same_port(old: Station, station: Station) -> bool:
    return station.model.port is not None and old.form.port == station.model.port


class _Rules(NamedTuple):
    """A policy, and the models of its configuration."""

    policy: EvictionPolicy
    known: frozenset[ModelId]
