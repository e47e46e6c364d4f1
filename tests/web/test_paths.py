"""How the path of a request target is read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.web.paths import cleaned, decoded, location, prefix, shown, split

SEGMENTS = st.lists(st.sampled_from([b"", b".", b"..", b"a", b"b%2Fc", b"...", b".x", b"%2e%2e"]), max_size=6)


class PathTests(SynchronousTestCase):
    def test_split(self) -> None:
        """The first question mark begins the query."""
        self.assertEqual(split(b"/a?b?c"), (b"/a", b"?b?c"))
        self.assertEqual(split(b"/a"), (b"/a", b""))
        self.assertEqual(split(b"/a?"), (b"/a", b"?"))

    def test_decoded_once(self) -> None:
        """An encoded percent sign stays encoded."""
        self.assertEqual(decoded(b"/a%2Fb%252F"), b"/a/b%2F")

    def test_cleaned(self) -> None:
        """Empty and dot segments go; encoded slashes and dots are no separators."""
        cases = {
            b"//health": b"/health",
            b"/a/./b/": b"/a/b/",
            b"/a/../../b": b"/b",
            b"/a/..": b"/",
            b"/..": b"/",
            b"//": b"/",
            b"/a//": b"/a/",
            b"/.well-known/x": b"/.well-known/x",
            b"/a%2F%2Fb/%2e%2e/c": b"/a%2F%2Fb/%2e%2e/c",
        }
        self.assertEqual({path: cleaned(path) for path in cases}, cases)

    @given(SEGMENTS)
    def test_cleaned_is_clean(self, segments: list[bytes]) -> None:
        """Cleaning twice is cleaning once, and leaves nothing to clean."""
        path = b"/" + b"/".join(segments)
        clean = cleaned(path)
        self.assertEqual(cleaned(clean), clean)
        self.assertTrue(clean.startswith(b"/"))
        for part in (b"//", b"/./", b"/../"):
            self.assertNotIn(part, clean)

    def test_location(self) -> None:
        """A backslash, which browsers take for a slash, and what is not printable are encoded."""
        self.assertEqual(location(b"/\\evil.example/a b\xff?q"), b"/%5Cevil.example/a%20b%FF?q")

    def test_prefix(self) -> None:
        """Nothing but a plain path is believed: no other host, no way up, nothing a header could break at."""
        for said, believed in (
            (b"/swap", b"/swap"),
            (b"/swap/", b"/swap"),
            (b" /a/b-c_d.e~f/1 ", b"/a/b-c_d.e~f/1"),
            (b"/.well", b"/.well"),
            (b"/" + b"a" * 255, b"/" + b"a" * 255),
        ):
            self.assertEqual(prefix(said), believed)
        for said in (
            *(b"", b"/", b"//", b"swap", b"//evil.example", b"/a//b", b"/a//", b"/\\evil.example", b"\\\\evil.example"),
            *(b"/..", b"/../b", b"/a/..", b"/a/../", b"/./a", b"/a/.", b"/%2e%2e", b"/a?b", b"/a#b", b"/a b", b"/a,/b"),
            *(b"/a:b", b"/a\r\nX: y", b"/a\n", b"/\xc3\xa4", b"https://evil.example", b"/" + b"a" * 256),
        ):
            self.assertEqual(prefix(said), b"", said)
        self.assertEqual(prefix(None), b"")

    @given(st.binary())
    def test_any_prefix(self, said: bytes) -> None:
        """What comes of it begins a path of this host, with no slash at its end."""
        self.assertRegex(prefix(said) + b"/ui/", rb"\A/[A-Za-z0-9._~/-]*\Z")
        self.assertNotIn(b"//", prefix(said) + b"/ui/")

    def test_shown(self) -> None:
        """For people: decoded, without the query, and always text."""
        self.assertEqual(shown("/ä%20%C3%A4%FF?q".encode()), "/ä ä\\xff")
