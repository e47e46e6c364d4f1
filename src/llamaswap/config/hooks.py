"""The section `hooks:`: what the server does at moments of its life (configuration section 15)."""

from __future__ import annotations

from llamaswap.config.fields import At, listed, strings, subsection
from llamaswap.config.names import Names
from llamaswap.ids import ModelId


def read_preload(root: At, names: Names) -> tuple[ModelId, ...]:
    """The models that are loaded at the start, in order; a name that is no model here is dropped with a warning."""
    moment = subsection(subsection(root, "hooks", ("on_startup",)), "on_startup", ("preload",))
    preload = moment.child("preload") if moment else None
    if preload is None or strings(preload) is None:
        return ()
    named = ((name.strip(), place) for name, place in listed(preload))
    models = (_resolved(name, place, names) for name, place in named if name)
    return tuple(model for model in models if model is not None)


def _resolved(name: str, at: At, names: Names) -> ModelId | None:
    model = names.find(name)
    if model is None:
        at.warn(f"{name} is not a model of this server, so it is not loaded at the start")
    return model
