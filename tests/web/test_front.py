"""What the front makes of whatever happens while an exchange is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ClientGone, TooManyRequests
from llamaswap.exchange import Exchange
from llamaswap.web.auth import Doorman
from llamaswap.web.front import Front
from llamaswap.web.gate import Gate
from llamaswap.web.routes import Lane, Route
from tests.support.web import MemoryExchange, World, model, settings_of

CHAT = ("POST", "/v1/chat/completions")


class FrontTests(SynchronousTestCase):
    def world(self, serve: Callable[[Exchange, Route], Any]) -> World:
        return World(settings_of(model("m")), serve={Lane.MODEL: serve, Lane.PASSTHROUGH: serve})

    def test_refusal_before_the_answer(self) -> None:
        """A lane's refusal becomes its answer, in the shape the client accepts."""

        async def serve(exchange: Exchange, route: Route) -> None:
            raise TooManyRequests(retry_after=2)

        exchange = self.world(serve).ask(*CHAT)
        self.assertEqual((exchange.status, exchange.answered_header("Retry-After")), (429, "2"))
        self.assertEqual(json.loads(exchange.answer)["error"]["code"], "concurrency_limit")
        self.assertTrue(exchange.finished)

    def test_refusal_after_the_answer_began(self) -> None:
        """A truncated answer never looks complete: the connection is cut, nothing is appended."""

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            exchange.write(b"half")
            raise TooManyRequests()

        exchange = self.world(serve).ask(*CHAT)
        self.assertTrue(exchange.aborted)
        self.assertEqual((exchange.status, exchange.answer, exchange.finished), (200, b"half", False))

    def test_bug(self) -> None:
        """An unexpected exception is logged, and the client learns only that there was one."""

        async def serve(exchange: Exchange, route: Route) -> None:
            raise ZeroDivisionError("secret detail")

        exchange = self.world(serve).ask(*CHAT)
        self.assertEqual(exchange.status, 500)
        self.assertNotIn(b"secret", exchange.answer)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_bug_after_the_answer_began(self) -> None:
        """An unexpected exception in the middle of an answer cuts it."""

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            raise ZeroDivisionError

        self.assertTrue(self.world(serve).ask(*CHAT).aborted)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_client_that_is_gone_is_no_error(self) -> None:
        """A client that hung up while its body was read is not answered, and nothing is logged."""

        async def serve(exchange: Exchange, route: Route) -> None:
            raise ClientGone

        exchange = self.world(serve).ask(*CHAT)
        self.assertEqual((exchange.status, exchange.aborted), (0, True))

    def test_cancel_passes_through(self) -> None:
        """Cancelled by the lane, the coroutine ends at once and answers nothing."""
        waiting: Deferred[None] = Deferred()

        async def serve(exchange: Exchange, route: Route) -> None:
            await waiting

        exchange = MemoryExchange(*CHAT)
        answering = self.world(serve).front.receive(exchange)
        assert answering is not None
        task = Deferred.fromCoroutine(answering)
        task.cancel()
        self.failureResultOf(task, CancelledError)
        self.assertEqual((exchange.status, exchange.aborted), (0, False))

    def test_resource_lane(self) -> None:
        """What belongs to the resource tree is left to it."""
        world = World(settings_of(model("m")))
        self.assertIsNone(world.front.receive(MemoryExchange("GET", "/running")))

    def test_lanes(self) -> None:
        """A route is served by its own lane."""
        world = World(settings_of(model("m")))
        world.ask(*CHAT)
        world.ask("GET", "/upstream/m/x")
        self.assertEqual([route.lane for _, route in world.served], [Lane.MODEL, Lane.PASSTHROUGH])


class ConfigureTests(SynchronousTestCase):
    """Other settings in the middle of it all."""

    def test_who_is_being_answered_is_not_disturbed(self) -> None:
        """An exchange keeps the lane it was given to; the next one meets the new gate and the new lane."""
        waiting: Deferred[None] = Deferred()
        answered: list[str] = []

        async def old(exchange: Exchange, route: Route) -> None:
            await waiting
            answered.append("old")

        async def new(exchange: Exchange, route: Route) -> None:
            answered.append("new")

        world = World(settings_of(model("m")), serve={Lane.MODEL: old})
        running = world.front.receive(MemoryExchange(*CHAT))
        assert running is not None
        task = Deferred.fromCoroutine(running)
        settings = settings_of(api_keys=("k",))
        gate = Gate(settings, world.table, doorman=Doorman(settings.api_keys, world.sessions, world.clock.seconds))
        world.front.configure(gate, {Lane.MODEL: new}, log_requests=True)
        self.assertEqual(world.ask(*CHAT).status, 401)
        world.ask(*CHAT, {"X-Api-Key": "k"})
        waiting.callback(None)
        self.successResultOf(task)
        self.assertEqual(answered, ["new", "old"])


