"""Errors that come too late for a status: their words, and never more than is needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ModelRemoved, StartFailed, TooManyRequests
from llamaswap.loading.faults import Fault, of_answer, of_refusal
from llamaswap.proxy.continued import AnswerStart
from llamaswap.web.refusals import words_for


def answer(status: int, body: bytes = b"", content_type: str = "application/json", coding: str = "") -> Fault:
    start = AnswerStart(status, content_type, coding)
    start.take(body)
    return of_answer(start, words_for)


class RefusalTests(SynchronousTestCase):
    def test_words_of_refusals(self) -> None:
        """As in the envelope of an answer with a status of its own."""
        self.assertEqual(
            of_refusal(StartFailed("it fell"), words_for),
            Fault(500, "unspecific error: it fell", "server_error", "internal_error"),
        )
        self.assertEqual(of_refusal(TooManyRequests(), words_for).code, "concurrency_limit")
        self.assertEqual(of_refusal(ModelRemoved("m"), words_for).status, 404)
        self.assertEqual(len(of_refusal(StartFailed("x" * 10_000), words_for).message), 2000)


class AnswerTests(SynchronousTestCase):
    def test_the_upstreams_own_words(self) -> None:
        """Wherever a model server puts its message."""
        for body, message in (
            (b'{"error":{"message":"too long","type":"exceed","code":"ctx"}}', "too long"),
            (b'{"error":"no such thing"}', "no such thing"),
            (b'{"detail":"Not Found"}', "Not Found"),
            (b'{"object":"error","message":"odd","code":400}', "odd"),
        ):
            self.assertEqual(answer(400, body).message, message)
        said = answer(400, b'{"error":{"message":"too long","type":"exceed","code":"ctx"}}')
        self.assertEqual((said.status, said.kind, said.code), (400, "exceed", "ctx"))
        self.assertEqual(answer(400, b'{"error":{"message":"m","code":400}}').code, "bad_request")

    def test_anything_else(self) -> None:
        """The status, and the text as it is."""
        self.assertEqual(
            answer(503, b"<b>busy</b>\n", "text/html").message, "the model's server answered 503: <b>busy</b>"
        )
        self.assertEqual(answer(404).message, "the model's server answered 404")
        self.assertEqual(answer(503, b'{"error":[1]}').code, "service_unavailable")
        self.assertEqual(len(answer(500, b"x" * 70_000).message), 2000)

    def test_a_good_answer_that_is_no_stream(self) -> None:
        """It is our 502; what it says is not repeated."""
        said = answer(200, b'{"secret":"text"}')
        self.assertEqual((said.status, said.code), (502, "bad_gateway"))
        self.assertEqual(said.message, "the model's server answered with application/json instead of an event stream")
        self.assertIn("no type", answer(200, b"x", "").message)
        self.assertEqual(answer(302).message, "the model's server answered 302")

    def test_a_coded_answer(self) -> None:
        """Nothing is made of bytes that cannot be read."""
        said = answer(200, b"\x1f\x8b", "text/event-stream", "gzip")
        self.assertEqual((said.status, "gzip" in said.message), (502, True))
        self.assertIn("in the coding 'gzip'", answer(500, b'{"error":"x"}', coding="gzip").message)

    @given(
        st.integers(200, 599), st.binary() | st.text().map(lambda text: f'{{"error":{{"message":"{text}"}}}}'.encode())
    )
    def test_any_body(self, status: int, body: bytes) -> None:
        """There are always words, and not too many."""
        said = answer(status, body)
        self.assertTrue(0 < len(said.message) <= 2000 and said.kind and said.code)
        self.assertGreaterEqual(said.status, 400)
