"""One request and its answer, as every lane offers them. Data and promises only: no Twisted, no parsing.

The wire channel has its own exchange, and an adapter makes one of a `twisted.web` request, so that the gate, the
model routes and the relay are written once. A lane runs the coroutine that answers an exchange and *cancels* it
when the client goes away: nobody polls for that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Header = tuple[bytes, bytes]
"""A header line as received: name in the sender's spelling, value without surrounding blanks."""

Memory = dict[Any, Any]
"""What was worked out of a head alone, the length of the body aside. Messages of a connection that begin alike share
it, and whoever puts something in uses a key of his own."""


class RequestBody(Protocol):
    """A request's body, pulled piece by piece, so that nothing arrives faster than it is taken."""

    @property
    def length(self) -> int | None:
        """The declared length in bytes; None for a chunked body. 0 when there is none."""

    @property
    def complete(self) -> bool:
        """All of it has arrived: `take()` gives the rest, and `read()` never waits."""

    def take(self) -> bytes:
        """What has arrived and was not taken yet, at once; may be empty. Raises what `read` fails with."""

    def read(self) -> Awaitable[bytes]:
        """Fires with the next piece, `b""` at the end.

        Fails with `ClientGone`, `BodyTooLarge` or `BodyStalled`. Cancelling gives up the wait, nothing else.
        """


class Producer(Protocol):
    """What fills an answer, and can be told to wait (an `IPushProducer`)."""

    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...
    def stopProducing(self) -> None: ...


class TunnelEnd(Producer, Protocol):
    """One end of an upgraded connection: takes bytes and the news that the other end closed, and can be paused."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None:
        """End this side once what was written is out. Harmless when it has ended already."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose API key a request came with (http-api section 3)."""

    name: str
    """What it is called where people read of it; never the key."""
    models: tuple[str, ...] = ()
    """Shell patterns of the models that it may ask for; empty = all."""
    scopes: frozenset[str] = frozenset(("inference", "read", "admin"))
    priority: int = 0
    """Added to that of the model."""
    metered: bool = False
    """What it costs counts: its key has a quota."""


def priority_of(caller: Caller | None) -> int:
    """What is added to the priority of the model that it asks for."""
    return caller.priority if caller is not None else 0


class Exchange(Protocol):
    """One request and its answer."""

    caller: Caller | None
    """Whose it is; the gate finds out. None while no keys are configured, and on open routes."""

    @property
    def method(self) -> bytes: ...
    @property
    def target(self) -> bytes:
        """Path and query as received, percent-encoding untouched; always starts with `/` (or is `*`)."""

    @property
    def mount(self) -> bytes:
        """Where the server is mounted in another site, above `target`: empty, or a path without a slash at its end."""

    @property
    def version(self) -> bytes:
        """`b"1.1"` or `b"1.0"`."""

    @property
    def headers(self) -> Sequence[Header]: ...
    def header(self, name: bytes) -> bytes | None:
        """The first value of the header `name` (given in lower case)."""

    @property
    def memory(self) -> Memory:
        """Of the request's head, and of the connection's other end."""

    @property
    def peer(self) -> str:
        """The address of the connection's other end; empty for a Unix socket."""

    @property
    def local(self) -> str:
        """The address the client reached us at; empty for a Unix socket."""

    @property
    def secure(self) -> bool: ...
    @property
    def body(self) -> RequestBody: ...

    @property
    def status(self) -> int:
        """The status of the answer; 0 until `begin`."""

    @property
    def sent(self) -> int:
        """How many bytes of body the answer has so far."""

    @property
    def raw_chunks(self) -> bool:
        """Chunk framing of an upstream may be handed to `write` as it is, after `begin(raw=True)`."""

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        """Send a 1xx head; dropped where the client cannot understand it."""

    def begin(
        self,
        status: int,
        headers: Sequence[Header],
        *,
        reason: bytes = b"",
        length: int | None = None,
        raw: bool = False,
        more: bool = False,
    ) -> None:
        """Send the head of the answer.

        `headers` hold no framing (`Content-Length`, `Transfer-Encoding`, `Connection`): the lane adds it from
        `length` (bytes of body, also what a HEAD answer would have), from `raw` (the body comes in chunk framing
        already; only where `raw_chunks`), or frames the body itself when neither is given. `more` promises that `write`
        or `finish` follows in this very turn, so that the head may travel with it.
        """

    def write(self, data: bytes) -> None:
        """Send body bytes. Never blocks; a registered producer is paused while the client is slow."""

    def finish(self) -> None:
        """The answer is complete. Once only."""

    def abort(self) -> None:
        """Cut the connection, so that an answer that broke off never looks complete. Harmless when it is gone."""

    def cancel(self) -> None:
        """Have the coroutine that answers it cancelled, as if the client had gone; it may still answer."""

    def produce(self, producer: Producer | None) -> None:
        """Let `producer` be paused and resumed with the client's reading; None takes it away again."""

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        """Answer 101 with `headers` (`Connection` and `Upgrade` included) and become a two-way tunnel.

        What the client sends from now on goes to `far.write`, its end to `far.close`; the returned end takes what
        the far side sends. Raises `NotSupportedHere` where the lane cannot.
        """


def client_of(exchange: Exchange) -> str:
    """The address of who asks, as far as the proxies in between tell (http-api section 5); `unix` for a Unix socket."""
    forwarded = (exchange.header(b"x-forwarded-for") or b"").decode("utf-8", "backslashreplace")
    nearest = (exchange.header(b"x-real-ip") or b"").decode("utf-8", "backslashreplace")
    return forwarded.partition(",")[0].strip() or nearest or exchange.peer or "unix"
