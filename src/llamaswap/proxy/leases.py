"""What a request that goes to a model here needs of the scheduler (`schedule/dispatcher.py`)."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from llamaswap.ids import ModelId, TicketId
from llamaswap.stay import Progress, Stay
from llamaswap.wire.upstream import Upstream


class Lease(Protocol):
    """A place with a running model for the length of an `async with` block (`schedule/lease.py`)."""

    stay: Stay | None

    @property
    def waits(self) -> bool:
        """There is something to wait for."""

    @property
    def loads(self) -> bool:
        """Of one that waits: the load of its model is under way."""

    @property
    def ticket(self) -> TicketId | None:
        """Its number in the line; None before it arrived."""

    def progress(self) -> Progress:
        """How far it has come since it arrived."""

    def __enter__(self) -> Lease:
        """Get in line; the end of the block gives up whatever is still held."""

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Upstream:
        """Wait for the grant. Raises `Refusal`; cancelling gives up the place."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Leases(Protocol):
    """Who has models made ready."""

    def lease(self, model: ModelId, priority: int = 0) -> Lease:
        """`priority` is added to that of the model."""
