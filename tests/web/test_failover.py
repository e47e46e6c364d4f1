"""What the peer that stands in for another receives: the request as the client sent it, changed by its own rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Filters, Peer
from tests.peers.test_refresh import answer
from tests.support.peers import OK, PeerWorld, peer
from tests.support.relay import RelayWorld
from tests.support.web import MemoryExchange, settings_of
from tests.support.wire import MemoryUpstream

JSON = {"Content-Type": "application/json", "Host": "h"}
CHAT = "/v1/chat/completions"
OF_P = Filters(strip_params=("temperature",), set_params={"p": 1})
OF_Q = Filters(strip_params=("top_p",), set_params={"q": 1}, set_params_by_id={"q/X": {"name": "q"}, "p/X": {"no": 1}})


class FailoverTests(SynchronousTestCase):
    """`p` is down."""

    def setUp(self) -> None:
        self.p, self.q = peer("p", "X", filters=OF_P, failover=("q",)), peer("q", "X", filters=OF_Q)
        self.around(self.p, self.q)

    def around(self, *peers: Peer) -> None:
        """Let these be all peers, the first of them down."""
        self.peers = PeerWorld(*peers)
        self.world = RelayWorld(settings_of(peers={each.id: each for each in peers}), self.peers.peers)
        self.peers.upstream(peers[0].id).refuse("refused", again=False)

    def sent(self, to: str, *args: Any) -> tuple[bytes, bytes]:
        """The request line and the body that a peer receives; it answers."""
        _, done = self.world.begin(*args)
        head, _, body = self.peers.upstream(to).received().partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head)
        self.peers.upstream(to).answer(OK)
        self.successResultOf(done)
        return head.partition(b"\r\n")[0], body

    def test_the_filters_of_who_is_asked(self) -> None:
        """Of the body as it came, with the parameters of the name that the model has there."""
        body = b'{"model":"p/X", "temperature":1,"top_p":2}'
        _, sent = self.sent("q", "POST", CHAT, JSON, body)
        self.assertEqual(json.loads(sent), {"model": "X", "temperature": 1, "q": 1, "name": "q"})

    def test_without_filters(self) -> None:
        """Only the name is changed, whatever the first one would have changed."""
        self.around(self.p, peer("q", "X"))
        _, sent = self.sent("q", "POST", CHAT, JSON, b'{"temperature":1, "model":"p/X"}')
        self.assertEqual(sent, b'{"temperature":1, "model":"X"}')

    def test_nothing_changed_at_all(self) -> None:
        """What was changed for the first one is not left."""
        self.around(peer("p", "X", filters=OF_P, failover=("q",)), peer("q", refresh=60))
        self.peers.peers.start()
        self.upstream("q").received()
        self.upstream("q").answer(answer("X"))
        body = b'{"temperature":1, "model":"X"}'
        self.assertEqual(self.sent("q", "POST", CHAT, JSON, body)[1], body)

    def test_a_path(self) -> None:
        """Below `/upstream/` nothing is filtered, and the name is the same there."""
        body = b'{"temperature":1,"model":"p/X"}'
        line, sent = self.sent("q", "POST", "/upstream/p/X/v1/x?model=p%2FX", JSON, body)
        self.assertEqual((line, sent), (b"POST /base/v1/x?model=p%2FX HTTP/1.1", b'{"temperature":1,"model":"X"}'))

    def test_the_record_names_who_answered(self) -> None:
        """Not who was chosen."""
        for args in (("POST", CHAT, JSON, b'{"model":"p/X"}'), ("POST", "/upstream/p/X/x", JSON, b"{}")):
            self.peers.upstream("p").refuse("refused", again=False)
            self.sent("q", *args)
            end = self.world.ended.pop()
            self.assertEqual((end.peer, end.seen), ("q", 200))
            self.sent("p", *args)
            self.assertEqual(self.world.ended.pop().peer, "p")

    def test_a_rule_that_cannot_be_applied(self) -> None:
        """Is nobody's before he is asked."""
        self.around(self.p, peer("q", "X", filters=Filters(strip_params=("a*",))))
        exchange, done = self.begin()
        self.successResultOf(done)
        self.assertEqual((exchange.status, self.upstream("q").connections), (500, []))
        self.begin()
        self.assertIn(b'"p":1', self.upstream("p").received())

    def test_the_client_leaves_meanwhile(self) -> None:
        """While the body is filtered for the next one: nothing is held, and nobody is asked."""
        waiting: list[Deferred[Any]] = []

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            waiting.append(Deferred())
            return waiting[-1] if len(waiting) > 2 else _done(work())

        self.world.threads = in_thread
        _, done = self.world.begin("POST", CHAT, JSON, json.dumps({"model": "p/X", "text": "x" * 20_000}).encode())
        self.assertEqual((len(waiting), self.world.on_the_way("p/X")), (3, [1]))
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual((self.world.on_the_way("p/X"), self.upstream("q").connections), ([0], []))
        self.successResultOf(self.peers.peers.drained())

    def begin(self) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("POST", CHAT, JSON, b'{"model":"p/X"}')

    def upstream(self, id: str) -> MemoryUpstream:
        return self.peers.upstream(id)


def _done(result: Any) -> Deferred[Any]:
    done: Deferred[Any] = Deferred()
    done.callback(result)
    return done
