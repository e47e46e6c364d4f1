"""When does a request that waits become overdue?

Knows the waiting requests by the time that each of them becomes so, and nothing of what follows from it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping

from llamaswap.ids import TicketId
from llamaswap.schedule.station import NO_BATCH, Station


class Ripening:
    """Requests on their way to being overdue, which they are after `max_wait` seconds (0 = never)."""

    def __init__(self, max_wait: float) -> None:
        self._max_wait = max_wait or math.inf
        self._ripening: deque[tuple[float, TicketId]] = deque()
        self._newest = NO_BATCH  # the last that was added

    def restart(self, max_wait: float, waiting: Iterable[tuple[TicketId, float]]) -> None:
        """Another `max_wait` holds for all that wait; `waiting` says since when."""
        self._max_wait = max_wait or math.inf
        self._ripening.clear()
        self._newest = NO_BATCH
        for ticket, since in sorted(waiting):
            self.add(ticket, since)

    def overdue(self, station: Station, now: float) -> bool:
        """Its oldest request has waited for longer than anybody should."""
        for since in station.waiting.values():
            return since + self._max_wait <= now
        return False

    def overdue_since(self, now: float) -> float:
        """Who has waited since then, or longer, is overdue."""
        return now - self._max_wait

    def add(self, ticket: TicketId, since: float) -> float:
        """`ticket`, newer than all before it, waits since then; returns when it becomes overdue."""
        due = since + self._max_wait
        self._newest = ticket
        if due < math.inf:
            self._ripening.append((due, ticket))
        return due

    def knows(self, ticket: TicketId) -> bool:
        """It was added, or a newer one."""
        return ticket <= self._newest

    def ripen(self, waiting: Mapping[TicketId, Station], now: float) -> tuple[bool, float]:
        """Whether any of those that still wait became overdue, and when the next one will."""
        ripe = False
        while self._ripening:
            due, ticket = self._ripening[0]
            station = waiting.get(ticket)
            waits = station is not None and ticket in station.waiting
            if waits and due > now:
                return ripe, due
            self._ripening.popleft()
            ripe = ripe or waits
        return ripe, math.inf
