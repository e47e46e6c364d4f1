"""A compiled matrix: trees over sets of models.

A set of models is a number with one bit for each of them (a *mask*). Nodes are shared between the expressions that
refer to the same set, so a program is never larger than the text it was made of, whatever it would expand to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llamaswap.ids import ModelId

MAX_DEPTH = 100
"""How deeply expressions may be nested, references included. Whoever walks a tree may recurse."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What an expression, or a part of one, allows. A plain `Node` allows exactly its `mask`."""

    mask: int
    """All models that occur in it."""
    first: int
    """Its first alternative."""
    size: int
    """No alternative has more models than that."""
    depth: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Compound(Node):
    """A node with two parts or more."""

    parts: tuple[Node, ...] = ()
    common: int = 0
    """The models that occur in more than one part."""


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf(Compound):
    """What one of its parts allows."""


@dataclass(frozen=True, slots=True, eq=False)
class AllOf(Compound):
    """One choice out of each of its parts, united."""


def leaf(mask: int) -> Node:
    """These models, together."""
    return Node(mask, mask, mask.bit_count())


def any_of(parts: Sequence[Node]) -> Node:
    """`parts` joined by `|`."""
    if len(parts) == 1:
        return parts[0]
    mask, common = _overlap(parts)
    size = max(part.size for part in parts)
    return AnyOf(mask, parts[0].first, size, _depth(parts), tuple(parts), common)


def all_of(parts: Sequence[Node]) -> Node:
    """`parts` joined by `&`.

    Parts without a choice become one, if their models occur in no part that has a choice: then it is all the same in
    which order they are united.
    """
    chosen, _ = _overlap([part for part in parts if isinstance(part, Compound)])
    fixed = [part for part in parts if not isinstance(part, Compound) and not part.mask & chosen]
    if fixed:
        others = [part for part in parts if isinstance(part, Compound) or part.mask & chosen]
        parts = [leaf(_overlap(fixed)[0]), *others]
    if len(parts) == 1:
        return parts[0]
    mask, common = _overlap(parts)
    first = size = 0
    for part in parts:
        first |= part.first
        size += part.size
    return AllOf(mask, first, min(size, mask.bit_count()), _depth(parts), tuple(parts), common)


def _overlap(parts: Iterable[Node]) -> tuple[int, int]:
    """All models of the parts, and those that occur in more than one of them."""
    mask = common = 0
    for part in parts:
        common |= mask & part.mask
        mask |= part.mask
    return mask, common


def _depth(parts: Sequence[Node]) -> int:
    return 1 + max(part.depth for part in parts)


@dataclass(frozen=True, slots=True)
class AllowedSet:
    """One entry of `matrix.sets`."""

    name: str
    expression: str
    """As it was written."""
    node: Node


@dataclass(frozen=True, slots=True)
class Program:
    """All sets of a matrix, in the order in which they are considered (section 17.4, *program order*)."""

    sets: tuple[AllowedSet, ...]
    models: tuple[ModelId, ...]
    """Those that occur in a set, in order of appearance: the order of the bits that stand for them."""
    bits: Mapping[ModelId, int]

    def mask(self, models: Iterable[ModelId]) -> int:
        """Those of `models` that occur in a set."""
        mask = 0
        for model in models:
            mask |= self.bits.get(model, 0)
        return mask

    def named(self, mask: int) -> tuple[ModelId, ...]:
        """The models in `mask`."""
        names = []
        while mask:
            lowest = mask & -mask
            names.append(self.models[lowest.bit_length() - 1])
            mask ^= lowest
        return tuple(names)
