"""What has to go so that a model may run, and can one set contain these models? (configuration section 17.4)"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from llamaswap.ids import ModelId
from llamaswap.matrix.program import AllowedSet, Program
from llamaswap.matrix.search import Search
from llamaswap.matrix.states import Weights

DEFAULT_COST = 1


@dataclass(frozen=True, slots=True)
class Solution:
    """What has to go, and what may run then."""

    evict: tuple[ModelId, ...]
    """In the order of the running models that were given."""
    set: str | None = None
    """None when no set contains the target (together with all that runs, if it runs already)."""
    cost: int = 0
    expression: str = ""
    """Of that set."""
    witness: tuple[ModelId, ...] = ()
    """A complete combination that the set allows: the target, what stays, and maybe others."""


def solve(program: Program, costs: Mapping[ModelId, int], target: ModelId, running: Sequence[ModelId]) -> Solution:
    """One decision: see `Situation`."""
    return Situation(program, costs, running).solve(target)


def can_hold(program: Program, models: Collection[ModelId]) -> bool:
    """One set can contain all of `models` at once."""
    return _first_that_holds(program, models)[0] is not None


class Situation:
    """What runs, and what it costs to evict it: what decisions for several targets have in common.

    A model without a cost costs 1; no cost is below that.
    """

    def __init__(self, program: Program, costs: Mapping[ModelId, int], running: Sequence[ModelId]) -> None:
        self._program = program
        self._costs = costs
        self._running = running
        self._by_cost: dict[int, int] = {}
        for model in running:
            cost = costs.get(model, DEFAULT_COST)
            self._by_cost[cost] = self._by_cost.get(cost, 0) | program.bits.get(model, 0)
        self._without_target = Search(0, Weights(self._by_cost))

    def solve(self, target: ModelId) -> Solution:
        """What has to go so that `target` may run; nothing if it runs already."""
        program, running = self._program, self._running
        if target in running:
            return self._as_it_is
        if target not in program.bits:
            return Solution(tuple(running))
        allowed, state, witness = _first_best(program, self._search(target))
        evict = tuple(model for model in running if not program.bits.get(model, 0) & state)
        return _solution(program, allowed, witness, evict, sum(self._cost(model) for model in evict))

    @cached_property
    def _as_it_is(self) -> Solution:
        return _solution(self._program, *_first_that_holds(self._program, self._running))

    def _search(self, target: ModelId) -> Search:
        # the target is weighed too: it is in every state that counts, so that makes no difference between them
        bit, cost = self._program.bits[target], self._cost(target)
        weights = Weights({**self._by_cost, cost: self._by_cost.get(cost, 0) | bit})
        return Search(bit, weights, self._without_target)

    def _cost(self, model: ModelId) -> int:
        return self._costs.get(model, DEFAULT_COST)


def _first_that_holds(program: Program, models: Collection[ModelId]) -> tuple[AllowedSet | None, int]:
    if any(model not in program.bits for model in models):
        return None, 0
    mask = program.mask(models)
    allowed, _, witness = _first_best(program, Search(mask, Weights({1: mask})))
    return allowed, witness


def _first_best(program: Program, search: Search) -> tuple[AllowedSet | None, int, int]:
    """The first set that has a heaviest state with all that is required; that state and its witness."""
    best: tuple[AllowedSet | None, int, int] = (None, 0, 0)
    heaviest = -1
    for allowed in program.sets:
        for state, witness in search.better(allowed.node, search.required, heaviest):
            best, heaviest = (allowed, state, witness), search.weights.of(state)
    return best


def _solution(
    program: Program, allowed: AllowedSet | None, witness: int, evict: tuple[ModelId, ...] = (), cost: int = 0
) -> Solution:
    if allowed is None:
        return Solution(evict)
    return Solution(evict, allowed.name, cost, allowed.expression, program.named(witness))
