"""One keep-alive connection to an upstream: a request out, its answer back, bytes handed on as they arrive.

The parser only watches where messages begin and end. In *raw* relaying the upstream's chunk framing goes to the
client as it came; otherwise the decoded body does. Who may use the connection next is `upstream.py`'s business.

Rules the bytes obey:

- one request at a time; an upstream that speaks out of turn is cut;
- nothing that follows the end of an answer ever reaches a client, so an upstream cannot smuggle a second answer;
- an answer that ends before its framing says so fails with `UpstreamFailed`, save one framed by the close itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from llamaswap.errors import UpstreamFailed, UpstreamSilent
from llamaswap.exchange import Header, Memory, TunnelEnd
from llamaswap.wire.familiar import Familiar, Recalled, with_length
from llamaswap.wire.silence import Silence
from llamaswap.wire.transport import Outlet, Transport, tune

_HEAD_LIMIT = 256 * 1024
"""Bytes of head an upstream may send before it is taken for something that is not HTTP."""

_NO_BODY = frozenset((204, 304))
_UNLIMITED = float("inf")
_TAIL = 6
"""Bytes that show how a chunked body ends: a character that is no line break, and two of those."""
_TIMEOUT = re.compile(rb"timeout=(\d{1,6})", re.IGNORECASE)

Write = Callable[[bytes], None]
Watch = Callable[[Sequence[bytes]], None]
Interim = Callable[[int, Sequence[Header]], None]


@dataclass(slots=True)
class AnswerHead:
    """The head of an upstream's answer."""

    status: int
    reason: bytes
    headers: list[Header]
    length: int | None
    """Bytes of body as declared; None when chunked or ended by the close."""
    chunked: bool
    keep_alive: bool
    idle_limit: float
    """Seconds after which the upstream closes an idle connection, as far as it says."""
    memory: Memory = field(default_factory=dict)

    def with_length(self, length: int) -> AnswerHead:
        """The same with a body of another length."""
        lines = with_length(self.headers, length)
        return AnswerHead(
            self.status, self.reason, lines, length, self.chunked, self.keep_alive, self.idle_limit, self.memory
        )


def _ignore_interim(status: int, headers: Sequence[Header]) -> None:
    """Nobody asked for 1xx heads."""


