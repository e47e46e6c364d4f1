"""Asking a server, and what its user reads when it does not answer."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.client import BadAddress, Client, NoAnswer, Refused, origin_of
from tests.support.wire import transport_of
from tests.terminal.asked import Asked, answer, envelope


class ClientTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = Asked()
        self.clock = Clock()
        self.heard: list[bytes] = []

    def client(self, key: str = "") -> Client:
        return Client(self.server, key, self.clock)

    def json(self, key: str = "") -> Deferred[Any]:
        return Deferred.fromCoroutine(self.client(key).json("/running"))

    def stream(self, **more: Any) -> Deferred[None]:
        return Deferred.fromCoroutine(self.client().stream("/s", self.heard.append, kind="text/plain", **more))

    def refusal(self, reply: bytes, key: str = "") -> str:
        asking = self.json(key)
        self.server.last.dataReceived(reply)
        return str(self.failureResultOf(asking, Refused).value)

    def test_an_answer(self) -> None:
        """Its JSON; the key is shown, and no timer is left."""
        asking = self.json("k-1")
        self.assertIn("GET /base/running HTTP/1.1", self.server.request(self.server.last))
        self.assertIn("\r\nAuthorization: Bearer k-1\r\n", self.server.request(self.server.last))
        self.server.answers("/running", {"running": []})
        self.assertEqual(self.successResultOf(asking), {"running": []})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_without_a_key(self) -> None:
        """None is shown."""
        self.json()
        self.assertNotIn("Authorization", self.server.request(self.server.last))

    def test_refusals(self) -> None:
        """They say what to do, or what the server has said."""
        self.assertIn("wants an API key: give one with --key, or in the", self.refusal(envelope("unauthorized", 401)))
        self.assertIn("does not know this key", self.refusal(envelope("unauthorized", 401), "k"))
        self.assertIn("status 403: scope admin", self.refusal(envelope("scope admin", 403), "k"))
        self.assertIn("it is no llama-swap, or an older one", self.refusal(answer(b"404 page not found\n", 404)))
        self.assertIn("status 500", self.refusal(answer(b"[]", 500)))
        self.assertIn("something that is no JSON", self.refusal(answer(b"<html>")))

    def test_what_a_server_says_cannot_steer_the_terminal(self) -> None:
        """Escape sequences are marks, and a message is of bounded length; one that is too deep is none."""
        said = self.refusal(envelope("\x1b]0;title\x07\x1b[2J\u009b" + "x" * 100_000, 500))
        self.assertTrue(said.isprintable(), said[:100])
        self.assertLess(len(said), 1000)
        deep = b"[" * 200_000
        self.assertTrue(self.refusal(answer(deep, 500)).endswith("with status 500"))
        self.assertIn("something that is no JSON", self.refusal(answer(deep)))

    def test_nobody_there(self) -> None:
        """The address is named, and the option to give another."""
        self.server.down = True
        said = str(self.failureResultOf(self.json(), NoAnswer).value)
        self.assertIn("cannot connect to http://upstream.test:8001/base: nobody there", said)
        self.assertIn("--url", said)

    def test_an_answer_that_does_not_come(self) -> None:
        """It is given up."""
        asking = self.json()
        self.clock.advance(11)
        self.assertTrue(self.server.is_cut("/running"))
        self.server.close(cleanly=False)
        self.failureResultOf(asking, NoAnswer)

    def test_a_stream(self) -> None:
        """It is handed on as it comes, without its framing, for as long as something comes."""
        begun: list[bool] = []
        streaming = self.stream(silence=5, begun=lambda: begun.append(True))
        self.server.begins("/s")
        self.assertEqual(begun, [True])
        for _ in range(4):
            self.clock.advance(4)
            self.server.streams("/s", b"x")
        self.assertEqual((self.heard, self.server.is_cut("/s")), ([b"x"] * 4, False))
        self.server.ends("/s")
        self.successResultOf(streaming)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_silent_stream(self) -> None:
        """It is dead."""
        streaming = self.stream(silence=5)
        self.server.begins("/s")
        self.clock.advance(6)
        self.assertTrue(self.server.is_cut("/s"))
        self.server.close(cleanly=False)
        self.failureResultOf(streaming, NoAnswer)

    def test_a_refused_stream(self) -> None:
        """Nothing of the refusal is handed on."""
        streaming = self.stream()
        self.server.last.dataReceived(envelope("invalid logger", 400))
        self.assertIn("invalid logger", str(self.failureResultOf(streaming, Refused).value))
        self.assertEqual(self.heard, [])

    def test_pages(self) -> None:
        """Where a page answers, the address is one of the pages: they are neither a log nor a list."""
        page = answer(b"<!DOCTYPE html>", kind=b"text/html; charset=utf-8")
        streaming = self.stream()
        self.server.last.dataReceived(page)
        said = str(self.failureResultOf(streaming, Refused).value)
        self.assertIn("/s with text/html, not text/plain: give the address of the server itself with --url", said)
        self.assertEqual(self.heard, [])
        self.assertIn("with text/html, not application/json", self.refusal(page))

    def test_a_server_that_is_not_believed(self) -> None:
        """It is said how to vouch for it, or which name to use."""
        for fault, hint in (
            ("the TLS handshake failed: certificate verify failed", "vouches for it with --ca-file"),
            ("the TLS handshake failed: its certificate is for another host", "say with --url the name"),
        ):
            self.server.fault = fault
            self.assertIn(hint, str(self.failureResultOf(self.json(), NoAnswer).value))

    def test_a_server_that_speaks_tls(self) -> None:
        """It hangs up on plain HTTP, or answers with what is none."""
        asking = self.json()
        self.server.close(cleanly=False)
        self.assertIn("say so with --url https://", str(self.failureResultOf(asking, NoAnswer).value))
        streaming = self.stream()
        self.server.last.dataReceived(b"\x15\x03\x03\x00\x02\x02\x0a")
        self.assertIn("say so with --url https://", str(self.failureResultOf(streaming, NoAnswer).value))

    def test_a_stream_that_breaks_off(self) -> None:
        """It is no matter of its address any more."""
        streaming = self.stream()
        self.server.begins("/s")
        self.server.close(cleanly=False)
        self.assertNotIn("--url", str(self.failureResultOf(streaming, NoAnswer).value))

    def test_cancel(self) -> None:
        """It hangs up."""
        streaming = self.stream(silence=5)
        self.server.begins("/s")
        streaming.cancel()
        self.failureResultOf(streaming, CancelledError)
        self.assertTrue(transport_of(self.server.last).aborted)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_keys_that_cannot_be(self) -> None:
        """They are no header."""
        for key in ("a b", "a\r\nX: y", "schlüssel", "\x7f"):
            self.assertRaises(BadAddress, self.client, key)


class AddressTests(SynchronousTestCase):
    def test_addresses(self) -> None:
        """A URL, also with a path, or just host and port."""
        for url, expected in {
            "http://127.0.0.1:8080": "http://127.0.0.1:8080",
            "localhost:9": "http://localhost:9",
            "[::1]:9": "http://[::1]:9",
            "https://host/llm/": "https://host/llm",
            "host": "http://host",
        }.items():
            self.assertEqual(str(origin_of(url)), expected)

    def test_mistakes(self) -> None:
        """What cannot be one, and keys in it, which are not repeated."""
        for url in ("ftp://x", "http://", "http://x:99999", ""):
            self.assertRaises(BadAddress, origin_of, url)
        error = self.assertRaises(BadAddress, origin_of, "http://u:secret@host")
        self.assertIn("--key", str(error))
        self.assertNotIn("secret", str(error))
