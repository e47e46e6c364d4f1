"""One start of one backend, seen from here: where it listens, and our connections to it.

A restart of the backend is a new `Upstream`, so no connection outlives the process it was made to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IReactorCore,
    IReactorTCP,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory

from llamaswap.config.schema import Timeouts
from llamaswap.errors import ConnectFailed, UpstreamFailed
from llamaswap.wire.ask import AnswerTooLong, ask
from llamaswap.wire.connection import Connection
from llamaswap.wire.dial import dial
from llamaswap.wire.origin import Origin
from llamaswap.wire.tls import ClientTls, SecureConnection
from llamaswap.wire.transport import keep_alive

_LOOPBACK = ("127.0.0.1", "::1")
_DEFAULT = Timeouts()
_NO_LIMIT = 1e9
_IDLE_LIMIT = 100
"""Idle connections kept at most."""
_PATIENCE = 0.1
"""Seconds without an answer after which a new connection is thought not to have been taken up."""
_LONGEST_PROBE = 1024 * 1024
"""Bytes of the answer to a probe that are waited for."""
_MARGIN = 1.0
"""Seconds before the upstream would close an idle connection at which we do, so that no request meets its end."""


class INetworkReactor(IReactorCore, IReactorTCP, IReactorTime):
    """What an `Upstream` needs of a reactor."""


class Upstream:
    """Connections to the server at `origin`, kept alive between requests."""

    def __init__(
        self,
        reactor: INetworkReactor,
        origin: Origin,
        *,
        timeouts: Timeouts = _DEFAULT,
        authorities: str | None = None,
    ) -> None:
        """`authorities` are for https: (`tls.py`)."""
        self.origin = origin
        self._tls = ClientTls(origin.host, authorities) if origin.secure else None
        self._reactor = reactor
        self._timeouts = timeouts
        self._idle_seconds = timeouts.idle_conn or math.inf
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._unheard: dict[Connection, float] = {}
        """When each connection was made that was not seen to be answered yet."""
        self._sweeper: IDelayedCall | None = None
        self._good_address: str | None = None
        self._closed = False
        self._retired = False

    def configure(self, timeouts: Timeouts) -> None:
        """Go on with other timeouts; what is under way keeps those it met."""
        self._timeouts = timeouts
        self._idle_seconds = timeouts.idle_conn or math.inf
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._arm_sweeper()

    def probe(self, path: str) -> Deferred[int]:
        """Fires with the status that a GET of `path` answers; redirects are not followed.

        Fails with `UpstreamFailed`. Cancelling hangs up.
        """
        return Deferred.fromCoroutine(self._probe(path.encode("utf-8")))

    async def _probe(self, path: bytes) -> int:
        try:
            status, _ = await ask(self, b"GET", path, [(b"Accept", b"*/*")], limit=_LONGEST_PROBE)
        except AnswerTooLong as error:
            return error.status
        return status

    def connection(self, *, fresh: bool = False) -> AbstractAsyncContextManager[Connection]:
        """A connection for one request; afterwards kept for the next if the answer was complete, else cut.

        Entering raises `UpstreamFailed` when none can be made. `fresh` takes none that has been used before.
        """
        return _Borrowed(self, fresh)

    def take_kept(self) -> Connection | None:
        """A connection from before, to be given back; None when there is none, and `connect` makes one."""
        return self._ready(self._idle.pop()) if self._idle else None

    async def connect(self) -> Connection:
        """A new connection, to be given back. Raises `UpstreamFailed`."""
        return self._ready(await self._connect())

    def _ready(self, connection: Connection) -> Connection:
        if self._timeouts.response_header or connection.limits_silence:
            connection.limit_silence(self._timeouts.response_header, self._reactor)
        return connection

    def close(self) -> None:
        """Drop the idle connections and cut those in use. Nothing can be sent afterwards."""
        self._closed = True
        self._idle.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in tuple(self._open):
            connection.abort()

    def retire(self) -> None:
        """Keep no connection for later: idle ones are closed now, those in use when they have done their work."""
        self._retired = True
        while self._idle:
            self._idle.pop().close()

    # -- the pool ----------------------------------------------------------------------------------------------

    def give_back(self, connection: Connection) -> None:
        """Keep `connection` for the next request, or end it."""
        if self._unheard:
            self._unheard.pop(connection, None)
        if self._closed or not connection.reusable:
            connection.abort()
        elif self._retired or len(self._idle) >= _IDLE_LIMIT or (self._unheard and self._somebody_starves()):
            connection.close()
        else:
            self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        if connection.idle_limit < self._idle_seconds + _MARGIN:
            self._idle_seconds = max(0.0, connection.idle_limit - _MARGIN)
        connection.resumeProducing()
        connection.used = True
        connection.idle_since = self._reactor.seconds()
        self._idle.append(connection)
        if self._sweeper is None:
            self._arm_sweeper()
        elif self._unheard:
            self._sweeper.reset(self._until_sweep())

    def _arm_sweeper(self) -> None:
        """Look again when something may be to be closed; never, where nothing ever is."""
        wait = self._until_sweep() if self._idle else math.inf
        self._sweeper = self._reactor.callLater(wait, self._sweep) if wait < math.inf else None

    def _somebody_starves(self) -> bool:
        """A connection has had no answer for so long that it may never have been taken up.

        Servers such as llama.cpp's hold a thread for each connection, idle or not, and take up no other while all are
        held: with more connections than threads, an idle one stalls a request until the server drops it.
        """
        horizon = self._reactor.seconds() - _PATIENCE
        self._unheard = {connection: made for connection, made in self._unheard.items() if connection.unheard}
        return any(made <= horizon for made in self._unheard.values())

    def _until_sweep(self) -> float:
        return _PATIENCE if self._unheard else max(0.0, self._idle[0].idle_since - self._horizon())

    def _horizon(self) -> float:
        """What has been idle since then, or longer, is closed."""
        return self._reactor.seconds() - self._idle_seconds

    def _sweep(self) -> None:
        """Close what was idle for too long (the oldest stands first: the latest is used first), or is in the way."""
        self._sweeper = None
        starves = self._somebody_starves()
        horizon = self._horizon()
        while self._idle and (starves or self._idle[0].idle_since <= horizon):
            self._idle.pop(0).close()
        self._arm_sweeper()

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._unheard.pop(connection, None)
        if connection in self._idle:
            self._idle.remove(connection)

    # -- new connections ---------------------------------------------------------------------------------------

    async def _connect(self) -> Connection:
        if self._closed:
            raise UpstreamFailed("the model's server has been stopped")
        failures = []
        again = True
        for address in self._addresses():
            try:
                connection = await self._reach(address)
            except ConnectingCancelledError as error:  # Twisted's own word for it; to us it is any cancel
                raise CancelledError from error
            except (ConnectError, DNSLookupError, ConnectFailed) as error:
                failures.append(f"{address}: {error}")
                again = again and not isinstance(error, ConnectTimeout) and getattr(error, "again", True)
                continue
            except ValueError as error:  # that is no name of a host, or none that a certificate can be for
                failures.append(f"{address}: {error}")
                again = False
                continue
            self._good_address = address
            return self._admit(connection)
        raise ConnectFailed(f"cannot connect to {self.origin}: " + "; ".join(failures), again=again)

    async def _reach(self, address: str) -> Connection:
        """A connection that can be used: with TLS, one that has shaken hands."""
        timeout = self._timeouts.connect or _NO_LIMIT
        if self._tls is None and _is_ip(address):
            return await dial(self._reactor, address, self.origin.port, partial(Connection, self._lost), timeout)
        make = SecureConnection if self._tls is not None else Connection
        if "_" in address:  # no domain name, but that of a container, which the system's resolver knows
            address = await self._reactor.resolve(address)
        connection = cast(Connection, await self._endpoint(address, timeout).connect(_Connections(make, self._lost)))
        if isinstance(connection, SecureConnection):
            await connection.secured(self._timeouts.tls_handshake, self._reactor)
        return connection

    def _admit(self, connection: Connection) -> Connection:
        keep_alive(connection.transport, self._timeouts.keepalive)
        self._open.add(connection)
        self._unheard[connection] = self._reactor.seconds()
        if self._closed:
            connection.abort()
            raise UpstreamFailed("the model's server has been stopped")
        return connection

    def _addresses(self) -> tuple[str, ...]:
        """The addresses to try, in order. `localhost` needs no resolver, and one refusal must not delay the next."""
        if self._good_address is not None:
            return (self._good_address,)
        return _LOOPBACK if self.origin.host == "localhost" else (self.origin.host,)

    def _endpoint(self, address: str, timeout: float) -> IStreamClientEndpoint:
        from twisted.internet.endpoints import HostnameEndpoint, TCP4ClientEndpoint, TCP6ClientEndpoint

        endpoint: IStreamClientEndpoint
        if ":" in address:
            endpoint = TCP6ClientEndpoint(self._reactor, address, self.origin.port, timeout)
        elif _is_ip(address):
            endpoint = TCP4ClientEndpoint(self._reactor, address, self.origin.port, timeout)
        else:
            endpoint = HostnameEndpoint(self._reactor, address, self.origin.port, timeout)
        return endpoint if self._tls is None else self._tls.wrap(endpoint, self._reactor)


def _is_ip(address: str) -> bool:
    return ":" in address or address.replace(".", "").isdigit()


class _Borrowed:
    """A connection for the length of a block. (A generator would cost every request some microseconds more.)"""

    __slots__ = ("_connection", "_fresh", "_upstream")

    def __init__(self, upstream: Upstream, fresh: bool) -> None:
        self._upstream = upstream
        self._fresh = fresh

    async def __aenter__(self) -> Connection:
        kept = None if self._fresh else self._upstream.take_kept()
        self._connection = kept or await self._upstream.connect()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._upstream.give_back(self._connection)


class _Connections(Factory):
    """Makes one connection."""

    noisy = False

    def __init__(
        self, make: Callable[[Callable[[Connection], None]], Connection], gone: Callable[[Connection], None]
    ) -> None:
        self._make = make
        self._gone = gone

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        return self._make(self._gone)
