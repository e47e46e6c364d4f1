"""The requests to models that are under way, for those who watch them (http-api section 11).

Nothing is done for a piece of an answer that passes, and for a request only an entry made and removed, unless somebody
listens; how far answers have come is then looked at four times a second. It neither measures nor ends a request: that
is its entry's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from llamaswap.ids import TicketId
from llamaswap.metrics.underway import Change, Removed, Upserted, Watched

PERIOD = 0.25
"""Seconds between two looks at how far answers have come."""
MOST_AT_ONCE = 64
"""Of those that have come further, so many are told in a period; the others are next."""


class Inflight:
    """All of them, by ID."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._entries: dict[str, Watched] = {}
        self._listeners: tuple[Callable[[Change], None], ...] = ()
        self._told: dict[str, tuple[int, str]] = {}
        """How far the listeners know each to have come (`_how_far`); in the order in which they were told."""
        self._timer: IDelayedCall | None = None

    # -- what requests tell ----------------------------------------------------------------------------------------

    def add(self, entry: Watched) -> None:
        """A request has arrived."""
        self._entries[entry.id] = entry
        if self._listeners:
            self._tell(entry)
            self._watch()

    def begun(self, entry: Watched) -> None:
        """The head of its answer was written."""
        if self._listeners and entry.id in self._entries:
            self._tell(entry)

    def over(self, entry: Watched) -> None:
        """It has ended; harmless when it was not added."""
        if self._entries.pop(entry.id, None) is not None and self._listeners:
            self._told.pop(entry.id, None)
            self._publish(Removed(entry.id))

    # -- what others ask -------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._entries)

    def find(self, id: str) -> Watched | None:
        """The request of this ID."""
        return self._entries.get(id)

    def snapshot(self) -> Sequence[Watched]:
        """All that are under way, by arrival."""
        return sorted(self._entries.values(), key=lambda entry: (entry.when, len(entry.id), entry.id))

    def places(self) -> Mapping[TicketId, str]:
        """The IDs of those that have a number in the scheduler's line, by that."""
        return {ticket: id for id, entry in self._entries.items() if (ticket := entry.ticket) is not None}

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Tell `listener` of every later change; the returned function ends that and may be called twice."""
        if not self._listeners:
            self._told = {id: _how_far(entry) for id, entry in self._entries.items()}
        self._listeners = (*self._listeners, listener)
        self._watch()
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Callable[[Change], None]) -> None:
        self._listeners = tuple(kept for kept in self._listeners if kept is not listener)
        if not self._listeners:
            self._told = {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    # -- how far answers have come ---------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._timer is None and self._listeners and self._entries:
            self._timer = self._clock.callLater(PERIOD, self._look)

    def _look(self) -> None:
        self._timer = None
        further = [entry for id, told in self._told.items() if _how_far(entry := self._entries[id]) != told]
        for entry in further[:MOST_AT_ONCE]:
            self._tell(entry)
        self._watch()

    def _tell(self, entry: Watched) -> None:
        self._told.pop(entry.id, None)
        self._told[entry.id] = _how_far(entry)
        self._publish(Upserted(entry))

    def _publish(self, change: Change) -> None:
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:  # a request must not end because somebody watches it
                self._log.failure("a listener for requests under way failed")


def _how_far(entry: Watched) -> tuple[int, str]:
    """Bytes of its answer, and its phase."""
    return entry.received, entry.phase
