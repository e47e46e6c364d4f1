"""What both sides of the wire ask of a stream transport; Twisted spreads it over five interfaces."""

from __future__ import annotations

import fcntl
import socket
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from twisted.internet.interfaces import IAddress
from twisted.internet.tcp import Connection

_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
_KEEP_ALIVE = [
    getattr(socket, name) for name in ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL") if hasattr(socket, name)
]
"""Options that say, in seconds, when the system asks first (the first two, by system), and how often then."""
_LONGEST_KEEP_ALIVE = 32767
_CLOSE = 7
_CLOSE_WAIT = 8
"""States in the first byte of Linux's `struct tcp_info`."""


class Transport(Protocol):
    """A TCP, TLS or Unix-socket transport."""

    def write(self, data: bytes) -> None: ...
    def loseConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def registerProducer(self, producer: object, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...
    def getPeer(self) -> IAddress: ...
    def getHost(self) -> IAddress: ...
    def getHandle(self) -> Any: ...


def tune(transport: Transport) -> None:
    """Small writes leave at once, and a peer that is silently gone is noticed; on TCP only."""
    no_delay = getattr(transport, "setTcpNoDelay", None)
    if no_delay is not None:
        no_delay(True)
        transport.setTcpKeepAlive(True)  # type: ignore[attr-defined]


def keep_alive(transport: Transport, seconds: int) -> None:
    """Have the system ask after so much silence, and again at that pace, whether the peer is still there; 0: never."""
    switch = getattr(transport, "setTcpKeepAlive", None)
    if switch is None:
        return
    switch(seconds > 0)
    socket_of = getattr(transport, "transport", transport)  # below TLS
    if seconds > 0 and isinstance(socket_of, Connection):
        for option in _KEEP_ALIVE:
            with suppress(OSError, OverflowError):
                socket_of.getHandle().setsockopt(socket.IPPROTO_TCP, option, min(seconds, _LONGEST_KEEP_ALIVE))


def peer_has_closed(transport: Transport) -> bool:
    """The other end has closed, although the transport is paused and does not read it. Only Linux tells."""
    if not isinstance(transport, Connection) or _TCP_INFO is None or not transport.connected:
        return False
    try:
        state = transport.getHandle().getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0]
    except OSError:
        return False
    return state in (_CLOSE, _CLOSE_WAIT)


def unsent(transport: Transport) -> int:
    """Bytes written that the other end has not acknowledged, as far as the system tells; 0 when it does not."""
    if not isinstance(transport, Connection) or not transport.connected:
        return 0
    held = len(transport.dataBuffer) + int(getattr(transport, "_tempDataLen", 0))
    try:
        kernel = fcntl.ioctl(transport.getHandle(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return held
    return held + int.from_bytes(kernel, sys.byteorder)


class Outlet:
    """Sends at once what the socket takes, where that keeps the order; the reactor sends the rest in its next turn.

    A relayed message takes half as many turns of the reactor with it. Errors and the end of the connection are left to
    the reactor as well: it meets them when it writes or reads.
    """

    __slots__ = ("_send", "_transport")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # Whether a transport holds bytes back is no public knowledge; one that does not tell is simply written to.
        knows = isinstance(transport, Connection) and hasattr(transport, "_tempDataBuffer")
        self._send: Callable[[bytes], int] | None = transport.getHandle().send if knows else None

    def write(self, data: bytes) -> None:
        """Send now, behind what the reactor has still to send."""
        transport: Any = self._transport
        send = self._send
        if send is None or transport.disconnecting or not transport.connected:
            transport.write(data)
        elif transport.dataBuffer or transport._tempDataBuffer:
            transport.write(data)
        else:
            try:
                sent = send(data)
            except OSError:
                sent = 0
            if sent < len(data):
                transport.write(data[sent:])
