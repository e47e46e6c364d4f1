"""Answers that stay open until their client or the server ends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from twisted.internet.defer import Deferred

from llamaswap.exchange import Exchange, Producer
from llamaswap.feeds.turns import Turns

_AT_ONCE = 50


class Streams:
    """Those that are open."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._open: set[Deferred[None]] = set()
        self.closed = False
        """There will be no more of them."""

    def close(self) -> None:
        """End all there are and will be. May be called twice."""
        self.closed = True
        self.end_all()

    def end_all(self) -> None:
        """End every open stream, very many of them a few in a turn: who follows one has to ask anew."""
        steps = _ending(tuple(self._open))
        for _ in islice(steps, _AT_ONCE):
            pass
        if len(self._open):
            self._turns.spread(steps)

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


def _ending(streams: Iterable[Deferred[None]]) -> Iterator[None]:
    for over in streams:
        if not over.called:
            over.callback(None)
        yield
