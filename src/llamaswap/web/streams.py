"""Answers that stay open until their client or the server ends them."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from llamaswap.exchange import Exchange, Producer


class Streams:
    """Those that are open."""

    def __init__(self) -> None:
        self._open: set[Deferred[None]] = set()
        self.closed = False
        """There will be no more of them."""

    def close(self) -> None:
        """End all there are and will be. May be called twice."""
        self.closed = True
        self.end_all()

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        for over in tuple(self._open):
            over.callback(None)

    async def hold(self, exchange: Exchange, producer: Producer) -> None:
        """Let `producer` fill the answer, which has begun, until it is ended; then finish it. Cancelling leaves it."""
        over: Deferred[None] = Deferred()
        self._open.add(over)
        exchange.produce(producer)
        try:
            producer.resumeProducing()
            if not self.closed:
                await over
        finally:
            self._open.discard(over)
            exchange.produce(None)
        exchange.finish()
