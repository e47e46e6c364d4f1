"""Every model and how it is with it, as the UI is told (http-api section 12, `modelStatus`). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llamaswap.config.schema import Model, Settings
from llamaswap.notices import State, StateOf
from llamaswap.resolve.targets import Remote
from llamaswap.web.listing import abilities


def model_status(settings: Settings, remotes: Iterable[Remote], state_of: StateOf) -> list[dict[str, Any]]:
    """Those here, sorted by the bytes of their IDs, unlisted ones as well; then those of peers."""
    here = sorted(settings.models.values(), key=lambda model: model.id.encode(errors="replace"))
    return [_local(model, state_of(model.id)) for model in here] + [_remote(remote) for remote in remotes]


def _local(model: Model, state: State) -> dict[str, Any]:
    status = _status(model.id, model.name, model.description, state.value, unlisted=model.unlisted)
    if model.aliases:
        status["aliases"] = list(model.aliases)
    if able := abilities(model.capabilities):
        status["capabilities"] = able
    if model.capabilities.context:
        status["context_length"] = model.capabilities.context
    return status


def _remote(remote: Remote) -> dict[str, Any]:
    return _status(remote.name, "", "", "", peer=remote.peer.id)


def _status(
    id: str, name: str, description: str, state: str, *, unlisted: bool = False, peer: str = ""
) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "description": description,
        "state": state,
        "unlisted": unlisted,
        "peerID": peer,
    }
