"""How far has a waiting request come?

Knows the order in which the core would serve those that wait if nothing else happened. Decides nothing: what the core
does when something happens is its own business.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence

from llamaswap.ids import ModelId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.outlook import Outlook
from llamaswap.schedule.ripening import Ripening
from llamaswap.schedule.station import Station
from llamaswap.stay import Progress


class Line:
    """All that wait, seen as one line (lifecycle section 5.6).

    Requests for one model stand together, as they are served together. Those whose load is under way are not in it.
    The order is worked out when somebody asks, at most once between two changes; one more request that waits is no
    change of it, so that an arrival in a long line costs little.
    """

    def __init__(self, queued: Mapping[ModelId, Station], outlook: Outlook, ripening: Ripening) -> None:
        self._queued = queued
        self._outlook = outlook
        self._ripening = ripening
        self._now = 0.0
        self._order: list[Station] | None = None
        self._ahead: dict[ModelId, int] | None = None
        self._ranks: dict[ModelId, dict[TicketId, int]] = {}

    def changed(self, now: float) -> None:
        """Something has happened: whatever was worked out holds no more."""
        self._now = now
        self._order = self._ahead = None

    def grown(self, now: float, station: Station | None) -> None:
        """At most one more request waits, for `station`, and nothing else has changed for anybody who waits."""
        self._now = now
        self._ahead = None
        if self._order is not None and station is not None and len(station.waiting) == 1 and not station.joined:
            insort(self._order, station, key=self._turn)

    def position(self, station: Station, ticket: TicketId) -> int:
        """1 for the next; 0 when the swap under way for `station` answers `ticket`, which waits there."""
        if station.joined:
            return 0
        if self._ahead is None:
            self._ahead, self._ranks = _before_each(self.order), {}
        return self._ahead[station.id] + self._rank(station, ticket)

    @property
    def order(self) -> Sequence[Station]:
        """The models whose requests stand in it, in their turn."""
        if self._order is None:
            self._order = self._work_out()
        return self._order

    def in_turn(self, station: Station) -> Iterable[TicketId]:
        """Those that wait for one model, in the order in which they are served."""
        return station.in_turn(self._ripening.overdue_since(self._now)) if station.extras else station.waiting

    def progress(self, station: Station, ticket: TicketId, when: float) -> Progress:
        """All there is to say of `ticket`, which waits at `station`."""
        position, waited = self.position(station, ticket), max(when - station.waiting[ticket], 0.0)
        swap = station.swap
        if position or swap is None:
            return Progress(position=position, waited=waited)
        loading = max(when - swap.began, 0.0)
        remaining = None if station.state is State.READY else station.estimate.remaining(loading)
        return Progress(0, tuple(victim.id for victim in swap.victims), waited, loading, remaining)

    def _work_out(self) -> list[Station]:
        return sorted((each for each in self._queued.values() if not each.joined), key=self._turn)

    def _turn(self, station: Station) -> tuple[int, int, TicketId]:
        """Overdue ones by age, then ready models, then by priority and age."""
        if self._ripening.overdue(station, self._now):
            return 0, 0, station.head
        if station.state is State.READY and station.free and not self._outlook.plan(station).victims:
            return 1, 0, station.head
        return 2, -station.urgency, station.head

    def _rank(self, station: Station, ticket: TicketId) -> int:
        if not station.extras and ticket == next(reversed(station.waiting)):
            return len(station.waiting)
        ranks = self._ranks.get(station.id)
        if ranks is None:
            ranks = self._ranks[station.id] = {each: rank for rank, each in enumerate(self.in_turn(station), 1)}
        return ranks[ticket]


def _before_each(order: Iterable[Station]) -> dict[ModelId, int]:
    """How many stand before the first that waits for each model."""
    ahead, before = {}, 0
    for station in order:
        ahead[station.id] = before
        before += len(station.waiting)
    return ahead
