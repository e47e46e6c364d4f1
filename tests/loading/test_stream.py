"""The stream of a request that waits, between a client and an upstream in memory (lifecycle section 8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast
from unittest.mock import patch

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ShuttingDown, StartFailed, TooManyRequests, Unloaded
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.loading.script import TICK
from llamaswap.notices import State
from llamaswap.proxy.body import StoredBody
from llamaswap.proxy.forward import Outgoing
from llamaswap.resolve.targets import Local
from llamaswap.stay import Progress
from tests.loading.test_dialects import events
from tests.support.relay import RelayWorld
from tests.support.web import Client, MemoryExchange, model, parsed, run, settings_of
from tests.support.wire import MemoryTransport, producer_of, request, transport_of
from tests.web.test_lanes import Connection

CHAT, COMPLETIONS, RESPONSES, MESSAGES = (
    f"/v1/{path}" for path in ("chat/completions", "completions", "responses", "messages")
)
JSON = {"Content-Type": "application/json", "Host": "h", "Accept-Encoding": "gzip"}
STREAM = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(STREAM)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
A, B = ModelId("a"), ModelId("b")


def body(name: str = "m", stream: object = True) -> bytes:
    return json.dumps({"model": name, "messages": [], "stream": stream}).encode()


def reasoning(exchange: MemoryExchange) -> str:
    """Everything that a chat client was told before the upstream's own events."""
    chunks = [data for _, data in events(exchange.answer) if data != "[DONE]" and "id" in data]
    return "".join(chunk["choices"][0]["delta"]["reasoning_content"] for chunk in chunks)


class StreamTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        told = model("m", aliases=("al",), send_loading_state=True)
        self.world = RelayWorld(settings_of(told, model("silent")))
        self.world.leases.pending = Deferred()

    def tearDown(self) -> None:
        self.assertEqual(self.world.leases.left, [])
        self.assertEqual(self.world.loading.telling, set())
        self.world.ledger.settle()
        self.world.ledger.captures.close()
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def begin(
        self, path: str = CHAT, content: bytes | None = None, **headers: str
    ) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("POST", path, {**JSON, **headers}, body() if content is None else content)

    def grant(self) -> None:
        assert self.world.leases.pending is not None
        self.world.leases.pending.callback(None)

    def refuse(self, error: Exception) -> None:
        assert self.world.leases.pending is not None
        self.world.leases.pending.errback(error)

    def answer(self, *pieces: bytes) -> None:
        self.world.upstream("m").answer(*pieces)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.world.clock.advance(TICK)


