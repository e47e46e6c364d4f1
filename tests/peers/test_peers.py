"""Requests for models of peers, with all peers in memory."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Timeouts
from llamaswap.errors import BadGateway, ClientGone, ModelNotFound, PeersShuttingDown
from llamaswap.notices import PeerState
from llamaswap.peers.peers import PeerStatus
from tests.peers.test_refresh import answer
from tests.support.peers import OK, Asked, PeerWorld, peer
from tests.support.web import MemoryBody
from tests.support.wire import transport_of


class PeersTestCase(SynchronousTestCase):
    def cause(self, asked: Asked) -> str:
        """Why there was no answer."""
        return str(self.failureResultOf(asked.done, BadGateway).value)

    def state(self, world: PeerWorld, id: str) -> PeerStatus:
        return next(status for status in world.peers.statuses() if status.id == id)


class RequestTests(PeersTestCase):
    def test_s91_headers(self) -> None:
        """S-91: the peer's own host, its key in place of the client's, and nothing of the client's address."""
        world = PeerWorld(peer("p", "X", api_key="theirs"))
        headers = {
            "Host": "here",
            "Authorization": "Bearer ours",
            "X-API-Key": "ours",
            "Forwarded": "for=1.2.3.4",
            "X-Forwarded-Host": "here",
            "X-Forwarded-For": "1.2.3.4",
            "X-Real-IP": "1.2.3.4",
            "True-Client-IP": "1.2.3.4",
            "CF-Connecting-IP": "1.2.3.4",
            "Cookie": "a=b",
            "Via": "1.0 front",
            "X-Mine": "1",
        }
        asked = world.ask("p/X", "POST", "/v1/x?a=1", headers, body=b"hi")
        sent = world.upstream("p").received()
        head, _, body = sent.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"POST /base/v1/x?a=1 HTTP/1.1\r\nHost: p.test\r\n"), head)
        self.assertEqual(body, b"hi")
        lines = head.split(b"\r\n")[2:]
        expected = [
            *(b"Cookie: a=b", b"X-Mine: 1", b"Authorization: Bearer theirs", b"x-api-key: theirs"),
            *(b"Via: 1.0 front, 1.1 " + world.peers.via, b"Content-Length: 2"),
        ]
        self.assertEqual(lines, expected)
        world.upstream("p").answer(OK)
        self.successResultOf(asked.done)
        self.assertEqual((asked.exchange.status, asked.exchange.answer), (200, b"ok"))

    def test_w27_the_clients_key(self) -> None:
        """W-27: without a key for the peer the client's passes where it cannot be this server's own, else it stays."""
        for keep in (True, False):
            world = PeerWorld(peer("p", "X"))
            world.ask("X", "GET", "/", {"Authorization": "Bearer k", "x-api-key": "k"}, keep_credentials=keep)
            sent = world.upstream("p").received()
            self.assertEqual((b"Bearer k" in sent, b"x-api-key: k" in sent), (keep, keep))

    def test_parameters_that_cannot_be_decoded_stay_here(self) -> None:
        """Servers would read them differently."""
        world = PeerWorld(peer("p", "X"))
        world.ask("X", "GET", "/v1?a=%41&b=%zz&c;d&e")
        self.assertTrue(world.upstream("p").received().startswith(b"GET /base/v1?a=%41&e HTTP/1.1\r\n"))

    def test_statuses_pass(self) -> None:
        """What a peer answers is the answer; an event stream is marked."""
        world = PeerWorld(peer("p", "X"))
        asked = world.ask("X")
        head = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n"
        world.upstream("p").answer(head)
        self.successResultOf(asked.done)
        self.assertEqual((asked.exchange.status, asked.exchange.answered_header("retry-after")), (503, "7"))
        self.assertEqual(asked.exchange.answered_header("x-accel-buffering"), "no")

    def test_s92_a_peer_that_is_down(self) -> None:
        """S-92: 502, and a warning with the cause."""
        world = PeerWorld(peer("p", "X"))
        world.upstream("p").refuse("refused", "refused again")
        with capturedLogs() as events:
            cause = self.cause(world.ask("X"))
        self.assertEqual(cause, "peer proxy error: p: refused again")
        self.assertIn("peer proxy error: p: refused again", [formatEvent(event) for event in events])

    def test_w21_a_break_in_the_middle_cuts_the_client(self) -> None:
        """W-21: a truncated answer never looks complete."""
        world = PeerWorld(peer("p", "X"))
        asked = world.ask("X")
        world.upstream("p").answer(OK[:-1])
        world.upstream("p").lose()
        self.successResultOf(asked.done)
        self.assertTrue(asked.exchange.aborted)

    def test_the_client_leaves(self) -> None:
        """The peer is hung up on, and nothing is learnt of it."""
        world = PeerWorld(peer("p", "X"))
        asked = world.ask("X")
        asked.done.cancel()
        self.failureResultOf(asked.done, CancelledError)
        self.assertTrue(transport_of(world.upstream("p").last).aborted)
        self.assertEqual((world.clock.getDelayedCalls(), self.state(world, "p").state), ([], PeerState.UNKNOWN))

    def test_a_websocket(self) -> None:
        """A tunnel like any other."""
        world = PeerWorld(peer("p", "X"))
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
        asked = world.ask("X", "GET", "/ws", upgrade)
        self.assertIn(b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", world.upstream("p").received())
        world.upstream("p").answer(
            b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"hi"
        )
        self.assertEqual((asked.exchange.status, asked.exchange.tunnelled.written), (101, b"hi"))
        self.assertEqual(world.clock.getDelayedCalls(), [])

    def test_an_url_that_nobody_can_reach(self) -> None:
        """Is said so without it: it may hold a password."""
        for url in ("ftp://me:secret@h", "http://h:99999", "http://" + "\xfc" * 80):
            world = PeerWorld(peer("p", "X", proxy=url, refresh=5))
            world.peers.start()
            cause = self.cause(world.ask("X"))
            self.assertEqual(cause, "peer proxy error: p: its URL is none that can be reached")
            self.assertEqual((self.state(world, "p").proxy, world.clock.getDelayedCalls()), ("", []))

    def test_a_password_in_the_url_is_not_shown(self) -> None:
        """Nor sent."""
        world = PeerWorld(peer("p", "X", proxy="http://me:secret@p.test:81/base"))
        self.assertEqual(self.state(world, "p").proxy, "http://p.test:81/base")
        world.ask("X")
        self.assertNotIn(b"secret", world.upstream("p").received())


class TimeTests(PeersTestCase):
    def test_w29_the_head_of_an_answer_has_five_minutes(self) -> None:
        """W-29: from the end of the request on; then it is a 502 and the peer is hung up on."""
        world = PeerWorld(peer("p", "X"))
        asked = world.ask("X")
        world.clock.advance(299.9)
        self.assertNoResult(asked.done)
        world.clock.advance(0.1)
        self.assertEqual(
            self.cause(asked),
            "peer proxy error: p: no answer began within 300 s (timeouts.responseHeader) (http://p.test/base)",
        )
        self.assertTrue(transport_of(world.upstream("p").last).aborted)

    def test_an_answer_that_has_begun_has_all_the_time(self) -> None:
        """So has one without a limit."""
        for seconds, early in ((5, True), (0, False)):
            world = PeerWorld(peer("p", "X", timeouts=Timeouts(response_header=seconds)))
            asked = world.ask("X")
            if early:
                world.upstream("p").answer(OK[:-2])
            self.assertEqual(world.clock.getDelayedCalls(), [])
            world.upstream("p").answer(OK[-2:] if early else OK)
            self.successResultOf(asked.done)

    def test_a_body_that_is_still_on_its_way(self) -> None:
        """Does not count: the peer cannot answer yet."""
        world = PeerWorld(peer("p", "X", timeouts=Timeouts(response_header=5)))
        body = MemoryBody(b"ab", length=4, complete=False)
        asked = world.ask("X", body=body)
        world.clock.advance(100)
        self.assertNoResult(asked.done)
        body.feed(b"cd")
        body.end()
        world.clock.advance(5)
        self.assertIn("no answer began within 5 s", self.cause(asked))

    def test_a_body_that_breaks_off(self) -> None:
        """Is the client's doing: the peer is not blamed."""
        world = PeerWorld(peer("p", "X"))
        body = MemoryBody(b"ab", length=4, complete=False)
        asked = world.ask("X", body=body)
        body.break_off(ClientGone())
        world.upstream("p").lose()
        self.failureResultOf(asked.done, ClientGone)
        self.assertEqual(self.state(world, "p").state, PeerState.UNKNOWN)

    def test_a_body_that_nobody_takes_any_more(self) -> None:
        """When the peer breaks off before its answer, the rest of the body is left to whoever answers the client."""
        world = PeerWorld(peer("p", "X"))
        body = MemoryBody(b"ab", length=4, complete=False)
        asked = world.ask("X", body=body)
        world.upstream("p").lose()
        self.cause(asked)
        reading = Deferred.fromCoroutine(rest_of(body))
        body.feed(b"cd")
        self.assertEqual(self.successResultOf(reading), b"cd")


async def rest_of(body: MemoryBody) -> bytes:
    return await body.read()


class UnlistedTests(PeersTestCase):
    def test_a_list_that_is_not_there_yet(self) -> None:
        """Names below such a peer may be good names soon: the answer says what is the matter."""
        world = PeerWorld(peer("p", "X", refresh=60), peer("q", "Y"))
        self.assertEqual(
            str(world.peers.unlisted("p/Z")), "peer p has not listed its models yet: it has not answered yet"
        )
        self.assertEqual([world.peers.unlisted(name) for name in ("q/Z", "p", "Z")], [None, None, None])
        world.peers.start()
        world.upstream("p").answer(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
        self.assertIn("status 401; look at apiKey", str(world.peers.unlisted("p/Z")))

    def test_a_list_that_is_there(self) -> None:
        """What it does not name is unknown."""
        world = PeerWorld(peer("p", refresh=60))
        world.peers.start()
        world.upstream("p").answer(answer("X"))
        self.assertIsNone(world.peers.unlisted("p/Z"))


class FailoverTests(PeersTestCase):
    def test_a_second_attempt(self) -> None:
        """A connection that could not be made is tried once more, unless that would cost the client time."""
        world = PeerWorld(peer("p", "X"))
        world.upstream("p").refuse("refused")
        asked = world.ask("X")
        world.upstream("p").answer(OK)
        self.successResultOf(asked.done)
        world.upstream("p").refuse("too slow", again=False)
        self.assertIn("too slow", self.cause(world.ask("X")))

    def test_the_next_peer_with_the_same_model(self) -> None:
        """In the order of the file, with its own key; those that have no such model are left out."""
        others = peer("q", "X", api_key="of q"), peer("r", "X"), peer("s", "Y")
        world = PeerWorld(peer("p", "X", api_key="of p", failover=("s", "r", "q")), *others)
        for id in "pr":
            world.upstream(id).refuse("refused", "refused")
        asked = world.ask("p/X", "POST", "/v1/x", body=b"hello")
        sent = world.upstream("q").received()
        self.assertIn(b"\r\nHost: q.test\r\n", sent)
        self.assertTrue(sent.endswith(b"\r\n\r\nhello"), sent)
        self.assertEqual((sent.count(b"of q"), sent.count(b"of p"), sent.count(b"1.1 llamaswap-")), (2, 0, 1))
        world.upstream("q").answer(OK)
        self.successResultOf(asked.done)
        self.assertEqual((world.upstream("s").connections, self.state(world, "r").state), ([], PeerState.DOWN))

    def test_it_is_told(self) -> None:
        """Who stood in for whom."""
        world = PeerWorld(peer("p", "X", failover=("q",)), peer("q", "X"))
        world.upstream("p").refuse("refused", "refused")
        with capturedLogs() as events:
            asked = world.ask("p/X")
            world.upstream("q").answer(OK)
            self.successResultOf(asked.done)
        self.assertIn("peer q stood in for p", [formatEvent(event) for event in events])

    def test_models_that_were_listed_count(self) -> None:
        """Whoever lists the model stands in for it."""
        world = PeerWorld(peer("p", "X", failover=("q",)), peer("q", refresh=60))
        world.peers.start()
        world.upstream("q").answer(answer("X"))
        world.upstream("p").refuse("refused", "refused")
        world.ask("p/X")
        self.assertIn(b"POST /base/v1/x", world.upstream("q").received())

    def test_a_kept_connection_that_broke(self) -> None:
        """What was sent on it may have been acted upon, so that nobody else is asked when a new one cannot be made."""
        world = PeerWorld(peer("p", "X", failover=("q",)), peer("q", "X"))
        first = world.ask("p/X", "GET", "/v1/x")
        world.upstream("p").answer(OK)
        self.successResultOf(first.done)
        asked = world.ask("p/X", "DELETE", "/v1/x")
        self.assertIn(b"DELETE", world.upstream("p").received())
        world.upstream("p").refuse("gone", "gone")
        world.upstream("p").lose()
        self.assertIn("gone", self.cause(asked))
        self.assertEqual(world.upstream("q").connections, [])

    def test_nobody(self) -> None:
        """All causes are told."""
        world = PeerWorld(peer("p", "X", failover=("q",)), peer("q", "X"))
        world.upstream("p").refuse("no way", again=False)
        world.upstream("q").refuse("asleep", again=False)
        self.assertEqual(self.cause(world.ask("p/X")), "peer proxy error: p: no way; q: asleep")

    def test_never_once_it_was_sent(self) -> None:
        """A connection that breaks, a peer that answers nothing in time, and one that answers 503 have had it."""
        world = PeerWorld(peer("p", "X", failover=("q",)), peer("q", "X"))
        broken = world.ask("p/X")
        world.upstream("p").lose()
        self.cause(broken)
        late = world.ask("p/X")
        world.clock.advance(300)
        self.cause(late)
        busy = world.ask("p/X")
        world.upstream("p").answer(OK.replace(b"200 OK", b"503 Busy"))
        self.successResultOf(busy.done)
        self.assertEqual(busy.exchange.status, 503)
        self.assertEqual(world.upstream("q").connections, [])


class HealthTests(PeersTestCase):
    def test_requests_tell(self) -> None:
        """Down with the first failure, up with the head of the next answer; each change is published once."""
        world = PeerWorld(peer("p", "X"))
        self.assertEqual(self.state(world, "p").since, None)
        world.upstream("p").refuse(*["refused"] * 4)
        for _ in range(2):
            self.cause(world.ask("X"))
        status = self.state(world, "p")
        self.assertEqual((status.state, status.since, status.error), (PeerState.DOWN, 1000, "refused"))
        world.clock.advance(5)
        world.ask("X")
        world.upstream("p").answer(OK[:-1])
        status = self.state(world, "p")
        self.assertEqual((status.state, status.since, status.error), (PeerState.UP, 1005, ""))
        told = [(each.peer, each.state, each.error, each.when) for each in world.published]
        self.assertEqual(told, [("p", PeerState.DOWN, "refused", 1000), ("p", PeerState.UP, "", 1005)])

    def test_lists_tell(self) -> None:
        """Models are found once they are listed, stay while the peer is down, and each change is published once."""
        world = PeerWorld(peer("p", refresh=60), peer("q", "Y"))
        world.peers.start()
        world.upstream("p").answer(answer("X"))
        self.assertEqual(world.names.find("p/X"), world.names.all()[0])
        world.clock.advance(60)
        world.upstream("p").answer(answer("X"))
        world.clock.advance(60)
        world.upstream("p").refuse("refused")
        world.upstream("p").lose()
        status = self.state(world, "p")
        self.assertEqual((status.state, status.models, status.refreshed), (PeerState.DOWN, ("X",), 1060))
        world.clock.advance(10)
        self.assertIsNotNone(world.names.find("X"))
        world.clock.advance(10)
        world.upstream("p").answer(answer("X", "Z"))
        told = [(each.state, each.models) for each in world.published]
        up, down = PeerState.UP, PeerState.DOWN
        self.assertEqual(told, [(up, ("X",)), (down, ("X",)), (up, ("X", "Z"))])

    def test_a_list_that_cannot_be_used(self) -> None:
        """The peer is up, its last good list stays, and the log tells once until it is good again."""
        world = PeerWorld(peer("p", "X", refresh=60))
        world.peers.start()
        with capturedLogs() as events:
            for models in (b"", b"", answer("Y"), b""):
                world.upstream("p").answer(models or answer(status="404 Not Found"))
                world.clock.advance(60)
        said = [formatEvent(event) for event in events if "list" in formatEvent(event)]
        fault = "GET /v1/models was answered with status 404"
        bad = f"peer p: no list of models: {fault}"
        self.assertEqual(said, [bad, "peer p lists its models again", bad])
        status = self.state(world, "p")
        self.assertEqual((status.state, status.models, status.error), (PeerState.UP, ("X", "Y"), fault))

    def test_names_that_another_peer_has(self) -> None:
        """Are told once."""
        world = PeerWorld(peer("a", "b/c"), peer("a/b", proxy="http://q.test", refresh=60))
        world.peers.start()
        with capturedLogs() as events:
            for _ in range(2):
                world.upstream("q").answer(answer("c", "d"))
                world.clock.advance(60)
        said = [formatEvent(event) for event in events if "another peer" in formatEvent(event)]
        self.assertEqual(said, ["peer a/b lists models whose names here belong to another peer: a/b/c"])
        self.assertEqual(self.state(world, "a/b").models, ("d",))


class ReloadTests(PeersTestCase):
    def test_what_says_the_same_stays(self) -> None:
        """Connections, health and list; also when the key, the models or the filters are others."""
        world = PeerWorld(peer("p", "X", refresh=60))
        world.peers.start()
        upstream = world.upstream("p")
        upstream.answer(answer("Y"))
        world.configure(peer("p", "X", "Z", refresh=60), peer("q", "W"))
        self.assertEqual([each.name for each in world.names.all()], ["p/X", "p/Z", "p/Y", "q/W"])
        self.assertIs(world.upstream("p"), upstream)
        self.assertFalse(upstream.retired)
        self.assertEqual(self.state(world, "p").state, PeerState.UP)
        world.configure(peer("p", "X", api_key="new", refresh=60))
        self.assertIn(b"Bearer new", upstream.received())
        world.ask("p/X")
        sent = b"".join(transport_of(connection).value() for connection in upstream.connections)
        self.assertIn(b"POST /base/v1/x HTTP/1.1\r\nHost: p.test\r\nAuthorization: Bearer new\r\n", sent)
        self.assertEqual(len(world.made), 2)

    def test_other_times(self) -> None:
        """Hold from the next request on."""
        world = PeerWorld(peer("p", "X"))
        running = world.ask("X")
        world.configure(peer("p", "X", timeouts=Timeouts(response_header=5)))
        self.assertEqual((len(world.made), world.upstream("p").retired), (1, False))
        late = world.ask("X")
        world.clock.advance(5)
        self.assertIn("within 5 s", self.cause(late))
        self.assertNoResult(running.done)

    def test_what_was_listed_goes_with_the_wish_for_it(self) -> None:
        """Without `refresh` there are only the models that are named."""
        world = PeerWorld(peer("p", "X", refresh=60))
        world.peers.start()
        world.upstream("p").answer(answer("Y"))
        world.configure(peer("p", "X"))
        self.assertEqual(([each.model for each in world.names.all()], world.clock.getDelayedCalls()), (["X"], []))

    def test_another_server(self) -> None:
        """Running requests go on, no connection is kept; the list is that of the same server, or forgotten."""
        for new in (
            peer("p", "X", refresh=60, proxy="http://p.test/other"),
            peer("p", "X", refresh=60, ca_file="f", ca_pem="other"),
        ):
            world = PeerWorld(peer("p", "X", refresh=60))
            world.peers.start()
            old = world.upstream("p")
            old.answer(answer("Y"))
            running = world.ask("X")
            world.configure(new)
            self.assertTrue(old.retired)
            self.assertIsNot(world.upstream("p"), old)
            listed = ["X"] if new.proxy.endswith("other") else ["X", "Y"]
            self.assertEqual([each.model for each in world.names.all()], listed)
            self.assertEqual(len(world.upstream("p").connections), 1)
            old.answer(OK)
            self.successResultOf(running.done)
            self.assertEqual((running.exchange.answer, self.state(world, "p").state), (b"ok", PeerState.UNKNOWN))

    def test_a_peer_that_is_gone(self) -> None:
        """Its running requests go on; whoever has its name still in hand is told."""
        world = PeerWorld(peer("p", "X"))
        running, names = world.ask("X"), world.names
        world.configure()
        self.assertTrue(world.upstream("p").retired)
        world.names = names
        late = world.ask("X")
        self.assertIn("removed", str(self.failureResultOf(late.done, ModelNotFound).value))
        world.upstream("p").answer(OK)
        self.successResultOf(running.done)
        self.assertEqual(world.peers.statuses(), [])


class EndTests(PeersTestCase):
    def test_s92_the_end(self) -> None:
        """S-92: new requests are refused with 500, running ones are waited for, lists are not asked for any more."""
        world = PeerWorld(peer("p", "X", refresh=60))
        world.peers.start()
        world.upstream("p").answer(answer("X"))
        running = world.ask("X")
        world.peers.refuse()
        refused = self.failureResultOf(world.ask("X").done, PeersShuttingDown).value
        self.assertEqual((str(refused), refused.status), ("peer proxy is shutting down", 500))
        drained = world.peers.drained()
        self.assertNoResult(drained)
        world.upstream("p").answer(OK)
        self.successResultOf(running.done)
        self.successResultOf(drained)
        self.successResultOf(world.peers.drained())
        world.configure(peer("q", refresh=60))
        self.assertEqual((world.clock.getDelayedCalls(), world.upstream("q").connections), ([], []))

    def test_s92_what_does_not_end_is_cut(self) -> None:
        """Every connection, also those to peers that were replaced meanwhile; giving up the wait is harmless."""
        world = PeerWorld(peer("p", "X"))
        running = world.ask("X")
        world.configure(peer("p", "X", proxy="http://q.test"))
        world.peers.refuse()
        drained = world.peers.drained()
        drained.cancel()
        self.failureResultOf(drained, CancelledError)
        world.peers.close()
        self.assertEqual([upstream.closed for upstream in world.made], [True, True])
        world.upstream("p").lose()
        self.cause(running)
