"""What a client reads when the real scheduler says how far its request has come."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.loading.script import TICK
from llamaswap.loading.stream import Loading
from llamaswap.notices import State
from llamaswap.proxy.body import StoredBody
from llamaswap.proxy.forward import Outgoing
from llamaswap.resolve.targets import Local
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import SwapEnded
from llamaswap.web.refusals import words_for
from llamaswap.wire.upstream import Upstream
from tests.loading.test_stream import CHAT, JSON, OK, STREAM, body, reasoning
from tests.support.schedule import RecordingSwaps, TablePolicy, settings
from tests.support.web import MemoryExchange, run
from tests.support.wire import MemoryUpstream

EXCLUDE = {"a": "b c", "b": "a c", "c": "a b"}


class QueueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.swaps = RecordingSwaps()
        self.upstreams = {ModelId(name): MemoryUpstream() for name in "abc"}
        core = Core(settings("a b c", priorities={"c": 5}), TablePolicy(EXCLUDE))
        self.dispatcher = Dispatcher(core, self.swaps, self.upstream_of, self.clock)
        self.stopped: set[ModelId] = set(self.upstreams)
        self.loading = Loading(
            lambda model: State.STOPPED if model in self.stopped else State.READY,
            lambda work, *arguments: succeed(work(*arguments)),
            words_for,
            self.clock,
        )

    def upstream_of(self, model: ModelId) -> Upstream:
        return cast(Upstream, self.upstreams[model])

    def ask(self, name: str) -> tuple[MemoryExchange, Deferred[None]]:
        """A client that asks for a stream of this model, which has to be loaded."""
        exchange = MemoryExchange("POST", CHAT, JSON, body(name))
        target = Local(Model(id=ModelId(name), send_loading_state=True), name)
        outgoing = Outgoing(CHAT.encode(), StoredBody(body(name)))
        stream = run(self.loading.stream(cast(Exchange, exchange), target, outgoing))
        lease = self.enterContext(self.dispatcher.lease(ModelId(name)))
        self.assertTrue(lease.waits)
        return exchange, Deferred.fromCoroutine(stream.serve(lease))

    def end_swap(self, name: str) -> None:
        swap = self.swaps.begun.pop(ModelId(name))
        self.stopped.update(swap.evict)
        self.stopped.discard(ModelId(name))
        self.dispatcher.tell(SwapEnded(swap.id, self.clock.seconds(), None))

    def answer(self, name: str, done: Deferred[None]) -> None:
        self.upstreams[ModelId(name)].answer(OK + STREAM)
        self.successResultOf(done)

    def test_s87_queue_position(self) -> None:
        """Behind a load the second stream is #1, and #2 when a model of higher priority comes between."""
        _, first = self.ask("a")
        exchange, done = self.ask("b")
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #1 "), reasoning(exchange))
        _, between = self.ask("c")
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #2 "), reasoning(exchange))
        self.end_swap("a")
        self.answer("a", first)
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #1 "), reasoning(exchange))
        self.end_swap("c")
        self.answer("c", between)
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nstopping c "), reasoning(exchange))
        self.stopped.add(ModelId("c"))
        self.loading.stir()
        self.clock.advance(0)
        self.assertTrue(reasoning(exchange).endswith("\nloading "), reasoning(exchange))
        self.end_swap("b")
        self.answer("b", done)
        self.assertIn("Done! (3.00s)", reasoning(exchange))
        self.assertEqual(self.loading.telling, set())

    def test_s88_leaving_the_line(self) -> None:
        """Who hangs up counts for nobody any more."""
        _, first = self.ask("a")
        _, left = self.ask("b")
        exchange, done = self.ask("b")
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #2 "), reasoning(exchange))
        left.cancel()
        self.failureResultOf(left)
        self.clock.advance(TICK)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #1 "), reasoning(exchange))
        for waiting in (first, done):
            waiting.cancel()
            self.failureResultOf(waiting)
        self.assertEqual(self.dispatcher.waiting(ModelId("b")), 0)
