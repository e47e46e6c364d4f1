"""Several files as one tree (configuration section 3).

Mappings grow together and lists one behind the other; what two files say differently is a conflict, told at the later
file's place. Anchors have been followed in each file by itself before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode, is_null
from llamaswap.config.report import Report

Path = tuple[str, ...]
IDENTITY_MAPS: frozenset[Path] = frozenset(
    (
        *((name,) for name in ("models", "groups", "profiles", "selectors", "peers", "matrix")),
        *(("routing", "router", "settings", name) for name in ("groups", "matrix")),
    )
)
"""Sections whose entries belong to one file each."""


def merge(trees: Sequence[MappingNode], report: Report) -> MappingNode:
    """All of `trees` (at least one), in their order; conflicts are reported, and the earlier file's word is kept."""
    return reduce(lambda left, right: _mappings(left, right, (), report), trees)


def _mappings(left: MappingNode, right: MappingNode, path: Path, report: Report) -> MappingNode:
    values = dict(left.values)
    for key, value in right.values.items():
        if key not in values:
            values[key] = value
        elif path in IDENTITY_MAPS:
            _complain(right.keys[key], (*path, key), f'duplicate {path[-1]} "{key}"', report)
        else:
            values[key] = _merged(values[key], value, (*path, key), report)
    return MappingNode(values, {**right.keys, **left.keys}, left.place, left.merge_key or right.merge_key)


def _merged(left: Node, right: Node, path: Path, report: Report) -> Node:
    if path in IDENTITY_MAPS and not (isinstance(left, MappingNode) and isinstance(right, MappingNode)):
        wrong = right if isinstance(left, MappingNode) else left
        _complain(wrong, path, f"{_conflict(path)}: expected a mapping", report)
        return left if wrong is right else right
    if is_null(left) or is_null(right):
        return right if is_null(left) else left
    match left, right:
        case MappingNode(), MappingNode():
            return _mappings(left, right, path, report)
        case SequenceNode(), SequenceNode():
            return SequenceNode((*left.items, *right.items), left.place)
        case ScalarNode(), ScalarNode():
            if left.text != right.text or type(left.value) is not type(right.value):
                _complain(right, path, f"{_conflict(path)}: different value", report)
        case _:
            _complain(right, path, f"{_conflict(path)}: incompatible kinds", report)
    return left


def _conflict(path: Path) -> str:
    return f'conflict at "{".".join(path)}"'


def _complain(node: Node, path: Path, message: str, report: Report) -> None:
    report.error(node, ".".join(path), f"{message} in {node.place.file}")
