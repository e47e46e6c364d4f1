"""URLs that existing files may hold pass; what cannot be one is refused with a reason (section 8)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.urls import url_fault, wire_path

GOOD = """
http://localhost:5800 https://gpu1 http://[::1]:80/v1 http://[fe80::1%25eth0]/ http://u:p@h:1/x?y=%zz#f
localhost:8080 foo /path 5 ftp://h http://h:99999 http://h: //h/x ///x http://h/%20 http://h%25 http://h%c3%a9/ a/b:c
http://é.example http://h/a?b:c unix:/x
""".split()
BAD = {
    "127.0.0.1:8080": "does not begin with a scheme",
    "://x": "does not begin with a scheme",
    "a_b:c": "does not begin with a scheme",
    " http://h": "does not begin with a scheme",
    "http://h h": "host",
    "http://h\\x": "host",
    "http://h{x": "host",
    "http://h|x": "host",
    "http://h^x": "host",
    "http://h`x": "host",
    "http://u u@h": "user part",
    "http://u\\@h": "user part",
    "http://u|@h": "user part",
    "http://h:a": "its port is not a number",
    "http://[::1": "closing ]",
    "http://[::1]x": "port",
    "http://h/%zz": "percent escape",
    "http://h/%2": "percent escape",
    "http://h/#%zz": "percent escape",
    "http://h%41": "host",
    "http://h\n": "control character",
    "\x7f": "control character",
}


class FaultTests(SynchronousTestCase):
    """Which texts can be URLs."""

    def test_good(self) -> None:
        """Useless ones pass as well."""
        for url in ["", "http://h/a b", *GOOD]:
            self.assertIsNone(url_fault(url), url)

    def test_bad(self) -> None:
        """Each refusal says what is wrong."""
        for url, reason in BAD.items():
            self.assertIn(reason, url_fault(url) or "accepted", repr(url))


class WirePathTests(SynchronousTestCase):
    """Paths as a request line carries them."""

    def test_escaping(self) -> None:
        """Good paths stay, blanks and other letters are escaped, a fragment goes."""
        for path in ("/health", "/v1/models?x=1&y=%20", "health", "", "/a:b@c"):
            self.assertEqual(wire_path(path), path)
        self.assertEqual(wire_path("/a b/é#x"), "/a%20b/%C3%A9")
