"""What is noted of requests to models, through the relayed lanes: how each ends, and what is said of it."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import CaptureRules
from llamaswap.errors import StartFailed
from llamaswap.metrics.entry import CLIENT_GONE, Entry
from tests.support.relay import RelayWorld
from tests.support.web import MemoryExchange, model, settings_of

CHAT = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class EntryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = RelayWorld(settings_of(model("m", aliases=("al",))))

    def begin(self, name: str = "m", path: str = CHAT) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("POST", path, JSON, b'{"model":"%b"}' % name.encode())

    @property
    def entry(self) -> Entry:
        """The one that has ended."""
        (entry,) = self.world.ended
        return entry

    def test_an_answer(self) -> None:
        """Model, path as forwarded, the head as the client got it, and how much of a body."""
        _, done = self.begin("al", "/v/chat/completions")
        self.world.upstream("m").answer(OK + b"ab", b"cd")
        self.successResultOf(done)
        entry = self.entry
        self.assertEqual((entry.model, entry.path, entry.asked_path), ("m", "/chat/completions", "/v/chat/completions"))
        self.assertEqual((entry.seen, entry.status, entry.received, entry.listed), (200, 200, 4, True))
        self.assertEqual(entry.response_headers(), {"Content-Type": "text/plain", "Set-Cookie": "[REDACTED]"})
        self.assertEqual(entry.request_headers(), {"Content-Type": "application/json"})
        self.assertEqual((entry.method, entry.remote_ip, entry.id), ("POST", "192.0.2.7", "1"))

    def test_chunks_are_counted_without_their_framing(self) -> None:
        _, done = self.begin()
        self.world.upstream("m").answer(CHUNKED, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
        self.successResultOf(done)
        self.assertEqual(self.entry.received, 5)

    def test_an_unknown_model(self) -> None:
        """Is an entry too, by the name that was asked for (probe 27)."""
        exchange, done = self.begin("zzz")
        self.successResultOf(done)
        self.assertEqual((self.entry.model, self.entry.seen, self.entry.choice), ("zzz", 404, None))
        self.assertEqual(exchange.status, 404)

    def test_no_model(self) -> None:
        """A request that names none is nobody's (probe 28)."""
        _, done = self.begin("")
        self.successResultOf(done)
        self.assertEqual(self.world.ended, [])

    def test_a_refusal(self) -> None:
        self.world.leases.refusal = StartFailed("exited")
        self.successResultOf(self.begin()[1])
        self.assertEqual(
            (self.entry.seen, self.entry.status, str(self.entry.refusal)), (500, 0, "unspecific error: exited")
        )

    def test_a_client_that_leaves(self) -> None:
        """Before the answer: 499. In its middle: the status that it saw (Q5)."""
        _, done = self.begin()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual((self.entry.seen, self.entry.error), (CLIENT_GONE, "the client hung up"))
        self.world.ended.clear()
        _, done = self.begin()
        self.world.upstream("m").answer(OK + b"ab")
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual((self.entry.seen, self.entry.received), (200, 2))

    def test_a_model_that_breaks_off(self) -> None:
        exchange, done = self.begin()
        self.world.upstream("m").answer(OK + b"ab")
        self.world.upstream("m").close()
        self.successResultOf(done)
        self.assertTrue(exchange.aborted)
        self.assertEqual((self.entry.seen, self.entry.received), (200, 2))
        self.assertIn("broke off", self.entry.error)

    def test_a_get_is_tracked_but_not_listed(self) -> None:
        _, done = self.world.begin("GET", "/props?model=m")
        self.world.upstream("m").answer(OK + b"abcd")
        self.successResultOf(done)
        self.assertEqual((self.entry.tracked, self.entry.listed), (True, False))

    def test_below_upstream(self) -> None:
        """What asks as the model routes do is listed and tracked, by its path below the model (section 7.1)."""
        for method, path, tracked, listed in (
            ("POST", CHAT, True, True),
            ("GET", "/props", True, False),
            ("GET", CHAT, False, False),
            ("POST", "/props", False, True),
            ("POST", "/custom", False, False),
        ):
            self.world.ended.clear()
            _, done = self.world.begin(method, f"/upstream/m{path}?x=1")
            self.world.upstream("m").answer(OK + b"abcd")
            self.successResultOf(done)
            self.assertEqual((self.entry.path, self.entry.tracked, self.entry.listed), (path, tracked, listed))

    def test_only_what_can_be_read_is_asked_for(self) -> None:
        """Probe 47, and no coding at all where the client wants none, or none of those."""
        for asked, sent in (
            ({"Accept-Encoding": "br, gzip;q=0.5, deflate"}, b"gzip;q=0.5, deflate"),
            ({"Accept-Encoding": "br"}, b"identity"),
            ({"Accept-Encoding": "gzipped, *"}, b"identity"),
            ({}, b"identity"),
        ):
            _, done = self.world.begin("POST", CHAT, {**JSON, **asked}, b'{"model":"m"}')
            head = self.world.upstream("m").received()
            self.assertEqual(head.count(b"Accept-Encoding"), 1)
            self.assertIn(b"Accept-Encoding: %b\r\n" % sent, head)
            done.cancel()
            self.failureResultOf(done, CancelledError)

    def test_secrets_of_the_settings(self) -> None:
        """Headers that `captures.redact` names are nobody's business while the request is under way either."""
        rules = CaptureRules(redact_headers=("X-Tenant-Key",))
        self.world = RelayWorld(settings_of(model("m"), captures=rules))
        self.world.begin("POST", CHAT, {**JSON, "X-Tenant-Key": "hush"}, b'{"model":"m"}')
        self.world.upstream("m").answer(b"HTTP/1.1 200 OK\r\nX-tenant-key: hush\r\nContent-Length: 4\r\n\r\n")
        (entry,) = self.world.inflight.snapshot()
        self.assertEqual(entry.request_headers()["X-Tenant-Key"], "[REDACTED]")
        self.assertEqual(entry.response_headers()["X-Tenant-Key"], "[REDACTED]")

    def test_what_is_not_read_crosses_as_it_is(self) -> None:
        """A model's pages, and requests that leave no row: the coding is the client's business (section 6.7)."""
        for asked in ({"Accept-Encoding": "gzip, deflate, br, zstd"}, {}):
            for method, path in (("GET", "/upstream/m/"), ("GET", "/props?model=m"), ("POST", "/upstream/m/custom")):
                _, done = self.world.begin(method, path, {"Host": "h", **asked})
                head = self.world.upstream("m").received()
                self.assertEqual(head.count(b"Accept-Encoding: gzip, deflate, br, zstd\r\n"), len(asked), path)
                self.assertEqual(head.count(b"Accept-Encoding"), len(asked), path)
                done.cancel()
                self.failureResultOf(done, CancelledError)


