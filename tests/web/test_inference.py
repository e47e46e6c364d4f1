"""The model routes: which model is asked, what reaches it, and what the client is told when it cannot be."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import TooManyRequests
from tests.support.relay import RelayWorld
from tests.support.web import MemoryBody, MemoryExchange, model, settings_of
from tests.support.wire import transport_of

JSON = {"Content-Type": "application/json", "Host": "h"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def chat(name: str, **more: Any) -> bytes:
    return json.dumps({"messages": [], "model": name, **more}).encode()


class InferenceTestCase(SynchronousTestCase):
    def world(self, **settings: Any) -> RelayWorld:
        models = (model("m", aliases=("al",)), model("org/r", use_model_name='real "one"'))
        return RelayWorld(settings_of(*models, **settings))

    def serve(self, world: RelayWorld, name: str, *args: Any, **kwargs: Any) -> tuple[MemoryExchange, bytes]:
        """Ask, answer 200, and return the exchange with what the upstream received."""
        exchange, done = world.begin(*args, **kwargs)
        upstream = world.upstream(name)
        sent = upstream.received()
        upstream.answer(OK)
        self.successResultOf(done)
        self.assertEqual((exchange.status, exchange.answer), (200, b"ok"))
        self.assertEqual(world.leases.left, [])
        return exchange, sent


class DispatchTests(InferenceTestCase):
    def test_the_named_model_gets_the_body_as_it_was_written(self) -> None:
        """Not a byte of a body changes without a reason."""
        body = b'{ "model" : "m",\n "temperature":1.0e0, "x":"\\u00e9" }'
        _, sent = self.serve(self.world(), "m", "POST", "/v1/chat/completions?a=%2F", JSON, body)
        self.assertTrue(sent.startswith(b"POST /base/v1/chat/completions?a=%2F HTTP/1.1\r\n"))
        self.assertTrue(sent.endswith(b"\r\n\r\n" + body))

    def test_an_alias_reaches_its_model(self) -> None:
        """The body keeps the alias."""
        _, sent = self.serve(self.world(), "m", "POST", "/v1/embeddings", JSON, chat("al"))
        self.assertIn(b'"model": "al"', sent)

    def test_use_model_name_replaces_one_span(self) -> None:
        """Only the name changes, and the length follows."""
        body = b'{"a": "org/r", "model":"org/r" , "z":1}'
        _, sent = self.serve(self.world(), "org/r", "POST", "/v1/completions", JSON, body)
        expected = body.replace(b'"model":"org/r"', b'"model":"real \\"one\\""')
        self.assertTrue(sent.endswith(b"\r\n\r\n" + expected))
        self.assertIn(b"Content-Length: %d\r\n" % len(expected), sent)

    def test_a_body_that_begins_as_another_did(self) -> None:
        """Behind the same head: it is not searched again, and what stands elsewhere is found elsewhere."""
        world = self.world()
        memory: dict[Any, Any] = {}
        for name, body in (
            ("m", b'{"model": "m", "a": 1}'),
            ("m", b'{"model": "m", "model": "org/r"}'),
            ("org/r", b'{"model": "org/r", "a": 1}'),
            ("m", b'{"a": 1, "model": "m"}'),
        ):
            _, sent = self.serve(world, name, "POST", "/v1/completions", JSON, body, memory=memory)
            self.assertTrue(sent.endswith(body.replace(b'"model": "org/r", "a"', b'"model": "real \\"one\\"", "a"')))

    def test_use_model_name_in_a_form_keeps_the_other_parts(self) -> None:
        """Q9: part types, order and bytes of files survive."""
        body = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
            b"\x00\xffRIFF\r\n--b\r\nContent-Disposition: form-data; name=model\r\n\r\norg/r\r\n--b--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Host": "h"}
        _, sent = self.serve(self.world(), "org/r", "POST", "/v1/audio/transcriptions", headers, body)
        self.assertTrue(sent.endswith(body.replace(b"\r\norg/r\r\n", b'\r\nreal "one"\r\n')))

    def test_a_large_form_is_spilled_scanned_and_sent_whole(self) -> None:
        """A recording of some megabytes takes the same way, over a file."""
        body = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"\x00" * 3_000_000 + b"\r\n"
            b"--b\r\nContent-Disposition: form-data; name=model\r\n\r\norg/r\r\n--b--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Host": "h"}
        arriving = MemoryBody(length=len(body), complete=False)
        exchange, done = self.world_and_begin("POST", "/v1/images/edits", headers, arriving)
        for at in range(0, len(body), 500_000):
            arriving.feed(body[at : at + 500_000])
        self.assertEqual(exchange.status, 0)
        arriving.end()
        upstream = self.last.upstream("org/r")
        sent = upstream.received()
        self.assertTrue(sent.endswith(body.replace(b"\r\norg/r\r\n", b'\r\nreal "one"\r\n')))
        upstream.answer(OK)
        self.successResultOf(done)

    def world_and_begin(self, *args: Any) -> tuple[MemoryExchange, Deferred[None]]:
        self.last = self.world()
        return self.last.begin(*args)

    def test_path_prefixes_are_taken_off(self) -> None:
        """`/v/x` is `/x`, `/audioapi/x` is `/x` (http-api section 6.6)."""
        for path, forwarded in (("/v/chat/completions", b"/chat/"), ("/audioapi/v1/tasks/run", b"/v1/tasks/run ")):
            _, sent = self.serve(self.world(), "m", "POST", path, JSON, chat("m"))
            self.assertTrue(sent.startswith(b"POST /base" + forwarded), sent)

    def test_path_prefixes_in_another_spelling(self) -> None:
        """What was matched goes out; a path that stays whole keeps its spelling."""
        for path, forwarded in (
            ("/v%2Fchat/completions?a=%2F", b"/chat/completions?a=%2F"),
            ("/%76/chat/completions", b"/chat/completions"),
            ("/audioapi/v1/tasks%2Frun", b"/v1/tasks/run"),
            ("/%76%31/chat/completions", b"/%76%31/chat/completions"),
        ):
            world = self.world()
            _, sent = self.serve(world, "m", "POST", path, JSON, chat("m"))
            self.assertTrue(sent.startswith(b"POST /base" + forwarded + b" HTTP"), sent)
            self.assertEqual(world.ended[-1].path.encode(), forwarded.partition(b"?")[0])

    def test_a_get_route_names_its_model_in_the_query(self) -> None:
        """The query passes byte for byte, and HEAD works as well."""
        _, sent = self.serve(self.world(), "m", "GET", "/props?x=%20&model=m", {"Host": "h"})
        self.assertTrue(sent.startswith(b"GET /base/props?x=%20&model=m HTTP/1.1"))

    def test_q1_credentials_stay_here_when_keys_are_set(self) -> None:
        """With keys the client's credential is ours; without, it may be the model's."""
        headers = {**JSON, "Authorization": "Bearer k", "x-api-key": "k"}
        for keys, passes in ((("k",), False), ((), True)):
            _, sent = self.serve(self.world(api_keys=keys), "m", "POST", "/v1/messages", headers, chat("m"))
            self.assertEqual((b"Bearer k" in sent, b"x-api-key" in sent), (passes, passes))


class RefusalTests(InferenceTestCase):
    def refused(self, world: RelayWorld, body: bytes, **headers: str) -> dict[str, Any]:
        exchange, done = world.begin("POST", "/v1/chat/completions", {**JSON, **headers}, body)
        self.successResultOf(done)
        answer: dict[str, Any] = json.loads(exchange.answer)
        self.assertEqual(answer["src"], "llama-swap")
        return {"status": exchange.status, **answer["error"]}

    def test_s36_no_model_and_unknown_models(self) -> None:
        """404 with the words of the spec; the unknown name is repeated."""
        world = self.world()
        for body in (b"{}", b"", b'{"model":null}', b"[1]", b"nonsense"):
            error = self.refused(world, body)
            self.assertEqual((error["status"], error["code"]), (404, "not_found"))
            self.assertIn("no model id", error["message"])
        error = self.refused(world, chat("nope"))
        self.assertEqual((error["status"], error["type"], error["param"]), (404, "invalid_request_error", None))
        self.assertIn("no router", error["message"])
        self.assertIn("'nope'", error["message"])

    def test_a_refused_lease_is_the_answer(self) -> None:
        """What the scheduler says is what the client reads, 429 always as JSON."""
        world = self.world()
        world.leases.refusal = TooManyRequests(retry_after=7)
        error = self.refused(world, chat("m"), Accept="text/html")
        self.assertEqual((error["status"], error["code"]), (429, "concurrency_limit"))

    def test_s35_an_upstream_that_refuses_is_a_502_envelope(self) -> None:
        """Q7: with a body that says so, and the place is given back."""
        world = self.world()
        exchange, done = world.begin("POST", "/v1/chat/completions", JSON, chat("m"))
        world.upstream("m").close()
        self.successResultOf(done)
        self.assertEqual((exchange.status, json.loads(exchange.answer)["error"]["code"]), (502, "bad_gateway"))
        self.assertEqual(world.leases.left, [])

    def test_s34_an_upstream_that_breaks_off_cuts_the_client(self) -> None:
        """The server survives, the place is given back, and the next request works."""
        world = self.world()
        exchange, done = world.begin("POST", "/v1/chat/completions", JSON, chat("m"))
        world.upstream("m").answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234567")
        world.upstream("m").close()
        self.successResultOf(done)
        self.assertTrue(exchange.aborted)
        self.assertEqual(world.leases.left, [])
        exchange, done = world.begin("POST", "/v1/chat/completions", JSON, chat("m"))
        world.upstream("m").answer(OK)
        self.assertEqual(exchange.status, 200)


class LeavingTests(InferenceTestCase):
    def test_s33_a_client_that_leaves_frees_its_place_wherever_it_was(self) -> None:
        """While its body comes, while it waits, while it is answered: nothing stays held."""
        body = MemoryBody(b"{", length=100, complete=False)
        for arrange in ("body", "lease", "head", "stream"):
            world = self.world()
            world.leases.pending = Deferred() if arrange == "lease" else None
            content = body if arrange == "body" else chat("m")
            _, done = world.begin("POST", "/v1/chat/completions", JSON, content)
            if arrange == "stream":
                world.upstream("m").answer(OK[:-1])
            done.cancel()
            self.failureResultOf(done, CancelledError)
            self.assertEqual(world.leases.left, [])
            if arrange in ("head", "stream"):
                self.assertTrue(transport_of(world.upstream("m").last).aborted)
