"""A configuration text as a tree in which every value still knows where it stood.

The stages between text and settings (macros, ports, merging) are functions from such a tree to another; this module
knows none of them, nor any key's meaning. Anchors, merge keys and duplicate keys are dealt with before the tree
exists (`compose.py`), so a tree is plain: values, lists, and mappings with unique keys in document order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from llamaswap.config.scalars import Value
from llamaswap.config.source import NO_VARIABLES, Place


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value: text, number, truth, date or nothing."""

    value: Value
    text: str
    """As written; what a key is called by."""
    place: Place
    literal: bool = False
    """Whether the file holds `text` character by character at `place`, so that a column can be counted in it."""
    variables: frozenset[str] = NO_VARIABLES
    """The variables of the environment whose values it is made of."""


@dataclass(frozen=True, slots=True)
class SequenceNode:
    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class MappingNode:
    values: dict[str, Node]
    """Never changed in place: a tree may share its branches."""
    keys: dict[str, ScalarNode]
    """Each key of `values` as it stood in the text."""
    place: Place
    merge_key: ScalarNode | None = None
    """The `<<` of the text, whose mappings are in `values` already."""

    def with_values(self, values: dict[str, Node]) -> MappingNode:
        """The same place with other values, whose keys this mapping knows."""
        return replace(self, values=values)

    def without(self, key: str) -> MappingNode:
        """The same, lacking `key`."""
        return replace(self, values={name: value for name, value in self.values.items() if name != key})

    def with_value(self, key: str, value: Node) -> MappingNode:
        """The same with `value` under `key`."""
        keys = self.keys if key in self.keys else {**self.keys, key: ScalarNode(key, key, value.place)}
        return replace(self, values={**self.values, key: value}, keys=keys)


Node = ScalarNode | SequenceNode | MappingNode
_LONG = 500
"""Characters of a text that is worth being shared."""


def is_null(node: Node | None) -> bool:
    """Whether `node` is missing or says nothing (configuration section 2.3: null means "as if absent")."""
    return node is None or (isinstance(node, ScalarNode) and node.value is None)


def rewrite(
    node: Node,
    change: Callable[[str, ScalarNode], Value],
    variables: Callable[[str], frozenset[str]] = lambda text: NO_VARIABLES,
) -> Node:
    """`node` with `change` for every text value, given that and its node. Keys stay; untouched branches are shared.

    So are long texts that stand in several places by aliases. `variables` are those that the change brings into a text.
    """
    long: dict[int, Node] = {}

    def changed(node: ScalarNode, old: str, new: Value) -> Node:
        return replace(node, value=new, variables=node.variables | variables(old))

    def rewritten(node: Node) -> Node:
        match node:
            case ScalarNode(value=str(old)):
                if len(old) < _LONG:
                    new = change(old, node)
                    return node if new is old else changed(node, old, new)
                if id(node) not in long:
                    long[id(node)] = changed(node, old, change(old, node))
                return long[id(node)]
            case SequenceNode(items=items):
                others = tuple(map(rewritten, items))
                return node if all(map(_same, others, items)) else replace(node, items=others)
            case MappingNode(values=values):
                branches = {key: rewritten(value) for key, value in values.items()}
                return node if all(map(_same, branches.values(), values.values())) else node.with_values(branches)
        return node

    return rewritten(node)


def texts(node: Node, path: str) -> Iterator[tuple[ScalarNode, str, str]]:
    """Every text value at or below `node`, with its key path."""
    match node:
        case ScalarNode(value=str(text)):
            yield node, text, path
        case SequenceNode(items=items):
            for index, item in enumerate(items):
                yield from texts(item, f"{path}[{index}]")
        case MappingNode(values=values):
            for key, value in values.items():
                yield from texts(value, f"{path}.{key}" if path else key)


def _same(one: Node, other: Node) -> bool:
    return one is other
