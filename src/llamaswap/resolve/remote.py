"""The models of peers, by every name they go by here (lifecycle section 9). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from llamaswap.config.names import full_name
from llamaswap.config.schema import Peer
from llamaswap.resolve.targets import Remote


class RemoteNames:
    """Full names `<peer ID>/<model>`, and the bare ones that only one peer offers and that are no full names."""

    def __init__(self, peers: Mapping[str, Peer]) -> None:
        offered = [(peer, model) for peer in peers.values() for model in peer.models]
        bare: dict[str, list[Remote]] = {}
        for peer, model in offered:
            bare.setdefault(model, []).append(Remote(peer, model, model))
        full = {full_name(peer.id, model): Remote(peer, model, full_name(peer.id, model)) for peer, model in offered}
        self._names = {name: offers[0] for name, offers in bare.items() if len(offers) == 1} | full

    def find(self, name: str) -> Remote | None:
        """What `name` means, if it is the name of a peer's model and no other's."""
        return self._names.get(name)

    @property
    def deepest(self) -> int:
        """Of how many segments, with `/` between them, the longest name consists."""
        return max((name.count("/") + 1 for name in self._names), default=0)
