"""What has to go so that a model may run, and can one set contain these models? (configuration section 17.4)"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    """What has to go so that `target` may run, at the lowest cost. A model without a cost costs 1; all are above 0."""
    if target in running:
        allowed, witness = _first_that_holds(program, running)
        return _solution(program, allowed, witness)
    if target not in program.bits:
        return Solution(tuple(running))
    weights = _weights(program, costs, [target, *running])
    allowed, state, witness = _first_best(program, program.mask([target]), weights)
    assert allowed is not None  # the target occurs in a set
    kept = {*program.models(state)}
    evict = tuple(model for model in running if model not in kept)
    return _solution(program, allowed, witness, evict, sum(costs.get(model, DEFAULT_COST) for model in evict))


def can_hold(program: Program, models: Collection[ModelId]) -> bool:
    """One set can contain all of `models` at once."""
    return _first_that_holds(program, models)[0] is not None


def _first_that_holds(program: Program, models: Collection[ModelId]) -> tuple[AllowedSet | None, int]:
    if any(model not in program.bits for model in models):
        return None, 0
    mask = program.mask(models)
    allowed, _, witness = _first_best(program, mask, Weights({1: mask}))
    return allowed, witness


def _first_best(program: Program, required: int, weights: Weights) -> tuple[AllowedSet | None, int, int]:
    """The first set that has a heaviest state with all that is `required`; that state and its witness."""
    search = Search(required, weights)
    best: tuple[AllowedSet | None, int, int] = (None, 0, 0)
    heaviest = -1
    for allowed in program.sets:
        for state, witness in search.better(allowed.node, heaviest):
            best, heaviest = (allowed, state, witness), weights.of(state)
    return best


def _weights(program: Program, costs: Mapping[ModelId, int], models: Iterable[ModelId]) -> Weights:
    """What these models cost.

    The target is weighed like the others: it is in every state that counts, so that makes no difference to the choice.
    """
    by_cost: dict[int, int] = {}
    for model in models:
        cost = costs.get(model, DEFAULT_COST)
        by_cost[cost] = by_cost.get(cost, 0) | program.bits.get(model, 0)
    return Weights(by_cost)


def _solution(
    program: Program, allowed: AllowedSet | None, witness: int, evict: tuple[ModelId, ...] = (), cost: int = 0
) -> Solution:
    if allowed is None:
        return Solution(evict)
    return Solution(evict, allowed.name, cost, allowed.expression, program.models(witness))
