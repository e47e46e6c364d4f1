"""The names that travel between the parts, as types of their own so that none is taken for another."""

from __future__ import annotations

from typing import NewType

ModelId = NewType("ModelId", str)
"""A key under `models:` of the configuration; never an alias."""

TicketId = NewType("TicketId", int)
"""One request's place in the scheduler, from its arrival to its end."""

SwapId = NewType("SwapId", int)
"""One swap or one batch of stops; a late answer about an earlier one can never be taken for a newer one's (W-05)."""
