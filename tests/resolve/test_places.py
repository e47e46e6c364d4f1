"""Finding the model's name in a request, and nothing else."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.filters.scan import Span
from llamaswap.resolve.places import (
    Found,
    Known,
    Place,
    _named,
    find_json,
    find_member,
    find_model,
    multipart_fields,
    renamed,
    renamed_query,
)
from tests.filters.test_document import edited

JSON = b"application/json; charset=utf-8"


def name(body: bytes) -> str | None:
    found = find_json(body)
    return found.name if found else None


class JsonTests(SynchronousTestCase):
    def test_the_member_is_found_wherever_it_stands(self) -> None:
        """Only a top-level `model` counts, before or behind anything else."""
        self.assertEqual(name(b'{"model":"m"}'), "m")
        self.assertEqual(name(b' {\n "messages" : [{"model":"no","content":"a\\"}{["}], "model" : "m" }'), "m")
        self.assertEqual(name(b'{"a":{"b":[{"c":[[[{}]]]}]},"n":-1.5e3,"t":true,"model":"m"}'), "m")
        self.assertEqual(name(b'{"model":"a","model":"b"}'), "a")
        self.assertEqual(name(b'{"mod\\u0065l":"caf\\u00e9\\n"}'), "caf\u00e9\n")

    @given(
        st.tuples(*[st.sampled_from(["", " ", "\n\t", " " * 65, "\x00", "\u00a0"])] * 4),
        st.sampled_from(
            ['"m"', '"caf\u00e9"', '""', '"a\\n"', '"m', "null", '"' + "m" * 1024 + '"', '"' + "m" * 1025 + '"']
        ),
        st.sampled_from(["}", ",", "", ',"model":"n"}', "x"]),
    )
    def test_the_short_way_finds_what_the_scanner_finds(self, blanks: tuple[str, ...], value: str, rest: str) -> None:
        """A first member `model` is read off without the scanner, where it is as simple as it mostly is."""
        body = '{}{{{}"model"{}:{}'.format(*blanks).encode() + (value + rest).encode()
        found, span = find_json(body), find_member(body, "model")
        self.assertEqual(found, _named(body, span) if span is not None else None)

    def test_other_values_become_text(self) -> None:
        """Numbers and booleans are turned into text, containers into their raw text (http-api section 6.2)."""
        self.assertEqual(name(b'{"model":123}'), "123")
        self.assertEqual(name(b'{"model":true}'), "true")
        self.assertEqual(name(b'{"model":{"a": [1]}}'), '{"a": [1]}')

    def test_no_model(self) -> None:
        """null, empty, missing, an array at the top and text that is no JSON name none."""
        for body in (
            b'{"model":null}',
            b'{"model":""}',
            b"{}",
            b'[{"model":"m"}]',
            b"",
            b"hello",
            b'"model"',
            b'{"model"',
        ):
            self.assertIsNone(name(body), body)

    def test_damage_behind_the_name_is_tolerated(self) -> None:
        """The text is scanned, not validated."""
        self.assertEqual(name(b'{"model":"m", "x": [}'), "m")
        self.assertIsNone(name(b'{"x": "never closed, "model":"m"}'[:20]))
        self.assertIsNone(name(b'{"x": [1, "model":"m"}'))

    @given(
        st.dictionaries(
            st.text(max_size=8).filter(lambda key: key != "model"),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                max_leaves=12,
            ),
            max_size=5,
        ),
        st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])),
        st.booleans(),
        st.sampled_from([None, 1]),
    )
    def test_any_json_names_its_model(
        self, others: dict[str, object], model: str, ascii: bool, indent: int | None
    ) -> None:
        """Whatever else a body holds, its span is exactly the value's."""
        body = json.dumps({**others, "model": model}, ensure_ascii=ascii, indent=indent).encode(
            "utf-8", "surrogatepass"
        )
        found = find_json(body)
        assert found is not None
        self.assertEqual(found.name, model)
        (span,) = found.spans
        self.assertEqual(json.loads(body[span.start : span.end]), model)

    @given(st.binary(max_size=200))
    def test_no_bytes_upset_the_scanner(self, body: bytes) -> None:
        """Arbitrary input gives an answer, not an error."""
        find_json(b'{"a":' + body)
        find_json(body)

    def test_too_many_members(self) -> None:
        """Only so many are looked at: a body can be made to take half a minute."""
        for count, name in ((9_000, "m"), (20_000, None)):
            found = find_json(b"{" + b'"":0,' * count + b'"model":"m"}')
            self.assertEqual(found and found.name, name)

    def test_hostile_nesting_is_linear(self) -> None:
        """A megabyte of brackets or quotes takes no longer than reading it."""
        for body in (b'{"a":' + b"[" * 500_000, b'{"a":' + b'["x",' * 200_000, b'{"a":"' + b"\\" * 500_001):
            self.assertIsNone(name(body))


