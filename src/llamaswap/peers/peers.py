"""All peers of a configuration: a request for one of their models goes out here (lifecycle section 9)."""

from __future__ import annotations

from collections.abc import Callable

from llamaswap.config.schema import Peer
from llamaswap.errors import BadGateway
from llamaswap.exchange import Exchange
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.resolve.targets import Remote
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream


class Peers:
    """The peers, each with its connections, which `connect` makes."""

    def __init__(self, connect: Callable[[Origin], Upstream]) -> None:
        self._connect = connect
        self._upstreams: dict[str, Upstream] = {}

    async def serve(self, exchange: Exchange, target: Remote, outgoing: Outgoing) -> None:
        """Relay the request to the peer of `target`; ends after the last byte. Raises `Refusal`."""
        await forward(exchange, self._upstream_of(target.peer), outgoing)

    def _upstream_of(self, peer: Peer) -> Upstream:
        if peer.id not in self._upstreams:
            try:
                self._upstreams[peer.id] = self._connect(Origin.parse(peer.proxy))
            except ValueError as error:
                raise BadGateway(f"peer proxy error: {error}") from error
        return self._upstreams[peer.id]
