"""What is left of a long JSON text, in whatever pieces it comes."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.outline import LONGEST, Outline
from tests.support.work import calls

WANTED = ("usage", "timings", "metrics")
NAMES = st.sampled_from((*WANTED, "response", "message", "a", 'usage"', "usag", "\\", "ü")) | st.text(max_size=3)
TEXTS = st.text(alphabet='"\\{}[],:aü\n ', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=15,
)
PIECE = 64 * 1024
LENGTH = 256 * 1024
PARTS = st.lists(
    st.sampled_from(
        [*'{}[]",: 1', "\\", '"a":', '"usage":', '"response":', '"timings":{}', '"usage"', "{}", "[]", ',"":[]']
    ),
    min_size=1,
    max_size=8,
).map("".join)
WITH_COSTS = st.dictionaries(
    NAMES, st.dictionaries(st.sampled_from(("usage", "timings", "a")), VALUES, max_size=3), max_size=4
)
MOST_CALLS = 0.8
"""For each byte, of functions of any kind. A member that matters takes up to eight, and has eleven bytes or so."""


def outlined(text: bytes, cuts: list[int], *, nested: bool = False, listed: bool = False) -> Any:
    """What is left of `text`, cut there."""
    outline = Outline(nested=nested, listed=listed)
    ends = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, end in pairwise(ends):
        outline.feed(text[start:end])
    return outline.close()


def expected(body: dict[str, Any], *, nested: bool = False) -> dict[str, Any]:
    """The same from the parsed text; what is wanted and no object is as good as null."""
    left = {name: _reduced(body[name]) for name in WANTED if name in body}
    for around in ("response", "message"):
        if nested and isinstance(body.get(around), dict) and "usage" in body[around]:
            left[around] = {"usage": _reduced(body[around]["usage"])}
    return left


def _reduced(value: Any) -> Any:
    return value if isinstance(value, (dict, list)) else None


class WholeTests(SynchronousTestCase):
    @given(
        st.dictionaries(NAMES, VALUES, max_size=6),
        st.lists(st.integers(0, 10_000), max_size=6),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, 1, "\t"]),
    )
    def test_as_json_reads_it(
        self, body: dict[str, Any], cuts: list[int], nested: bool, ascii: bool, indent: int | str | None
    ) -> None:
        """An object has the members that it has for `json`."""
        text = json.dumps(body, ensure_ascii=ascii, indent=indent).encode()
        self.assertEqual(outlined(text, cuts, nested=nested), expected(body, nested=nested))

    @given(WITH_COSTS, st.lists(st.integers(0, 10_000), max_size=6))
    def test_inside_of_others(self, body: dict[str, Any], cuts: list[int]) -> None:
        """The same, also where most of it matters."""
        for separators in ((",", ":"), (" ,", "\n: ")):
            text = json.dumps(body, separators=separators).encode()
            for at in (cuts, range(len(text))):
                self.assertEqual(outlined(text, list(at), nested=True), expected(body, nested=True))

    @given(
        st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=4), st.lists(st.integers(0, 10_000))
    )
    def test_lists(self, body: list[dict[str, Any]], cuts: list[int]) -> None:
        """Of a list the last object is left."""
        self.assertEqual(outlined(json.dumps(body).encode(), cuts, listed=True), [expected(body[-1])])

    def test_lists_that_end_in_something_else(self) -> None:
        """Nothing is left of them."""
        for text in (b"[]", b'[{"usage":{}}, 1]', b'[{"usage":{}}, [{"usage":{}}]]'):
            self.assertEqual(outlined(text, [], listed=True), [{}], text)

    def test_the_last_of_one_name(self) -> None:
        """Counts, as it does for `json`."""
        self.assertEqual(outlined(b'{"usage":{"a":1},"usage":{"b":2}}', []), {"usage": {"b": 2}})
        self.assertEqual(outlined(b'{"usage":{"a":1},"usage":"none"}', []), {"usage": None})
        twice = b'{"response":{"usage":{"a":1}},"response":{}}'
        self.assertEqual(outlined(twice, [], nested=True), {})
        self.assertEqual(outlined(b'{"usage":{},"":{}}', []), {"usage": {}})

    def test_names_of_other_places(self) -> None:
        """Only the outermost object's members matter, and `usage` where it is looked for."""
        for text in (
            b'{"choices":[{"usage":{"a":1}}]}',
            b'{"a":{"usage":{"a":1},"response":{"usage":{"a":1}}}}',
            b'{"response":[{"usage":{"a":1}}],"message":{"timings":{"a":1},"message":{"usage":{}}}}',
            b'{"a":"usage","b":"\\"usage\\":{"}',
        ):
            self.assertEqual(outlined(text, [], nested=True), {}, text)

    def test_too_long(self) -> None:
        """A wanted member that is too long is there, and says nothing."""
        fits, too_long = (b'{"a":"%b"}' % (b"x" * (LONGEST - 8 + more)) for more in (0, 1))
        self.assertEqual(outlined(b'{"usage":%b}' % fits, [9]), {"usage": json.loads(fits)})
        self.assertEqual(outlined(b'{"usage":%b}' % too_long, [9]), {"usage": None})


