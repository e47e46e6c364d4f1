"""Operands of one `&` that have models in common: their states have to be united one by one (section 17.4).

The specification's order is kept: a union is listed where it is met first, and one that contains others takes its
place at the end. Such lists can become long; but what cannot end as one of the heaviest need not be listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import nlargest
from itertools import accumulate
from operator import add, or_
from sys import maxsize

from llamaswap.matrix.states import Antichain, States, Weights, that_matter

_ONE, _SOME, _ALL = 1, 50, maxsize
"""How many states a list may have: what a few lead to says which others are worth a look."""


class Unions:
    """Of one state of each operand. `required` models that occur here, but not `outside`, must be in them."""

    def __init__(
        self, operands: Sequence[States], masks: Sequence[int], outside: int, required: int, weights: Weights
    ) -> None:
        self._operands = operands
        self._weights = weights
        self._rests = _from_each_on(masks, or_, outside)
        """The models that occur in the operands from each one on, or outside."""
        self._gains = _from_each_on([max(map(weights.of, states), default=0) for states in operands], add, 0)
        """The weight that the operands from each one on can add at most."""
        self._sizes = _from_each_on([max(map(int.bit_count, states), default=0) for states in operands], add, 0)
        """The number of models likewise."""
        self._need = required & self._rests[0]

    def that_matter(self) -> States:
        """The states that matter where they are united with models outside."""
        return self._listed(0, _ALL)[0]

    def first_best(self) -> States:
        """The first of the heaviest states, if there is any; nothing is outside."""
        models, least = self._rests[0], self._weights.of(self._need)
        if self._reach(0, 0) < least:
            return {}
        if self._sizes[0] <= models.bit_count() and (disjoint := self._first_disjoint(self._limit(0, 0))):
            return disjoint
        found = States()
        for width in (_ONE, _SOME, _ALL):
            found, complete = self._listed(least, width)
            heaviest = max(map(self._weights.of, found), default=0)
            if complete or heaviest == self._weights.of(models):
                break
            least = max(least, heaviest)
        return found

    def _first_disjoint(self, weight: int) -> States:
        """The first state with as many models as can be, if one weighs `weight`, which no state with fewer can.

        Nothing that leads to such a state is contained in another union: so it is the one that the first choices lead
        to, and no lists are needed to find it.
        """
        tried: set[tuple[int, int]] = set()
        path = [iter([(0, 0)])]
        while path:
            place = len(path) - 1
            for union, witness in path[-1]:
                if place == len(self._operands):
                    return {union: witness}
                ahead = place, union & self._rests[place]
                if ahead not in tried:
                    tried.add(ahead)
                    path.append(self._without_overlap(union, witness, place, weight))
                    break
            else:
                path.pop()
        return {}

    def _without_overlap(self, union: int, witness: int, place: int, weight: int) -> Iterator[tuple[int, int]]:
        """`union` with those states of the operand at `place` that add as many models as can be."""
        after = place + 1
        for state, full in self._operands[place].items():
            longer = union | state
            complete = longer.bit_count() + self._sizes[after] == self._sizes[0]
            if complete and self._may_become(longer, after, weight):
                yield longer, witness | full

    def _listed(self, least: int, width: int) -> tuple[States, bool]:
        """What matters of all states that weigh `least` or more in the end.

        Goes on with the `width` heaviest unions only; whether that was all of them, comes along.
        """
        found: States = {0: 0}
        complete = True
        for place, states in enumerate(self._operands, 1):
            unions = Antichain()
            for left, witness in found.items():
                for right, full in states.items():
                    if self._may_become(left | right, place, least):
                        unions.insert(left | right, witness | full)
            found = that_matter(unions.members, self._rests[place], self._weights)
            if len(found) > width:
                complete = False
                found = {union: found[union] for union in nlargest(width, found, self._weights.of)}
        return found, complete

    def _may_become(self, union: int, place: int, least: int) -> bool:
        """With the operands from `place` on, `union` can become a state of that weight with all that is required."""
        if self._need & ~(union | self._rests[place]):
            return False
        return not least or self._reach(union, place) >= least

    def _reach(self, union: int, place: int) -> int:
        """A weight that `union` cannot exceed with the operands from `place` on; nothing is outside."""
        return min(self._weights.of(union) + self._gains[place], self._limit(union, place))

    def _limit(self, union: int, place: int) -> int:
        """The same by the number of models that they can add; -1 if there is no room for what is required."""
        missing = self._need & ~union
        room = self._sizes[place] - missing.bit_count()
        others = self._rests[place] & ~(union | missing)
        return self._weights.of(union | missing) + self._weights.most(others, room) if room >= 0 else -1


def _from_each_on(values: Sequence[int], join: Callable[[int, int], int], last: int) -> list[int]:
    """The values from each one on, joined; and `last`, which is joined to all of them."""
    return list(accumulate(reversed(values), join, initial=last))[::-1]
