"""Where strings and values of a JSON text end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.filters.scan import string_end


def plainly(body: bytes, start: int) -> int | None:
    """The same, letter by letter."""
    position = start + 1
    while position < len(body):
        if body[position] == ord('"'):
            return position + 1
        position += 2 if body[position] == ord("\\") else 1
    return None


class StringTests(SynchronousTestCase):
    @given(st.text(alphabet='"\\ax\n', max_size=40).map(str.encode))
    def test_ends(self, rest: bytes) -> None:
        """At the first quote that nothing takes its meaning from."""
        for body in (b'"' + rest, b'"' + rest * 300):
            self.assertEqual(string_end(body, 0), plainly(body, 0))

    def test_hostile_escapes(self) -> None:
        """Escapes are passed in long steps: a million of them take no time worth speaking of, whichever they are."""
        for escape in (b'\\"', b"\\\\", b"\\n", b"x\\n"):
            body = b'"' + escape * 1_000_000
            self.assertIsNone(string_end(body, 0))
            self.assertEqual(string_end(body + b'"', 0), len(body) + 1)
