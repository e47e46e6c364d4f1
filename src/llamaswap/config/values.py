"""Nodes to the values of JSON: what the file says freely, for the model list and for requests (section 2.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from llamaswap.config.fields import At
from llamaswap.config.nodes import MappingNode, Node, SequenceNode
from llamaswap.config.scalars import Timestamp, Value, canonical

_LEAST_EXPONENT_FORM = 1e21
"""From here on a float is shortest with an exponent, and stays one."""


def json_value(node: Node) -> Any:
    """`node` as `json.dumps` takes it: numbers without a fraction are integers, what JSON lacks is text."""
    match node:
        case MappingNode(values=values):
            return {key: json_value(value) for key, value in values.items()}
        case SequenceNode(items=items):
            return [json_value(item) for item in items]
    return _scalar(node.value)


def json_object(at: At) -> Mapping[str, Any] | None:
    """A mapping of any values."""
    if not isinstance(at.node, MappingNode):
        at.expected("a mapping")
        return None
    return MappingProxyType(json_value(at.node))


def _scalar(value: Value) -> bool | int | float | str | None:
    match value:
        case float():
            return _number(value)
        case Timestamp():
            return value.text
    return value


def _number(value: float) -> int | float | str:
    if not math.isfinite(value):
        return canonical(value)
    return int(value) if value.is_integer() and abs(value) < _LEAST_EXPONENT_FORM else value
