"""A client's connection: messages read one after the other, and answered in order, in two lanes.

Every message that `reader.py` finds becomes an `Exchange`. The front (`web/front.py`) says what answers it: a
coroutine of ours, or the resource tree (`lane.py`). One that arrives early waits, read, and the client is told to
pause.

Three waits are bounded, each only while the client owes us something: for a head, for more body, for the next
message. A request that waits for a model and an answer that runs are never ended by the clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from typing import Protocol as Shape

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocolNegotiationFactory,
    IPushProducer,
    IReactorTime,
    ISSLTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from llamaswap.config.schema import Limits
from llamaswap.errors import BadRequest, BodyStalled, ClientGone
from llamaswap.exchange import Exchange, Producer, TunnelEnd
from llamaswap.wire.body import IncomingBody
from llamaswap.wire.reader import MessageHead, RequestReader
from llamaswap.wire.served import REASONS, ServedExchange
from llamaswap.wire.steps import Steps
from llamaswap.wire.transport import Outlet, Transport, peer_has_closed, tune, unsent

_LINGER_BYTES = 256 * 1024
"""How much of an unread body is read off after the answer, so that the connection can go on."""
_LINGER_SECONDS = 5.0
_NEVER = float("inf")


class Front(Shape):
    """What decides about a message (`web/front.py`)."""

    def receive(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        """The coroutine that answers, or None when the resource tree does."""

    def guard(self, exchange: Exchange, answering: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        """`answering`, with the refusals that it raises made answers."""

    def ended(self, exchange: Exchange) -> None:
        """The exchange is over, however it ended. Once for each that was received."""


class ResourceLane(Shape):
    """What answers the messages that the front leaves to the resource tree (`lane.py`)."""

    async def serve(self, exchange: ServedExchange) -> None: ...


@implementer(IPushProducer)
class Channel(Protocol):
    """One connection. See the module's rules."""

    log = Logger()
    transport: Transport  # type: ignore[assignment]
    send: Callable[[bytes], None]
    """Write to the client; dropped once it is gone. (One call less for each piece of an answer than with a method.)"""

    def __init__(self, factory: ChannelFactory) -> None:
        self._factory = factory
        self.limits = factory.limits
        self._reader = RequestReader(self, self.limits.header_bytes)
        self._queue: deque[ServedExchange] = deque()
        self._current: ServedExchange | None = None
        self._far: TunnelEnd | None = None
        self._broken: tuple[int, str] | None = None
        self._held = b""
        self._feeding = False
        self._advancing = False
        self._paused = False
        self._lost = False
        self._leaving = False
        self._lingered = 0
        self._unsent = 0
        self._peer: str | None = None
        self.deadline = factory.clock.seconds() + self.limits.header_seconds
        """When this connection has waited long enough for its client; never while the client waits for us."""

    # -- facts about the connection ----------------------------------------------------------------------------

    @property
    def peer(self) -> str:
        if self._peer is None:
            self._peer = str(getattr(self.transport.getPeer(), "host", ""))
        return self._peer

    @property
    def local(self) -> str:
        return str(getattr(self.transport.getHost(), "host", ""))

    @property
    def secure(self) -> bool:
        return ISSLTransport.providedBy(self.transport)

    @property
    def idle(self) -> bool:
        """No message is being answered or has begun to arrive."""
        return self._current is None and not self._queue and not self._reader.in_head

    def hurry(self) -> None:
        """The server closes: end now if idle or a tunnel; a head that has begun gets a moment to become complete."""
        if self.idle or self.tunnelling:
            self.close()
        elif self._current is None:
            self.deadline = min(self.deadline, self._factory.clock.seconds() + _LINGER_SECONDS)

    @property
    def tunnelling(self) -> bool:
        """It is a tunnel now, which has no end of its own."""
        return self._far is not None

    # -- what the transport tells ------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        tune(self.transport)
        self.send = Outlet(self.transport).write
        self._factory.connections.add(self)
        if self._factory.closing:
            self._hang_up()

    def dataReceived(self, data: bytes) -> None:
        if self._far is not None:
            self._far.write(data)
        elif self._broken is not None or self._leaving:
            self._linger(len(data))
        elif self._held or self._queue or (self._current is not None and self._current.websocket):
            # what comes behind an upgrade is the tunnel's, or the next message if none is made
            self._held += data
            self._pause()
        else:
            self._feed(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = True
        self.send = _drop
        self._queue.clear()
        far, self._far = self._far, None
        current = self._current
        if far is not None:
            far.close()  # and when it has closed in turn, the exchange ends: what was sent to it still leaves
        elif current is not None:
            self._abandon(current)
        self._factory.lost(self)

    def _abandon(self, exchange: ServedExchange) -> None:
        exchange.finished = True
        exchange.keep_alive = False
        exchange.body.break_off(ClientGone("the client hung up"))
        if exchange.task is not None and not exchange.over:
            exchange.task.cancel()

    # -- reading -----------------------------------------------------------------------------------------------

    def _feed(self, data: bytes) -> None:
        self._feeding = True
        self._reader.feed(data)
        self._feeding = False
        self._advance()

    def begun(self) -> None:
        self.deadline = min(self.deadline, self._factory.clock.seconds() + self.limits.header_seconds)

    def arrived(self, head: MessageHead) -> IncomingBody:
        exchange = ServedExchange(self, head, IncomingBody(self, head.length, self.limits.body_bytes))
        self._queue.append(exchange)
        return exchange.body

    def broken(self, status: int, why: str) -> None:
        """A message whose body was arriving is told; else the client is, when its turn comes."""
        self._held = b""
        self._broken = (status, why)
        newest = self._queue[-1] if self._queue else self._current
        if newest is not None and not newest.body.complete:
            newest.keep_alive = False
            newest.body.break_off(BadRequest(why))

    # -- tunnels -----------------------------------------------------------------------------------------------

    def become_tunnel(self, far: TunnelEnd, early: bytes) -> TunnelEnd:
        """From now on bytes go both ways as they are."""
        held, self._held = self._held, b""
        self._far = far
        self.deadline = _NEVER
        self.transport.registerProducer(far, True)
        if early or held:
            far.write(early + held)
        self._resume()
        return self

    # -- answering, in order -----------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Start what can start; decide what the connection does next. Harmless to call at any time."""
        if self._feeding or self._advancing or self._lost:
            return
        self._advancing = True
        try:
            while (self._current is None or self._retire(self._current)) and self._queue:
                self._start(self._queue.popleft())
        finally:
            self._advancing = False
        if self._current is None and not self._queue and not self._lost and self._far is None:
            self._rest()
        elif self._queue:
            self._pause()

    def _retire(self, current: ServedExchange) -> bool:
        """Let go of the current exchange if all of it is over. True when it has gone, and another may follow."""
        if not (current.over and current.finished) or self._far is not None:
            return False
        if self._is_worth_draining(current):
            return False
        if not current.keep_alive or not current.body.complete:
            self._current = None
            self._queue.clear()
            self._hang_up()
            return False
        if current.websocket:
            self._reader.restart()
            self._held = current.early + self._held
        self._current = None
        return True

    def _is_worth_draining(self, exchange: ServedExchange) -> bool:
        """The rest of its body is on its way and small enough to be read off, so that the connection can go on."""
        body = exchange.body
        invited = not exchange.expects_continue
        return invited and not body.complete and self._broken is None and body.discarded <= _LINGER_BYTES

    def _start(self, exchange: ServedExchange) -> None:
        self._current = exchange
        self.deadline = _NEVER
        exchange.task = Steps(self._answering(exchange), self._over, exchange)
        exchange.task.go_on()

    def _answering(self, exchange: ServedExchange) -> Coroutine[Any, Any, None]:
        front = self._factory.front
        try:
            answering = front.receive(exchange)
        except Exception:  # a fault of ours: one client is cut off, and the others go on
            self.log.failure("receiving {method!r} {target!r} failed", method=exchange.method, target=exchange.target)
            return _nothing()
        return answering or front.guard(exchange, self._factory.lane.serve(exchange))

    def _failed(self, failure: Failure, exchange: ServedExchange) -> None:
        if not (self._lost and failure.check(CancelledError, ClientGone)):
            self.log.failure(
                "answering {method!r} {target!r} failed", failure, method=exchange.method, target=exchange.target
            )

    def _over(self, failure: Failure | None, exchange: ServedExchange) -> None:
        if failure is not None:
            self._failed(failure, exchange)
        exchange.over = True
        exchange.task = None  # which knows the exchange: both would wait for the garbage collector
        exchange.body.discard()
        if not exchange.finished:
            exchange.abort()
        self._factory.front.ended(exchange)
        if not exchange.body.complete and not self._lost and self._broken is None:
            self.deadline = self._factory.clock.seconds() + _LINGER_SECONDS
            self._resume()
        self._advance()

    def _rest(self) -> None:
        """Nothing to answer: go on reading, or say goodbye."""
        if self._leaving:
            return
        if self._broken is not None:
            self._say_broken(*self._broken)
        elif self._factory.closing and not self._reader.in_head:
            self._hang_up()
        else:
            wait = self.limits.header_seconds if self._reader.in_head else self.limits.keep_alive
            if not self._reader.in_head or self.deadline == _NEVER:
                self.deadline = self._factory.clock.seconds() + wait
            self._resume()
            held, self._held = self._held, b""
            if held:
                self._feed(held)

    def _say_broken(self, status: int, why: str) -> None:
        text = f"llama-swap: {why}\n".encode()
        head = b"HTTP/1.1 %d %b\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        self.send(head % (status, REASONS[status], len(text)) + text)
        self._hang_up()

    def _linger(self, received: int) -> None:
        """The client still sends what nobody will read; a reset at once might cost it our answer."""
        self._lingered += received
        if self._lingered > _LINGER_BYTES:
            self.cut()

    def _hang_up(self) -> None:
        """Close once everything is written, which takes as long as the client reads, but not for ever."""
        self._leaving = True
        self.deadline = self._factory.clock.seconds() + self.limits.keep_alive
        self.transport.loseConnection()

    # -- what exchanges ask of their connection ----------------------------------------------------------------

    def cut(self) -> None:
        """End the connection without ceremony, so that nothing looks complete."""
        if not self._lost:
            self.transport.abortConnection()

    def produce(self, producer: Producer | None) -> None:
        if self._lost:
            if producer is not None:
                producer.stopProducing()
        elif producer is None:
            self.transport.unregisterProducer()
        else:
            self.transport.registerProducer(producer, True)

    def may_go_on(self, exchange: ServedExchange) -> bool:
        """The rest of the exchange's body will be read off quickly, so another message can follow."""
        body = exchange.body
        if self._factory.closing or self._broken is not None:
            return False
        if body.complete:
            return True
        return not exchange.expects_continue and body.length is not None and body.length - body.size <= _LINGER_BYTES

    # -- Source of bodies --------------------------------------------------------------------------------------

    def wanted(self) -> None:
        current = self._current
        if current is not None and current.expects_continue and not current.status:
            current.expects_continue = False
            if not current.body.size:
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.deadline = self._factory.clock.seconds() + self.limits.body_idle
        self._resume()

    def enough(self) -> None:
        self._pause()

    def room(self) -> None:
        self._resume()

    # -- IPushProducer and TunnelEnd ---------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        self.send(data)

    def close(self) -> None:
        if not self._lost:
            self.transport.unregisterProducer()  # one that has ended would hold the close back
            self.transport.loseConnection()

    def pauseProducing(self) -> None:
        self._pause()

    def resumeProducing(self) -> None:
        self._resume()

    def stopProducing(self) -> None:
        """The far side's transport is gone."""
        if self._far is not None:
            self.close()
        else:
            self.cut()

    def _pause(self) -> None:
        if not self._paused and not self._lost:
            self._paused = True
            self.transport.pauseProducing()

    def _resume(self) -> None:
        if self._paused and not self._lost:
            self._paused = False
            self.transport.resumeProducing()

    # -- time --------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """The deadline has passed."""
        self.deadline = _NEVER
        current = self._current
        if current is not None and not current.over:
            if current.body.wanted:
                current.keep_alive = False
                current.body.break_off(BodyStalled())
        elif current is None and self._reader.in_head and self._broken is None:
            self.broken(408, "the request's head stopped arriving")
            self._advance()
        elif not self._leaving:
            self._hang_up()
        else:
            self._part()

    def _part(self) -> None:
        """Cut a connection that is closing, unless its client still reads what is left."""
        left = unsent(self.transport)
        if left and left != self._unsent:
            self._unsent = left
            self.deadline = self._factory.clock.seconds() + self.limits.keep_alive
        else:
            self.cut()

    def look_after(self) -> None:
        """Find out what a paused transport does not tell: that its client has gone."""
        if self._paused and self._current is not None and peer_has_closed(self.transport):
            self.cut()


def _drop(data: bytes) -> None:
    """There is nobody to send it to."""


async def _nothing() -> None:
    """Answers nothing, so that the exchange is cut."""


@implementer(IProtocolNegotiationFactory)
class ChannelFactory(Factory):
    """Makes a `Channel` of each connection, and ends those whose clients owe us something for too long."""

    noisy = False

    def __init__(self, front: Front, lane: ResourceLane, limits: Limits, clock: IReactorTime) -> None:
        self.front = front
        self.lane = lane
        self.clock = clock
        self.connections: set[Channel] = set()
        self.closing = False
        self._draining: list[Deferred[None]] = []
        self._ports = 0
        self._sweeper: IDelayedCall | None = None
        self.configure(limits)

    def configure(self, limits: Limits) -> None:
        """What is asked of clients from now on; a connection keeps its limit of a head, and the wait it is in."""
        self.limits = limits
        self._period = min(1.0, limits.header_seconds / 4, limits.body_idle / 4, limits.keep_alive / 4)
        for connection in self.connections:
            connection.limits = limits

    def acceptableProtocols(self) -> list[bytes]:
        """What is spoken under TLS; a client that asks (by ALPN, as most do) would be turned away without an answer."""
        return [b"http/1.1"]

    def buildProtocol(self, addr: IAddress | None) -> Channel:
        return Channel(self)

    def doStart(self) -> None:
        self._ports += 1
        if self._sweeper is None:
            self._sweeper = self.clock.callLater(self._period, self._sweep)

    def doStop(self) -> None:
        self._ports -= 1
        self._stop_sweeping()

    def close(self) -> None:
        """Serve no further messages: idle connections and tunnels end now, the others with the answer they are at."""
        self.closing = True
        for connection in tuple(self.connections):
            connection.hurry()

    def drained(self) -> Deferred[None]:
        """Fires when no connection is left, at once when there is none. Cancelling gives up the wait only."""
        done: Deferred[None] = Deferred(self._draining.remove)
        self._draining.append(done)
        self._report_drained()
        return done

    def lost(self, connection: Channel) -> None:
        """`connection` is gone."""
        self.connections.discard(connection)
        self._stop_sweeping()
        self._report_drained()

    def _report_drained(self) -> None:
        if not self.connections:
            draining, self._draining = self._draining, []
            for done in draining:
                done.callback(None)

    def cut(self) -> None:
        """End every connection this instant."""
        for connection in tuple(self.connections):
            connection.cut()

    def _sweep(self) -> None:
        self._sweeper = None
        now = self.clock.seconds()
        for connection in tuple(self.connections):
            if connection.deadline <= now:
                connection.expire()
            else:
                connection.look_after()
        if self._ports or self.connections:
            self._sweeper = self.clock.callLater(self._period, self._sweep)

    def _stop_sweeping(self) -> None:
        if not self._ports and not self.connections and self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
