"""What has ended is worked off in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Settings
from llamaswap.errors import ServerStopped
from llamaswap.exchange import Caller, Exchange
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.row import Finished
from llamaswap.resolve.chooser import Choice
from llamaswap.resolve.targets import Local
from tests.support.ledger import MemoryLedger
from tests.support.web import MemoryExchange, model
from tests.support.work import calls


class LedgerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.ledger = MemoryLedger(self.clock)
        self.ended = self.ledger.over
        self.told: list[Sequence[Finished]] = []
        self.ledger.subscribe(self.told.append)

    def entry(self) -> Entry:
        exchange = MemoryExchange("POST", "/v1/x")
        exchange.caller = Caller("alice")
        choice = Choice(Local(model("m"), "m"), "sel")
        return self.ledger.entry(cast(Exchange, exchange), choice, "/v1/x", self.clock.seconds(), listed=True)

    def test_a_batch(self) -> None:
        """A tenth of a second after the first; one call for all, and then silence."""
        with self.entry() as first:
            self.clock.advance(2)
            first.begun(200, b"OK", ())
            self.clock.advance(1)
        with self.entry():
            pass
        self.assertEqual((len(self.ended), self.told), (2, []))
        self.clock.advance(0.1)
        ((one, other),) = self.told
        self.assertEqual((one.model, one.selector, one.key, one.first_byte, one.seconds), ("m", "sel", "alice", 2, 3))
        self.assertEqual((other.first_byte, other.seconds), (None, 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_an_answer_in_shreds(self) -> None:
        """Chunks of one byte cost no more than the bytes, and the answer is read as ever."""
        body = b'{"x":"%b","usage":{"prompt_tokens":3}}' % (b"x" * 9_000)
        with self.entry() as entry:
            entry.begun(200, b"OK", ((b"Content-Type", b"application/json"),))
            work = calls(lambda: entry.passed([body[at : at + 1] for at in range(len(body))]))
        self.ledger.settle()
        ((ended,),) = self.told
        self.assertEqual((entry.received, ended.tokens.input), (len(body), 3))
        self.assertLess(work, 200)

    def test_many(self) -> None:
        """Enough for a batch need not wait, and no batch is too large for one turn."""
        for _ in range(150):
            with self.entry():
                pass
        self.clock.advance(0)
        self.assertEqual([len(batch) for batch in self.told], [64, 64, 22])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_clock_that_is_set_back(self) -> None:
        """Nothing lasts less than no time."""
        with self.entry() as entry:
            self.clock.rightNow -= 500
            entry.begun(200, b"OK", ())
        self.clock.advance(1)
        self.assertEqual((self.told[0][0].first_byte, self.told[0][0].seconds), (0, 0))

    def test_a_listener_that_fails(self) -> None:
        """Costs the others nothing."""

        def fail(_: object) -> None:
            raise RuntimeError("tired")

        self.ledger.subscribe(fail)()
        self.ledger.subscribe(fail)
        later: list[Sequence[Finished]] = []
        self.ledger.subscribe(later.append)
        with self.entry():
            pass
        self.clock.advance(1)
        self.assertEqual((len(self.told), len(later)), (1, 1))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_a_fault_of_ours(self) -> None:
        """What nobody foresaw is answered with 500 (`web/front.py`), and that is what stands there, with a reason."""
        error = ZeroDivisionError()
        with self.assertRaises(ZeroDivisionError) as caught, self.entry():
            raise error
        self.assertIs(caught.exception, error)
        self.ledger.settle()
        (row,) = self.ledger.store.rows
        self.assertEqual((row.status, row.content_type, self.told[0][0].status), (500, "application/json", 500))
        self.assertIn("internal error", row.error)

    def test_a_long_error(self) -> None:
        """Has its capture, without the body of the answer (http-api sections 13.1 and 16)."""
        self.ledger = MemoryLedger(self.clock, Settings(capture_buffer=1))
        with self.entry() as entry:
            entry.sends(None)
            entry.begun(500, b"", ((b"Content-Type", b"text/plain"),))
            entry._exchange.begin(500, ())
            for _ in range(40):
                entry.passed([b"x" * 65536])
        self.ledger.settle()
        found = self.successResultOf(self.ledger.captures.get(1))
        self.assertEqual(found and (found.request_body, found.response_body), (b"", None))

    def test_the_end_of_the_server(self) -> None:
        """Who is cut off then has not hung up, whether the answer had begun or not."""
        self.ledger.stopping = True
        with self.assertRaises(CancelledError), self.entry():
            raise CancelledError
        with self.assertRaises(CancelledError), self.entry() as entry:
            entry._exchange.begin(200, ())
            raise CancelledError
        self.ledger.settle()
        self.assertEqual([row.status for row in self.ledger.store.rows], [503, 200])
        self.assertEqual({row.error for row in self.ledger.store.rows}, {str(ServerStopped())})

    def test_settle(self) -> None:
        """What has ended by then is told at once, and no timer is left."""
        with self.entry():
            pass
        self.ledger.settle()
        self.ledger.settle()
        self.assertEqual((len(self.told), self.clock.getDelayedCalls()), (1, []))

    def test_ids(self) -> None:
        """Of those that are tracked, from 1."""
        entries = [self.entry() for _ in range(3)]
        entries[1].tracked = False
        for entry in entries:
            with entry:
                pass
        self.assertEqual([entry.id for entry in entries], ["1", "", "2"])
