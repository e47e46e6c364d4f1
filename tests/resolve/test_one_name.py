"""Requests that every program reads alike, and those that only most do."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Header
from llamaswap.resolve.one_name import names_one
from llamaswap.resolve.places import find_model

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=b"


def part(name: str, value: bytes = b"m", more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def one(body: bytes, kind: bytes = JSON, query: bytes = b"", method: bytes = b"POST", *more: Header) -> bool:
    found = find_model(method, query, kind, body)
    assert found is not None
    headers: list[Header] = [(b"Host", b"h"), *([(b"Content-Type", kind)] if kind else []), *more]
    return names_one(found, query, headers, body)


class OneNameTests(SynchronousTestCase):
    def test_members(self) -> None:
        for body in (b'{"model":"m"}', b' {"a":[{"model":1}], "model" : "m"}\n', b'{"m\\u006fdel":"m","models":2}'):
            self.assertTrue(one(body), body)
        for body in (
            b'{"model":"m","model":"x"}',
            b'{"model":"m","Model":"x"}',
            b'{"model":"m","MODE\\u004C":"x"}',
            b'{"model":"m","model\\u0000":"x"}',
            b'{"model":"m","\\model":"x"}',
            b'{"model":"m"}{"model":"x"}',
            b'{"model":"m"}&model=x',
            b'{"model":"m"/*,"a":"*/,"model":"x"}',
            b'{"model":"m"',
            b'{"model":"m",' + b'"a":1,' * 10_000 + b'"b":1}',
        ):
            self.assertFalse(one(body), body)

    def test_what_the_body_is_called(self) -> None:
        """It is called what it is, once, and in one charset."""
        body = b'{"model":"m"}'
        for kind in (b"application/json", b"Application/JSON; charset=UTF-8", b"application/vnd.api+json"):
            self.assertTrue(one(body, kind), kind)
        for kind in (
            b"application/json; charset=utf-7",
            b"application/json; charset=cp037",
            b"multipart/x; boundary=b; a=application/json",
            b"application/json, text/plain",
            b"application/jsonp",
        ):
            self.assertFalse(one(body, kind), kind)
        self.assertFalse(one(body, JSON, b"", b"POST", (b"content-type", FORM)))
        self.assertFalse(one(body, JSON, b"", b"POST", (b"Content-Encoding", b"deflate")))

    def test_parameters(self) -> None:
        """However many there are: all of one spelling can be renamed."""
        for query in (b"model=m", b"model=m&model=x&a=1", b"%6dodel=m", b"a=Model&model=m"):
            self.assertTrue(one(b"", b"", query, b"GET"), query)
            self.assertTrue(one(b'{"model":"m"}', JSON, query), query)
        for query in (b"model=m&Model=x", b"model=m&mod%45l=x", b"model=m;model=x", b"model=m&model"):
            self.assertFalse(one(b"", b"", query, b"GET"), query)
            self.assertFalse(one(b'{"model":"m"}', JSON, query), query)

    def test_a_body_besides_the_query(self) -> None:
        for method, kind in ((b"GET", JSON), (b"POST", b"text/plain"), (b"POST", b"")):
            self.assertTrue(one(b"", kind, b"model=m", method))
            self.assertFalse(one(b'{"model":"x"}', kind, b"model=m", method))
        self.assertFalse(one(b'{"model":"x"}', FORM, b"model=m"))
        self.assertFalse(one(b'{"model":"x"}', MULTIPART, b"model=m"))

    def test_forms(self) -> None:
        for body in (b"model=m", b"a=b&model=m&model=x"):
            self.assertTrue(one(body, FORM), body)
        for body in (b"model=m&MODEL=x", b"model=m&a=;model=x", b'{"model":"x"}&model=m', b" &model=m"):
            self.assertFalse(one(body, FORM), body)

    def test_fields(self) -> None:
        end = b"--b--\r\n"
        sound = part("file", b"RIFF", "; filename=\"a;b.wav\"; filename*=utf-8''a.wav\r\nContent-Type: audio/wav")
        for body in (part("model"), sound + part("model"), part("model") + part("models", b"Content: model")):
            self.assertTrue(one(body + end, MULTIPART), body)
        self.assertTrue(one(part("model") + end, b'multipart/form-data; boundary="b"', b"model=m"))
        for body in (
            part("model") + part("model", b"x"),
            part("model") + part("Model", b"x"),
            part("model") + part("model", b"x", '; filename="x"'),
            part("model") + part("mo\\del", b"x"),
            part("model") + b"--b\r\nContent-Disposition: form-data; name*=utf-8''%6dodel\r\n\r\nx\r\n",
            part("model") + b'--b\r\nContent-Disposition: form-data;\r\n name="model"\r\n\r\nx\r\n',
            part("model", b'm\n--b\nContent-Disposition: form-data; name="model"\n\nx'),
            b'{"model":"x"}\r\n' + part("model"),
            part("file", b"x" * 70_000 + b'\n--b\ncontent-disposition: form-data; name="model"\n\nx') + part("model"),
        ):
            self.assertFalse(one(body + end, MULTIPART), body)
        for kind in (b"; boundary=b; boundary=c", b"; boundary=b; charset=utf-7"):
            self.assertFalse(one(part("model") + end, b"multipart/form-data" + kind), kind)

    @given(
        st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
    )
    def test_what_clients_send(self, members: dict[str, object]) -> None:
        """Is read in one way, unless they use the name twice."""
        members = {"model": "m"} | {name: value for name, value in members.items() if "model" not in name.lower()}
        for ascii in (True, False):
            self.assertTrue(one(json.dumps(members, ensure_ascii=ascii).encode(errors="replace")))
        self.assertTrue(one(urlencode(members).encode(), FORM))
