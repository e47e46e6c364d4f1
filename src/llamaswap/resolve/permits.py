"""Which models a caller may ask for (http-api section 3). Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase

from llamaswap.config.names import full_name
from llamaswap.errors import Forbidden
from llamaswap.exchange import Caller
from llamaswap.resolve.targets import Local, Target


def may_use(caller: Caller | None, target: Target) -> bool:
    """One of the caller's patterns matches the model's ID; for a peer's model `peer/model`, or its own name.

    By whatever alias, selector or pin it was asked for does not count.
    """
    if caller is None or not caller.models:
        return True
    names = _names(target)
    return any(fnmatchcase(name, pattern) for pattern in caller.models for name in names)


def require_use(caller: Caller | None, target: Target) -> None:
    """Raise `Forbidden` for a model that is none of the caller's."""
    if not may_use(caller, target):
        raise not_yours(target.name)


def is_confined(caller: Caller | None) -> bool:
    """The caller is not for everything here: behind a peer nobody asks that again."""
    return caller is not None and bool(caller.models or "admin" not in caller.scopes)


def not_yours(name: str) -> Forbidden:
    """Why nothing is answered to a request for the model, or selector, `name`."""
    return Forbidden(
        f"forbidden: the API key is not for model {name}; /v1/models lists those it is for", reason="model"
    )


def in_many_ways() -> Forbidden:
    """Why nothing is asked of a peer with a request in which programs may read several names (`one_name.py`)."""
    return Forbidden(
        "forbidden: without the scope admin, or for some models only, a request to a peer must name its model once: "
        "in the JSON body, in the form, or in the query of a request without a body",
        reason="model",
    )


def _names(target: Target) -> tuple[str, ...]:
    if isinstance(target, Local):
        return (target.model.id,)
    return full_name(target.peer.id, target.model), target.model
