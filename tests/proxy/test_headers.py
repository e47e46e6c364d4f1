"""Which header lines cross."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.proxy.headers import towards_client, towards_upstream, upgrade_lines


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


class TowardsClientTests(SynchronousTestCase):
    def test_an_event_stream_is_marked(self) -> None:
        """Whatever the case of its type, and whatever the upstream said about buffering."""
        lines = [(b"Content-Type", b"Text/Event-Stream; charset=utf-8"), (b"X-Accel-Buffering", b"yes")]
        self.assertEqual(towards_client(lines), [lines[0], (b"X-Accel-Buffering", b"no")])
        self.assertEqual(towards_client([(b"Content-Type", b"text/plain")]), [(b"Content-Type", b"text/plain")])

    def test_an_upgrade_gets_its_lines_back(self) -> None:
        """The protocol is named as the other side named it."""
        lines = [(b"Connection", b"upgrade"), (b"UPGRADE", b"websocket"), (b"Sec-WebSocket-Accept", b"x")]
        self.assertEqual(towards_client(lines), lines[2:])
        self.assertEqual(upgrade_lines(lines), [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")])
