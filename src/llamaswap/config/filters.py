"""What is changed in requests before they are forwarded, as models and peers say it (configuration section 11).

The parameter `model` can be neither stripped nor set: wherever it is named, it vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from llamaswap.config.fields import At, Key, read_keys, string
from llamaswap.config.nodes import is_null
from llamaswap.config.parameters import set_path, strip_path
from llamaswap.config.schema import NOTHING, Filters
from llamaswap.config.values import json_object

_PROTECTED = "model"


def read_filters(at: At) -> Filters:
    """The filters of a peer."""
    return Filters(**read_keys(at, KEYS))


def read_model_filters(at: At) -> Filters:
    """The filters of a model, which may also use the older spelling `strip_params`."""
    given = read_keys(at, (*KEYS, Key("strip_params", "older", _strip_params)))
    older = given.pop("older", ())
    return Filters(**{"strip_params": older, **given})


def _strip_params(at: At) -> tuple[str, ...] | None:
    """The parameters between the commas, sorted; None for an empty text, which gives way to the older spelling."""
    text = string(at)
    if not text:
        return None
    given = {name.strip() for name in text.split(",")}
    if _PROTECTED in given:
        at.warn(f"`{_PROTECTED}` is never stripped")
    names = tuple(sorted(given - {"", _PROTECTED}))
    for name in names:
        if strip_path(name) is None:
            at.warn(f"`{name}` holds a wildcard, which cannot be stripped: JSON requests will be refused")
    return names


def _set_params(at: At) -> Mapping[str, Any] | None:
    values = json_object(at)
    for name in values or ():
        if not name:
            at.warn("a parameter without a name cannot be set: JSON requests will be refused")
        elif set_path(name) is None:
            at.warn(f"`{name}` is not set: `*`, `?`, `#`, `|` and a leading `@` have no meaning in a parameter's name")
    if values is None or _PROTECTED not in values:
        return values
    at.warn(f"`{_PROTECTED}` is never set: `useModelName` changes what the model's server is asked for")
    return MappingProxyType({name: value for name, value in values.items() if name != _PROTECTED})


def _set_params_by_id(at: At) -> Mapping[str, Mapping[str, Any]]:
    """By name, in the order of the file; a name without parameters is there all the same: it is an alias."""
    return MappingProxyType(
        {name: NOTHING if is_null(child.node) else _set_params(child) or NOTHING for name, child in at.children()}
    )


KEYS = (
    Key("stripParams", "strip_params", _strip_params),
    Key("setParams", "set_params", _set_params),
    Key("setParamsByID", "set_params_by_id", _set_params_by_id),
)
