"""Secrets in bodies: the values of members with telling names, and nothing else, are made unreadable (http-api 16).

Text that looks like a member of a JSON object is found wherever it stands, so lines of an event stream need no care; so
is one of JSON that is the text of a JSON string, as the arguments of a tool are. A value that the end of the body cuts
off is one. All other bytes stay as they are. It looks at no bytes twice, and other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import re2

from llamaswap.metrics.redaction import REDACTED

SECRET_FIELDS = (
    *("api_key", "apikey", "api-key", "x-api-key", "authorization", "proxy-authorization"),
    *("password", "passwd", "secret", "client_secret", "secret_key", "private_key"),
    *("access_token", "refresh_token", "id_token", "auth_token", "hf_token", "bearer_token"),
)
"""Names of members, in any case."""
SECRET_IN_REQUESTS = ("token",)
"""Answers say `token` of the parts of a text."""
_NUMBER = r"-?[0-9][0-9.eE+-]*"
_VALUE = rf'(?:"(?:[^"\\]|\\.)*(?:"|\\?\z)|{_NUMBER})'
_INSIDE = rf'(?:\\"(?:[^"\\]|\\[^"\\]|\\\\(?:[^"\\]|\\.))*(?:\\"|\\*\z)?|{_NUMBER})'
"""The same within a string, where a quote that ends it has one backslash, and one that does not has three."""
_BLANKS_INSIDE = r"(?:\s|\\[nrt])*"
_INSTEAD = b'"' + REDACTED.encode() + b'"'
_INSTEAD_INSIDE = _INSTEAD.replace(b'"', b'\\"')


class BodyRedaction:
    """Of the standard names, and of `fields`. Any thread may use it."""

    def __init__(self, fields: Iterable[str] = ()) -> None:
        names = (*SECRET_FIELDS, *fields)
        self._request = _pattern((*names, *SECRET_IN_REQUESTS))
        self._response = _pattern(names)

    def request(self, body: bytes) -> bytes:
        """The body of a request without secrets."""
        return _redacted(self._request, body)

    def response(self, body: bytes) -> bytes:
        """The body of an answer without secrets."""
        return _redacted(self._response, body)


def _pattern(names: Iterable[str]) -> Any:
    """A member with one of these names whose value is text or a number; its first group, or within a string its
    second one, ends where the value begins."""
    options = re2.Options()
    options.case_sensitive = False
    options.dot_nl = True
    options.encoding = re2.Options.Encoding.LATIN1  # bytes that are no text have to be passed over as well
    options.log_errors = False
    either = "|".join(sorted({re2.escape(name) for name in names}))
    plain = rf'("(?:{either})"\s*:\s*){_VALUE}'
    inside = rf'(\\"(?:{either})\\"{_BLANKS_INSIDE}:{_BLANKS_INSIDE}){_INSIDE}'
    return re2.compile(f"{plain}|{inside}".encode(), options)


def _redacted(pattern: Any, body: bytes) -> bytes:
    return b"".join(_pieces(pattern, body)) if pattern.search(body) else body


def _pieces(pattern: Any, body: bytes) -> Iterator[bytes]:
    position = 0
    for found in pattern.finditer(body):
        inside = found.end(1) < 0
        yield body[position : found.end(2 if inside else 1)]
        yield _INSTEAD_INSIDE if inside else _INSTEAD
        position = found.end()
    yield body[position:]
