"""The first best state of a matrix set (configuration section 17.4), without listing all of them.

`Search.states` gives, for a node and the models that occur *outside* of it, the states that matter: in the order of
the specification, without those that cannot become part of the first best state of the whole, whatever they are
united with outside. What may be left out follows from how the specification's lists are ordered:

- A best state is listed where it is met first: nothing contains it, or that would be better still. So the first best
  of alternatives is the first best of the first alternative that has one.
- Operands without a common relevant model do not meddle: the list of their unions is ordered as each of theirs, so
  its first best state is the union of their first best.

What remains are alternatives and unions that are parts of unions with which they have models in common. There states
have to be listed (`unions.py`), but not all of them (`states.that_matter`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from llamaswap.matrix.program import AnyOf, Compound, Node
from llamaswap.matrix.states import Antichain, States, Weights, that_matter
from llamaswap.matrix.unions import Unions


class Search:
    """For the heaviest state that contains all of the models `required`, the first of several.

    `weights` are those of all relevant models, the required ones among them. `others` is a search in the same program
    for which all but the required ones are relevant: what it has found out about nodes without these is used.
    """

    def __init__(self, required: int, weights: Weights, others: Search | None = None) -> None:
        self.required = required
        self._relevant = weights.models
        self.weights = weights
        self._others = others
        self._known: dict[tuple[Node, int], States] = {}

    def better(self, node: Node, need: int, weight: int) -> Iterable[tuple[int, int]]:
        """The first best state of `node` and its witness, if it has all that it needs to have, and weighs more than
        `weight`: one or none."""
        if need & ~node.mask or self.weights.most(node.mask, node.size) <= weight:
            return ()
        return [found for found in self.states(node, 0).items() if self.weights.of(found[0]) > weight]

    def states(self, node: Node, outside: int) -> States:
        """The states of `node` that matter where it is united with models of `outside`; what is required and does not
        occur there must be in them. With nothing outside: one, or none."""
        relevant = node.mask & self._relevant
        if not relevant:
            return {0: node.first}
        if not isinstance(node, Compound):
            return {relevant: node.mask}
        if self._others is not None and not relevant & self.required:
            return self._others.states(node, outside)
        outside &= relevant
        known = self._known.get((node, outside))
        if known is None:
            known = self._known[node, outside] = self._work_out(node, outside)
        return known

    def _work_out(self, node: Compound, outside: int) -> States:
        if isinstance(node, AnyOf):
            return self._alternatives(node, outside) if outside else self._best_alternative(node)
        return self._unions(node.parts, node.common, outside).that_matter() if outside else self._best_union(node)

    # -- alternatives --------------------------------------------------------------------------------------------

    def _best_alternative(self, node: AnyOf) -> States:
        best: States = {}
        heaviest, need = -1, self.required & node.mask
        for part in node.parts:
            for state, witness in self.better(part, need, heaviest):
                best, heaviest = {state: witness}, self.weights.of(state)
        return best

    def _alternatives(self, node: AnyOf, outside: int) -> States:
        states = Antichain()
        need = self.required & node.mask & ~outside
        for part in node.parts:
            for state, witness in self.states(part, node.common | outside).items():
                if not need & ~state:
                    states.insert(state, witness)
        return that_matter(states.members, outside, self.weights)

    # -- unions --------------------------------------------------------------------------------------------------

    def _best_union(self, node: Compound) -> States:
        best = witness = 0
        for group in self._groups(node):
            alone = len(group) == 1
            states = self.states(group[0], 0) if alone else self._unions(group, node.common, 0).first_best()
            if not states:
                return {}
            [(state, full)] = states.items()
            best, witness = best | state, witness | full
        return {best: witness}

    def _unions(self, parts: Sequence[Node], common: int, outside: int) -> Unions:
        """Of operands that have models in `common` with each other."""
        operands = [self.states(part, common | outside) for part in parts]
        masks = [part.mask & self._relevant for part in parts]
        return Unions(operands, masks, outside, self.required, self.weights)

    def _groups(self, node: Compound) -> Iterator[Sequence[Node]]:
        """The operands: together those that have relevant models in common, directly or through others."""
        common = node.common & self._relevant
        groups: list[_Group] = []
        for place, part in enumerate(node.parts):
            links = part.mask & common
            if not links:
                yield [part]
                continue
            linked = [group for group in groups if group.mask & links]
            home = linked[0] if linked else _Group()
            for group in linked[1:]:
                home.take(group.mask, group.places)
            home.take(links, [place])
            groups = [group for group in groups if group not in linked] + [home]
        for group in groups:
            yield [node.parts[place] for place in sorted(group.places)]


@dataclass(slots=True, eq=False)
class _Group:
    """Operands, by their places, and the models through which others may belong to them."""

    mask: int = 0
    places: list[int] = field(default_factory=list)

    def take(self, mask: int, places: Iterable[int]) -> None:
        self.mask |= mask
        self.places += places