class WhileLoadingTests(StreamTestCase):
    def test_s85_a_whole_stream(self) -> None:
        """The head at once, complete chunks with reasoning only, the time it took, and the upstream's own stream."""
        exchange, done = self.begin(content=body("al"))
        self.assertEqual(exchange.status, 200)
        headers = {name.decode(): value.decode() for name, value in exchange.answered}
        self.assertEqual(
            headers, {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        )
        self.tick(4)
        self.grant()
        told = events(exchange.answer)
        self.answer(OK, STREAM[:10], STREAM[10:])
        self.successResultOf(done)
        self.assertTrue(exchange.finished)
        self.assertTrue(exchange.answer.endswith(b"\n\n" + STREAM))
        self.assertEqual({(data["object"], data["model"]) for _, data in told}, {("chat.completion.chunk", "al")})
        self.assertEqual(len({(data["id"], data["created"]) for _, data in told}), 1)
        self.assertTrue(all(list(data["choices"][0]["delta"]) == ["reasoning_content"] for _, data in told))
        text = reasoning(exchange)
        self.assertTrue(text.startswith("━━━━━\nllama-swap loading model: m\n"), text)
        self.assertTrue(text.endswith("...\nDone! (3.00s)\n━━━━━\n \n"), text)

    def test_probe_51_the_upstreams_chunks_are_unpacked(self) -> None:
        """Whatever framing the upstream chose, ours goes on around its bytes."""
        exchange, done = self.begin()
        self.grant()
        size = len(exchange.answer)
        self.answer(CHUNKED + b"5\r\ndata:\r\n", b"4\r\n 1\n\n\r\n0\r\n\r\n")
        self.successResultOf(done)
        self.assertFalse(exchange.raw)
        self.assertEqual((exchange.answer[size:], exchange.finished), (b"data: 1\n\n", True))

    def test_the_upstream_is_asked_for_no_coding(self) -> None:
        """The head that was sent announces none; the rest of the request is untouched."""
        _, done = self.begin(content=body())
        self.grant()
        sent = self.world.upstream("m").received()
        self.assertNotIn(b"gzip", sent)
        self.assertEqual(sent.count(b"Accept-Encoding: identity\r\n"), 1)
        self.assertTrue(sent.endswith(b"\r\n\r\n" + body()))
        self.answer(OK + STREAM)
        self.successResultOf(done)

    def test_w03_the_grant_is_not_waited_with(self) -> None:
        """The request is on its way to the model in the turn of the grant, and later ticks say nothing."""
        exchange, done = self.begin()
        self.world.clock.advance(0.3)
        self.grant()
        self.assertIn(b"POST /base/v1/chat/completions", self.world.upstream("m").received())
        size = len(exchange.answer)
        self.tick(5)
        self.assertEqual(len(exchange.answer), size)
        self.answer(OK + STREAM)
        self.successResultOf(done)

    def test_s87_queue_positions(self) -> None:
        """The second in line sees where it stands, and when somebody comes in between."""
        self.world.leases.shown = Progress(position=1)
        exchange, done = self.begin()
        self.tick()
        self.assertIn("\nQueue position: #1 ", reasoning(exchange))
        self.world.leases.shown = Progress(position=2)
        self.tick(2)
        self.assertTrue(reasoning(exchange).endswith("\nQueue position: #2 ."))
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_who_has_yet_to_stop(self) -> None:
        """Names go from the list as soon as their models are gone, without waiting for the tick."""
        self.world.leases.states = {A: State.STOPPING, B: State.READY}
        self.world.leases.shown = Progress(evicting=(A, B), loading=0.0, remaining=7.0)
        exchange, done = self.begin()
        self.tick()
        self.world.clock.advance(0.1)
        self.world.leases.states[A] = State.STOPPED
        self.world.loading.stir()
        self.world.clock.advance(0)
        self.assertTrue(reasoning(exchange).endswith("\nstopping a, b \nstopping b "), reasoning(exchange))
        self.world.leases.states[B] = State.SHUTDOWN
        self.world.loading.stir()
        self.world.loading.stir()
        self.world.clock.advance(0)
        self.assertTrue(reasoning(exchange).endswith("\nstopping b \nloading, about 7 s to go "))
        self.world.clock.advance(TICK - 0.01)
        self.assertTrue(reasoning(exchange).endswith("to go "))
        self.world.clock.advance(0.01)
        self.assertTrue(reasoning(exchange).endswith("to go ."))
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_a_stir_without_news_is_not_seen(self) -> None:
        """Other models' changes neither speak nor put the next tick off."""
        exchange, done = self.begin()
        self.tick()
        size = len(exchange.answer)
        for _ in range(3):
            self.world.clock.advance(TICK / 4)
            self.world.loading.stir()
            self.world.clock.advance(0)
            self.assertEqual(len(exchange.answer), size)
        self.world.clock.advance(TICK / 4)
        self.assertGreater(len(exchange.answer), size)
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_other_dialects(self) -> None:
        """Each API gets its own events, and the upstream's stream is the rest."""
        for path, first in (
            (COMPLETIONS, b'data: {"id":"cmpl-'),
            (RESPONSES, b": llama-swap loading model: m\n\n"),
            (MESSAGES, b'event: ping\ndata: {"type":"ping","status":"llama-swap loading model: m"}\n\n'),
        ):
            self.setUp()
            exchange, done = self.begin(path)
            self.assertTrue(exchange.answer.startswith(first), exchange.answer)
            self.tick()
            self.grant()
            size = len(exchange.answer)
            self.answer(OK + STREAM)
            self.successResultOf(done)
            self.assertEqual(exchange.answer[size:], STREAM)
            self.tearDown()


class SlowReaderTests(StreamTestCase):
    def test_nothing_is_kept_for_a_client_that_does_not_read(self) -> None:
        """Remarks it would miss are not made; when it reads again they go on, with the news of that moment."""
        exchange, done = self.begin()
        assert exchange.producer is not None
        exchange.producer.pauseProducing()
        size = len(exchange.answer)
        self.world.leases.shown = Progress(position=3)
        self.tick(20)
        self.assertEqual(len(exchange.answer), size)
        self.world.leases.shown = Progress(position=2)
        exchange.producer.resumeProducing()
        self.tick()
        self.assertTrue(reasoning(exchange).endswith("model: m\n\nQueue position: #2 "))
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_the_closing_words_are_skipped_too(self) -> None:
        """And from the grant on it is the upstream that is told to wait."""
        exchange, done = self.begin()
        assert exchange.producer is not None
        exchange.producer.pauseProducing()
        self.grant()
        self.assertNotIn("Done!", reasoning(exchange))
        self.assertIsNone(exchange.producer)
        self.answer(OK + STREAM[:10])
        self.assertIs(exchange.producer, self.world.upstream("m").last)
        self.answer(STREAM[10:])
        self.successResultOf(done)

    def test_a_client_that_is_gone(self) -> None:
        """Its transport says so before the lane does."""
        exchange, done = self.begin()
        assert exchange.producer is not None
        exchange.producer.stopProducing()
        size = len(exchange.answer)
        self.tick(3)
        self.assertEqual(len(exchange.answer), size)
        done.cancel()
        self.failureResultOf(done, CancelledError)


class LeavingTests(StreamTestCase):
    def test_s88_a_client_that_leaves_while_the_model_loads(self) -> None:
        """Nothing more is written, least of all "Done!", and the place is given up."""
        exchange, done = self.begin()
        self.tick(2)
        size = len(exchange.answer)
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.tick(20)
        self.assertEqual(len(exchange.answer), size)
        self.assertNotIn("Done!", reasoning(exchange))

    def test_a_client_that_leaves_after_the_grant(self) -> None:
        """The upstream is hung up on, before and in the middle of its answer."""
        for pieces in ((), (OK, STREAM[:10])):
            self.setUp()
            _, done = self.begin()
            self.grant()
            self.answer(*pieces)
            done.cancel()
            self.failureResultOf(done, CancelledError)
            self.assertTrue(transport_of(self.world.upstream("m").last).aborted)
            self.tearDown()


class BreakingTests(StreamTestCase):
    """Something goes wrong where nothing should."""

    def test_before_the_first_remark(self) -> None:
        """The place in line is given up, and nobody is told any more."""
        for broken in ("begin", "write", "produce"):
            self.setUp()
            with patch.object(MemoryExchange, broken, side_effect=ZeroDivisionError):
                self.begin()[1].addErrback(lambda _: None)
            self.flushLoggedErrors(ZeroDivisionError)
            self.assertEqual((broken, self.world.leases.left), (broken, []))
            self.tearDown()

    def test_before_it_is_told_anything(self) -> None:
        """The same where the stream cannot even be made."""
        with patch("llamaswap.loading.stream.Continued", side_effect=ZeroDivisionError):
            self.begin()[1].addErrback(lambda _: None)
        self.flushLoggedErrors(ZeroDivisionError)


class SilenceTests(StreamTestCase):
    def test_s86_no_loading_text(self) -> None:
        """Not streaming, another path, another model, a model that is ready: as if the setting were off."""
        for path, content in (
            (CHAT, body(stream=False)),
            (CHAT, body("silent")),
            ("/v1/embeddings", body()),
            ("/v1/messages/count_tokens", body()),
            ("/v1/chat%2Fcompletions", body()),
            ("/v/completions", body()),
            ("/v/responses", body()),
            ("/upstream/m/v1/chat/completions", body()),
        ):
            exchange, done = self.begin(path, content)
            self.assertEqual((exchange.status, exchange.answer), (0, b""), path)
            done.cancel()
            self.failureResultOf(done, CancelledError)

    def test_probe_52_below_v(self) -> None:
        """`/v/chat/completions` sees the upstream's plain answer."""
        exchange, done = self.begin("/v/chat/completions")
        self.tick(3)
        self.assertEqual(exchange.status, 0)
        self.grant()
        self.answer(OK + STREAM)
        self.successResultOf(done)
        self.assertEqual(exchange.answer, STREAM)

    def test_s86_a_ready_model(self) -> None:
        """A request that waits for its turn with a model that runs is told nothing."""
        self.world.leases.states[ModelId("m")] = State.READY
        exchange, done = self.begin()
        self.tick(3)
        self.assertEqual(exchange.status, 0)
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_a_request_that_need_not_wait(self) -> None:
        """The upstream's own head is the answer's."""
        self.world.leases.pending = None
        exchange, done = self.begin()
        self.answer(OK + STREAM)
        self.successResultOf(done)
        self.assertEqual(exchange.answer, STREAM)
        self.assertIsNone(exchange.answered_header("Cache-Control"))

    def test_s59_refused_at_once(self) -> None:
        """Above the limit the answer is 429 in JSON, and no stream begins."""
        self.world.leases.refusal = TooManyRequests(retry_after=3)
        exchange, done = self.begin()
        self.successResultOf(done)
        self.assertEqual((exchange.status, exchange.answered_header("Retry-After")), (429, "3"))
        self.assertEqual(exchange.answered_header("Content-Type"), "application/json")
        self.assertEqual(json.loads(exchange.answer)["error"]["code"], "concurrency_limit")

    def test_an_upgrade(self) -> None:
        """A request that wants to become a tunnel is left alone."""
        exchange, done = self.begin(Connection="Upgrade", Upgrade="websocket")
        self.assertEqual(exchange.status, 0)
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_a_large_body(self) -> None:
        """What is too large to be looked at in between is looked at elsewhere, and found all the same."""
        large = json.dumps({"model": "m", "messages": ["x" * 2_000_000], "stream": True}).encode()
        exchange, done = self.begin(content=large)
        self.assertIn("llama-swap loading model: m", reasoning(exchange))
        done.cancel()
        self.failureResultOf(done, CancelledError)


class Edited(StoredBody):
    """A body in which something else stands when it goes out."""

    def pieces(self) -> Iterator[bytes]:
        yield self.content.replace(b"true", b"false")  # type: ignore[union-attr]


class EditedTests(StreamTestCase):
    def test_what_counts_is_what_the_upstream_is_asked(self) -> None:
        """An upstream that is not asked for a stream gives none, which could not follow."""
        exchange = cast(Exchange, MemoryExchange("POST", CHAT, JSON))
        target = Local(self.world.settings.models[ModelId("m")], "m")
        for kind, wanted in ((StoredBody, True), (Edited, False)):
            stream = run(self.world.loading.stream(exchange, target, Outgoing(CHAT.encode(), kind(body()))))
            self.assertIs(stream is not None, wanted)


class ErrorTests(StreamTestCase):
    def ends_with(self, exchange: MemoryExchange, done: Deferred[None], event: str = "message") -> dict[str, Any]:
        """The error that the stream ended with."""
        self.successResultOf(done)
        self.assertTrue(exchange.finished)
        self.assertFalse(exchange.aborted)
        told = events(exchange.answer)
        if event == "message":
            self.assertEqual(told.pop(), ("message", "[DONE]"))
        kind, data = told[-1]
        self.assertEqual(kind, event)
        error: dict[str, Any] = data["error"]
        return error

    def test_w22_refusals(self) -> None:
        """An error event and the end, whatever the wait came to; "Done!" is not said."""
        for refusal, message, code in (
            (StartFailed("it fell"), "unspecific error: it fell", "internal_error"),
            (Unloaded("the model was unloaded"), "unloaded", "internal_error"),
            (TooManyRequests("waited too long"), "waited too long", "concurrency_limit"),
            (ShuttingDown("the server is shutting down"), "shutting down", "internal_error"),
        ):
            self.setUp()
            exchange, done = self.begin()
            self.tick()
            self.refuse(refusal)
            error = self.ends_with(exchange, done)
            self.assertIn(message, error["message"])
            self.assertEqual(error["code"], code)
            self.assertNotIn(b"Done!", exchange.answer)
            self.tearDown()

    def test_w22_refusals_in_other_dialects(self) -> None:
        """The events that the other APIs have for it."""
        for path, event in ((COMPLETIONS, "message"), (RESPONSES, "error"), (MESSAGES, "error")):
            self.setUp()
            exchange, done = self.begin(path)
            self.refuse(StartFailed("it fell"))
            self.assertIn("it fell", self.ends_with(exchange, done, event)["message"])

    def test_an_upstream_that_refuses(self) -> None:
        """Its own message, type and code, where it gives them."""
        exchange, done = self.begin()
        self.grant()
        said = b'{"error":{"message":"the prompt is too long","type":"exceed","code":400}}'
        self.answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(said), said[:5], said[5:])
        error = self.ends_with(exchange, done)
        self.assertEqual(
            (error["message"], error["type"], error["code"]), ("the prompt is too long", "exceed", "bad_request")
        )

    def test_an_upstream_that_does_not_stream(self) -> None:
        """Plain JSON, or a stream that is compressed, cannot follow."""
        for head, words in (
            (b"Content-Type: application/json", "application/json"),
            (b"Content-Type: text/event-stream\r\nContent-Encoding: br", "'br'"),
        ):
            self.setUp()
            exchange, done = self.begin()
            self.grant()
            self.answer(b"HTTP/1.1 200 OK\r\n" + head + b"\r\nContent-Length: 2\r\n\r\n{}")
            error = self.ends_with(exchange, done)
            self.assertIn(words, error["message"])
            self.assertEqual(error["code"], "bad_gateway")
            self.tearDown()

    def test_an_endless_refusal(self) -> None:
        """As much is read as may explain it; then the upstream is hung up on."""
        exchange, done = self.begin()
        self.grant()
        upstream = self.world.upstream("m")
        self.answer(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            self.answer(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
            self.assertNoResult(done)
        self.assertTrue(transport_of(upstream.last).aborted)
        upstream.close(cleanly=False)
        error = self.ends_with(exchange, done)
        self.assertTrue(error["message"].startswith("the model's server answered 500: xxx"))
        self.assertLess(len(error["message"]), 2001)

    def test_an_upstream_that_breaks_off_before_its_head(self) -> None:
        """As the 502 that it would have been."""
        exchange, done = self.begin()
        self.grant()
        self.world.upstream("m").close()
        error = self.ends_with(exchange, done)
        self.assertEqual((error["type"], error["code"]), ("server_error", "bad_gateway"))

    def test_an_upstream_that_breaks_off_while_it_explains_itself(self) -> None:
        """What it said until then is told."""
        exchange, done = self.begin()
        self.grant()
        self.answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nstill load")
        self.world.upstream("m").close()
        self.assertEqual(self.ends_with(exchange, done)["message"], "the model's server answered 503: still load")

    def test_w21_an_upstream_that_breaks_off_in_its_stream(self) -> None:
        """The client's connection is cut: an error of ours might fall into the middle of an event."""
        exchange, done = self.begin()
        self.grant()
        size = len(exchange.answer)
        self.answer(OK, STREAM[:10])
        self.world.upstream("m").close()
        self.successResultOf(done)
        self.assertEqual((exchange.aborted, exchange.answer[size:]), (True, STREAM[:10]))

    def test_an_upstream_that_switches_protocols(self) -> None:
        """Nobody asked for that."""
        exchange, done = self.begin()
        self.grant()
        self.answer(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        self.assertEqual(self.ends_with(exchange, done)["code"], "bad_gateway")

    def test_early_hints_are_dropped(self) -> None:
        """A head has been sent already."""
        exchange, done = self.begin()
        self.grant()
        self.answer(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK + STREAM)
        self.successResultOf(done)
        self.assertEqual((exchange.interims, exchange.answer.endswith(STREAM)), ([], True))


class BothWaysTests(SynchronousTestCase):
    """Over the channel, and over a site of `twisted.web`: bytes of a connection instead of an exchange."""

    def setUp(self) -> None:
        self.world = RelayWorld(settings_of(model("m", send_loading_state=True)))
        self.world.leases.pending = Deferred()

    def channel(self) -> tuple[MemoryTransport, Callable[[], None]]:
        """A client of ours that has asked: what it is sent, and how it hangs up."""
        client = Connection(self.world)
        client.channel.dataReceived(request(f"POST {CHAT}", "Content-Type: application/json", body=body()))
        return client.transport, client.channel.connectionLost

    def site(self) -> tuple[StringTransport, Callable[[], None]]:
        """The same, of a site."""
        client = Client(self.world.resource, self.world.clock, method="POST")
        client.send(CHAT, {"Content-Type": "application/json"}, body())
        return client.transport, client.hang_up

    def test_a_whole_answer(self) -> None:
        """The head and the first words leave at once; all of it is one answer in good framing."""
        for connect in (self.channel, self.site):
            self.setUp()
            transport, _ = connect()
            self.assertIn(b"loading model: m", transport.value())
            self.world.clock.advance(TICK)
            assert self.world.leases.pending is not None
            self.world.leases.pending.callback(None)
            self.world.upstream("m").answer(CHUNKED + b"%x\r\n" % len(STREAM) + STREAM + b"\r\n0\r\n\r\n")
            reply = parsed(transport.value(), "POST")
            self.assertEqual((reply.status, reply.headers["content-type"]), (200, "text/event-stream"))
            self.assertIn(b"Done! (0.75s)", reply.body)
            self.assertTrue(reply.body.endswith(b"\n\n" + STREAM))

    def test_s88_hanging_up(self) -> None:
        """Nothing is written to a connection that is gone, and the place is given up."""
        for connect in (self.channel, self.site):
            self.setUp()
            transport, hang_up = connect()
            size = len(transport.value())
            hang_up()
            self.world.clock.advance(TICK)
            self.assertEqual((len(transport.value()), self.world.loading.telling), (size, set()))
            assert self.world.leases.pending is not None
            self.assertTrue(self.world.leases.pending.called)

    def test_a_connection_that_is_full(self) -> None:
        """The transport says so to whoever fills it, which is the stream, and then the upstream."""
        for connect in (self.channel, self.site):
            self.setUp()
            transport, _ = connect()
            producer_of(transport).pauseProducing()
            size = len(transport.value())
            self.world.clock.advance(TICK)
            self.assertEqual(len(transport.value()), size)
            producer_of(transport).resumeProducing()
            self.world.clock.advance(TICK)
            self.assertGreater(len(transport.value()), size)
            assert self.world.leases.pending is not None
            self.world.leases.pending.callback(None)
            self.world.upstream("m").answer(CHUNKED)
            producer_of(transport).pauseProducing()
            self.assertEqual(transport_of(self.world.upstream("m").last).producerState, "paused")
            producer_of(transport).resumeProducing()
