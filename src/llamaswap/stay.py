"""What can be said about a request's stay: while it waits, and when it is over. Data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from llamaswap.ids import ModelId


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request that waits has come."""

    position: int = 0
    """1: it is the next. Counts the requests that come before it and wait for no load under way; 0 when its own model
    is being loaded for it."""
    evicting: tuple[ModelId, ...] = ()
    """Who goes for it, in the load under way; some may be gone already."""
    waited: float = 0.0
    """Seconds since it arrived."""
    loading: float | None = None
    """Seconds since the swap that loads its model began; None: it has not."""
    remaining: float | None = None
    """Seconds until the model is ready, as its past loads took; None where nothing is known. 0: any moment."""


class Stay(NamedTuple):
    """A request's way through the scheduler, for the record."""

    priority: int = 0
    position: int = 0
    """In the queue when it arrived, as in `Progress`; 0 for one that was granted, or joined a load, at once."""
    waited: float = 0.0
    """Seconds from its arrival to its grant."""
