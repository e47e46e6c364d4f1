"""Looking at a peer's models, on a fake clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import PEER_TIMEOUTS
from llamaswap.peers.listing import LARGEST
from llamaswap.peers.refresh import Refresh
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream
from tests.support.peers import PeerUpstream
from tests.support.wire import transport_of

T = TypeVar("T")


def answer(*models: str, status: str = "200 OK") -> bytes:
    body = json.dumps({"data": [{"id": name} for name in models]}).encode()
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


class RefreshTests(SynchronousTestCase):
    """Every 60 seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.upstream = PeerUpstream(Origin.parse("http://p.test:81/base"), PEER_TIMEOUTS, self.clock)
        self.told: list[tuple[str, object]] = []
        self.threads = 0
        self.refresh = self.looking(60)

    def looking(self, seconds: float) -> Refresh:
        key = [(b"x-api-key", b"secret")]
        upstream = cast(Upstream, self.upstream)
        return Refresh(upstream, key, seconds, self, clock=self.clock, in_thread=self.in_thread)

    def in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        self.threads += 1
        return succeed(work())

    def listed(self, models: tuple[str, ...]) -> None:
        self.told.append(("listed", models))

    def unlisted(self, why: str) -> None:
        self.told.append(("unlisted", why))

    def failed(self, why: str) -> None:
        self.told.append(("failed", why))

    def last(self) -> tuple[str, object]:
        """What was told since the last call; one thing."""
        (told,) = self.told
        self.told.clear()
        return told

    def test_at_once_and_again(self) -> None:
        """It asks below the base, with the key, on a connection of its own, and again a minute after the answer."""
        self.refresh.start()
        sent = self.upstream.received()
        self.assertTrue(sent.startswith(b"GET /base/v1/models HTTP/1.1\r\nHost: p.test:81\r\n"), sent)
        self.assertIn(b"\r\nx-api-key: secret\r\n", sent)
        self.clock.advance(1)
        self.upstream.answer(answer("a", "b"))
        self.assertEqual(self.last(), ("listed", ("a", "b")))
        self.clock.advance(59)
        self.assertEqual(len(self.upstream.connections), 1)
        self.clock.advance(1)
        self.assertEqual(len(self.upstream.connections), 2)

    def test_nothing_is_left_after_the_stop(self) -> None:
        """While it asks, and while it waits; stopping twice is harmless."""
        for answered in (False, True):
            refresh = self.looking(60)
            refresh.start()
            if answered:
                self.upstream.answer(answer())
            told = len(self.told)
            refresh.stop()
            refresh.stop()
            self.assertEqual((len(self.told), self.clock.getDelayedCalls()), (told, []))
        self.assertTrue(transport_of(self.upstream.connections[0]).aborted)

    def test_failures(self) -> None:
        """A peer that cannot be reached, breaks off, or takes too long; the next look comes sooner."""
        self.upstream.refuse("refused")
        self.refresh.start()
        self.assertEqual(self.last(), ("failed", "refused"))
        self.clock.advance(10)
        self.upstream.lose()
        self.assertEqual(self.last()[0], "failed")
        self.clock.advance(10)
        self.upstream.answer(answer("a")[:-2])
        self.clock.advance(9.9)
        self.assertEqual(self.told, [])
        self.clock.advance(0.1)
        self.assertEqual(self.last(), ("failed", "no list of models within 10 s"))
        self.assertTrue(transport_of(self.upstream.last).aborted)
        self.clock.advance(10)
        self.upstream.answer(answer("a"))
        self.assertEqual(self.last(), ("listed", ("a",)))

    def test_never_more_often_than_asked_for(self) -> None:
        """Also when it fails."""
        self.upstream.refuse("refused", "refused")
        self.looking(3).start()
        self.clock.advance(2.9)
        self.assertEqual(len(self.told), 1)
        self.clock.advance(0.1)
        self.assertEqual(len(self.told), 2)

    def test_answers_that_are_no_list(self) -> None:
        """The peer is there all the same."""
        self.refresh.start()
        self.upstream.answer(answer(status="401 Unauthorized"))
        self.assertEqual(self.last(), ("unlisted", "GET /v1/models was answered with status 401; look at apiKey"))
        self.clock.advance(10)
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        self.assertEqual(self.last(), ("unlisted", "the answer is no list of models"))

    def test_an_answer_without_end(self) -> None:
        """Is cut where nobody could have so many models."""
        self.refresh.start()
        self.upstream.answer(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * LARGEST)
        self.assertEqual(self.told, [])
        self.upstream.answer(b"x")
        self.assertTrue(transport_of(self.upstream.last).aborted)
        self.upstream.lose()
        self.assertEqual(self.last(), ("unlisted", f"the answer is longer than {LARGEST} bytes"))

    def test_a_long_list_is_read_in_a_thread(self) -> None:
        """A short one is not worth it."""
        self.refresh.start()
        for length, threads in ((3, 0), (200, 1)):
            names = tuple(f"{number:0{length}}" for number in range(500))
            self.upstream.answer(answer(*names))
            self.assertEqual((self.last(), self.threads), (("listed", names), threads))
            self.clock.advance(60)
