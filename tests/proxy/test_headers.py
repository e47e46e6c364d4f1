"""Which header lines cross."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Header
from llamaswap.proxy.headers import (
    SESSION_COOKIE,
    Introduction,
    came_through,
    from_peer,
    readable_query,
    towards_client,
    towards_peer,
    towards_upstream,
    upgrade_lines,
)

SPELLINGS = [
    spelling
    for name in (
        b"Host",
        b"Via",
        b"Authorization",
        b"X-API-Key",
        b"Forwarded",
        b"X-Forwarded-Proto",
        b"Connection",
        b"X",
    )
    for spelling in (name, name.lower(), name.upper())
]


class SessionTests(SynchronousTestCase):
    """The cookie by which a browser shows that it has logged in here."""

    def test_it_stays_here(self) -> None:
        """Other cookies pass as they were written, however the lines are spelled; what is empty then is left out."""
        ours = SESSION_COOKIE
        for before, after in (
            (b"a=b; " + ours + b"=t; c=d", b"a=b; c=d"),
            (ours + b"=t", None),
            (ours + b"=t; " + ours + b"=u;", None),
            (b"x" + ours + b"=t;  y=1", b"x" + ours + b"=t;  y=1"),
            (b"a=" + ours + b"=t", b"a=" + ours + b"=t"),
            (b" " + ours + b" =t; a=1", b"a=1"),
            (b"a=b", b"a=b"),
            (b"", b""),
        ):
            expected = [] if after is None else [(b"cOOkie", after)]
            lines = [(b"cOOkie", before)]
            self.assertEqual(towards_upstream(lines, "", keep_credentials=False), expected, before)
            sent = towards_peer(lines, Introduction(b"v"), b"p", keep_credentials=False)
            self.assertEqual([line for line in sent if line[0] == b"cOOkie"], expected, before)

    def test_without_keys(self) -> None:
        """There are no sessions, and all cookies pass."""
        lines = [(b"Cookie", SESSION_COOKIE + b"=t")]
        self.assertEqual(towards_upstream(lines, "", keep_credentials=True), lines)

    @given(st.binary(), st.binary())
    def test_never_whatever_is_around_it(self, before: bytes, after: bytes) -> None:
        """No cookie line lets it pass."""
        line = before + b";" + SESSION_COOKIE + b"=token;" + after
        sent = towards_upstream([(b"Cookie", line)], "", keep_credentials=False)
        pairs = [pair.partition(b"=") for _, value in sent for pair in value.split(b";")]
        self.assertNotIn(SESSION_COOKIE, [name.strip() for name, equals, _ in pairs if equals])


class FromPeerTests(SynchronousTestCase):
    """What another server answers."""

    SANDBOX: Header = (b"Content-Security-Policy", b"sandbox")
    AS_NAMED: Header = (b"X-Content-Type-Options", b"nosniff")

    def test_pages(self) -> None:
        """Whatever a browser may show as a page, or guess to be one, has no scripts and no origin."""
        kinds = [b"text/html", b"TEXT/HTML; charset=x", b"application/xhtml+xml", b"image/svg+xml", b"text/xml"]
        kinds += [b"application/xml", b"application/rss+xml", b"text/xsl", b"multipart/x-mixed-replace;boundary=x"]
        kinds += [b"", b"*/*", b"unknown/unknown", b"html", b"/", b"text/", b"/html", b"text/ ; charset=utf-8", b" /x"]
        for kind in kinds:
            lines = [(b"Content-Type", kind)]
            self.assertEqual(from_peer(lines), [*lines, self.SANDBOX, self.AS_NAMED], kind)
        self.assertEqual(from_peer([]), [self.SANDBOX, self.AS_NAMED])
        both = [(b"content-type", b"application/json"), (b"Content-Type", b"text/html")]
        self.assertEqual(from_peer(both), [*both, self.SANDBOX, self.AS_NAMED])

    def test_a_policy_of_its_own(self) -> None:
        """Stays, and both hold."""
        lines = [(b"Content-Type", b"text/html"), (b"Content-Security-Policy", b"default-src *")]
        self.assertEqual(from_peer(lines), [*lines, self.SANDBOX, self.AS_NAMED])

    def test_all_else(self) -> None:
        """Is as it was, and what it says it is."""
        for kind in (b"application/json", b"text/event-stream", b"text/plain", b"audio/mpeg", b"image/png"):
            lines = [(b"Content-Type", kind), (b"Set-Cookie", b"a=b")]
            self.assertEqual(from_peer(lines), [*lines, self.AS_NAMED], kind)
            self.assertEqual(from_peer([*lines, self.AS_NAMED]), [*lines, self.AS_NAMED], kind)


class TowardsUpstreamTests(SynchronousTestCase):
    def test_hop_by_hop_lines_stay(self) -> None:
        """Lifecycle section 3.2's, what `Connection` names, and the framing; the rest keeps order and spelling."""
        crossing = [(b"Host", b"h:1"), (b"aCCept", b"*/*"), (b"Cookie", b"a=b"), (b"cookie", b"c=d")]
        staying = [
            (b"Connection", b"keep-alive, X-Mine"),
            (b"x-mine", b"1"),
            (b"Keep-Alive", b"5"),
            (b"Proxy-Connection", b"x"),
            (b"Proxy-Authorization", b"x"),
            (b"Trailer", b"x"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Content-Length", b"1"),
            (b"Upgrade", b"h2c"),
            (b"Expect", b"100-continue"),
            (b"TE", b"gzip"),
        ]
        self.assertEqual(towards_upstream(crossing + staying, "", keep_credentials=True), crossing)

    def test_te_trailers_survives(self) -> None:
        """A client that takes trailers says so end to end."""
        self.assertEqual(
            towards_upstream([(b"TE", b"gzip, trailers")], "", keep_credentials=True), [(b"TE", b"trailers")]
        )

    def test_the_client_is_appended_to_the_forwarded_list(self) -> None:
        """Repeated lines become one list, with the connection's address last."""
        lines = [(b"X-Forwarded-For", b"1.1.1.1, 2.2.2.2"), (b"x-forwarded-for", b"3.3.3.3"), (b"Forwarded", b"for=x")]
        self.assertEqual(
            towards_upstream(lines, "::1", keep_credentials=True),
            [(b"Forwarded", b"for=x"), (b"X-Forwarded-For", b"1.1.1.1, 2.2.2.2, 3.3.3.3, ::1")],
        )

    def test_q1_our_keys_stay_here(self) -> None:
        """Deviation Q1: with keys configured, neither credential line reaches a model."""
        lines = [(b"Authorization", b"Bearer k"), (b"X-API-Key", b"k"), (b"X", b"y")]
        self.assertEqual(towards_upstream(lines, "", keep_credentials=False), [(b"X", b"y")])
        self.assertEqual(towards_upstream(lines, "", keep_credentials=True), lines)


class TowardsPeerTests(SynchronousTestCase):
    def test_s91_host_and_way(self) -> None:
        """S-91: the peer's host stands first; nothing tells who asked, and by which way, but for `Via`."""
        hidden = [
            (b"host", b"here"),
            (b"Forwarded", b"for=x"),
            (b"X-Forwarded-For", b"1.1.1.1"),
            (b"x-forwarded-y", b""),
        ]
        crossing = [(b"Cookie", b"a=b"), (b"X-Forwarded", b"no such thing"), (b"TE", b"trailers")]
        lines = towards_peer(
            [*hidden, *crossing, (b"Connection", b"close")], Introduction(b"me"), b"there:1", keep_credentials=True
        )
        self.assertEqual(lines, [(b"Host", b"there:1"), *crossing, (b"Via", b"1.1 me")])

    def test_via_grows(self) -> None:
        """All lines become one, with this server last."""
        lines = [(b"Via", b"1.1 a, 1.0 b"), (b"via", b"1.1 c")]
        self.assertEqual(
            towards_peer(lines, Introduction(b"me"), b"h", keep_credentials=True)[1:],
            [(b"Via", b"1.1 a, 1.0 b, 1.1 c, 1.1 me")],
        )

    def test_w27_credentials(self) -> None:
        """Ours for the peer take the place of the client's; else those pass where they are not this server's own."""
        own = [(b"authorization", b"Basic x"), (b"X-Api-Key", b"y")]
        ours = [(b"Authorization", b"Bearer k\xc3\xa9"), (b"x-api-key", b"k\xc3\xa9")]
        for key, keep, expected in (("", True, own), ("", False, []), ("k\xe9", True, ours), ("k\xe9", False, ours)):
            lines = towards_peer(own, Introduction(b"me", key), b"h", keep_credentials=keep)
            self.assertEqual(lines[1:-1], expected)

    @given(st.lists(st.tuples(st.sampled_from(SPELLINGS), st.binary(max_size=8))), st.sampled_from(["", "ours"]))
    def test_w27_no_spelling_lets_a_key_out(self, lines: list[Header], key: str) -> None:
        """Whatever the client sends, and however often: there is one host, one way, and at most our own key."""
        sent = towards_peer(lines, Introduction(b"me", key), b"there", keep_credentials=False)
        names = [name.lower() for name, _ in sent]
        self.assertEqual((names.count(b"host"), names.count(b"via"), sent[0]), (1, 1, (b"Host", b"there")))
        shown = [value for name, value in sent if name.lower() in (b"authorization", b"x-api-key")]
        self.assertEqual(shown, [b"Bearer ours", b"ours"] if key else [])
        self.assertFalse([name for name in names if name.startswith(b"x-forwarded-") or name == b"forwarded"])

    def test_a_way_that_is_a_circle(self) -> None:
        """Found in any of the lines, and nowhere else."""
        lines = [(b"Via", b"1.1 a"), (b"via", b"1.1 llamaswap-1, 1.1 llamaswap-2"), (b"X", b"llamaswap-3")]
        self.assertEqual([came_through(lines, b"llamaswap-%d" % number) for number in (1, 2, 3)], [True, True, False])

    def test_parameters_that_cannot_be_decoded(self) -> None:
        """Are left out; a query without any stays as it is, byte for byte."""
        for target, expected in (
            (b"/p?a=1&&b=%2f", b"/p?a=1&&b=%2f"),
            (b"/p;x?a", b"/p;x?a"),
            (b"/p%zz", b"/p%zz"),
            (b"/p?a=1;b=2&c=3", b"/p?c=3"),
            (b"/p?a=%&b=%4&c=%zz&d=%41", b"/p?d=%41"),
            (b"/p?%", b"/p?"),
        ):
            self.assertEqual(readable_query(target), expected)


class TowardsClientTests(SynchronousTestCase):
    def test_an_event_stream_is_marked(self) -> None:
        """Whatever the case of its type, and whatever the upstream said about buffering."""
        lines = [(b"Content-Type", b"Text/Event-Stream; charset=utf-8"), (b"X-Accel-Buffering", b"yes")]
        self.assertEqual(towards_client(lines), [lines[0], (b"X-Accel-Buffering", b"no")])
        self.assertEqual(towards_client([(b"Content-Type", b"text/plain")]), [(b"Content-Type", b"text/plain")])

    def test_our_cookie(self) -> None:
        """No other server sets it, nor one without a name that comes back as ours."""
        for value in (b" %b = x; Path=/", b"%b", b"=%b=x; Path=/", b" = %b = x", b"=%b"):
            lines = [(b"Content-Type", b"text/plain"), (b"set-cookie", value.replace(b"%b", SESSION_COOKIE))]
            self.assertEqual(towards_client(lines), lines[:1])
        for value in (b"a=" + SESSION_COOKIE, b"=x", b"a=b=" + SESSION_COOKIE, b"my_" + SESSION_COOKIE + b"=x"):
            self.assertEqual(towards_client([(b"Set-Cookie", value)]), [(b"Set-Cookie", value)])

    def test_what_it_says_for_all_of_us(self) -> None:
        """Is not its to say: that browsers forget their sessions, come by TLS only, go elsewhere, or tell others."""
        names = (
            "Clear-Site-Data",
            "strict-transport-security",
            "Alt-Svc",
            "NEL",
            "Report-To",
            "Service-Worker-Allowed",
        )
        lines = [(b"Content-Type", b"text/plain"), *((name.encode(), b"x") for name in names)]
        self.assertEqual(towards_client(lines), lines[:1])

    def test_an_upgrade_gets_its_lines_back(self) -> None:
        """Of the protocols that were named, the one that is relayed."""
        lines = [(b"Connection", b"upgrade"), (b"UPGRADE", b"websocket"), (b"Sec-WebSocket-Accept", b"x")]
        self.assertEqual(towards_client(lines), lines[2:])
        self.assertEqual(upgrade_lines(), [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")])
