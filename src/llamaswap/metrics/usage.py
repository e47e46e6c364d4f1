"""The watcher of an answer's body: what it cost, and why it failed (http-api section 13). Pure.

It sees every piece on its way to the client and keeps none: at most some KiB that it still needs.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from llamaswap.metrics.answers import SHORT, Answer, Failure, shortened
from llamaswap.metrics.codings import Undecodable, decoder
from llamaswap.metrics.events import Events
from llamaswap.metrics.row import NO_TOKENS, Tokens

_OK = 200
_STATUSES = frozenset(HTTPStatus)
_EVENTS = "text/event-stream"


class Reading(NamedTuple):
    """What is known of an answer when it has ended."""

    tokens: Tokens
    engine_ms: int
    """What the engine says it took; 0 when it does not."""
    error: str
    """Why the request failed; empty when it did not."""
    decoded: bool
    """Its coding could be undone, or was none that is known."""
    empty: bool
    """No byte of a body came."""


class Meter:
    """Watches one body."""

    __slots__ = ("_decoder", "_reason", "_some", "_status", "_trouble", "_watch")

    def __init__(
        self,
        status: int,
        reason: str,
        path: str,
        content_type: str,
        coding: str,
        *,
        short: int = SHORT,
        counting: bool = False,
    ) -> None:
        """`path` is the request's as it was forwarded, `coding` the answer's Content-Encoding, empty for none.

        Texts and lines up to `short` bytes are kept until they are whole. `counting`: how many `events` there are is
        of interest.
        """
        self._status = status
        self._reason = reason
        self._some = False
        self._trouble = ""
        """Why the body cannot be decoded."""
        self._decoder = decoder(coding) if coding else None
        self._watch: Answer | Events | Failure
        if status != _OK:
            self._watch = Failure()
        elif _EVENTS in content_type.lower():
            self._watch = Events(short=short, counting=counting)
        else:
            self._watch = Answer(infill=path.startswith("/infill"), short=short)

    @property
    def events(self) -> int:
        """Of a stream: those so far that carry data."""
        return self._watch.count if isinstance(self._watch, Events) else 0

    def feed(self, data: bytes) -> bytes:
        """The next piece of the body; what it is without its Content-Encoding, empty once that cannot be undone."""
        if not data:
            return data
        self._some = True
        if self._decoder is not None:
            data = self._undone(data)
            if not data:
                return data
        self._watch.feed(data)
        return data

    def close(self) -> Reading:
        """The body has ended, or nobody wants the rest of it."""
        if self._decoder is not None and self._some and not self._trouble:
            try:
                self._decoder.close()
            except Undecodable as error:
                self._trouble = str(error)
        if isinstance(self._watch, Failure):
            return Reading(NO_TOKENS, 0, self._failed(self._watch), not self._trouble, not self._some)
        if self._trouble:
            return Reading(NO_TOKENS, 0, f"response decompression failed: {self._trouble}", False, False)
        return Reading(*self._watch.close(), "", True, not self._some)

    def _undone(self, data: bytes) -> bytes:
        if self._trouble or self._decoder is None:
            return b""
        try:
            return self._decoder.feed(data)
        except Undecodable as error:
            self._trouble = str(error)
            return b""

    def _failed(self, failure: Failure) -> str:
        if self._trouble:
            return f"response decode failed: {self._trouble}"
        return failure.message() or _without_words(self._status, self._reason)


def cost(tokens: Tokens, events: int, *, whole: bool) -> int:
    """Tokens that an answer is taken to have cost, in and out.

    It is taken at its word, if it came to its end. Otherwise at least one token was made for each of its events.
    """
    made = tokens.output if whole and tokens.output > 0 else max(tokens.output, events)
    return max(0, tokens.input) + made


def _without_words(status: int, reason: str) -> str:
    """What an error is called that does not say what it is."""
    phrase = reason.strip()
    if not phrase and status in _STATUSES:
        phrase = HTTPStatus(status).phrase
    return shortened(f"{status} {phrase}" if phrase else f"HTTP {status}")
