"""The access log line."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Caller
from llamaswap.web import access
from tests.support.web import MemoryExchange


def line(exchange: MemoryExchange, seconds: float = 0.00989) -> str | None:
    fields = access.record(exchange, seconds)
    return access.FORMAT.format(**fields) if fields is not None else None


class LineTests(SynchronousTestCase):
    def test_probe_127_format(self) -> None:
        """Client, request line without query, status, size, agent and duration."""
        exchange = MemoryExchange("GET", "/health?x=1", {"User-Agent": "curl/8"}, peer="127.0.0.1")
        exchange.begin(200, [], length=2)
        exchange.write(b"OK")
        self.assertEqual(line(exchange), 'Request 127.0.0.1 "GET /health HTTP/1.1" 200 2 "curl/8" 9.89ms')

    def test_key(self) -> None:
        """The name of the API key stands at the end, where there is one."""
        exchange = MemoryExchange("GET", "/running")
        exchange.caller = Caller("a box")
        self.assertEqual(line(exchange), 'Request 192.0.2.7 "GET /running HTTP/1.1" 200 0 "" 9.89ms key "a box"')

    def test_nothing_was_answered(self) -> None:
        """A request abandoned before its answer is logged as the original does; no agent is an empty one."""
        self.assertEqual(line(MemoryExchange("POST", "/x")), 'Request 192.0.2.7 "POST /x HTTP/1.1" 200 0 "" 9.89ms')

    def test_client_behind_proxies(self) -> None:
        """The first address that a proxy forwarded, else the real one, else the connection's."""
        for headers, client in (
            ({"X-Forwarded-For": " 9.9.9.9 , 8.8.8.8", "X-Real-IP": "7.7.7.7"}, "9.9.9.9"),
            ({"X-Real-IP": "7.7.7.7"}, "7.7.7.7"),
            ({"X-Forwarded-For": " "}, "192.0.2.7"),
        ):
            self.assertIn(f"Request {client} ", line(MemoryExchange(headers=headers)) or "")

    def test_q23_path_cannot_forge_lines(self) -> None:
        """Decoded control characters of path, agent and address are spelled out."""
        headers = {"User-Agent": "a\x1b[2Jb", "X-Forwarded-For": "1\x07"}
        shown = line(MemoryExchange("GET", "/a%0A[INFO]%20x%FFy", headers)) or ""
        self.assertIn(r'Request 1\x07 "GET /a\x0a[INFO] x\xffy HTTP/1.1"', shown)
        self.assertIn(r'"a\x1b[2Jb"', shown)

    def test_quiet_paths(self) -> None:
        """What is asked every few seconds is not logged; health and preflights are."""
        for path in ("/wol-health", "/api/performance?after=x", "/metrics", "/metrics/x"):
            self.assertIsNone(line(MemoryExchange("GET", path)))
        for method, path in (("GET", "/health"), ("OPTIONS", "/x")):
            self.assertIsNotNone(line(MemoryExchange(method, path)))

    def test_durations(self) -> None:
        """The unit follows the size."""
        cases = {
            0.0: "0µs",
            13.11e-6: "13.11µs",
            9.89e-3: "9.89ms",
            0.01: "10ms",
            1.24: "1.24s",
            62.5: "1m2.5s",
            120.0: "2m0s",
            3603.0: "1h0m3s",
        }
        self.assertEqual({seconds: access.duration(seconds) for seconds in cases}, cases)
