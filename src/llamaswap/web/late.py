"""The resource tree's lane, brought into memory when it is first asked for: with it come twisted.web and Klein.

A server that relays requests for models needs neither, and starts sooner without them.
"""

from __future__ import annotations

from collections.abc import Callable

from llamaswap.threads import InThread
from llamaswap.wire.channel import ResourceLane
from llamaswap.wire.served import ServedExchange


class LateLane:
    """Answers as the lane that `make` makes."""

    def __init__(self, make: Callable[[], ResourceLane], in_thread: InThread) -> None:
        self._make = make
        self._in_thread = in_thread
        self._lane: ResourceLane | None = None

    async def serve(self, exchange: ServedExchange) -> None:
        """As the lane does. The first waits some tenths of a second at most; others are served meanwhile."""
        if self._lane is None:
            await self._in_thread(_bring_in)
        if self._lane is None:  # else another was quicker
            self._lane = self._make()
        await self._lane.serve(exchange)


def _bring_in() -> None:
    """Import what `make` needs. To be called in a thread, as it takes long."""
    import klein  # noqa: F401

    import llamaswap.web.root
    import llamaswap.wire.lane  # noqa: F401
