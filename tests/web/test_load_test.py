"""`POST /api/loadtest`: requests that the server asks itself."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, RateLimit
from llamaswap.errors import ClientGone, TooManyRequests
from llamaswap.exchange import Exchange, Producer
from llamaswap.web.load_plan import MOST_BYTES
from llamaswap.web.load_test import HEARTBEAT_PERIOD, MOST_BODIES, MOST_OF_ONE, MOST_TESTS
from llamaswap.web.routes import Lane, Route
from tests.support.web import Client, MemoryBody, MemoryExchange, Pump, World, model, settings_of

OURS = {"X-Requested-With": "llama-swap-ui", "Host": "192.0.2.1"}
CHAT = {"path": "/v1/chat/completions", "body": {"model": "m", "stream": True}}


class Engine:
    """Answers on the lane of models when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Exchange] = []
        self.waiting: list[Deferred[None]] = []
        self.cancelled = 0

    async def serve(self, exchange: Exchange, route: Route) -> None:
        self.asked.append(exchange)
        waiting: Deferred[None] = Deferred()
        self.waiting.append(waiting)
        try:
            await waiting
        except CancelledError:
            self.cancelled += 1
            raise
        exchange.begin(200, [(b"Content-Type", b"text/event-stream")])
        for piece in (b"data: caf\xc3", b"\xa9\n\n"):
            exchange.write(piece)
        exchange.finish()

    def answer(self) -> None:
        """Answer the first of those that wait."""
        self.waiting.pop(0).callback(None)


class LoadTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.world = self.make_world()
        self.begun: list[MemoryExchange] = []

    def tearDown(self) -> None:
        for exchange in self.begun:
            exchange.cancel()

    def make_world(self, **settings: Any) -> World:
        return World(settings_of(model("m"), **settings), serve={Lane.MODEL: self.engine.serve})

    def begin(
        self,
        count: int = 2,
        body: MemoryBody | None = None,
        headers: Any = None,
        peer: str = "192.0.2.7",
        **fields: Any,
    ) -> MemoryExchange:
        data = json.dumps({"requests": [CHAT] * count, **fields}).encode()
        exchange = MemoryExchange("POST", "/api/loadtest", {**OURS, **(headers or {})}, body or data, peer=peer)
        answering = self.world.front.receive(exchange)
        assert answering is not None
        exchange.task = Deferred.fromCoroutine(answering)
        exchange.task.addErrback(lambda failure: failure.trap(CancelledError) and None)
        self.begun.append(exchange)
        return exchange


class Greedy(Pump):
    """Fills the client's connection as soon as it may go on; `answer` is the producer of that."""

    def __init__(self, answer: Producer) -> None:
        super().__init__()
        self._answer = answer

    def resumeProducing(self) -> None:
        super().resumeProducing()
        self._answer.pauseProducing()


def events(exchange: MemoryExchange) -> list[dict[str, Any]]:
    """What was told so far."""
    lines = exchange.answer.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def kinds(exchange: MemoryExchange) -> list[tuple[Any, str]]:
    return [(event.get("i"), event["kind"]) for event in events(exchange)]


