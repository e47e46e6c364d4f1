"""Edits of a JSON text against the plain values, and texts that are made to hurt."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.parameters import Path
from llamaswap.errors import BadRequest
from llamaswap.filters.document import MOST_ITEMS, open_document
from llamaswap.filters.keys import FilterFailed
from llamaswap.filters.scan import Damaged, Edit

Change = tuple[Path, Any]
"""A path, and the value to be there; `GONE` to be nothing."""
GONE = object()

NAMES = ("a", "b", "0", "1", "-1", "é", 'q"\\')
ABSENT = object()


def edited(text: bytes, edits: list[Edit]) -> bytes:
    """`text` with the edits, which must be in order and apart."""
    pieces, position = [], 0
    for span, new in edits:
        assert position <= span.start <= span.end <= len(text), (position, span)
        pieces += [text[position : span.start], new]
        position = span.end
    return b"".join((*pieces, text[position:]))


def changed(text: bytes, *changes: Change) -> bytes:
    """`text` after the changes, one after the other."""
    document = open_document(text)
    for path, value in changes:
        if value is GONE:
            document.strip(path)
        else:
            document.place(path, value)
    return edited(text, list(document.edits()))


# -- the same for plain values, as the specification says it ------------------------------------------------------


def is_number(part: str) -> bool:
    return part.isascii() and part.isdigit()


def put(value: Any, path: Path, new: Any) -> Any:
    """`value`, perhaps absent, with `new` at `path`. Raises `FilterFailed`."""
    if not path:
        return new
    part, rest = path[0], path[1:]
    if not isinstance(value, (dict, list)):
        value = [] if is_number(part) or part == "-1" else {}
    if isinstance(value, dict):
        value[part] = put(value.get(part, ABSENT), rest, new)
        return value
    if not is_number(part) and part != "-1":
        raise FilterFailed
    place = len(value) if part == "-1" else int(part)
    while len(value) <= place:
        value.append(None)
    value[place] = put(value[place], rest, new)
    return value


def take(value: Any, path: Path) -> None:
    part, rest = path[0], path[1:]
    key: Any = part
    if isinstance(value, list):
        key = len(value) - 1 if part == "-1" else int(part) if is_number(part) else -1
        if not 0 <= key < len(value):
            return
    elif not isinstance(value, dict) or part not in value:
        return
    if rest:
        take(value[key], rest)
    else:
        del value[key]


PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(tuple)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", "]}", 'é"\\']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.sampled_from((*NAMES, "model", "messages")), VALUES, max_size=6)


class ChangesTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(
        DOCUMENTS,
        st.lists(st.tuples(PATHS, st.just(GONE) | VALUES), max_size=5),
        st.sampled_from([None, 0, 2]),
        st.booleans(),
    )
    def test_as_with_plain_values(
        self, value: dict[str, Any], changes: list[Change], indent: int | None, ascii: bool
    ) -> None:
        """Whatever the text looks like, it means afterwards what the plain values would; order included."""
        text = json.dumps(value, indent=indent, ensure_ascii=ascii).encode()
        expected = json.loads(text)
        try:
            for path, new in changes:
                if new is GONE:
                    take(expected, path)
                else:
                    put(expected, path, json.loads(json.dumps(new)))
        except FilterFailed:
            self.assertRaises(FilterFailed, changed, text, *changes)
            return
        self.assertEqual(json.dumps(json.loads(changed(text, *changes))), json.dumps(expected))

    def test_only_what_is_changed_differs(self) -> None:
        """Spacing, order, forms of numbers and escapes stay, byte for byte."""
        text = b' {"z" : 1.0e0,\t"a":{ "b":1 , "c": [ 1,2 ] },\n"t":"\\u00e9" , "n":1E400 }\r\n'
        self.assertEqual(changed(text, (("a", "b"), GONE)), text.replace(b'"b":1 , ', b""))
        self.assertEqual(changed(text, (("a", "c"), GONE)), text.replace(b' , "c": [ 1,2 ]', b""))
        self.assertEqual(changed(text, (("a", "c", "1"), 7)), text.replace(b"1,2 ]", b"1,7 ]"))
        self.assertEqual(changed(text, (("n",), None)), text.replace(b"1E400", b"null"))
        self.assertEqual(changed(text, (("new",), {"x": 1})), text.replace(b"1E400 }", b'1E400,"new":{"x":1} }'))

    def test_nothing_changed(self) -> None:
        """To strip what is not there is no edit at all."""
        text = b'{"a": [{"b":1}], "c": 3}'
        document = open_document(text)
        for path in (("x",), ("a", "1"), ("a", "b"), ("a", "0", "x"), ("c", "d"), ("a", "0", "b", "c")):
            document.strip(path)
        self.assertEqual(list(document.edits()), [])

    def test_commas(self) -> None:
        """Any members may go, and others come, in any text."""
        text = b'{ "a":1 , "b":2 , "c":3 }'
        for gone in ("", "a", "b", "c", "ab", "bc", "ac", "abc"):
            for more in ({}, {"d": 4}, {"d": 4, "e": 5}):
                left = changed(text, *(((name,), GONE) for name in gone), *(((key,), more[key]) for key in more))
                kept = {name: value for name, value in {"a": 1, "b": 2, "c": 3}.items() if name not in gone}
                self.assertEqual(json.loads(left), kept | more, left)
        self.assertEqual(changed(b"{}", (("a",), 1)), b'{"a":1}')
        self.assertEqual(changed(b"{ }", (("a",), 1)), b'{"a":1 }')

    def test_names_are_compared_as_text(self) -> None:
        """However a client spells a name, the rule meets it."""
        for name in (b"temperature", b"temper\\u0061ture", b"\\u0074emperature"):
            text = b'{"%b":2,"x":1}' % name
            self.assertEqual(changed(text, (("temperature",), GONE)), b'{"x":1}')
            self.assertEqual(json.loads(changed(text, (("temperature",), 0))), {"temperature": 0, "x": 1})

    def test_every_member_of_a_name_is_meant(self) -> None:
        """Readers take the first or the last of several: neither may be the client's."""
        text = b'{"t":1,"a":{"x":1},"t":2,"\\u0074":3,"a":{"x":2,"y":3}}'
        self.assertNotIn(b"1", changed(text, (("t",), GONE), (("a", "x"), GONE)))
        self.assertEqual(changed(text, (("t",), 0)), b'{"t":0,"a":{"x":1},"a":{"x":2,"y":3}}')
        self.assertEqual(changed(text, (("a", "x"), 9)), b'{"t":1,"a":{"x":9},"t":2,"\\u0074":3}')