class CancelTests(SynchronousTestCase):
    """An operator ends a request (http-api section 11)."""

    def setUp(self) -> None:
        self.world = RelayWorld(settings_of(model("m")))
        self.entries: list[Entry] = []
        opened = self.world.ledger.opened

        def note(entry: Entry) -> None:
            opened(entry)
            self.entries.append(entry)

        self.world.ledger.opened = note  # type: ignore[method-assign]

    def begin(self) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("POST", CHAT, JSON, b'{"model":"m"}')

    def test_while_it_waits(self) -> None:
        """503, and the place in line is free."""
        self.world.leases.pending = Deferred()
        exchange, done = self.begin()
        self.entries[0].cancel()
        self.successResultOf(done)
        self.assertEqual((exchange.status, exchange.finished, self.world.leases.left), (503, True, []))
        self.assertEqual(self.world.ended[0].seen, 503)

    def test_while_the_model_thinks(self) -> None:
        """502, as if it had broken off (probe 122); the model is hung up on."""
        exchange, done = self.begin()
        self.entries[0].cancel()
        self.successResultOf(done)
        self.assertEqual((exchange.status, exchange.finished, self.world.leases.left), (502, True, []))
        self.assertEqual(self.world.upstream("m").kept, [])

    def test_while_it_streams(self) -> None:
        """The answer ends, and does not look complete (probe 121)."""
        exchange, done = self.begin()
        self.world.upstream("m").answer(CHUNKED, b"3\r\nabc\r\n")
        self.entries[0].cancel()
        self.successResultOf(done)
        self.assertEqual((exchange.status, exchange.aborted, exchange.finished), (200, True, False))
        self.assertEqual((self.world.leases.left, self.world.ended[0].error), ([], "cancelled by an operator"))
