"""The models of peers, by every name they go by here (lifecycle section 9). Pure.

Those that the configuration names are always there. What peers list besides (`follow`) joins them and takes no name
from anybody: neither from the configuration nor from a peer that stands before in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from llamaswap.config.names import full_name
from llamaswap.config.schema import Peer
from llamaswap.resolve.targets import Remote


class RemoteNames:
    """Full names `<peer ID>/<model>`, and the bare ones that only one peer offers and that are no full names.

    What a peer lists gets no name of `taken`: the models, aliases and selectors here.
    """

    def __init__(self, peers: Mapping[str, Peer], taken: Collection[str] = ()) -> None:
        self._peers = peers
        self._taken = taken
        self._listed: dict[str, tuple[str, ...]] = {}
        self._configured = _names(_configured(peers))
        self._build()

    def follow(self, peer: str, models: Sequence[str]) -> tuple[str, ...]:
        """Let `peer` offer `models`, besides those of the configuration and in place of what it listed before.

        Returns the full names among them that belong to another peer, and so are not given to this one.
        """
        if peer not in self._peers:
            return ()
        self._listed[peer] = tuple(models)
        self._build()
        lost = (full_name(peer, model) for model in models)
        return tuple(name for name in lost if name in self._names and self._names[name].peer.id != peer)

    def find(self, name: str) -> Remote | None:
        """What `name` means, if it is the name of a peer's model and no other's."""
        return self._names.get(name)

    def all(self) -> tuple[Remote, ...]:
        """Every model of every peer, once, by its full name (`Remote.name`), in the order of the file."""
        return self._all

    def of(self, peer: str) -> tuple[str, ...]:
        """The models that `peer` offers now, as it calls them."""
        return self._models.get(peer, ())

    @property
    def deepest(self) -> int:
        """Of how many segments, with `/` between them, the longest name consists. It changes with the names."""
        return self._deepest

    def _build(self) -> None:
        """Put everything together; a request sees all of it or nothing."""
        full: dict[str, Remote] = {remote.name: remote for remote in _configured(self._peers)}
        for remote in self._followed():
            full.setdefault(remote.name, remote)
        offers: dict[str, list[Remote]] = {peer: [] for peer in self._peers}
        for remote in full.values():
            offers[remote.peer.id].append(remote)
        self._all = tuple(remote for each in offers.values() for remote in each)
        self._models = {peer: tuple(remote.model for remote in each) for peer, each in offers.items()}
        bare = {
            name: remote
            for name, remote in _bare(self._all).items()
            if name not in self._taken and not self._belongs_to_another(name, remote.peer.id)
        }
        self._names = bare | full | self._configured
        self._deepest = max((name.count("/") + 1 for name in self._names), default=0)

    def _belongs_to_another(self, name: str, peer: str) -> bool:
        """Names below that of a peer are its own, also while it lists nothing."""
        parts = name.split("/")
        fronts = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(front in self._peers and front != peer for front in fronts)

    def _followed(self) -> Iterator[Remote]:
        for peer in self._peers.values():
            for model in self._listed.get(peer.id, ()):
                name = full_name(peer.id, model)
                if name not in self._taken and name not in self._configured:
                    yield Remote(peer, model, name)


def _configured(peers: Mapping[str, Peer]) -> tuple[Remote, ...]:
    return tuple(Remote(peer, model, full_name(peer.id, model)) for peer in peers.values() for model in peer.models)


def _bare(offers: Collection[Remote]) -> dict[str, Remote]:
    """The models' own names, where only one peer has a model of that name."""
    found: dict[str, list[Remote]] = {}
    for offer in offers:
        found.setdefault(offer.model, []).append(Remote(offer.peer, offer.model, offer.model))
    return {name: same[0] for name, same in found.items() if len(same) == 1}


def _names(offers: Collection[Remote]) -> dict[str, Remote]:
    return _bare(offers) | {offer.name: offer for offer in offers}