@implementer(IPushProducer)
class Connection(Protocol):
    """See the module's rules. `made` is told when it is connected, and `gone` once, when the connection is lost."""

    transport: Transport  # type: ignore[assignment]

    def __init__(self, gone: Callable[[Connection], None], made: Callable[[Connection], None] | None = None) -> None:
        self._gone = gone
        self._made = made
        self.lost: UpstreamFailed | None = None
        self._cut = False
        self.idle_since = 0.0
        self.used = False
        """A request has been answered on it before."""
        self.unheard = True
        """Not a byte has ever come from the upstream: it may not have taken the connection up yet."""
        self._head: Deferred[AnswerHead] | None = None
        self._end: Deferred[None] | None = None
        self._silence: Silence | None = None
        """Where there is a limit to it."""
        self._sent = True
        self._far: TunnelEnd | None = None
        self._blocked: Deferred[None] | None = None
        self._valve_open = True
        self._paused = False
        self._familiar: Familiar[AnswerHead] = Familiar()
        self._parser_is_clean = False
        self._reset(False, _ignore_interim)

    def _reset(self, no_body: bool, interim: Interim) -> None:
        if not self._parser_is_clean:
            self._parser = HttpResponseParser(self)
        self._parser_is_clean = False
        self._no_body = no_body
        self._interim = interim
        self._interims = 0
        self._answer: AnswerHead | None = None
        self._reason = b""
        self._headers: list[Header] = []
        self._early = b""
        self._pieces: list[bytes] = []
        self._complete = False
        self._smuggled = False
        self._raw = False
        self._write: Write | None = None
        self._watch_body: Watch | None = None
        self._tail = b""
        self.asked = False
        """Something of the request has been written."""
        self.answered_anything = False
        self._sent = True

    # -- a request and its answer ------------------------------------------------------------------------------

    def send(self, data: bytes, *, no_body: bool = False, interim: Interim = _ignore_interim) -> Deferred[AnswerHead]:
        """Send a request's head, with as much of its body as `data` holds.

        Fires with the head of the answer; call `relay` or `tunnel` in the same turn. Fails with `UpstreamFailed`.
        Cancelling hangs up. `no_body` says that the answer has none whatever its head says (HEAD).
        """
        self._reset(no_body, interim)
        if self.lost is not None:
            return fail(self.lost)
        self.asked = True
        head: Deferred[AnswerHead] = Deferred(self._hang_up)
        self._head = head
        if self._silence is not None:
            self._watch(self._silence)
        self._outlet.write(data)
        return head

    def limit_silence(self, seconds: float, clock: IReactorTime) -> None:
        """From now on break with `UpstreamSilent` where the head of an answer takes longer, from the request's last
        byte. 0 = no limit."""
        self._silence = Silence(seconds, clock, self._was_silent) if seconds else None

    @property
    def limits_silence(self) -> bool:
        """A limit of silence was set."""
        return self._silence is not None

    @property
    def request_sent(self) -> bool:
        """All of the request has been written. Whoever writes its body says so, before and after."""
        return self._sent

    @request_sent.setter
    def request_sent(self, sent: bool) -> None:
        self._sent = sent
        if self._silence is not None:
            self._watch(self._silence)

    def write(self, data: bytes) -> None:
        """Send more of a request's body, or into the tunnel."""
        if self.lost is None:
            self._outlet.write(data)

    def drained(self) -> Deferred[None] | None:
        """None, or when the next piece of a body should be sent. Cancelling is harmless."""
        if self._valve_open:
            return None
        blocked: Deferred[None] = Deferred(self._forget_blocked)
        self._blocked = blocked
        return blocked

    def limit_writes(self, limited: bool) -> None:
        """Watch how fast the upstream reads while a request's body is streamed to it."""
        if limited:
            self.transport.registerProducer(_Valve(self), True)
        elif self.lost is None:
            self.transport.unregisterProducer()
            self.turn_valve(True)

    def turn_valve(self, is_open: bool) -> None:
        """The transport's buffer towards the upstream is full, or has drained."""
        self._valve_open = is_open
        if is_open and self._blocked is not None:
            blocked, self._blocked = self._blocked, None
            blocked.callback(None)

    def relay(self, write: Write) -> Deferred[None]:
        """Hand the body to `write` as it arrives, decoded.

        Fires after its last byte. Fails with `UpstreamFailed` when it breaks off. Cancelling hangs up.
        """
        return self.hand_on(write) or succeed(None)

    def hand_on(self, write: Write, *, raw: bool = False, watch: Watch | None = None) -> Deferred[None] | None:
        """`relay`, but None when that was all of it, and in the upstream's own chunk framing if `raw`. `watch` is shown
        the body afterwards, decoded."""
        self._write, self._raw, self._watch_body = write, raw, watch
        early, self._early = self._early, b""
        self._pass_on(early)
        if self._smuggled and not self._no_body:
            return fail(UpstreamFailed("the upstream sent more than one answer"))
        if self._complete:
            return None
        if self.lost is not None:
            return fail(self.lost)
        end: Deferred[None] = Deferred(self._hang_up)
        self._end = end
        return end

    def tunnel(self, near: TunnelEnd) -> Deferred[None]:
        """After a 101: hand everything that arrives to `near`. Fires when the upstream has closed; cancelling cuts."""
        self._far = near
        early, self._early = self._early, b""
        if self.lost is not None:
            return succeed(None)
        end: Deferred[None] = Deferred(self._hang_up)
        self._end = end
        self.transport.registerProducer(near, True)
        if early:
            near.write(early)
        return end

    def close(self) -> None:
        """End the connection once what was written is out (`TunnelEnd`)."""
        if self.lost is None:
            self.transport.unregisterProducer()  # one that has ended would hold the close back
            self.transport.loseConnection()

    def abort(self) -> None:
        """Cut the connection."""
        self._cut = True
        if self.lost is None:
            self.transport.abortConnection()

    @property
    def complete(self) -> bool:
        """All of the answer has come."""
        return self._complete

    @property
    def ready(self) -> bool:
        """`relay` will write, or fire, at once."""
        return self._complete or bool(self._early) or bool(self._pieces)

    @property
    def idle_limit(self) -> float:
        """Seconds after which the upstream closes the idle connection; infinite when it did not say."""
        return self._answer.idle_limit if self._answer is not None else _UNLIMITED

    @property
    def reusable(self) -> bool:
        """The last answer is complete and the upstream will take another request."""
        return (
            self._complete
            and self.lost is None
            and not self._cut
            and self._sent
            and not self._smuggled
            and self._far is None
            and self._answer is not None
            and self._answer.keep_alive
            and self._answer.status != 101
        )

    def _hang_up(self, _: Deferred[Any]) -> None:
        self._claim_head()
        self._end = None
        self.abort()

    def _watch(self, silence: Silence) -> None:
        """A whole request that waits for the head of its answer meets silence."""
        if self._sent and self._head is not None:
            silence.begin()
        else:
            silence.end()

    def _was_silent(self, seconds: float) -> None:
        self._break(UpstreamSilent(f"no answer began within {seconds:g} s (timeouts.responseHeader)"))

    def _claim_head(self) -> Deferred[AnswerHead] | None:
        """Whoever waits for the head, who is waited for no longer."""
        head, self._head = self._head, None
        if self._silence is not None:
            self._silence.end()
        return head

    def _forget_blocked(self, _: Deferred[None]) -> None:
        self._blocked = None

    # -- IPushProducer, driven by the client's reading ---------------------------------------------------------

    def pauseProducing(self) -> None:
        if self.lost is None:
            self._paused = True
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        if self._paused and self.lost is None:
            self._paused = False
            self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """The client's transport is gone."""
        if self._far is not None:
            self.close()
        else:
            self.abort()

    # -- what the transport tells ------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        tune(self.transport)
        self._outlet = Outlet(self.transport)
        if self._made is not None:
            self._made(self)

    def dataReceived(self, data: bytes) -> None:
        if self._far is not None:
            self._far.write(data)
            return
        relaying = self._end is not None
        first = not self.answered_anything
        if not relaying:
            if self._head is None:
                self.abort()
                return
            if first and not self._no_body and (recalled := self._familiar.recall(data)) is not None:
                self._take_whole(recalled)
                return
            if not self._early:
                data = data.lstrip(b"\r\n")  # as the parser does; `_after_heads` counts on it
            self.answered_anything = True
            self.unheard = False
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._switched(data[upgrade.args[0] :])
            return
        except HttpParserError as error:
            if relaying or not (self._no_body and self._complete):
                self._break(UpstreamFailed(f"the upstream sent something that is not HTTP: {error}"))
                return
            self._smuggled = True  # behind a head that is all of the answer
        if relaying:
            self._pass_on(data)
            if self._complete or self._smuggled:
                self._settle()
            return
        if first and self._complete:
            self._remember(data)
        self._take_head(data)

    def _remember(self, message: bytes) -> None:
        """A whole answer has come in one piece: another may begin alike."""
        answer = self._answer
        odd = self._no_body or self._interims or self._smuggled
        if answer is None or odd or answer.status in _NO_BODY or not answer.keep_alive or answer.length is None:
            return
        self._familiar.learn(message, answer.length, answer)

    def _take_whole(self, message: Recalled[AnswerHead]) -> None:
        """An answer that needs no parsing: the parser sees nothing of it, and is as clean as it was."""
        self.answered_anything = True
        self.unheard = False
        self._parser_is_clean = self._complete = True
        answer, length = message.meaning, message.length
        self._answer = answer if length == answer.length else answer.with_length(length)
        if message.body:
            self._early = message.body
            self._pieces.append(message.body)
        head = self._claim_head()
        if head is not None:
            head.callback(self._answer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = UpstreamFailed(f"the upstream closed the connection: {reason.getErrorMessage()}")
        self._gone(self)
        self.turn_valve(True)
        far, self._far = self._far, None
        if far is not None:
            far.close()
            self._finish()
        elif self._head is not None:
            self._break(self.lost)
        elif self._end is not None:
            if self._ends_with_close() and reason.check(ConnectionDone):
                self._complete = True
                self._finish()
            else:
                self._break(UpstreamFailed("the upstream broke off in the middle of its answer"))

    def _ends_with_close(self) -> bool:
        answer = self._answer
        return answer is not None and not answer.chunked and answer.length is None

    def _break(self, why: UpstreamFailed) -> None:
        waiting: Deferred[AnswerHead] | Deferred[None] | None = self._claim_head() or self._end
        self._end = None
        self.abort()
        if waiting is not None:
            waiting.errback(why)

    def _finish(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end.callback(None)

    # -- the head ----------------------------------------------------------------------------------------------

    def _take_head(self, data: bytes) -> None:
        self._early += data
        if self._answer is None:
            if len(self._early) > _HEAD_LIMIT:
                self._break(UpstreamFailed("the upstream's answer has no end of its head"))
            return
        self._early = self._after_heads()
        head = self._claim_head()
        if head is not None:
            head.callback(self._answer)

    def _after_heads(self) -> bytes:
        rest = self._early
        for _ in range(self._interims + 1):
            rest = rest.lstrip(b"\r\n").partition(b"\r\n\r\n")[2]
        return rest

    def _switched(self, rest: bytes) -> None:
        """The parser stopped at the end of a 101's head: what follows is the tunnel's."""
        self._early = rest
        head = self._claim_head()
        if self._answer is not None and head is not None:
            head.callback(self._answer)

    # -- the body ----------------------------------------------------------------------------------------------

    def _pass_on(self, data: bytes) -> None:
        pieces, self._pieces = self._pieces, []
        if self._smuggled or self._write is None:
            return
        if self._raw:
            self._tail = (self._tail + data)[-_TAIL:] if len(data) < _TAIL else data[-_TAIL:]
            if self._complete and self._tail[len(self._tail.rstrip(b"\r\n")) :] != b"\r\n\r\n":
                self._smuggled = True  # line breaks behind the end, which the parser overlooks
            elif data:
                self._write(data)
        elif pieces:
            self._write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        if self._watch_body is not None and pieces and not self._smuggled:
            self._watch_body(pieces)

    def _settle(self) -> None:
        if self._smuggled:
            self._break(UpstreamFailed("the upstream sent more than one answer"))
        elif self._complete:
            self._finish()

    # -- what the parser sees ----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._complete:
            self._smuggled = True

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._answer is None:
            self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if not 100 <= status <= 999 or self._parser.get_http_version() not in ("1.0", "1.1"):
            raise ValueError(f"no answer of HTTP/1 with status {status}")
        if self._smuggled or (100 <= status < 200 and status != 101):
            return
        length, chunked, idle_limit = _framing(self._headers)
        bodiless = self._no_body or status in _NO_BODY
        keep_alive = self._parser.should_keep_alive() or (bodiless and not _says_close(self._headers))
        self._answer = AnswerHead(status, self._reason, self._headers, length, chunked, keep_alive, idle_limit)
        self._complete = bodiless

    def on_body(self, data: bytes) -> None:
        if self._no_body:
            self._smuggled = True
        elif not self._smuggled:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        if self._answer is None:
            self._interims += 1
            self._interim(self._parser.get_status_code(), self._headers)
            self._headers = []
            self._reason = b""
        else:
            self._complete = True
            self._parser_is_clean = True  # not after a HEAD, whose body the parser goes on waiting for


def _framing(headers: Sequence[Header]) -> tuple[int | None, bool, float]:
    """(declared length, chunked, idle limit) of an answer; llhttp has refused contradictions."""
    length, chunked, idle_limit = None, False, _UNLIMITED
    for name, value in headers:
        if len(name) == 14 and name.lower() == b"content-length":
            length = int(value)
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            if value.lower() != b"chunked":
                raise ValueError("a transfer coding that nobody asked for")
            chunked = True
        elif len(name) == 10 and name.lower() == b"keep-alive" and (timeout := _TIMEOUT.search(value)):
            idle_limit = float(timeout[1])
    return length, chunked, idle_limit


def _says_close(headers: Sequence[Header]) -> bool:
    return any(name.lower() == b"connection" and b"close" in value.lower() for name, value in headers)


@implementer(IPushProducer)
class _Valve:
    """Tells a connection how its own output drains, while a request's body streams through it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pauseProducing(self) -> None:
        self._connection.turn_valve(False)

    def resumeProducing(self) -> None:
        self._connection.turn_valve(True)

    def stopProducing(self) -> None:
        self._connection.turn_valve(True)
