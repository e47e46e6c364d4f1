"""Peers in memory: their connections are made, refused and driven by the test."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from llamaswap.config.schema import Peer, Timeouts
from llamaswap.errors import ConnectFailed
from llamaswap.exchange import Exchange
from llamaswap.notices import PeerChanged
from llamaswap.peers.peers import Peers
from llamaswap.proxy.forward import Outgoing
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.targets import Remote
from llamaswap.wire.connection import Connection
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream
from tests.support.web import MemoryExchange
from tests.support.wire import MemoryUpstream

MaybeConnection = TypeVar("MaybeConnection", Connection, Connection | None)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def peer(id: str, *models: str, **others: Any) -> Peer:
    """An entry of `peers:`."""
    return Peer(**{"id": id, "proxy": f"http://{id}.test/base", "models": models, **others})


class PeerUpstream(MemoryUpstream):
    """An upstream that refuses connections for as long as there are `refusals`."""

    def __init__(self, origin: Origin, timeouts: Timeouts, clock: Clock) -> None:
        super().__init__()
        self.origin = origin
        self.timeouts = timeouts
        self._clock = clock
        self.refusals: list[ConnectFailed] = []
        self.retired = self.closed = False

    def take_kept(self) -> Connection | None:
        return self._limited(super().take_kept()) if not self.refusals else None

    async def connect(self) -> Connection:
        if self.refusals:
            raise self.refusals.pop(0)
        return self._limited(await super().connect())

    def _limited(self, connection: MaybeConnection) -> MaybeConnection:
        if connection is not None:
            connection.limit_silence(self.timeouts.response_header, self._clock)
        return connection

    def refuse(self, *causes: str, again: bool = True) -> None:
        """Refuse so many connections."""
        self.refusals = [ConnectFailed(cause, again=again) for cause in causes]

    def lose(self) -> None:
        """The newest connection breaks."""
        super().close(cleanly=False)

    def configure(self, timeouts: Timeouts) -> None:
        self.timeouts = timeouts

    def retire(self) -> None:
        self.retired = True

    def close(self, *, cleanly: bool = True) -> None:
        self.closed = True


class PeerWorld:
    """`Peers` with everything around them."""

    def __init__(self, *peers: Peer) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.made: list[PeerUpstream] = []
        self.published: list[PeerChanged] = []
        self.peers = Peers(
            self._connect,
            clock=self.clock,
            in_thread=lambda work, *args: succeed(work(*args)),
            publish=self.published.append,
        )
        self.configure(*peers)

    def _connect(self, origin: Origin, peer: Peer) -> Upstream:
        self.made.append(PeerUpstream(origin, peer.timeouts, self.clock))
        return cast(Upstream, self.made[-1])

    def configure(self, *peers: Peer, taken: tuple[str, ...] = ()) -> None:
        by_id = {each.id: each for each in peers}
        self.names = RemoteNames(by_id, taken)
        self.peers.configure(by_id, self.names)

    def upstream(self, id: str) -> PeerUpstream:
        """The newest one of a peer."""
        return next(each for each in reversed(self.made) if each.origin.host == f"{id}.test")

    def ask(self, name: str, *args: Any, keep_credentials: bool = True, **kwargs: Any) -> Asked:
        """Send a request for the model of this name; what comes of it is up to the test."""
        exchange = MemoryExchange(*(args or ("POST", "/v1/x")), **kwargs)
        target = self.names.find(name)
        assert target is not None, name

        async def prepare(asked: Remote) -> Outgoing:
            return Outgoing(exchange.target, keep_credentials=keep_credentials)

        return Asked(exchange, Deferred.fromCoroutine(self.peers.serve(cast(Exchange, exchange), target, prepare)))


class Asked:
    """A request and what comes of it."""

    def __init__(self, exchange: MemoryExchange, done: Deferred[None]) -> None:
        self.exchange = exchange
        self.done = done