class HostileTests(SynchronousTestCase):
    def test_no_json(self) -> None:
        """What cannot be taken apart is damaged, wherever it is needed."""
        for text in (
            *(b"", b"[]", b"1", b"nonsense", b"{", b'{"a"', b'{"a":', b'{"a":}', b'{"a":1', b'{"a":1,}', b"{,}"),
            *(
                b'{"a":1 "b":2}',
                b'{"a":1}}',
                b'{"a":1} {}',
                b'{"a":"x}',
                b'{"a":"x\\"}',
                b"{a:1}",
                b'{"a" 1}',
                b'{"a":[1}',
            ),
        ):
            with self.assertRaises(Damaged, msg=text):
                changed(text, (("a", "0"), 1))
        self.assertRaises(Damaged, changed, b'{"a":{"x":1 "y":2}}', (("a", "x"), GONE))

    def test_damage_elsewhere_stays_what_it_is(self) -> None:
        """Values that no rule leads into are not looked at, but for their brackets."""
        self.assertEqual(changed(b'{"a":{"x":1 "y":2},"b":1}', (("b",), GONE)), b'{"a":{"x":1 "y":2}}')

    def test_depth(self) -> None:
        """No nesting costs stack or more than its length, whether it is led into or not."""
        deep = 100_000
        text = b'{"a":' + b"[" * deep + b"]" * deep + b',"b":' + b'{"x":' * deep + b"1" + b"}" * deep + b"}"
        left = changed(text, (("a", "0", "0", "0"), GONE), (("b", "x", "y"), 1), (("c",), 2))
        self.assertTrue(left.startswith(b'{"a":[[[]]],"b":{"x":{"x":'))
        self.assertTrue(left.endswith(b',"y":1}},"c":2}'))

    def test_huge_numbers_are_not_converted(self) -> None:
        """A number of a million digits is bytes."""
        text = b'{"n":%b,"t":1}' % (b"9" * 1_000_000)
        self.assertEqual(changed(text, (("t",), GONE)), text.replace(b',"t":1', b""))

    def test_too_many_members(self) -> None:
        """Each takes memory while it is open; beyond a limit the request is refused, not passed by the rules."""
        many = b"{" + b'"t":1,' * MOST_ITEMS + b'"t":1}'
        with self.assertRaisesRegex(BadRequest, "more than 65536 members"):
            changed(many, (("t",), GONE))
        inside = b'{"a":[%b1]}' % (b"1," * MOST_ITEMS)
        with self.assertRaisesRegex(BadRequest, "more than 65536 members"):
            changed(inside, (("a", "0"), GONE))
        self.assertEqual(changed(inside, (("a",), GONE)), b"{}")
        self.assertEqual(changed(b"{" + b'"t":1,' * (MOST_ITEMS - 1) + b'"t":1}', (("t",), GONE)), b"{}")

    @settings(deadline=None)
    @given(st.binary(max_size=60), PATHS)
    def test_no_bytes_upset_it(self, tail: bytes, path: Path) -> None:
        """Arbitrary text gives a text or a word that says what is wrong."""
        for text in (tail, b'{"a":' + tail, b'{"a":' + tail + b"}"):
            for new in (GONE, 1):
                try:
                    changed(text, (path, new))
                except (Damaged, FilterFailed):
                    continue

    @settings(deadline=None)
    @given(st.text(alphabet='{}[]",:\\ a1\n', max_size=30))
    def test_what_json_takes_is_no_damage(self, text: str) -> None:
        """Nothing that is JSON is taken for damaged."""
        try:
            value = json.loads(text)
        except ValueError:
            return
        if isinstance(value, dict):
            left = json.loads(changed(text.encode(), (("new",), 1)))
            self.assertEqual(left, {**value, "new": 1})
