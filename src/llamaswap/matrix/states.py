"""Lists of states: what a part of a matrix set comes to for the models that matter at the moment (section 17.4).

A state is a mask of relevant models. What is kept beside it, its *witness*, is a complete combination that the part
allows and that contains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import lt

States = dict[int, int]
"""Witnesses by state, in the order of the states."""


class Weights:
    """What models weigh. `by_weight` are masks of them by what each weighs, which is more than nothing."""

    def __init__(self, by_weight: Mapping[int, int]) -> None:
        self._by_weight = sorted(by_weight.items(), reverse=True)
        self.models = 0
        """All that weigh anything: the relevant ones."""
        for mask in by_weight.values():
            self.models |= mask

    def of(self, mask: int) -> int:
        """All of these together."""
        weight = 0
        for each, models in self._by_weight:
            weight += each * (mask & models).bit_count()
        return weight

    def most(self, mask: int, count: int) -> int:
        """The heaviest `count` of these together."""
        weight = 0
        for each, models in self._by_weight:
            some = min(count, (mask & models).bit_count())
            weight += each * some
            count -= some
        return weight


@dataclass(slots=True)
class Antichain:
    """A list of states of which none contains another."""

    members: States = field(default_factory=dict)
    _by_size: dict[int, set[int]] = field(default_factory=dict)
    """Only a larger state can contain another."""

    def insert(self, state: int, witness: int) -> None:
        """Append `state` unless another contains it, and remove those that it contains."""
        if state in self.members:
            return
        size = state.bit_count()
        for other, states in self._by_size.items():
            if other > size and any(state | large == large for large in states):
                return
        for other, states in self._by_size.items():
            if other < size:
                for small in [small for small in states if small | state == state]:
                    states.remove(small)
                    del self.members[small]
        self.members[state] = witness
        self._by_size.setdefault(size, set()).add(state)


def that_matter(states: States, outside: int, weights: Weights) -> States:
    """`states` without those that cannot become part of the first best of the whole, whatever models of `outside`
    they are united with there.

    Of states that have the same models of `outside`, only the heaviest can. The other models, the *private* ones,
    divide the states into classes that never meet in a best state; of classes that weigh the same and look the same
    from outside, the first best state comes from the one whose states are listed first.
    """
    if len(states) < 2:
        return states
    weight = {state: weights.of(state) for state in states}
    heaviest: dict[int, int] = {}
    for state in states:
        heaviest[state & outside] = max(weight[state], heaviest.get(state & outside, 0))
    heavy = [state for state in states if weight[state] == heaviest[state & outside]]
    doubles = _doubles(heavy, outside)
    return {state: states[state] for state in heavy if state & ~outside not in doubles}


def _doubles(states: Sequence[int], outside: int) -> set[int]:
    """The private models of those classes that come after one that looks the same."""
    classes: dict[int, list[int]] = {}
    for place, state in enumerate(states):
        classes.setdefault(state & ~outside, []).append(place)
    firsts: dict[tuple[int, ...], list[int]] = {}
    doubles = set()
    for private, places in classes.items():
        view = tuple([states[place] & outside for place in places])
        first = firsts.setdefault(view, places)
        if first is not places and all(map(lt, first, places)):
            doubles.add(private)
    return doubles
