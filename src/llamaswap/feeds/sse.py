"""Server-sent events as they are written: messages, comments, and which one a client saw last. Pure."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from io import IncrementalNewlineDecoder
from typing import NamedTuple

from llamaswap.exchange import Exchange, Header

HEARTBEAT = b":\n"
"""A comment, which readers skip: it only shows that the stream is alive (Q24). A blank line behind it would be an empty
event to some of them (httpx-sse), once they have seen an `id`."""
_KEPT: Header = (b"Connection", b"keep-alive")
_HEADERS: tuple[Header, ...] = (
    (b"Content-Type", b"text/event-stream"),
    (b"Cache-Control", b"no-cache"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Accel-Buffering", b"no"),
)
_ID = re.compile(r"([0-9a-f]{1,64})-([0-9]{1,15})")


class Place(NamedTuple):
    """Where a client is in the messages of one server's life."""

    token: str
    """Of that life."""
    number: int
    """Of the message that it has seen last, and all before it."""


def begin(exchange: Exchange) -> None:
    """Send the head of a stream (http-api section 12)."""
    stays = exchange.version == b"1.1" and b"close" not in (exchange.header(b"connection") or b"").lower()
    exchange.begin(200, (*_HEADERS, _KEPT) if stays else _HEADERS)


def message(data: str, id: str) -> bytes:
    """The message whose data, on one line, is `data`."""
    return f"id:{id}\nevent:message\ndata:{data}\n\n".encode("utf-8", "replace")


def id_of(place: Place) -> str:
    """The ID of the message at `place`."""
    return f"{place.token}-{place.number}"


def part_of(place: Place, part: int) -> str:
    """The ID of a message after which a client does not yet know all up to `place`: none that it can go on from."""
    return f"{place.token}-{place.number}.{part}"


def place_of(id: bytes | None) -> Place | None:
    """What a `Last-Event-ID` says; None for one that nobody can go on from."""
    found = _ID.fullmatch((id or b"").decode("latin-1"))
    return Place(found[1], int(found[2])) if found else None


class Lines:
    """Makes messages of a text that arrives in pieces of bytes: a `data:` line for each of its lines.

    What a client puts together again is the text; its line breaks, of whatever kind, become line feeds, and what is no
    UTF-8 becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._decoder = IncrementalNewlineDecoder(getincrementaldecoder("utf-8")("replace"), translate=True)

    def message(self, data: bytes) -> bytes:
        """The next message; empty while a character or a line break is not complete."""
        text = self._decoder.decode(data)
        if not text:
            return b""
        return b"event:message\ndata: " + text.replace("\n", "\ndata: ").encode() + b"\n\n"