class RenamingTests(SynchronousTestCase):
    def rename(self, content_type: bytes, body: bytes, name: str) -> bytes:
        found = find_model(b"POST", b"", content_type, body)
        assert found is not None
        return edited(body, renamed(found, name))

    def test_json(self) -> None:
        """The first value only, in the words of JSON."""
        body = b'{"a" : 1, "model":"x" ,"model": "x"}'
        self.assertEqual(self.rename(JSON, body, 'n "\u00e9"'), b'{"a" : 1, "model":"n \\"\\u00e9\\"" ,"model": "x"}')

    def test_urlencoded(self) -> None:
        """Every value, encoded; all others as they are."""
        body = b"a=%20&model=x&b&m%6Fdel=y&model&c=+"
        after = self.rename(b"application/x-www-form-urlencoded", body, "a/b c&")
        self.assertEqual(after, b"a=%20&model=a%2Fb+c%26&b&m%6Fdel=a%2Fb+c%26&model&c=+")

    def test_query(self) -> None:
        """As a form, and nothing else of it changes (http-api section 6.5)."""
        query = b"z=%2f&model=s-pin&a=b%20c"
        found = find_model(b"GET", query, b"", b"")
        assert found is not None
        self.assertEqual(renamed_query(query, found.in_query, "x y"), b"z=%2f&model=x+y&a=b%20c")
        self.assertEqual(renamed(found, "x"), [])

    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_what_was_written_is_found(self, name: str) -> None:
        """Whatever the new name is, the same look finds it."""
        for kind, body in (
            (JSON, b'{"x":[1],"model":"m","y":2}'),
            (b"application/x-www-form-urlencoded", b"x=1&model=m&y=2"),
        ):
            found = find_model(b"POST", b"", kind, self.rename(kind, body, name))
            self.assertEqual(found and found.name, name)


class KnownTests(SynchronousTestCase):
    """What is remembered of a body."""

    @given(
        st.text(alphabet='{}[]",:\\ \n1am', max_size=20),
        st.sampled_from(['"m"', '"a\\nb"', '"a\\"b"', '""', '"', "1", "null", "[1]", '{"a":"b"}', "m"]),
        st.text(alphabet='{}[]",:\\ \n1am', max_size=20),
        st.text(alphabet='{}[]",:\\ \n1am', max_size=20),
    )
    def test_what_begins_alike_names_the_same(self, before: str, value: str, after: str, other: str) -> None:
        """Whatever follows, be it damaged."""
        for body in (f'{{{before}"model":{value}{after}', f' {{"x":[{before}],"model" : {value}{after}'):
            found = find_json(body.encode())
            known = Known.of(found, body.encode()) if found is not None else None
            if known is not None:
                self.assertEqual(known.found, found)
                self.assertEqual(find_json(known.beginning + other.encode()), found)

    def test_what_is_remembered(self) -> None:
        """Names that end with a quote, near the beginning of a JSON text."""
        for body, beginning in (
            (b'{"model":"m","x":1}', b'{"model":"m"'),
            (b'{"x":[2],"model":"a\\nb"}', b'{"x":[2],"model":"a\\nb"'),
            (b'{"model":12}', None),
            (b'{"x":"%b","model":"m"}' % (b"x" * 256), None),
        ):
            found = find_json(body)
            assert found is not None
            known = Known.of(found, body)
            self.assertEqual(known and known.beginning, beginning)
        form = find_model(b"POST", b"", b"application/x-www-form-urlencoded", b'model="m"')
        assert form is not None
        self.assertIsNone(Known.of(form, b'model="m"'))


class OtherPlacesTests(SynchronousTestCase):
    def find(self, content_type: bytes, body: bytes, query: bytes = b"", method: bytes = b"POST") -> Found | None:
        return find_model(method, query, content_type, body)

    def test_a_get_names_it_in_the_query(self) -> None:
        """The first value, form-decoded; the body is not looked at."""
        found = self.find(JSON, b'{"model":"no"}', b"a=1&model=org%2Fm+1&model=x", b"GET")
        self.assertEqual(found, Found("org/m 1", Place.QUERY, in_query=(Span(10, 19), Span(26, 27))))

    def test_json_by_any_spelling_of_its_type(self) -> None:
        """Q11: case and `+json` make no difference."""
        for kind in (JSON, b"Application/JSON", b"application/vnd.x+json"):
            found = self.find(kind, b'{"model":"m"}')
            assert found is not None and found.place is Place.JSON
        self.assertIsNone(self.find(b"text/plain", b'{"model":"m"}'))
        self.assertEqual(
            self.find(b"text/plain", b'{"model":"m"}', b"model=q"), Found("q", Place.QUERY, in_query=(Span(6, 7),))
        )

    def test_urlencoded(self) -> None:
        """The body wins over the URL."""
        kind = b"application/x-www-form-urlencoded"
        body = urlencode({"x": "1", "model": "a/b c"}).encode()
        self.assertEqual(self.find(kind, body, b"model=q"), Found("a/b c", Place.FORM, (Span(10, len(body)),)))
        self.assertEqual(self.find(kind, b"x=1", b"model=q"), Found("q", Place.QUERY, in_query=(Span(6, 7),)))

    def test_multipart(self) -> None:
        """The value of the field, its exact place, and no file that happens to have the name."""
        body = (
            b'--B1\r\nContent-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n'
            b'RIFF--B1\r\n\r\n--B1\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper\r\n'
            b"--B1\r\nContent-Disposition: form-data; name=model; filename=x\r\n\r\nno\r\n"
            b"--B1\r\nContent-Disposition: form-data; name=model\r\n\r\nsecond\r\n--B1--\r\n"
        )
        found = self.find(b'multipart/form-data; boundary="B1"', body)
        assert found is not None
        self.assertEqual(found.name, "whisper")
        self.assertEqual([body[span.start : span.end] for span in found.spans], [b"whisper", b"second"])
        self.assertEqual(
            self.find(b"multipart/form-data; boundary=B1", b"preamble\r\n" + body),
            Found(
                "whisper", Place.MULTIPART, tuple(type(span)(span.start + 10, span.end + 10) for span in found.spans)
            ),
        )

    @given(st.binary(max_size=300))
    def test_no_form_upsets_the_scanner(self, body: bytes) -> None:
        """Arbitrary input gives an answer, not an error."""
        multipart_fields(b"multipart/form-data; boundary=B", b"--B\r\n" + body, b"model")
        multipart_fields(b"multipart/form-data; boundary=B", body, b"model")
        self.find(b"application/x-www-form-urlencoded", body)
