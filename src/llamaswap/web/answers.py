"""An answer that is whole before it is sent, and the few shapes that many routes share. It knows no routes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from llamaswap.exchange import Exchange, Header
from llamaswap.web import paths

TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (without framing) and body."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""


async def send(exchange: Exchange, answer: Answer) -> None:
    """Send all of it; a HEAD request gets the headers only, with the length that GET would have. Never waits."""
    headers = reachable(answer.headers, exchange.header(b"x-forwarded-prefix"), exchange.mount)
    exchange.begin(answer.status, headers, length=len(answer.body), more=True)
    if answer.body and exchange.method != b"HEAD":
        exchange.write(answer.body)
    exchange.finish()


def reachable(headers: Sequence[Header], prefix: bytes | None, mount: bytes) -> Sequence[Header]:
    """`headers` with a `Location` that is a path of this server as the client reaches it.

    That is below `mount`, and with a reverse proxy below the `prefix` that its `X-Forwarded-Prefix` says.
    """
    above = paths.prefix(prefix) + mount
    if not above:
        return headers
    return [(name, above + value if _is_way(name, value) else value) for name, value in headers]


def _is_way(name: bytes, value: bytes) -> bool:
    return name.lower() == b"location" and value.startswith(b"/")


def text(body: str, status: int = 200, *headers: Header) -> Answer:
    return Answer(status, ((b"Content-Type", TEXT), *headers), body.encode())


def json_answer(value: object, *headers: Header, status: int = 200) -> Answer:
    body = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    return Answer(status, ((b"Content-Type", JSON), *headers), body)


def redirect(status: int, location: bytes) -> Answer:
    """To another path of this server, which no cache may show to whom it is elsewhere (`reachable`)."""
    return Answer(status, ((b"Location", location), (b"Vary", b"X-Forwarded-Prefix")))


def plain_error(status: int, message: str, *headers: Header) -> Answer:
    """The bare 404 and 405 of paths and methods that are no route (http-api section 2)."""
    return text(message + "\n", status, (b"X-Content-Type-Options", b"nosniff"), *headers)


NOT_FOUND = plain_error(404, "404 page not found")