class DismissTests(SynchronousTestCase):
    """API keys that are taken out while something is relayed with them."""

    def setUp(self) -> None:
        self.waiting: list[Deferred[None]] = []
        self.begun = False
        self.world = World(settings_of(model("m"), api_keys=("k", "l")), serve={Lane.MODEL: self.serve})

    async def serve(self, exchange: Exchange, route: Route) -> None:
        if self.begun:
            exchange.begin(200, [])
        self.waiting.append(Deferred())
        await self.waiting[-1]
        if not exchange.status:
            exchange.begin(204, [])
        exchange.finish()

    def start(self, key: str) -> MemoryExchange:
        exchange = MemoryExchange(*CHAT, {"X-Api-Key": key})
        answering = self.world.front.receive(exchange)
        assert answering is not None
        exchange.task = Deferred.fromCoroutine(answering)
        return exchange

    def name_of(self, exchange: MemoryExchange) -> str:
        assert exchange.caller is not None
        return exchange.caller.name

    def test_what_has_not_begun(self) -> None:
        """It is refused, a turn later; the others go on."""
        exchange, other = self.start("k"), self.start("l")
        self.world.front.dismiss({self.name_of(exchange)})
        self.assertEqual(exchange.status, 0)
        self.world.clock.advance(0)
        self.assertEqual((exchange.status, other.status), (401, 0))
        self.assertIn(b"was taken out", exchange.answer)
        self.waiting[1].callback(None)
        self.assertEqual(other.status, 204)

    def test_what_has_begun(self) -> None:
        """It is cut off, as a WebSocket would never end."""
        self.begun = True
        exchange = self.start("k")
        self.world.front.dismiss({self.name_of(exchange)})
        self.world.clock.advance(0)
        self.assertEqual((exchange.status, exchange.aborted), (200, True))

    def test_what_ends_by_itself(self) -> None:
        """Be it a moment before; and a client that leaves is answered nothing."""
        ended, left = self.start("k"), self.start("l")
        assert left.task is not None
        left.task.cancel()
        self.failureResultOf(left.task, CancelledError)
        self.world.front.dismiss({self.name_of(ended), self.name_of(left)})
        self.waiting[0].callback(None)
        self.world.clock.advance(0)
        self.assertEqual((ended.status, ended.aborted, left.status), (204, False, 0))
        self.world.front.dismiss({self.name_of(ended)})
        self.assertEqual(self.world.clock.getDelayedCalls(), [])


class AccessLogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m")))
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def lines(self) -> list[str]:
        shown = [event for event in self.events if event["log_namespace"].startswith("llamaswap.web.front")]
        return [event["log_format"].format(**event) for event in shown]

    def test_one_line_when_it_ended(self) -> None:
        """One line an exchange, with the time from its arrival to its end."""
        exchange = self.world.ask(*CHAT)
        self.assertEqual(self.lines(), [])
        self.world.clock.advance(1.5)
        self.world.front.ended(exchange)
        self.assertEqual(self.lines(), ['Request 192.0.2.7 "POST /v1/chat/completions HTTP/1.1" 200 2 "" 1.5s'])

    def test_clock_that_was_set_back(self) -> None:
        """A duration is never negative."""
        exchange = self.world.ask(*CHAT)
        self.world.clock.rightNow -= 100
        self.world.front.ended(exchange)
        self.assertTrue(self.lines()[0].endswith(" 0µs"), self.lines())

    def test_nobody_wants_it(self) -> None:
        """Below the level nothing is written."""
        world = self.world
        front = Front(world.gate, {}, world.clock, log_requests=False)
        exchange = MemoryExchange("GET", "/running")
        front.receive(exchange)
        front.ended(exchange)
        self.assertEqual(self.lines(), [])

    def test_wanted_or_not_is_decided_at_the_arrival(self) -> None:
        """A level that changes while requests run gives no line a wrong time, and keeps nothing of any."""
        world = self.world
        lanes = {Lane.MODEL: world.serve, Lane.PASSTHROUGH: world.serve}
        before = MemoryExchange("GET", "/running")
        world.front.receive(before)
        world.front.configure(world.gate, lanes, log_requests=False)
        unwanted = MemoryExchange("GET", "/v1/models")
        world.front.receive(unwanted)
        world.front.configure(world.gate, lanes, log_requests=True)
        world.clock.advance(2)
        world.front.ended(before)
        world.front.ended(unwanted)
        self.assertEqual([line.split('"')[1] for line in self.lines()], ["GET /running HTTP/1.1"])

    def test_resource_lane_is_logged_too(self) -> None:
        """A request that the tree answered has its line, with the status and size of the tree's answer."""
        size = len(self.world.visit("/running?x", {"User-Agent": "t"}).body)
        self.assertEqual(self.lines(), [f'Request 192.0.2.7 "GET /running HTTP/1.1" 200 {size} "t" 0µs'])
