"""The JSON Schema by places, and good configurations with something at a place.

A place is called as `models.*.timeouts.connect`, `*` being a name of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from jsonschema import ValidationError

from llamaswap.config.compose import compose
from llamaswap.config.json_schema import config_schema, validator
from llamaswap.config.report import Report
from llamaswap.config.source import Source
from llamaswap.config.values import json_value

ANY = "*"
Schema = Mapping[str, Any]
_VALIDATOR = validator()


def places() -> dict[str, Schema]:
    """Every place, in the order of the schema; the top level is the empty text."""
    root = config_schema()
    return {".".join(path): schema for path, schema in _walk(root, root, ())}


def parent(place: str) -> str:
    """The section of a key."""
    return place.rpartition(".")[0]


def underlined(tree: object, *, unknown_keys: bool = True) -> list[str]:
    """Where an editor that has the schema finds something wrong with a configuration; `unknown_keys`: these as well."""
    faults = (error for error in _VALIDATOR.iter_errors(tree) if unknown_keys or not _is_unknown_key(error))
    return sorted(".".join(map(str, error.absolute_path)) for error in faults)


def check_agreement(text: str, warnings: Sequence[str]) -> None:
    """Nothing is underlined in a `text` that loads with these warnings, but for keys that nobody knows."""
    if any(" is ignored, for routing.router.use is " in line for line in warnings):
        return  # settings of a router that is not in use are not looked at, and may hold anything
    knows_all = not any("unknown key" in line for line in warnings)
    assert underlined(plain(text), unknown_keys=knows_all) == [], text


def plain(text: str) -> Any:
    """A configuration as editors see it: plain values, by our rules of YAML, with macros and variables as written."""
    node = compose(Source("c.yaml", text), Report())
    return None if node is None else json_value(node)


def _is_unknown_key(error: ValidationError) -> bool:
    return error.validator == "additionalProperties" and error.validator_value is False


def _walk(schema: Schema, root: Schema, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    schema = _resolved(schema, root)
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _walk(inner, root, (*path, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _walk(schema["additionalProperties"], root, (*path, ANY))


def _resolved(schema: Schema, root: Schema) -> Schema:
    """With what it refers to; its own words go before those."""
    if "$ref" not in schema:
        return schema
    target: Any = root
    for key in schema["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return {**_resolved(target, root), **schema}


# -- good configurations with something at a place ---------------------------------------------------------------

_NAMES = {"selectors": "s", "profiles": "p", "macros": "new", "setParamsByID": "new"}
"""What `*` is below these; elsewhere it is `m`."""
_MACROS = {"number": 5, "fraction": 1.5, "truth": True, "yes": "yes", "n": "n"}
_MODELS = {"m": {"cmd": "s ${PORT}", "proxy": "http://h"}, "n": {"cmd": "s ${PORT}"}}
_SECTIONS: Mapping[str, Any] = {
    "peers": {"m": {"proxy": "http://h", "models": ["x"]}},
    "selectors": {"s": {"strategy": "pin", "targets": ["m"]}},
    "profiles": {"p": {"pins": {"m": "n"}}},
    "groups": {"m": {"members": ["n"]}},
    "matrix": {"sets": {"m": "m"}},
    "hooks": {"idle_model": {"model": "m"}},
    "store": {"path": "x"},
}


def good(place: str) -> Any:
    """A configuration in which a value at `place` would be looked at."""
    section = place.partition(".")[0]
    others = {section: _SECTIONS[section]} if section in _SECTIONS else {}
    if place.startswith("routing.router.settings.matrix"):
        others = {"routing": {"router": {"use": "matrix", "settings": {"matrix": _SECTIONS["matrix"]}}}}
    tree = deepcopy({"macros": _MACROS, "models": _MODELS, **others})
    if place.startswith("models.*.slots."):
        tree["models"]["m"]["slots"] = {"save": "x"}
    return tree


def with_value(tree: Any, place: str, value: object) -> Any:
    """`tree` with `value` at `place`."""
    if not place:
        return value
    section, key = _section(tree, place)
    section[key] = value
    return tree


def without(tree: Any, place: str) -> Any:
    """`tree` with nothing at `place`."""
    section, key = _section(tree, place)
    section.pop(key, None)
    return tree


def _section(tree: Any, place: str) -> tuple[Any, str]:
    """What holds `place`, and under which name."""
    above = ""
    *keys, last = place.split(".")
    for key in keys:
        name = _name(key, above)
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree, above = tree[name], key
    return tree, _name(last, above)


def _name(key: str, above: str) -> str:
    return _NAMES.get(above, "m") if key == ANY else key
