"""One peer, seen from here: our connections to it, what is known of its health, and what models it lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import Peer
from llamaswap.errors import BadGateway, Unreachable
from llamaswap.exchange import Exchange
from llamaswap.peers.health import Health
from llamaswap.peers.refresh import Refresh
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.proxy.headers import Introduction, key_lines
from llamaswap.threads import InThread
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

CONNECTION = attrgetter("proxy", "ca_file", "ca_pem")
"""What connections were made with. All else of an entry takes effect on those that are there."""
LISTING = attrgetter("api_key", "refresh")
"""What its list was asked for with, besides."""
Connect = Callable[[Origin, Peer], Upstream]
"""Makes the connections to a peer; opens none."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every link needs."""

    connect: Connect
    clock: IReactorTime
    in_thread: InThread
    changed: Callable[[Link], None]
    """Told when the peer answers, or does so no more, or lists other models."""


class Link:
    """Our side of one entry of `peers:`."""

    log = Logger()

    def __init__(self, peer: Peer, around: Surroundings) -> None:
        self.peer = peer
        self.health = Health()
        self.listed_models: tuple[str, ...] = ()
        """What it listed when it last did."""
        self.refreshed: float | None = None
        """When that was."""
        self.fault = ""
        """Why its latest answer was no list of models."""
        self._around = around
        self.upstream = self._connected()
        self._refresh = self._refreshing()

    def _connected(self) -> Upstream | None:
        """None when the URL is one that no request can reach, which a warning of the configuration has told."""
        try:
            origin = Origin.parse(self.peer.proxy)
            origin.authority  # noqa: B018 - it raises for a host that can be no domain name
        except ValueError:
            return None
        return self._around.connect(origin, self.peer)

    def _refreshing(self) -> Refresh | None:
        if self.upstream is None or not self.peer.refresh:
            return None
        key = key_lines(self.peer.api_key) if self.peer.api_key else ()
        around = self._around
        return Refresh(self.upstream, key, self.peer.refresh, self, clock=around.clock, in_thread=around.in_thread)

    # -- its life ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look at what models it lists, if somebody wants to know."""
        if self._refresh is not None:
            self._refresh.start()

    def stop(self) -> None:
        """Look no more."""
        if self._refresh is not None:
            self._refresh.stop()

    def follow(self, peer: Peer, *, started: bool) -> bool:
        """Be the link of `peer` from now on, another form of the same entry; False when that needs new connections."""
        if CONNECTION(peer) != CONNECTION(self.peer):
            return False
        asked_alike = LISTING(peer) == LISTING(self.peer)
        self.peer = peer
        if self.upstream is not None:
            self.upstream.configure(peer.timeouts)
        if not asked_alike:
            self.stop()
            if not peer.refresh:
                self.listed_models, self.refreshed, self.fault = (), None, ""
            self._refresh = self._refreshing()
            if started:
                self.start()
        return True

    def inherit(self, old: Link) -> None:
        """Take over what the same server has listed, until it lists something else."""
        if self._refresh is not None and self.peer.proxy == old.peer.proxy:
            self.listed_models, self.refreshed = old.listed_models, old.refreshed

    def retire(self) -> None:
        """The entry is gone: what runs goes on, nothing is kept for later."""
        self.stop()
        if self.upstream is not None:
            self.upstream.retire()

    # -- requests ------------------------------------------------------------------------------------------------

    async def serve(self, exchange: Exchange, outgoing: Outgoing, via: bytes) -> None:
        """Relay one request and its answer; ends after the last byte.

        A connection that cannot be made is tried once more. Raises `Unreachable` when nothing of the request can have
        come to the peer, `BadGateway` when it failed later, before its answer began. Cancelling hangs up.
        """
        if self.upstream is None:
            raise Unreachable("its URL is none that can be reached", again=False)
        outgoing = outgoing._replace(introduction=Introduction(via, self.peer.api_key), heard=self.answered)
        try:
            await self._attempt(exchange, self.upstream, outgoing)
        except Unreachable as error:
            if not error.again:
                raise
            await self._attempt(exchange, self.upstream, outgoing)

    async def _attempt(self, exchange: Exchange, upstream: Upstream, outgoing: Outgoing) -> None:
        try:
            await forward(exchange, upstream, outgoing)
        except BadGateway as error:
            self.failed(str(error))
            raise

    # -- what is learnt (also `refresh.Hearer`) ------------------------------------------------------------------

    def answered(self) -> None:
        """The head of an answer is here."""
        self._learn(self.health.answered(self._around.clock.seconds()))

    def failed(self, why: str) -> None:
        """There will be no answer."""
        self._learn(self.health.failed(why, self._around.clock.seconds()))

    def unlisted(self, why: str) -> None:
        """The last good list stays."""
        if not self.fault:
            self.log.warn("peer {peer}: no list of models: {why}", peer=self.peer.id, why=why)
        self.fault = why
        self.answered()

    def listed(self, models: tuple[str, ...]) -> None:
        """The peer has these models now."""
        if self.fault:
            self.log.info("peer {peer} lists its models again", peer=self.peer.id)
        self.fault = ""
        self.refreshed = self._around.clock.seconds()
        others = models != self.listed_models
        self.listed_models = models
        known = self.health
        self.answered()
        if others and self.health is known:
            self._around.changed(self)

    def _learn(self, health: Health) -> None:
        old, self.health = self.health, health
        if health.state is not old.state:
            if health.error:
                self.log.warn("peer {peer} is down: {why}", peer=self.peer.id, why=health.error)
            else:
                self.log.info("peer {peer} is up", peer=self.peer.id)
            self._around.changed(self)
