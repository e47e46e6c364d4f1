"""Webhooks, over an agent in memory."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseNeverReceived
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IAgent
from zope.interface.verify import verifyObject

from llamaswap.hooks.webhook import LONGEST_ANSWER, post
from tests.hooks.world import FakeAgent

BODY = b'{"event": "x"}'


class PostTests(SynchronousTestCase):
    """One post after the other."""

    def setUp(self) -> None:
        self.agent = FakeAgent()

    def begin(self, url: str = "http://h.example/SECRET") -> Deferred[str | None]:
        return Deferred.fromCoroutine(post(self.agent, url, BODY))

    def test_fake(self) -> None:
        """The fake is an agent."""
        self.assertTrue(verifyObject(IAgent, self.agent))

    def test_what_is_sent(self) -> None:
        """JSON; path and query as they stand, without the fragment, and a user of the URL as a header."""
        for url, asked in (
            ("http://h.example", b"http://h.example"),
            ("https://h.example:8/a%20b?c=%20d#e", b"https://h.example:8/a%20b?c=%20d"),
            ("http://us%40er:pass@h.example/x", b"http://h.example/x"),
        ):
            posting = self.begin(url)
            self.assertEqual((self.agent.asked[-1][:2], self.agent.body), ((b"POST", asked), BODY))
            self.agent.answer(204, b"")
            self.assertIsNone(self.successResultOf(posting))
        headers = self.agent.asked[-1][2]
        self.assertEqual(headers.getRawHeaders("authorization"), ["Basic dXNAZXI6cGFzcw=="])
        self.assertEqual(headers.getRawHeaders("content-type"), ["application/json"])
        self.assertFalse(self.agent.asked[0][2].hasHeader("authorization"))

    def test_statuses(self) -> None:
        """Those from 200 to 299 are good, and a redirect is not followed."""
        for status in (200, 299, 302, 404, 500):
            posting = self.begin()
            self.agent.answer(status)
            problem = None if status < 300 else f"answered with status {status}"
            self.assertEqual(self.successResultOf(posting), problem)
        self.assertEqual(len(self.agent.asked), 5)

    def test_a_long_answer(self) -> None:
        """It is cut; the status counts all the same."""
        for length in (LONGEST_ANSWER, LONGEST_ANSWER + 1):
            posting = self.begin()
            self.agent.answer(200, b"x" * length, complete=length == LONGEST_ANSWER)
            self.assertIsNone(self.successResultOf(posting))
            self.assertEqual(self.agent.cut, length > LONGEST_ANSWER)

    def test_a_slow_answer(self) -> None:
        """It is waited for; one that breaks off has said its status."""
        for reason in (Failure(ResponseDone()), Failure(PotentialDataLoss()), Failure(ConnectionLost())):
            posting = self.begin()
            answer = self.agent.answer(500, b"o", complete=False)
            self.assertNoResult(posting)
            answer._bodyDataFinished(reason)
            self.assertEqual(self.successResultOf(posting), "answered with status 500")
            self.assertFalse(self.agent.cut)

    def test_no_answer(self) -> None:
        """Nobody there, or somebody who hangs up: the innermost reason is told, without the URL."""
        for error, words in (
            (ConnectionRefusedError(), "ConnectionRefusedError: Connection was refused"),
            (ResponseNeverReceived([Failure(ConnectionDone())]), "ConnectionDone: Connection was closed cleanly"),
            (ValueError("bad URL http://h.example/SECRET"), "ValueError: bad URL …"),
        ):
            posting = self.begin()
            self.agent.fail(error)
            problem = self.successResultOf(posting)
            self.assertTrue(problem and problem.startswith(words), problem)
            self.assertNotIn("SECRET", str(problem))

    def test_cancelled(self) -> None:
        """It hangs up."""
        posting = self.begin()
        posting.cancel()
        self.failureResultOf(posting, CancelledError)

    def test_cancelled_in_the_middle_of_the_answer(self) -> None:
        """It hangs up as well."""
        posting = self.begin()
        answer = self.agent.answer(200, b"o", complete=False)
        posting.cancel()
        self.failureResultOf(posting, CancelledError)
        self.assertTrue(self.agent.cut)
        answer._bodyDataFinished(Failure(ConnectionDone()))
