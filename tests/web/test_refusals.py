"""How refusals read on the wire."""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import (
    BadGateway,
    ModelNotFound,
    NotReady,
    Refusal,
    ShuttingDown,
    StartFailed,
    TooManyRequests,
    Unauthorized,
    UnknownModel,
)
from llamaswap.ids import ModelId
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import SwapEnded
from llamaswap.web.answers import Answer
from llamaswap.web.refusals import answer_to, words_for
from tests.support.schedule import RecordingSwaps, TablePolicy, settings


def header(answer: Answer, name: bytes) -> bytes | None:
    return dict(answer.headers).get(name)


class WordsTests(SynchronousTestCase):
    def test_s37_every_status(self) -> None:
        """Each status maps to its type and code; 418 is an invalid request."""
        expected = {
            400: ("invalid_request_error", "bad_request"),
            401: ("authentication_error", "unauthorized"),
            403: ("authentication_error", "forbidden"),
            404: ("invalid_request_error", "not_found"),
            409: ("invalid_request_error", "conflict"),
            413: ("invalid_request_error", "invalid_request"),
            418: ("invalid_request_error", "invalid_request"),
            429: ("rate_limit_error", "rate_limit_exceeded"),
            500: ("server_error", "internal_error"),
            501: ("server_error", "internal_error"),
            502: ("server_error", "bad_gateway"),
            503: ("server_error", "service_unavailable"),
            504: ("server_error", "gateway_timeout"),
            508: ("server_error", "loop_detected"),
        }
        self.assertEqual({status: words_for(status) for status in expected}, expected)


class AnswerTests(SynchronousTestCase):
    def test_s36_envelope(self) -> None:
        """An unknown model is a 404 envelope with all its members."""
        answer = answer_to(UnknownModel(), b"*/*")
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.headers, ((b"Content-Type", b"application/json"),))
        expected = {
            "src": "llama-swap",
            "error": {
                "message": "no router for requested model",
                "type": "invalid_request_error",
                "param": None,
                "code": "not_found",
            },
        }
        self.assertEqual(json.loads(answer.body), expected)

    def test_s36_text(self) -> None:
        """Who accepts plain text gets a line of it, and that comes before HTML."""
        answer = answer_to(ModelNotFound(), b"text/html, text/plain")
        self.assertEqual(header(answer, b"Content-Type"), b"text/plain")
        self.assertEqual(answer.body, b"llama-swap: model not found")

    def test_s36_page(self) -> None:
        """Who accepts HTML gets a page, in which the message is escaped."""
        answer = answer_to(UnknownModel("no router for <b>&amp;"), b"text/html,*/*")
        self.assertEqual(header(answer, b"Content-Type"), b"text/html")
        self.assertIn(b"<h1>llama-swap</h1>", answer.body)
        self.assertIn(b"<p>no router for &lt;b&gt;&amp;amp;</p>", answer.body)

    def test_rules_of_pages(self) -> None:
        """A page of an error is one of this origin: nothing runs in it, nobody frames it. Others have none."""
        page = answer_to(UnknownModel(), b"text/html")
        self.assertEqual(header(page, b"Content-Security-Policy"), b"default-src 'none'; frame-ancestors 'none'")
        self.assertEqual(header(page, b"X-Content-Type-Options"), b"nosniff")
        self.assertEqual(len(answer_to(UnknownModel(), b"*/*").headers), 1)

    def test_concurrency_is_always_json(self) -> None:
        """A client that is shed gets JSON whatever it accepts, with its own code and a hint when to come back."""
        answer = answer_to(TooManyRequests(retry_after=7), b"text/plain")
        self.assertEqual(header(answer, b"Content-Type"), b"application/json")
        self.assertEqual(header(answer, b"Retry-After"), b"7")
        self.assertEqual(json.loads(answer.body)["error"]["code"], "concurrency_limit")

    def test_challenge(self) -> None:
        """Who lacks a key is told how to give one, in every shape of the answer."""
        for accept in (None, b"text/html", b"text/plain"):
            self.assertEqual(
                header(answer_to(Unauthorized(), accept), b"WWW-Authenticate"), b'Basic realm="llama-swap"'
            )

    def test_causes(self) -> None:
        """Failed starts and lost upstreams have the status and code of their kind."""
        refusals = [
            StartFailed("aborted", retry_after=3),
            ShuttingDown("group is shutting down"),
            BadGateway(),
            NotReady(),
        ]
        found = [(refusal.status, json.loads(answer_to(refusal, None).body)["error"]["code"]) for refusal in refusals]
        self.assertEqual(
            found,
            [(500, "internal_error"), (500, "internal_error"), (502, "bad_gateway"), (503, "service_unavailable")],
        )
        self.assertEqual(header(answer_to(refusals[0], None), b"Retry-After"), b"3")
        self.assertIn(b"unspecific error: aborted", answer_to(refusals[0], None).body)

    def test_text_that_cannot_be_encoded(self) -> None:
        """A message that repeats damaged text of the client is still an answer, in every shape."""
        for accept in (b"", b"text/plain", b"text/html"):
            self.assertIn(b"\\udc80", answer_to(Refusal("what is \udc80?"), accept).body)

    def test_s02_a_model_that_is_not_ready(self) -> None:
        """A place on a model without an upstream: what the dispatcher refuses with is a 503 envelope of our own."""
        m, swaps = ModelId("m"), RecordingSwaps()
        dispatcher = Dispatcher(Core(settings("m"), TablePolicy()), swaps, lambda model: None, Clock())

        async def forward() -> None:
            async with dispatcher.lease(m):
                raise AssertionError("there is nowhere to forward to")

        asked = Deferred.fromCoroutine(forward())
        dispatcher.tell(SwapEnded(swaps.begun[m].id, 0.0))
        answer = answer_to(self.failureResultOf(asked, NotReady).value, b"*/*")
        self.assertEqual((answer.status, header(answer, b"Content-Type")), (503, b"application/json"))
        error = {
            "message": "[m] process is not ready",
            "type": "server_error",
            "param": None,
            "code": "service_unavailable",
        }
        self.assertEqual(json.loads(answer.body), {"src": "llama-swap", "error": error})
