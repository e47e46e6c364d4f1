"""All peers of a configuration: requests for their models go out here (lifecycle section 9).

It knows who is asked instead of whom, and when nobody is asked any more; how a peer is asked is `link.py`'s business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from weakref import WeakSet

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.backends.waiters import Waiters
from llamaswap.config.names import full_name
from llamaswap.config.schema import Peer
from llamaswap.errors import BadGateway, ModelNotFound, PeersShuttingDown, PeerUnlisted, Unreachable
from llamaswap.exchange import Exchange
from llamaswap.notices import PeerChanged, PeerState
from llamaswap.peers.link import Connect, Link, Surroundings
from llamaswap.proxy.forward import Outgoing
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.targets import Remote
from llamaswap.threads import InThread
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

Prepare = Callable[[Remote], Awaitable[Outgoing]]
"""Makes of a request what goes to one peer: each has its own rules. Called when its turn has come; a `Refusal` is then
the answer."""


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What is known of a peer."""

    id: str
    proxy: str
    """Its URL, without what it says of a user; empty when it is none that can be reached."""
    state: PeerState
    since: float | None
    """When it came to this state, in seconds since the epoch; None while nothing is known."""
    error: str
    """Why it is down, or why its latest answer was no list of models."""
    models: tuple[str, ...]
    """As the peer calls them."""
    refreshed: float | None
    """When it last listed them; None when it never did."""


class Peers:
    """The peers in force, from one configuration to the next."""

    log = Logger()

    def __init__(
        self,
        connect: Connect,
        *,
        clock: IReactorTime,
        in_thread: InThread,
        publish: Callable[[PeerChanged], None],
    ) -> None:
        self.via = b"llamaswap-" + token_hex(8).encode()
        """What this server is called in `Via`: a request that comes with it has been here before."""
        self._connect = connect
        self._publish = publish
        self._around = Surroundings(self._make, clock, in_thread, self._changed)
        self._links: dict[str, Link] = {}
        self._names = RemoteNames({})
        self._lost: dict[str, tuple[str, ...]] = {}
        """Full names that a peer does not get, by the peer: each is told once."""
        self._upstreams: WeakSet[Upstream] = WeakSet()
        """Those of links that are gone live as long as their requests."""
        self._running = 0
        self._drained: Waiters[None] = Waiters()
        self._started = self._refusing = False

    def _make(self, origin: Origin, peer: Peer) -> Upstream:
        upstream = self._connect(origin, peer)
        self._upstreams.add(upstream)
        return upstream

    # -- its life ------------------------------------------------------------------------------------------------

    def configure(self, peers: Mapping[str, Peer], names: RemoteNames) -> None:
        """Serve these from the next request on, and tell `names` what they list.

        Connections to one whose entry says the same of them stay; others are closed when their requests are over.
        """
        old, self._links, self._names = self._links, {}, names
        for id, peer in peers.items():
            link = old.get(id)
            if link is not None and link.follow(peer, started=self._started and not self._refusing):
                self._links[id] = old.pop(id)
            else:
                self._links[id] = self._new(peer, link)
        for link in old.values():
            link.retire()
        for link in self._links.values():
            self._tell_names(link)

    def _new(self, peer: Peer, old: Link | None) -> Link:
        link = Link(peer, self._around)
        if old is not None:
            link.inherit(old)
        if self._started and not self._refusing:
            link.start()
        return link

    def start(self) -> None:
        """Begin to look at what models the peers list."""
        self._started = True
        for link in self._links.values():
            link.start()

    def refuse(self) -> None:
        """Take no more requests (S-92), and ask for no more lists."""
        self._refusing = True
        for link in self._links.values():
            link.stop()

    def drained(self) -> Deferred[None]:
        """Fires when no request is with a peer. Cancelling gives up the wait only."""
        return self._drained.add() if self._running else succeed(None)

    def close(self) -> None:
        """Cut every connection, with the requests on it."""
        self.refuse()
        for upstream in tuple(self._upstreams):
            upstream.close()

    # -- requests ------------------------------------------------------------------------------------------------

    async def serve(self, exchange: Exchange, target: Remote, prepare: Prepare) -> None:
        """Relay the request to the peer of `target`, or to one that stands in for it; ends after the last byte.

        Raises `Refusal`.
        """
        if self._refusing:
            raise PeersShuttingDown()
        self._running += 1
        try:
            await self._serve(exchange, target, prepare)
        finally:
            self._running -= 1
            if not self._running:
                self._drained.fire(None)

    async def _serve(self, exchange: Exchange, target: Remote, prepare: Prepare) -> None:
        """Ask the peer, then those that stand in for it, until one can be reached.

        Nobody else is asked once a connection stood: the request may have been acted upon. A status that a peer
        answers is an answer, also 503.
        """
        causes = []
        for asked, link in self._candidates(target):
            outgoing = await prepare(asked)
            try:
                await link.serve(exchange, outgoing, self.via)
            except BadGateway as error:
                self.log.warn("peer proxy error: {peer}: {cause}", peer=link.peer.id, cause=str(error))
                causes.append(f"{link.peer.id}: {error}")
                if not isinstance(error, Unreachable):
                    break
            else:
                if causes:
                    self.log.info("peer {peer} stood in for {asked}", peer=link.peer.id, asked=target.peer.id)
                return
        raise BadGateway(f"peer proxy error: {'; '.join(causes)}")

    def unlisted(self, name: str) -> PeerUnlisted | None:
        """Why nobody knows yet whether `name` is a model: it stands below a peer that has listed nothing so far."""
        for link in self._links.values():
            if link.peer.refresh and link.refreshed is None and name.startswith(f"{link.peer.id}/"):
                return PeerUnlisted(link.peer.id, link.health.error or link.fault or "it has not answered yet")
        return None

    def _candidates(self, target: Remote) -> list[tuple[Remote, Link]]:
        """Who is asked in turn, and for what."""
        link = self._links.get(target.peer.id)
        if link is None:
            raise ModelNotFound(f"peer {target.peer.id} was removed from the configuration")
        others = [self._links[id] for id in link.peer.failover if target.model in self._names.of(id)]
        return [(target, link), *((_of(other.peer, target.model), other) for other in others)]

    # -- what is known -------------------------------------------------------------------------------------------

    def statuses(self) -> list[PeerStatus]:
        """Every peer, in the order of the file."""
        return [self._status(link) for link in self._links.values()]

    def _status(self, link: Link) -> PeerStatus:
        peer, health = link.peer, link.health
        return PeerStatus(
            id=peer.id,
            proxy=str(link.upstream.origin) if link.upstream else "",
            state=health.state,
            since=health.since,
            error=health.error or link.fault,
            models=self._names.of(peer.id),
            refreshed=link.refreshed,
        )

    def _changed(self, link: Link) -> None:
        if self._links.get(link.peer.id) is not link:
            return  # one that is gone: its requests go on
        self._tell_names(link)
        health = link.health
        models = self._names.of(link.peer.id)
        self._publish(PeerChanged(link.peer.id, health.state, models, health.error, self._around.clock.seconds()))

    def _tell_names(self, link: Link) -> None:
        peer = link.peer.id
        lost = self._names.follow(peer, link.listed_models)
        if lost and lost != self._lost.get(peer):
            self.log.warn(
                "peer {peer} lists models whose names here belong to another peer: {names}",
                peer=peer,
                names=", ".join(lost[:10]) + (", …" if len(lost) > 10 else ""),
            )
        self._lost[peer] = lost


def _of(peer: Peer, model: str) -> Remote:
    return Remote(peer, model, full_name(peer.id, model))
