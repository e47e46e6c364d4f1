"""How a refusal reads on the wire: status, type, code, and the shape the client accepts (http-api section 2.1).

Said once for every lane. It decides no refusal and sends nothing.
"""

from __future__ import annotations

import html
import json

from llamaswap.errors import Refusal, Unauthorized
from llamaswap.exchange import Header
from llamaswap.web.answers import Answer

SOURCE = "llama-swap"
"""Marks an error as this server's own, not a model server's; clients of the original look for it."""

_HTML = b"text/html"

CHALLENGE: Header = (b"WWW-Authenticate", b'Basic realm="llama-swap"')

_PAGE_RULES: tuple[Header, ...] = (
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"X-Content-Type-Options", b"nosniff"),
)
"""A refusal that is a page is a document of this origin: nothing runs or loads in it, and nobody frames it."""

_WORDS = {
    400: ("invalid_request_error", "bad_request"),
    401: ("authentication_error", "unauthorized"),
    403: ("authentication_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    409: ("invalid_request_error", "conflict"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    502: ("server_error", "bad_gateway"),
    503: ("server_error", "service_unavailable"),
    504: ("server_error", "gateway_timeout"),
    508: ("server_error", "loop_detected"),
}


def words_for(status: int) -> tuple[str, str]:
    """The `type` and `code` of an error with this status."""
    other = ("invalid_request_error", "invalid_request") if 400 <= status < 500 else ("server_error", "internal_error")
    return _WORDS.get(status, other)


def answer_to(refusal: Refusal, accept: bytes | None) -> Answer:
    """What a client that accepts `accept` (the value of its header) is answered."""
    content_type, body = _body(refusal, b"" if refusal.always_json else accept or b"")
    headers: list[Header] = [(b"Content-Type", content_type), *(_PAGE_RULES if content_type == _HTML else ())]
    if isinstance(refusal, Unauthorized) and refusal.challenge:
        headers.append(CHALLENGE)
    if refusal.retry_after is not None:
        headers.append((b"Retry-After", b"%d" % refusal.retry_after))
    return Answer(refusal.status, tuple(headers), body)


def content_type_of(refusal: Refusal, accept: bytes | None) -> str:
    """Of that answer."""
    return answer_to(refusal, accept).headers[0][1].decode()


def _body(refusal: Refusal, accept: bytes) -> tuple[bytes, bytes]:
    message = str(refusal)
    if b"text/plain" in accept:
        return b"text/plain", f"{SOURCE}: {message}".encode(errors="backslashreplace")
    if b"text/html" in accept:
        return _HTML, _page(message).encode(errors="backslashreplace")
    return b"application/json", _envelope(refusal, message)


def _envelope(refusal: Refusal, message: str) -> bytes:
    kind, code = words_for(refusal.status)
    error = {"message": message, "type": kind, "param": None, "code": refusal.code or code}
    return json.dumps({"src": SOURCE, "error": error}, separators=(",", ":")).encode()


def _page(message: str) -> str:
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{SOURCE}</title></head>'
        f"<body><h1>{SOURCE}</h1><p>{html.escape(message)}</p></body></html>"
    )
