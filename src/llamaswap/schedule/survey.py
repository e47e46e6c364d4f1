"""How it is with the models and with those that wait, for whoever watches the scheduler. Pure, and decides nothing.

What is expected is reckoned from how long loads and answers took lately, and from the line as it stands now: an
estimate, which ends where nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from llamaswap.ids import ModelId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.line import Line
from llamaswap.schedule.outlook import Outlook
from llamaswap.schedule.station import Station

MOST_PLANS = 20
"""Models that wait, of which it is worked out who is in their way."""


class Glance(NamedTuple):
    """One model; times in seconds of the scheduler's clock."""

    model: ModelId
    serving: int
    waiting: int
    waits_since: float | None
    """Since when those have waited that no load under way answers."""
    expected_ready: float | None
    """Of one that loads."""
    ttl: int
    expires: float | None
    """When it will have been idle for too long; None while it is in use."""
    last_used: float | None
    """When its last request ended; when it became ready, if it had none since."""


class Waiting(NamedTuple):
    """One request that waits."""

    ticket: TicketId
    model: ModelId
    position: int
    """From 1, over all that wait: first those whose load is under way."""
    since: float
    expected: float | None
    """When it will be granted."""
    why: str
    """`loading`: its model; `places`: all of its model are taken; `stopping`: its model has to stop first; `in_use`:
    what has to go for its model; `turn`: others are before it."""
    behind: tuple[ModelId, ...] = ()
    """What is `in_use`."""


class Survey(NamedTuple):
    """All of it."""

    models: Sequence[Glance]
    """Those that run, are waited for, or have been used."""
    queue: Sequence[Waiting]
    total: int
    """How many wait, whether they are in `queue` or not."""


def survey(
    stations: Iterable[Station], joined: Sequence[Station], line: Line, outlook: Outlook, when: float, most: int
) -> Survey:
    """What there is to see at `when`, with the first `most` of those that wait; `joined` are loading."""
    models = [_glance(station, when) for station in stations if station.waiting or station.ready_at or _runs(station)]
    total = sum(glance.waiting for glance in models)
    return Survey(models, tuple(_queue(joined, line, outlook, when, most)) if total else (), total)


def _runs(station: Station) -> bool:
    return station.state is not State.STOPPED


def _glance(station: Station, when: float) -> Glance:
    waits = station.waiting and not station.joined
    ttl = station.model.ttl
    return Glance(
        station.id,
        len(station.serving),
        len(station.waiting),
        station.waiting[station.head] if waits else None,
        _ready(station, when) if station.joined and station.state is not State.READY else None,
        ttl,
        station.last_used + ttl if ttl and station.idle else None,
        station.last_used or None,
    )


def _ready(station: Station, when: float) -> float | None:
    """When the load that is under way will have ended."""
    if station.state is State.READY or station.swap is None:
        return when
    remaining = station.estimate.remaining(max(when - station.swap.began, 0.0))
    return None if remaining is None else when + remaining


def _queue(joined: Sequence[Station], line: Line, outlook: Outlook, when: float, most: int) -> Iterator[Waiting]:
    forecast = _Forecast(when)
    position = 1
    for number, station in enumerate(chain(joined, line.order)):
        if position > most:
            return
        behind = _in_the_way(station, outlook) if number < MOST_PLANS and not station.joined else ()
        why, names = _why(station, behind), tuple(other.id for other in behind)
        first = forecast.first_grant(station, behind)
        for rank, ticket in enumerate(line.in_turn(station)):
            expected = _granted(station, first, rank)
            yield Waiting(ticket, station.id, position, station.waiting[ticket], expected, why, names)
            position += 1
            if position > most:
                return


def _in_the_way(station: Station, outlook: Outlook) -> Sequence[Station]:
    if not station.free:
        return ()
    return [victim for victim in outlook.plan(station).victims if victim.in_use or not victim.free]


def _why(station: Station, behind: Sequence[Station]) -> str:
    if station.joined:
        return "loading"
    if not station.free:
        return "stopping"
    if behind:
        return "in_use"
    return "places" if _is_full(station) else "turn"


def _is_full(station: Station) -> bool:
    return station.state is State.READY and len(station.serving) >= station.model.concurrency_limit


def _granted(station: Station, first: float | None, rank: int) -> float | None:
    """When the one of this `rank` (from 0) has a place, if the `first` has one then."""
    if first is None:
        return None
    places, service = station.model.concurrency_limit, station.estimate.service
    if _is_full(station):
        return first if not rank else None if service is None else first + service * rank / places
    rounds = rank // places
    return first if not rounds else None if service is None else first + service * rounds


class _Forecast:
    """Goes through the line: each model's turn comes when those before it have had theirs."""

    def __init__(self, when: float) -> None:
        self._when = when
        self._turn: float | None = when
        """When the turn of the next that has to load will come."""

    def first_grant(self, station: Station, behind: Sequence[Station]) -> float | None:
        """When the first that waits for `station` has its place; to be asked in the order of the line."""
        if station.joined:
            first = _ready(station, self._when)
            self._turn = _later(self._turn, _served(station, first))
            return first
        if _is_full(station) and not behind:
            return self._next_place(station)
        if station.state is State.READY and not behind:
            return self._turn
        first = self._loaded(station, behind)
        self._turn = _served(station, first)
        return first

    def _next_place(self, station: Station) -> float | None:
        service = station.estimate.service
        if service is None:
            return None
        return max(min(station.serving.values(), default=self._when) + service, self._when)

    def _loaded(self, station: Station, behind: Sequence[Station]) -> float | None:
        begins, load = self._turn, station.estimate.load
        for other in behind:
            begins = _later(begins, self._drained(other))
        return None if begins is None or load is None else begins + load

    def _drained(self, station: Station) -> float | None:
        """When all that are being served will have been."""
        service, granted = station.estimate.service, max(station.serving.values(), default=None)
        if granted is None:
            return self._when
        return None if service is None else max(granted + service, self._when)


def _served(station: Station, first: float | None) -> float | None:
    """When all that wait for it will have had their turn, if the first is granted then."""
    service = station.estimate.service
    if first is None or service is None:
        return None
    return first + service * -(-len(station.waiting) // station.model.concurrency_limit)


def _later(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)