class DamagedTests(SynchronousTestCase):
    def test_no_whole_text(self) -> None:
        """Nothing can be said of what is no JSON text, or not all of one."""
        whole = b'{"usage":{"a":1}}'
        bad = [whole[:end] for end in range(len(whole))]
        bad += [
            whole + b"x",
            whole + b",",
            whole + b'"usage"',
            whole + b'"u',
            whole + whole,
            b"x" + whole,
            b"",
            b" ",
            b'"usage"',
            b"1",
            b"}",
            b"]",
            b"[]",
            b"<html>",
        ]
        for text in bad:
            with self.assertRaises(ValueError, msg=text):
                outlined(text, [])

    def test_wanted_members_are_read(self) -> None:
        """What is kept has to be right."""
        with self.assertRaises(ValueError):
            outlined(b'{"usage":{"a":}}', [])

    def test_neighbours(self) -> None:
        """Nor of what has marks next to each other that no JSON text has, wherever they are and the pieces end."""
        for wrong in (
            b"[] []",
            b"[]{}",
            b'"a" "b"',
            b'"a"[]',
            b'{} "a"',
            b"[,:1]",
            b"{:1}",
            b'{"a"::1}',
            b'{"a":"b":1}',
            b"[\1]",
        ):
            text = b'{"a":%b,"usage":{}}' % wrong
            for pieces in (1, len(text)):
                with self.assertRaises(ValueError, msg=wrong):
                    outlined(text, list(range(pieces)))

    @given(st.text(alphabet='{}[]",:\\ usage1\n', max_size=60), st.lists(st.integers(0, 100), max_size=5))
    def test_pieces_do_not_matter(self, text: str, cuts: list[int]) -> None:
        """Whatever it is, it is the same in pieces."""
        raw = text.encode()
        for start in (b"", b'{"a":', b'{"usage":{"a":"', b'{"a":"\\'):
            for nested in (False, True):
                self.assertEqual(self._said(start + raw, cuts, nested), self._said(start + raw, [], nested))

    def _said(self, text: bytes, cuts: list[int], nested: bool) -> Any:
        try:
            return outlined(text, cuts, nested=nested)
        except ValueError:
            return None


class HostileTests(SynchronousTestCase):
    @given(st.sampled_from(('{"a":', '{"a":1', '{"a":[1', '{"response":{"a":1', '[{"a":1}', '{"a":"')), PARTS)
    @settings(max_examples=60, deadline=None)
    @example('{"a":', "[]")
    @example('{"a":1', ',"":[]')
    @example('{"a":1', ',"usage":1')
    @example('{"a":1', ',"usage":{}')
    @example('{"a":[1', ',{"usage":1}')
    @example('{"a":1', ',"response":{}')
    @example('{"response":{"a":1', ',"a":{"b":1}')
    @example('{"response":{"a":1', ',"usage":{}')
    @example('[{"a":1}', ',{"timings":{}}')
    @example("{", '"')
    def test_work(self, start: str, part: str) -> None:
        """However a text is made, each of its bytes takes little work."""
        text = (start + part * (LENGTH // len(part))).encode()
        for nested, listed in ((False, False), (True, False), (False, True)):
            outline = Outline(nested=nested, listed=listed)
            self.assertLess(calls(partial(outline.feed, text)), MOST_CALLS * len(text), text[:40])

    def test_what_is_no_json_is_given_up(self) -> None:
        """Nothing of what follows is looked at."""
        outline = Outline()
        outline.feed(b'{"a":[][]')
        few = calls(partial(outline.feed, b"[]" * LENGTH))
        self.assertLess(few, 10)

    def test_depth(self) -> None:
        """Nesting costs nothing, also within what is kept."""
        deep = b"[" * 1_000_000 + b"]" * 1_000_000
        self.assertEqual(outlined(b'{"a":%b,"usage":{"b":1}}' % deep, []), {"usage": {"b": 1}})
        for brackets in (5_000, 500_000):
            deep = b'{"a":' * brackets + b"1" + b"}" * brackets
            self.assertEqual(outlined(b'{"usage":%b}' % deep, []), {"usage": None})

    def test_escapes(self) -> None:
        """Nor do backslashes, wherever the pieces end."""
        for escape in (b'\\"', b"\\\\", b"\\n", b'x\\\\\\"'):
            text = b'{"a":["%b\\\\"],"b":"%b\\\\","usage":{"c":1}}' % (escape * 100_001, escape * 100_001)
            cuts = list(range(0, len(text), 65_537))
            self.assertEqual(outlined(text, cuts), {"usage": {"c": 1}}, escape)

    def test_memory(self) -> None:
        """Of fifty megabytes a few KiB are kept."""
        for first in (True, False):
            outline = Outline()
            tracemalloc.start()
            for piece in self._long(first):
                outline.feed(piece)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertEqual(outline.close(), {"usage": {"prompt_tokens": 12}})
            self.assertLess(peak, 1024 * 1024)

    def _long(self, first: bool) -> Iterator[bytes]:
        usage = b'"usage":{"prompt_tokens":12}'
        chance = random.Random(1)
        yield b"{" + (usage + b"," if first else b"") + b'"data":['
        for _ in range(200):
            yield b'{"embedding":[%b],"text":"\\"a\\\\"},' % b",".join(b"%.6f" % chance.random() for _ in range(100))
            yield b'{"b64_json":"%b"},' % (b"QUJD" * 62_500)
        yield b"null]" + (b"" if first else b"," + usage) + b"}"
