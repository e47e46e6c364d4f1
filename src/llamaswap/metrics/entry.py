"""One request to a model, from its arrival to its end: a block around its answering, and the witness of the answer.

It only notes what passes: what it means is worked out later (`ledger.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Protocol
from urllib.parse import unquote

from twisted.internet.defer import CancelledError

from llamaswap.errors import BadGateway, ClientGone, InternalError, Refusal, RequestCancelled, ServerStopped
from llamaswap.exchange import Exchange, Header, client_of
from llamaswap.ids import TicketId
from llamaswap.metrics.captures import Body, Taking
from llamaswap.metrics.redaction import header_map
from llamaswap.metrics.usage import Meter
from llamaswap.resolve.chooser import Choice
from llamaswap.resolve.targets import Remote, Target
from llamaswap.stay import Stay
from llamaswap.wire.lines import value_of

CLIENT_GONE = 499
"""The status of a request whose client hung up before it was answered, as nginx calls it (http-api section 23, Q5)."""

_MANY = 16
"""Pieces that are looked at one by one; chunks of a byte each would cost more than what is in them."""
_LOOKS = frozenset((b"GET", b"HEAD"))


class Stays(Protocol):
    """A place with a model (`schedule/lease.py`)."""

    @property
    def stay(self) -> Stay | None: ...
    @property
    def waits(self) -> bool: ...
    @property
    def loads(self) -> bool: ...
    @property
    def ticket(self) -> TicketId | None: ...


class Book(Protocol):
    """Who keeps the entries (`ledger.py`)."""

    stopping: bool

    @property
    def secret(self) -> Collection[bytes]: ...
    def now(self) -> float: ...
    def take(self, path: str) -> Taking | None: ...
    def opened(self, entry: Entry) -> None: ...
    def begun(self, entry: Entry) -> None: ...
    def closed(self, entry: Entry) -> None: ...


class Entry:
    """See the module's rules. Enter it once what answers the request is known; its end comes however that ends."""

    __slots__ = (
        "_book",
        "_cancelled",
        "_exchange",
        "choice",
        "ended",
        "error",
        "first_byte",
        "headers",
        "id",
        "lease",
        "listed",
        "meter",
        "model",
        "path",
        "reads",
        "reason",
        "received",
        "refusal",
        "status",
        "taking",
        "tracked",
        "when",
    )

    def __init__(
        self,
        book: Book,
        exchange: Exchange,
        choice: Choice | None,
        path: str,
        *,
        model: str = "",
        when: float,
        listed: bool = True,
        tracked: bool = True,
    ) -> None:
        """`choice` is who is to answer; None for a `model` that nobody knows. `path` is as it is forwarded."""
        self._book = book
        self._exchange = exchange
        self._cancelled = False
        self.choice = choice
        self.model = model or _name(choice)
        """The model's ID, or the name by which a peer's model, or one that nobody knows, was asked for."""
        self.path = path
        self.when = when
        """Of its arrival, in seconds since the epoch."""
        self.listed = listed
        """It belongs in the list of activity (http-api sections 6.1 and 7.1)."""
        self.reads = listed or self._costs
        """Its answer is looked through for what it cost: for the list, or for the quota of its key."""
        self.tracked = tracked
        """It is seen among those under way (http-api section 11)."""
        self.id = ""
        """Among those; empty when it is not tracked."""
        self.lease: Stays | None = None
        """The place that it took, or waited for."""
        self.status = 0
        """Of the answer that came, which is not always what the client saw (`seen`)."""
        self.reason = b""
        self.headers: Sequence[Header] = ()
        """Of the answer, as the client gets them."""
        self.received = 0
        """Bytes of its body so far."""
        self.first_byte: float | None = None
        """Seconds from the arrival to the head."""
        self.refusal: Refusal | None = None
        """What it is answered with instead, by this server."""
        self.error = ""
        """What went wrong once the answer had begun."""
        self.meter: Meter | None = None
        """Reads what the answer says of itself, where anybody `reads` it."""
        self.taking: Taking | None = None
        """Gathers the request and its answer, where they are captured."""
        self.ended = 0.0

    # -- the request -------------------------------------------------------------------------------------------------

    @property
    def method(self) -> str:
        return self._exchange.method.decode("latin-1")

    @property
    def asked_path(self) -> str:
        """As the client wrote it, without the query."""
        return self._exchange.target.partition(b"?")[0].decode("latin-1")

    @property
    def remote_ip(self) -> str:
        return client_of(self._exchange)

    def request_headers(self) -> dict[str, str]:
        """Without secrets."""
        return header_map(self._exchange.headers, without=(b"host",), secret=self._book.secret)

    def response_headers(self) -> dict[str, str]:
        """Without secrets; empty until the answer begins."""
        return header_map(self.headers, secret=self._book.secret)

    @property
    def accept(self) -> bytes | None:
        return self._exchange.header(b"accept")

    @property
    def key(self) -> str:
        """The name of the API key that it came with; empty without keys."""
        caller = self._exchange.caller
        return caller.name if caller is not None else ""

    @property
    def peer(self) -> str:
        """The ID of the peer that answers it, or was asked last; empty for a model of this server."""
        return self.choice.peer if self.choice is not None else ""

    @property
    def target(self) -> Target | None:
        """The model that was chosen; None for a name that nobody knows."""
        return self.choice.target if self.choice is not None else None

    @property
    def selector(self) -> str:
        """The selector that chose the model; empty when none did."""
        return self.choice.selector if self.choice is not None else ""

    @property
    def stay(self) -> Stay | None:
        """How it came to its grant; None for one that did not, and for a peer's model."""
        return self.lease.stay if self.lease is not None else None

    @property
    def phase(self) -> str:
        """See `underway.Watched`."""
        lease = self.lease
        if lease is not None and self.stay is None and lease.waits:
            return "loading" if lease.loads else "queued"
        return "waiting" if self.first_byte is None else "answering"

    @property
    def ticket(self) -> TicketId | None:
        return self.lease.ticket if self.lease is not None else None

    @property
    def metadata(self) -> Mapping[str, str]:
        """What goes with its row (http-api section 13.5)."""
        stay = self.stay
        return _metadata(stay.priority if stay is not None else None, self.selector, self.key)

    @property
    def seen(self) -> int:
        """The status that the client saw, or is about to; 499 when it did not wait for one."""
        if self._exchange.status:
            return self._exchange.status
        return self.refusal.status if self.refusal is not None else CLIENT_GONE

    def cancel(self) -> None:
        """End it for an operator: answered with an error if the answer has not begun, cut off otherwise."""
        self._cancelled = True
        self._exchange.cancel()

    def sends(self, body: Body | None) -> None:
        """This body is about to be forwarded; None when there is none."""
        if not self.listed:
            return
        if self.taking is not None:  # of the same request to another peer
            self.taking.drop()
        taking = self.taking = self._book.take(self.path)
        if taking is not None:
            taking.request(self._exchange.headers, body)

    # -- the witness (`proxy/forward.py`) ----------------------------------------------------------------------------

    def begun(self, status: int, reason: bytes, headers: Sequence[Header]) -> None:
        self.status, self.reason, self.headers = status, reason, headers
        self.first_byte = max(0.0, self._book.now() - self.when)
        if self.reads:
            kind, coding = value_of(headers, b"content-type"), value_of(headers, b"content-encoding")
            path = self.path if self.listed else unquote(self.path)
            self.meter = Meter(status, reason.decode("latin-1"), path, kind, coding, counting=self._has_quota)
        if self.taking is not None and (self._exchange.status or status) != 200:
            self.taking.failed()
        self._book.begun(self)

    def passed(self, pieces: Sequence[bytes]) -> None:
        meter, taking = self.meter, self.taking
        for piece in pieces if len(pieces) <= _MANY else (b"".join(pieces),):
            self.received += len(piece)
            if meter is not None:
                plain = meter.feed(piece)
                if taking is not None and plain:
                    taking.response(plain)

    @property
    def _costs(self) -> bool:
        """Its key has a quota, and it may ask for work under a name, or in a spelling, that only the engine knows."""
        return self._has_quota and self._exchange.method not in _LOOKS

    @property
    def _has_quota(self) -> bool:
        caller = self._exchange.caller
        return caller is not None and caller.metered

    def broke(self, why: str) -> None:
        self.error = why

    # -- the block ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Entry:
        self._book.opened(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Refusal):
            self.refusal = error
        elif self._cancelled and isinstance(error, CancelledError):
            self.refusal = self._cancellation()
        elif isinstance(error, CancelledError) and self._book.stopping:
            self.refusal = ServerStopped()
        elif isinstance(error, CancelledError | ClientGone):
            self.error = "the client hung up"
        elif isinstance(error, Exception):
            self.refusal = InternalError()
        self.ended = self._book.now()
        self._book.closed(self)
        if self.refusal is not None and self._cancelled and isinstance(error, CancelledError):
            raise self.refusal from None

    def _cancellation(self) -> Refusal:
        """A request that was passed on is answered as if its model had broken off (http-api section 23, Q5)."""
        self.error = "cancelled by an operator"
        waiting = self.lease is not None and self.stay is None
        return RequestCancelled() if waiting else BadGateway("the request was cancelled by an operator")


@lru_cache(maxsize=256)
def _metadata(priority: int | None, selector: str, key: str) -> Mapping[str, str]:
    """One for all rows for which it is the same."""
    told = {"fifo_priority": str(priority)} if priority is not None else {}
    if selector:
        told["selector"] = selector
    if key:
        told["key"] = key
    return told


def _name(choice: Choice | None) -> str:
    assert choice is not None
    target = choice.target
    return target.name if isinstance(target, Remote) else target.model.id
