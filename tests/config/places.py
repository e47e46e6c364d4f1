"""The JSON Schema by places: `models.*.timeouts.connect` is what it says of that key, `*` being a name of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from llamaswap.config.compose import compose
from llamaswap.config.json_schema import config_schema
from llamaswap.config.report import Report
from llamaswap.config.source import Source
from llamaswap.config.values import json_value

ANY = "*"
Schema = Mapping[str, Any]


def places() -> dict[str, Schema]:
    """Every place, in the order of the schema; the top level is the empty text."""
    root = config_schema()
    return {".".join(path): schema for path, schema in _walk(root, root, ())}


def parent(place: str) -> str:
    """The section of a key."""
    return place.rpartition(".")[0]


def plain(text: str) -> Any:
    """A configuration as editors see it: plain values, by our rules of YAML, with macros and variables as written."""
    node = compose(Source("c.yaml", text), Report())
    return None if node is None else json_value(node)


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
_SECTIONS: Mapping[str, Any] = {
    "macros": {"number": 5, "fraction": 1.5, "truth": True, "yes": "yes"},
    "models": {"m": {"cmd": "s ${PORT}", "proxy": "http://h"}, "n": {"cmd": "s ${PORT}"}},
    "peers": {"m": {"proxy": "http://h", "models": ["x"]}},
    "selectors": {"s": {"strategy": "pin", "targets": ["m"]}},
    "profiles": {"p": {"pins": {"m": "n"}}},
}
_GROUPS = {"m": {"members": ["n"]}}
_MATRIX = {"sets": {"m": "m"}}


def good(place: str) -> Any:
    """A configuration in which a value at `place` would be looked at."""
    if place.startswith("groups"):
        routing: Mapping[str, Any] = {"groups": _GROUPS}
    elif place.startswith("matrix"):
        routing = {"matrix": _MATRIX}
    elif place.startswith("routing.router.settings.matrix"):
        routing = {"routing": {"router": {"use": "matrix", "settings": {"matrix": _MATRIX}}}}
    else:
        routing = {"routing": {"router": {"settings": {"groups": _GROUPS}}}}
    return deepcopy({**_SECTIONS, **routing})


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
        tree, above = tree.setdefault(_name(key, above), {}), key
    return tree, _name(last, above)


def _name(key: str, above: str) -> str:
    return _NAMES.get(above, "m") if key == ANY else key
