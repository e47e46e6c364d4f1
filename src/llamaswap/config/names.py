"""What a model may be called where the configuration speaks of one, and what such a name means (section 10). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from llamaswap.config.schema import Peer
from llamaswap.ids import ModelId

_COMPARED, _LONGEST = 1000, 100
"""With how many names, and of what length, one that is unknown is compared."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of models, here and on peers."""

    models: Collection[ModelId]
    aliases: Mapping[str, ModelId]
    remote: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Every name of a peer's model, full or bare, to the full names that it may mean."""
    selectors: Collection[str] = ()
    open: Collection[str] = ()
    """Peers whose models are known only once they run: any name below theirs may be one."""
    complete: bool = True
    """False when some names could not be read: an unknown one may then be the consequence of what has been reported."""

    def find(self, name: str) -> ModelId | None:
        """The model here that `name` stands for; IDs hide aliases."""
        return ModelId(name) if name in self.models else self.aliases.get(name)

    def is_full(self, name: str) -> bool:
        """Whether `name` is the full name of a peer's model: `<peer ID>/<its ID there>`."""
        return self.remote.get(name) == (name,)

    def base(self, name: str) -> str | None:
        """The ID of a model here, or the full name of one that a peer has or may have; None for other names."""
        local = self.find(name)
        if local is not None:
            return local
        meant = self.remote.get(name, ())
        if len(meant) == 1:
            return meant[0]
        return name if not meant and self._may_be_listed(name) else None

    def fault(self, name: str) -> str | None:
        """Why `base` knows no `name`, in words; None when that may follow from another mistake."""
        offers = self.remote.get(name)
        if offers:
            return f"ambiguous model {name}: several peers offer it, so name one of {', '.join(offers)}"
        return f"unknown model {name}{self.hint(name)}" if self.complete else None

    def hint(self, name: str) -> str:
        """The name that was probably meant, as the end of a sentence."""
        known = [*self.models, *self.aliases, *self.remote, *self.selectors][:_COMPARED]
        close = get_close_matches(name, known, n=1, cutoff=0.75) if len(name) <= _LONGEST else []
        return f"; did you mean `{close[0]}`?" if close else ""

    def _may_be_listed(self, name: str) -> bool:
        """Whether a peer that is asked for its models may turn out to have one of this full name."""
        return any(name.startswith(f"{peer}/") and len(name) > len(peer) + 1 for peer in self.open)


def remote_names(peers: Mapping[str, Peer]) -> dict[str, tuple[str, ...]]:
    """`Names.remote` of these peers; a full name hides an equal bare one."""
    bare: dict[str, list[str]] = {}
    for peer in peers.values():
        for model in peer.models:
            bare.setdefault(model, []).append(full_name(peer.id, model))
    full = {name: (name,) for names in bare.values() for name in names}
    return {model: tuple(names) for model, names in bare.items()} | full


def full_name(peer: str, model: str) -> str:
    """What a model of a peer is called here, whatever else has its name."""
    return f"{peer}/{model}"
