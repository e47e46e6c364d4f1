"""A ledger whose rows and captures stay with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from llamaswap.config.schema import Settings
from llamaswap.metrics.captures import Captures
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.inflight import Inflight
from llamaswap.metrics.ledger import Ledger
from llamaswap.metrics.row import Row
from llamaswap.web.refusals import content_type_of


class MemoryStore:
    """Remembers rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, row: Row) -> int:
        self.rows.append(row._replace(id=len(self.rows) + 1))
        return len(self.rows)


class MemoryLedger(Ledger):
    """Every entry that has ended is in `ended`."""

    def __init__(self, clock: Clock, settings: Settings | None = None, inflight: Inflight | None = None) -> None:
        """Without settings, nothing is captured."""
        self.store = MemoryStore()
        self.captures = Captures(settings or Settings(capture_buffer=0), _at_once, clock)
        self.over: list[Entry] = []
        around = (self.store, self.captures, inflight or Inflight(clock))
        super().__init__(clock, *around, content_type_of, self.over.append)


def _at_once(work: Callable[[], Any]) -> Deferred[Any]:
    return succeed(work())
