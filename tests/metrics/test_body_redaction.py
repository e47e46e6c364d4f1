"""Secrets in bodies: gone, and every other byte as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Header
from llamaswap.metrics.body_redaction import SECRET_FIELDS, BodyRedaction
from llamaswap.metrics.redaction import header_map

PLAIN = BodyRedaction()


class BodyTests(SynchronousTestCase):
    def test_members(self) -> None:
        """Text and numbers behind a telling name, however it is written."""
        for before, after in {
            b'{"api_key":"sk-1"}': b'{"api_key":"[REDACTED]"}',
            b'{ "API_Key" \n:\t"a\\"b\\\\" , "x": 1}': b'{ "API_Key" \n:\t"[REDACTED]" , "x": 1}',
            b'{"a":[{"password": -1.5e3}]}': b'{"a":[{"password": "[REDACTED]"}]}',
            b'{"secret":"\xff\xc3","authorization":""}': b'{"secret":"[REDACTED]","authorization":"[REDACTED]"}',
            b'data: {"id_token":"a"}\r\n\r\ndata: {"x":2}': b'data: {"id_token":"[REDACTED]"}\r\n\r\ndata: {"x":2}',
            b'{"password":"\\ud800\\/"}': b'{"password":"[REDACTED]"}',
        }.items():
            self.assertEqual((PLAIN.request(before), PLAIN.response(before)), (after, after))

    def test_what_stays(self) -> None:
        """Schemas, texts that speak of secrets, other names, and what is no JSON."""
        for body in (
            b'{"password": {"type": "string"}, "secret": null, "api_key": [1]}',
            b'{"content": "the \\"password\\": x", "max_tokens": 5, "passwords": "x", "token_count": 1}',
            b'{"a": "password", "b": "x"}',
            b"\x00\xff\xfe",
            b"",
        ):
            self.assertEqual((PLAIN.request(body), PLAIN.response(body)), (body, body))

    def test_cut_off(self) -> None:
        """The body ends in the middle of a value, which is no less secret."""
        for before in (b'{"password": "not the end', b'{"password": "', b'{"password": "a\\', b'{"password": "a\\"'):
            self.assertEqual(PLAIN.response(before), b'{"password": "[REDACTED]"')
        self.assertEqual(PLAIN.response(b'{"a":"{\\"secret\\": \\"x'), b'{"a":"{\\"secret\\": \\"[REDACTED]\\"')

    @given(st.text() | st.integers(), st.sampled_from([None, 2]), st.booleans())
    def test_json_in_a_text(self, secret: str | int, indent: int | None, ascii: bool) -> None:
        """As the arguments of a tool: the text stays JSON, and all else in it as it was."""
        inside = {"a": 'x"\\', "Api_Key": secret, "schema": {"password": {"type": "string"}}, "b": [1]}
        body = json.dumps(
            {"arguments": json.dumps(inside, indent=indent, ensure_ascii=ascii), "c": 1}, ensure_ascii=ascii
        )
        found = json.loads(PLAIN.response(body.encode()))
        self.assertEqual(json.loads(found.pop("arguments")), {**inside, "Api_Key": "[REDACTED]"})
        self.assertEqual(found, {"c": 1})

    def test_tokens(self) -> None:
        """A request may hold one that is secret; in answers they are parts of a text."""
        body = b'{"token":"He","logprob":-0.1}'
        self.assertEqual(PLAIN.request(body), b'{"token":"[REDACTED]","logprob":-0.1}')
        self.assertEqual(PLAIN.response(body), body)

    def test_own_names(self) -> None:
        """They are names, not patterns."""
        own = BodyRedaction(["a.b", "PIN", 'x"y'])
        body = b'{"a.b":"1","axb":"2","pin":"3","x\\"y":"4","password":"5"}'
        found = json.loads(own.response(body))
        self.assertEqual(
            [found[name] for name in ("a.b", "axb", "pin", "password")], ["[REDACTED]", "2", "[REDACTED]", "[REDACTED]"]
        )

    VALUES = st.recursive(
        st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
        lambda inner: st.one_of(
            st.lists(inner), st.dictionaries(st.one_of(st.text(), st.sampled_from(SECRET_FIELDS)), inner)
        ),
        max_leaves=20,
    )

    @given(VALUES)
    def test_any_json(self, value: object) -> None:
        """It stays JSON, with the same members, and all others as they were."""
        self.assertEqual(json.loads(PLAIN.response(json.dumps(value).encode())), expected(value))

    @given(st.binary())
    def test_any_bytes(self, body: bytes) -> None:
        """Nothing is raised, and nothing changes where no name stands."""
        self.assertEqual(PLAIN.request(body), body)


def expected(value: object) -> object:
    """The value without its secrets."""
    if isinstance(value, list):
        return [expected(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: "[REDACTED]" if _hidden(name, each) else expected(each) for name, each in value.items()}


def _hidden(name: str, value: object) -> bool:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return name.lower() in SECRET_FIELDS and name.isascii() and plain


class HeaderTests(SynchronousTestCase):
    def test_header_map(self) -> None:
        """First values, titles, secrets, what is left out."""
        lines: list[Header] = [
            (b"x-SESSION-id", b"\xc3\xa9"),
            (b"X-Session-Id", b"2"),
            (b"cookie", b"c"),
            (b"X-B", b"3"),
        ]
        shown = {"X-Session-Id": "é", "Cookie": "[REDACTED]", "X-B": "3"}
        self.assertEqual(header_map(lines), shown)
        found = header_map(lines, without=(b"cookie",), secret=(b"x-b",))
        self.assertEqual(found, {"X-Session-Id": "é", "X-B": "[REDACTED]"})
        self.assertEqual(
            header_map([(b"Host", b"h"), (b"X-A", b"1"), (b"x-a", b"2")], without=(b"host",)), {"X-A": "1"}
        )
