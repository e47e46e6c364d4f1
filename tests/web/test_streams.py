"""Answers that stay open."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Exchange
from llamaswap.feeds.turns import Turns
from llamaswap.web.streams import Streams
from tests.support.web import MemoryExchange, Pump

MANY = 200


class StreamsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.streams = Streams(Turns(self.clock))

    def open(self) -> tuple[MemoryExchange, Deferred[None]]:
        exchange = MemoryExchange()
        exchange.begin(200, [])
        holding = self.streams.hold(cast(Exchange, exchange), Pump())
        return exchange, Deferred.fromCoroutine(holding)

    def test_held_until_it_is_ended(self) -> None:
        """The producer fills it meanwhile, and then it is complete."""
        exchange, done = self.open()
        producer = exchange.producer
        assert isinstance(producer, Pump)
        self.assertEqual((producer.told, exchange.finished), (["resume"], False))
        self.streams.end_all()
        self.successResultOf(done)
        self.assertEqual((exchange.producer, exchange.finished), (None, True))
        self.assertFalse(self.open()[0].finished)

    def test_the_client_goes(self) -> None:
        """The producer is let go of, and nothing is left."""
        exchange, done = self.open()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertIsNone(exchange.producer)
        self.streams.end_all()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_very_many(self) -> None:
        """They end in the turns that follow; who goes meanwhile, and who comes, is none of them."""
        opened = [self.open() for _ in range(MANY)]
        self.streams.end_all()
        ended = sum(exchange.finished for exchange, _ in opened)
        self.assertTrue(0 < ended < MANY, ended)
        late, _ = self.open()
        waiting = next(done for exchange, done in opened if not exchange.finished)
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.clock.advance(0)
        self.assertEqual(sum(exchange.finished for exchange, _ in opened), MANY - 1)
        self.assertFalse(late.finished)

    def test_closed(self) -> None:
        """One that begins after that ends at once, after what there is."""
        self.streams.close()
        self.streams.close()
        exchange, done = self.open()
        self.successResultOf(done)
        self.assertTrue(exchange.finished)
