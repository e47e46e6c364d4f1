"""Requests that a foreign web page may have sent."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import Forbidden
from llamaswap.web.hosts import HostRule, host_name, is_loopback, is_own_name, same_origin
from tests.support.web import MemoryExchange


class NameTests(SynchronousTestCase):
    def test_host_name(self) -> None:
        """Port, brackets, case and a trailing dot do not belong to a name."""
        cases = {"LocalHost:8080": "localhost", "[::1]:80": "::1", "[::1]": "::1", "a.example.": "a.example", "": ""}
        self.assertEqual({host: host_name(host) for host in cases}, cases)

    def test_no_host(self) -> None:
        """What is written in another way than `name:port` names nothing, however it begins or ends."""
        for host in (
            "127.0.0.1:80@evil.example",
            "127.0.0.1@evil.example",
            "[::1]evil.example",
            "[::1]:80@evil.example",
            "[::1",
            "[localhost]",
            "localhost:x",
            "localhost:80:80",
            "localhost:123456",
            "localhost/",
            "localhost\\@evil.example",
            "evil.example#.localhost",
            "a b.localhost",
            "localhost\n",
        ):
            self.assertEqual(host_name(host), "", host)
            self.assertFalse(is_own_name(host, ("", " ")), host)

    def test_loopback(self) -> None:
        """All of 127.0.0.0/8 and `::1`, also in the form that an IPv6 socket shows; no names."""
        for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
            self.assertTrue(is_loopback(address), address)
        for address in ("192.0.2.1", "::", "::ffff:192.0.2.1", "localhost", ""):
            self.assertFalse(is_loopback(address), address)


class OwnNameTests(SynchronousTestCase):
    """Names that no other page can have made to lead here."""

    def test_names(self) -> None:
        """Addresses, those of the loopback address, and those that are allowed."""
        allowed = ("Box.lan", "llm.example:8443", "", " ")
        for host in ("localhost", "a.localhost:1", "127.0.0.1:80", "[::1]", "192.0.2.9:8080", "box.lan:1", "BOX.LAN."):
            self.assertTrue(is_own_name(host, allowed), host)
        for host in ("", ":80", "evil.example", "localhost.evil.example", "llm.example", "llm.example:80", "[evil]"):
            self.assertFalse(is_own_name(host, allowed), host)
        self.assertTrue(is_own_name("llm.example:8443", allowed))

    def test_origins(self) -> None:
        """The same name and port; a port that `Host` does not have is not compared."""
        for origin, host in (
            ("http://box:8080", "box:8080"),
            ("http://box:8080/ui/", "BOX:8080"),
            ("https://box", "box:443"),
            ("http://box", "box:80"),
            ("https://box:8443", "box"),
            ("http://[::1]:81", "[::1]:81"),
        ):
            self.assertTrue(same_origin(origin, host), origin)
        for origin, host in (
            ("http://box:8080", "box:8081"),
            ("http://box", "box:8080"),
            ("http://other:8080", "box:8080"),
            ("http://box:8080@evil.example", "box:8080"),
            ("null", "box"),
            ("", "box"),
            ("http://", ""),
            ("http://box:x", "box:x"),
            ("http://[", "["),
        ):
            self.assertFalse(same_origin(origin, host), origin)


class HostRuleTests(SynchronousTestCase):
    def refused(self, headers: dict[str, str], local: str = "127.0.0.1", *, has_keys: bool = False) -> str | None:
        rule = HostRule(has_keys=has_keys, allowed_hosts=["Box.lan", "llm.example:8443"])
        try:
            rule.check(MemoryExchange(headers=headers, local=local))
        except Forbidden as error:
            return str(error)
        return None

    def test_origin(self) -> None:
        """A page of another host, or of nowhere, is refused whatever its port; one of this host is not."""
        for origin in ("http://evil.example", "https://localhost.evil.example", "null", "", "http://[bad", "localhost"):
            for has_keys in (False, True):
                self.assertIn(
                    "Origin", self.refused({"Host": "localhost:1", "Origin": origin}, has_keys=has_keys) or ""
                )
        for origin in ("http://localhost:1", "http://LOCALHOST", "https://localhost.:99"):
            self.assertIsNone(self.refused({"Host": "localhost:1", "Origin": origin}))
        self.assertIsNone(self.refused({"Host": "[::1]:1", "Origin": "http://[::1]:1"}))
        self.assertIsNotNone(self.refused({"Origin": "http://localhost"}))

    def test_rebound_name(self) -> None:
        """On a loopback address without keys, Host must be a loopback name or allowed; the message names the key."""
        for host in ("localhost:8080", "a.localhost", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "LOCALHOST"):
            self.assertIsNone(self.refused({"Host": host}), host)
        for host in ("box.lan", "BOX.lan:8080", "llm.example:8443"):
            self.assertIsNone(self.refused({"Host": host}), host)
        for host in (
            "evil.example",
            "localhost.evil.example:80",
            "llm.example:80",
            "192.0.2.9",
            "localhost@evil.example",
            "127.0.0.1:80@evil.example",
            "[::1]evil.example",
        ):
            self.assertIn("allowedHosts", self.refused({"Host": host}) or "", host)

    def test_where_it_does_not_apply(self) -> None:
        """With keys, and on other addresses, Host may be anything; and no browser leaves it out."""
        self.assertIsNone(self.refused({"Host": "evil.example"}, has_keys=True))
        self.assertIsNone(self.refused({"Host": "evil.example"}, "192.0.2.1"))
        self.assertIsNone(self.refused({"Host": "evil.example"}, ""))
        self.assertIsNone(self.refused({}))
