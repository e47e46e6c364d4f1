"""An answer that is whole before it is sent, and the few shapes that many routes share. It knows no routes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from llamaswap.exchange import Exchange, Header

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
    exchange.begin(answer.status, answer.headers, length=len(answer.body), more=True)
    if answer.body and exchange.method != b"HEAD":
        exchange.write(answer.body)
    exchange.finish()


def text(body: str, status: int = 200, *headers: Header) -> Answer:
    return Answer(status, ((b"Content-Type", TEXT), *headers), body.encode())


def json_answer(value: object, *headers: Header, status: int = 200) -> Answer:
    body = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    return Answer(status, ((b"Content-Type", JSON), *headers), body)


def redirect(status: int, location: bytes) -> Answer:
    """To another path of this server."""
    return Answer(status, ((b"Location", location),))


def plain_error(status: int, message: str, *headers: Header) -> Answer:
    """The bare 404 and 405 of paths and methods that are no route (http-api section 2)."""
    return text(message + "\n", status, (b"X-Content-Type-Options", b"nosniff"), *headers)


NOT_FOUND = plain_error(404, "404 page not found")
