"""What is kept of a request that passes through a model route: its row, and its capture."""

from __future__ import annotations

import gzip
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Filters
from llamaswap.metrics.packing import Capture
from llamaswap.metrics.row import Row
from tests.support.relay import RelayWorld
from tests.support.web import model, settings_of

ASKED = {"Content-Type": "application/json", "Authorization": "Bearer s", "Cookie": "c=1", "Accept-Encoding": "br, zz"}
USAGE = b'{"usage":{"prompt_tokens":12,"completion_tokens":7}}'


class RecordedTests(SynchronousTestCase):
    """One request, and what is left of it."""

    def world(self, **settings: Any) -> RelayWorld:
        filters = Filters(set_params={"top_p": 0.5})
        return RelayWorld(settings_of(model("m1", aliases=("al",), filters=filters), **settings))

    def kept(
        self, path: str, answer: bytes = USAGE, head: bytes = b"200 OK", *lines: bytes, world: RelayWorld | None = None
    ) -> tuple[Row, Capture | None]:
        """Ask for `al`, have it answered, and see the row and the capture."""
        world = world or self.world()
        _, done = world.begin("POST", path, ASKED, b'{"model":"al"}')
        upstream = world.upstream("m1")
        upstream.received()
        own = [b"Content-Type: application/json", b"Set-Cookie: d=2", b"Content-Length: %d" % len(answer), *lines]
        upstream.answer(b"HTTP/1.1 %b\r\n%b\r\n\r\n%b" % (head, b"\r\n".join(own), answer))
        self.successResultOf(done)
        world.ledger.settle()
        (row,) = world.ledger.store.rows
        return row, self.successResultOf(world.ledger.captures.get(row.id))

    def test_probe_108_whole(self) -> None:
        """The request as the model got it, with the headers as the client sent them; the answer; no secrets."""
        row, capture = self.kept("/v1/chat/completions?x=1")
        assert capture is not None
        self.assertEqual(
            (row.model, row.path, row.tokens.input, row.tokens.output), ("m1", "/v1/chat/completions", 12, 7)
        )
        body = b'{"model":"al","top_p":0.5}'
        self.assertEqual((capture.path, capture.request_body, capture.response_body), (row.path, body, USAGE))
        self.assertEqual(capture.request_headers["Accept-Encoding"], "br, zz")
        hidden = [capture.request_headers[name] for name in ("Authorization", "Cookie")]
        self.assertEqual([*hidden, capture.response_headers["Set-Cookie"]], ["[REDACTED]"] * 3)

    def test_coded_answers(self) -> None:
        """They are kept as they read; what cannot be read is not kept."""
        _, capture = self.kept("/v1/chat/completions", gzip.compress(USAGE), b"200 OK", b"Content-Encoding: gzip")
        assert capture is not None
        self.assertEqual(capture.response_body, USAGE)
        self.assertNotIn("Content-Encoding", capture.response_headers)
        row, capture = self.kept("/v1/chat/completions", b"no gzip", b"200 OK", b"Content-Encoding: gzip")
        self.assertIsNone(capture)
        self.assertTrue(row.error.startswith("response decompression failed"), row.error)

    def test_probe_96_errors(self) -> None:
        """Without the body of the answer; an empty answer leaves no capture at all."""
        row, capture = self.kept("/v1/chat/completions", b'{"error":{"message":" boom "}}', b"500 No")
        self.assertEqual((row.status, row.error, capture and capture.response_body), (500, "boom", None))
        self.assertIsNotNone(capture)
        self.assertIsNone(self.kept("/v1/chat/completions", b"")[1])

    def test_probe_109_parts(self) -> None:
        """By the path that came in: also below `/upstream`."""
        for path in ("/v1/audio/speech", "/upstream/m1/v1/audio/speech"):
            row, speech = self.kept(path)
            assert speech is not None
            self.assertEqual(
                (row.path, speech.request_body is None, speech.response_body), ("/v1/audio/speech", False, None)
            )

    def test_probe_111_off(self) -> None:
        """A row, and no capture."""
        row, capture = self.kept("/v1/chat/completions", world=self.world(capture_buffer=0))
        self.assertEqual((row.id, row.tokens.input, capture), (1, 12, None))
