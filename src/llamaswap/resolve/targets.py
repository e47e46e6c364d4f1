"""What a name in a request stands for: a model of this server, or one of a peer. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from llamaswap.config.schema import Model, Peer


@dataclass(frozen=True, slots=True)
class Local:
    """A model of this server."""

    model: Model
    name: str
    """By which it was asked for: its ID or an alias, after pins and selectors."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A model of a peer."""

    peer: Peer
    model: str
    """As the peer calls it."""
    name: str
    """By which it was asked for: `<peer ID>/<model>`, or the bare name of one that only one peer offers."""


Target = Local | Remote
