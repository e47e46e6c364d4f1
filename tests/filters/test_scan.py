"""Where strings of a JSON text end, and what its objects and lists consist of."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.filters.scan import Damaged, parts, string_end

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=10,
)


def plainly(body: bytes, start: int) -> int | None:
    """The same, letter by letter."""
    position = start + 1
    while position < len(body):
        if body[position] == ord('"'):
            return position + 1
        position += 2 if body[position] == ord("\\") else 1
    return None


def found(text: bytes) -> list[tuple[bytes, bytes]]:
    """Names as they are written, empty for places of a list, and values."""
    return [(text[part.start : part.name_end], text[part.value : part.end]) for part in parts(text, 0)]


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


class PartsTests(SynchronousTestCase):
    def test_members_and_places(self) -> None:
        """With any blanks between them, and their own bytes."""
        blanks = b" " * 3000
        self.assertEqual(found(b'{ "a" : 1 ,"\\u0062":[1, 2]}'), [(b'"a"', b"1"), (b'"\\u0062"', b"[1, 2]")])
        self.assertEqual(found(b'[1, {"a":2} ,"]"]'), [(b"", b"1"), (b"", b'{"a":2}'), (b"", b'"]"')])
        self.assertEqual(found(b'{%b"a"%b:%b1%b}' % ((blanks,) * 4)), [(b'"a"', b"1")])
        self.assertEqual((found(b"{ }"), found(b"[]")), ([], []))

    def test_damage(self) -> None:
        """Comes behind what is whole, however often one asks for more."""
        for text, whole in (
            (b'{"a":1', 1),
            (b'{"a":1,', 1),
            (b'{"a":1 "b":2}', 1),
            (b'{"a":1,b:2}', 1),
            (b'{"a" 1}', 0),
            (b'{"a":}', 0),
            (b'{"a', 0),
            (b"{", 0),
            (b"[1,]", 1),
            (b"[1}", 1),
        ):
            walk = parts(text, 0)
            self.assertEqual(len([next(walk) for _ in range(whole)]), whole, text)
            with self.assertRaises(Damaged, msg=text):
                next(walk)

    @given(st.lists(VALUES) | st.dictionaries(st.text(), VALUES), st.booleans(), st.sampled_from([None, 1]))
    def test_as_json_reads_it(self, value: list[object] | dict[str, object], ascii: bool, indent: int | None) -> None:
        """Names and values, in their order."""
        text = json.dumps(value, ensure_ascii=ascii, indent=indent).encode()
        read = [(json.loads(name) if name else None, json.loads(inside)) for name, inside in found(text)]
        pairs = list(value.items()) if isinstance(value, dict) else [(None, inside) for inside in value]
        self.assertEqual(read, pairs)