class AnswerTests(LoadTestCase):
    def test_a_request_is_told_from_its_beginning_to_its_end(self) -> None:
        """Begin, head, pieces of text as they come, end; then that all is over. Characters are never cut in two."""
        exchange = self.begin(1)
        self.world.clock.advance(1.5)
        self.engine.answer()
        self.assertEqual(
            events(exchange),
            [
                {"i": 0, "kind": "begin", "ms": 0.0},
                {"i": 0, "kind": "head", "ms": 1500.0, "status": 200, "type": "text/event-stream"},
                {"i": 0, "kind": "chunk", "ms": 1500.0, "data": "data: caf"},
                {"i": 0, "kind": "chunk", "ms": 1500.0, "data": "é\n\n"},
                {"i": 0, "kind": "end", "ms": 1500.0},
                {"kind": "done", "ms": 1500.0},
            ],
        )
        self.assertTrue(exchange.finished)
        self.assertIn((b"Content-Type", b"text/event-stream"), exchange.answered)
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def test_so_many_are_under_way_as_were_asked_for(self) -> None:
        """Real concurrency is what was asked for, from the beginning until nothing is left to be asked."""
        exchange = self.begin(40, concurrency=16)
        seen = []
        while self.engine.waiting:
            seen.append(len(self.engine.waiting))
            self.engine.answer()
        self.assertEqual(seen, [16] * 25 + list(range(15, 0, -1)))
        self.assertEqual(len(self.engine.asked), 40)
        self.assertTrue(exchange.finished)

    def test_a_ramp(self) -> None:
        """One after the other begins, until all who are wanted are under way."""
        self.begin(8, concurrency=4, ramp=2.0)
        seen = []
        for _ in range(5):
            seen.append(len(self.engine.waiting))
            self.world.clock.advance(0.5)
        self.assertEqual(seen, [1, 2, 3, 4, 4])

    def test_each_is_a_request_like_any_other(self) -> None:
        """It has the body that was asked for, and of the outer request what says who asks, but not how it was sent."""
        self.begin(1, headers={"X-Session-ID": "lspg-1", "Accept-Encoding": "br", "Expect": "100-continue"})
        [inner] = self.engine.asked
        self.assertEqual((inner.method, inner.target, inner.peer), (b"POST", b"/v1/chat/completions", "192.0.2.7"))
        self.assertEqual(json.loads(inner.body.take()), CHAT["body"])
        self.assertEqual(inner.header(b"x-session-id"), b"lspg-1")
        self.assertEqual(inner.header(b"content-type"), b"application/json")
        self.assertIsNone(inner.header(b"accept-encoding"))
        self.assertIsNone(inner.header(b"expect"))
        self.assertFalse(inner.raw_chunks)

    def test_headers_of_the_connection_alone(self) -> None:
        """What `Connection` names is between the client and us: it goes no further."""
        self.begin(1, headers={"Connection": "close, X-Hop", "X-Hop": "secret-of-the-proxy"})
        [inner] = self.engine.asked
        self.assertIsNone(inner.header(b"x-hop"))

    def test_a_refusal_is_an_answer(self) -> None:
        """What is refused is told with its status and its message, and costs the others nothing."""

        async def refuse(exchange: Exchange, route: Route) -> None:
            raise TooManyRequests("not now")

        self.world = World(settings_of(model("m")), serve={Lane.MODEL: refuse})
        exchange = self.begin(3, concurrency=1)
        self.assertEqual([event["status"] for event in events(exchange) if event["kind"] == "head"], [429] * 3)
        self.assertIn("not now", next(event["data"] for event in events(exchange) if event["kind"] == "chunk"))
        self.assertEqual(kinds(exchange)[-1], (None, "done"))

    def test_an_answer_that_breaks_off(self) -> None:
        """It is told as an error, after what came of it."""

        async def break_off(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            exchange.write(b"so far")
            exchange.abort()

        self.world = World(settings_of(model("m")), serve={Lane.MODEL: break_off})
        exchange = self.begin(1)
        self.assertEqual([kind for _, kind in kinds(exchange)], ["begin", "head", "chunk", "error", "done"])
        self.assertFalse(exchange.aborted)

    def test_one_is_cancelled_by_an_operator(self) -> None:
        """Only that one ends; the test goes on."""
        exchange = self.begin(2)
        self.engine.asked[0].cancel()
        self.engine.waiting.pop(0)
        self.engine.answer()
        self.assertIn((0, "error"), kinds(exchange))
        self.assertIn((1, "end"), kinds(exchange))
        self.assertEqual(kinds(exchange)[-1], (None, "done"))

    def test_it_shows_that_it_is_alive(self) -> None:
        """While nothing happens a comment goes out now and then, and no timer is left over."""
        exchange = self.begin(1)
        self.world.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual(exchange.written[-1], b":\n")
        self.engine.answer()
        self.assertEqual(self.world.clock.getDelayedCalls(), [])


class EndTests(LoadTestCase):
    def test_hanging_up_cancels_all(self) -> None:
        """The client goes: what is under way is cancelled, what waits is never asked, and each has its access line."""
        exchange = self.begin(20, concurrency=8, ramp=0.0)
        exchange.cancel()
        self.assertEqual(self.engine.cancelled, 8)
        self.assertEqual(len(self.engine.asked), 8)
        self.assertIsNone(exchange.producer)
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def test_hanging_up_during_the_ramp(self) -> None:
        """Those who have not begun never do."""
        exchange = self.begin(4, ramp=10.0)
        exchange.cancel()
        self.world.clock.advance(20)
        self.assertEqual(len(self.engine.asked), 1)
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def test_only_so_many_at_a_time(self) -> None:
        """Load tests are few, and one that has ended makes room."""
        running = [self.begin(peer=f"192.0.2.{number}") for number in range(MOST_TESTS)]
        self.assertEqual(self.begin().status, 429)
        running[0].cancel()
        self.assertEqual(self.begin().status, 200)


class PlaceTests(LoadTestCase):
    def test_an_address_has_some_of_them(self) -> None:
        """Who reads nothing, or asks with a ramp of ten minutes, leaves room for others."""
        statuses = [self.begin().status for _ in range(MOST_OF_ONE + 1)]
        self.assertEqual(statuses, [200] * MOST_OF_ONE + [429])
        self.assertEqual(self.begin(peer="192.0.2.8").status, 200)

    def test_a_key_has_some_of_them(self) -> None:
        """From wherever it is used; others have the rest, also at the same address."""
        keys = [ApiKey(key=name, name=name, scopes=("inference",)) for name in ("one", "two")]
        self.world = self.make_world(api_keys=keys)
        for number in range(MOST_TESTS):
            self.begin(1, headers={"x-api-key": "one"}, peer=f"192.0.2.{number}")
        self.assertEqual(self.begin(headers={"x-api-key": "two"}, peer="192.0.2.0").status, 200)

    def test_a_description_that_never_comes_takes_none(self) -> None:
        """Who announces a body and sends nothing keeps nobody from testing; of such bodies one sends only some."""
        bodies = [MemoryBody(length=100, complete=False) for _ in range(MOST_BODIES)]
        for body in bodies[1:]:
            self.begin(body=body)
        self.assertEqual(self.begin().status, 200)
        self.begin(body=bodies[0])
        self.assertEqual(self.begin().status, 429)
        bodies[0].break_off(ClientGone())
        self.assertEqual(self.begin().status, 200)

    def test_descriptions_that_come_when_all_places_are_taken(self) -> None:
        """They are refused then, however early they were announced."""
        body = MemoryBody(length=2, complete=False)
        late = self.begin(body=body)
        for _ in range(MOST_OF_ONE):
            self.begin()
        body.feed(b"{}")
        body.end()
        self.assertEqual(late.status, 429)


class FlowTests(LoadTestCase):
    def test_who_reads_slowly_is_told_slowly(self) -> None:
        """Answers are paused with the client's reading, also those that begin meanwhile, and go on with it."""
        pumps = [Pump(), Pump()]
        exchange = self.begin(2)
        self.engine.asked[0].produce(pumps[0])
        assert exchange.producer is not None
        exchange.producer.pauseProducing()
        self.engine.asked[1].produce(pumps[1])
        exchange.producer.resumeProducing()
        self.assertEqual([pump.told for pump in pumps], [["pause", "resume"]] * 2)

    def test_a_client_that_is_full_again(self) -> None:
        """What the first tells fills the client's connection: the others stay paused, and are the first next time."""
        exchange = self.begin(2)
        producer = exchange.producer
        assert producer is not None
        pumps = [Greedy(producer), Greedy(producer)]
        for asked, pump in zip(self.engine.asked, pumps, strict=True):
            asked.produce(pump)
        producer.pauseProducing()
        for turns in ([1, 0], [1, 1], [2, 1]):
            producer.resumeProducing()
            self.assertEqual([pump.told.count("resume") for pump in pumps], turns)
            self.assertEqual([pump.told[-1] for pump in pumps], ["pause", "pause"])


class GateTests(LoadTestCase):
    def test_the_limits_of_a_key_apply(self) -> None:
        """Each request counts: those beyond the limit are refused, and never come to a model."""
        key = ApiKey(key="k", name="mine", scopes=("inference",), rate_limit=RateLimit(requests=3, per=60))
        self.world = self.make_world(api_keys=[key])
        exchange = self.begin(5, headers={"Authorization": "Bearer k"})
        statuses = [event["status"] for event in events(exchange) if event["kind"] == "head"]
        self.assertEqual((len(self.engine.asked), statuses), (3, [429, 429]))
        self.assertEqual({each.caller.name for each in self.engine.asked if each.caller}, {"mine"})

    def test_who_may_not_ask_models_may_not_test_them(self) -> None:
        """It needs the scope for inference, and a key where there are keys."""
        self.world = self.make_world(api_keys=[ApiKey(key="r", name="r", scopes=("read",))])
        self.assertEqual(self.begin(headers={"Authorization": "Bearer r"}).status, 403)
        self.assertEqual(self.begin().status, 401)

    def test_it_does_not_ask_itself(self) -> None:
        """Only models are asked: no load test within a load test, and nothing that operators do."""
        for path in ("/api/loadtest", "/api/models/unload", "/v1/models", "/upstream/m/x", "/v1/chat/completions?x=1"):
            with self.subTest(path=path):
                exchange = self.begin(requests=[{"path": path, "body": {}}])
                self.assertEqual(exchange.status, 400)
        self.assertEqual(self.engine.asked, [])

    def test_a_description_that_is_too_large(self) -> None:
        """However it comes, it is refused without being kept."""
        self.assertEqual(self.begin(body=MemoryBody(length=MOST_BYTES + 1, complete=False)).status, 413)
        pieces = [b" " * 1024 * 1024] * 5
        body = MemoryBody(*pieces, complete=False)
        self.assertEqual(self.begin(body=body).status, 413)

    def test_pages_of_others(self) -> None:
        """No page of another host may run one."""
        exchange = self.begin(headers={"Origin": "http://evil.example"})
        self.assertEqual(exchange.status, 403)


class MountedTests(LoadTestCase):
    def test_in_another_site(self) -> None:
        """It works as a resource of `twisted.web` as well, and ends with its client."""
        client = Client(self.world.resource, self.world.clock, method="POST")
        client.send("/api/loadtest", OURS, json.dumps({"requests": [CHAT] * 3, "concurrency": 2}).encode())
        self.engine.answer()
        self.assertEqual(len(self.engine.waiting), 2)
        client.hang_up()
        self.assertEqual(self.engine.cancelled, 2)
        self.assertIn(b'"kind":"end"', client.transport.value())
