"""Model routes over the real scheduler: what is told of a request's stay when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.source import Source
from llamaswap.errors import StartFailed
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.loading.stream import Loading
from llamaswap.resolve.chooser import Chooser
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.tally import Tally
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import SwapEnded
from llamaswap.schedule.eviction import make_policy
from llamaswap.stay import Stay
from llamaswap.web.inference import Inference
from llamaswap.web.refusals import words_for
from llamaswap.web.routes import ROUTES
from llamaswap.wire.upstream import Upstream
from tests.support.ledger import MemoryLedger
from tests.support.relay import MemoryLeases, MemoryPeers
from tests.support.schedule import RecordingSwaps
from tests.support.web import MemoryExchange
from tests.support.wire import MemoryUpstream

CONFIG = """
models: {a: {cmd: s, proxy: "http://h:1", aliases: [al]}, b: {cmd: s, proxy: "http://h:2"}}
routing: {scheduler: {settings: {fifo: {priority: {al: 7}}}}}
"""
CHAT = next(route for route in ROUTES if route.path == b"/v1/chat/completions")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class StayTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.swaps = Clock(), RecordingSwaps()
        settings = load([Source("c.yaml", CONFIG)])
        self.upstream = MemoryUpstream()
        core = Core(settings, make_policy(settings))
        self.dispatcher = Dispatcher(core, self.swaps, lambda _: cast(Upstream, self.upstream), self.clock)
        models = MemoryLeases()

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            return succeed(work())

        resolver = Resolver(settings, RemoteNames(settings.peers))
        chooser = Chooser(settings, resolver, models, ActiveProfile(), Tally())
        loading = Loading(models.state_of, in_thread, words_for, self.clock)
        ways = (self.dispatcher, MemoryPeers(), in_thread)
        ledger = MemoryLedger(self.clock)
        self.ended = ledger.over
        self.inference = Inference(settings, chooser, *ways, loading, ledger, models)

    def ask(self, name: str) -> Deferred[None]:
        exchange = MemoryExchange(
            "POST", CHAT.path, {"Content-Type": "application/json"}, json.dumps({"model": name}).encode()
        )
        return Deferred.fromCoroutine(self.inference.serve(cast(Exchange, exchange), CHAT))

    def end_swap(self, model: str) -> None:
        swap = self.swaps.begun.pop(ModelId(model))
        self.dispatcher.tell(SwapEnded(swap.id, self.clock.seconds()))

    def test_s60_w31_priority_in_the_record(self) -> None:
        """A request by the ID is of the priority that the file gives under an alias, and its record says so."""
        other = self.ask("b")
        done = self.ask("a")
        self.clock.advance(2)
        self.end_swap("b")
        self.upstream.answer(OK)
        self.successResultOf(other)
        self.end_swap("a")
        self.upstream.answer(OK)
        self.successResultOf(done)
        self.assertEqual([ended.metadata for ended in self.ended], [{"fifo_priority": "0"}, {"fifo_priority": "7"}])
        self.assertEqual([ended.stay for ended in self.ended], [Stay(0, 0, 2.0), Stay(7, 1, 2.0)])
        self.dispatcher.close()

    def test_refused(self) -> None:
        """The record has the status that the client is about to get."""
        done = self.ask("a")
        swap = self.swaps.begun.pop(ModelId("a"))
        self.dispatcher.tell(SwapEnded(swap.id, 1.0, StartFailed("exited")))
        self.failureResultOf(done, StartFailed)
        self.assertEqual([(ended.seen, ended.stay) for ended in self.ended], [(500, None)])
        self.dispatcher.close()

    def test_not_granted(self) -> None:
        """A request that leaves while it waits has no priority on record."""
        done = self.ask("a")
        done.cancel()
        self.failureResultOf(done)
        self.assertEqual([(ended.stay, ended.metadata) for ended in self.ended], [(None, {})])
        self.dispatcher.close()
