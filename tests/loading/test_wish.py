"""Which requests ask for a stream: the same places as the model's name (http-api section 6.2)."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.loading.wish import asks_for_stream

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=b"


def part(name: str, value: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


class JsonTests(SynchronousTestCase):
    def test_what_counts_as_true(self) -> None:
        """True, a number that is not 0, a text that reads as true; nothing else."""
        for value, wanted in (
            (b"true", True),
            (b"1", True),
            (b"-0.5e3", True),
            (b'"true"', True),
            (b'"TRUE"', True),
            (b'"t"', True),
            (b'"1"', True),
            (b'"tr\\u0075e"', True),
            (b"false", False),
            (b"0", False),
            (b"-0.0", False),
            (b'"yes"', False),
            (b'""', False),
            (b"null", False),
            (b"NaN", False),
            (b"Infinity", False),
            (b"1x", False),
            (b"[true]", False),
            (b'{"stream":true}', False),
            (b'"' + b"1" * 1000 + b'"', False),
        ):
            self.assertIs(asks_for_stream(b"", JSON, b'{"model":"m", "stream" : ' + value + b"}"), wanted, value)

    def test_only_the_first_at_the_top(self) -> None:
        """A nested member is another's, the first of two counts, and damage behind it does not matter."""
        for body, wanted in (
            (b'{"options":{"stream":true}}', False),
            (b'{"stream":false,"stream":true}', False),
            (b'{"str\\u0065am":true', True),
            (b'{"stream":true, nonsense', True),
            (b'[{"stream":true}]', False),
            (b"", False),
        ):
            self.assertIs(asks_for_stream(b"stream=true", b"application/json; charset=utf-8", body), wanted, body)

    @given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists)), st.booleans())
    def test_whatever_stands_before_it(self, before: dict[str, object], wanted: bool) -> None:
        """The rest of a body has no say."""
        before.pop("stream", None)
        self.assertIs(asks_for_stream(b"", JSON, json.dumps({**before, "stream": wanted}).encode()), wanted)


class FormTests(SynchronousTestCase):
    def test_forms_and_queries(self) -> None:
        """The literal `true` in either kind of form, or in the query."""
        for query, kind, body, wanted in (
            (b"stream=true", b"", b"", True),
            (b"a=b&str%65am=true", b"text/plain", b"", True),
            (b"stream=1", b"", b"", False),
            (b"stream=false&stream=true", b"", b"", False),
            (b"", FORM, b"model=m&stream=true", True),
            (b"", FORM, b"stream=True", False),
            (b"stream=true", FORM, b"", True),
            (b"", MULTIPART, part("model", "m") + part("stream", "true") + b"--b--\r\n", True),
            (b"", MULTIPART, part("stream", "yes") + b"--b--\r\n", False),
            (b"", MULTIPART, part("model", "stream") + b"--b--\r\n", False),
            (b"stream=true", MULTIPART, b"--b--\r\n", True),
        ):
            self.assertIs(asks_for_stream(query, kind, body), wanted, (query, kind, body))

    def test_bounds(self) -> None:
        """Forms beyond reason are not looked into."""
        self.assertFalse(asks_for_stream(b"", FORM, b"x=" + b"y" * (1024 * 1024) + b"&stream=true"))
        self.assertFalse(asks_for_stream(b"", FORM, b"a=b&" * 10_000 + b"stream=true"))
