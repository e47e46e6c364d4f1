"""The matrix as the specification describes it, step by step: slow, and plain enough to be believed.

Expressions are built as trees here and written as text for the program under test, so that neither its language nor
its solver is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from llamaswap.matrix.language import compile_sets
from llamaswap.matrix.program import Program

State = frozenset[str]


@dataclass(frozen=True)
class Name:
    """A var or a model."""

    name: str


@dataclass(frozen=True)
class Ref:
    """All of another set."""

    set: str


@dataclass(frozen=True)
class Join:
    """`parts` joined by `sign`, which is `&` or `|`."""

    sign: str
    parts: tuple[Expression, ...]


Expression = Name | Ref | Join


Shape = int | tuple[Any, ...]
"""An expression with numbers instead of names: negative ones for sets."""


def joined(sign: str, parts: st.SearchStrategy[Shape], most: int) -> st.SearchStrategy[Shape]:
    """Several of `parts`."""
    lists = st.lists(parts, min_size=2, max_size=most)
    return lists.map(lambda parts: (sign, *parts))


LEAVES: st.SearchStrategy[Shape] = st.integers(-3, 7)
BUNDLES = joined("|", LEAVES | joined("&", LEAVES, 3), 4)
SHAPES = (
    joined("&", BUNDLES | LEAVES, 4)
    | BUNDLES
    | st.recursive(LEAVES, lambda part: joined("|", part, 3) | joined("&", part, 3), max_leaves=9)
)
"""Of any kind, and often such as people write: alternatives of single models or bundles, joined by &."""


def filled(shape: Shape, names: Sequence[str], sets: Sequence[str]) -> Expression:
    """`shape` with these names in it; `sets` may be empty."""
    if isinstance(shape, tuple):
        return Join(shape[0], tuple(filled(part, names, sets) for part in shape[1:]))
    return Ref(sets[shape % len(sets)]) if shape < 0 and sets else Name(names[shape % len(names)])


def written(expression: Expression, inside: str = "|") -> str:
    """`expression` as text, to stand between signs of the kind `inside`."""
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Ref):
        return f"+{expression.set}"
    text = f" {expression.sign} ".join(written(part, "&") for part in expression.parts)
    return f"({text})" if inside == "&" else text


def program(sets: Mapping[str, str], models: Iterable[str], vars: Mapping[str, str] | None = None) -> Program:
    """Compiled `sets`, which must be good."""
    compiled, problems = compile_sets(sets, dict(vars or {}), frozenset(models))  # type: ignore[arg-type]
    assert compiled is not None, problems
    return compiled


@dataclass(frozen=True)
class Answer:
    """What the specification's algorithm says."""

    evict: tuple[str, ...]
    set: str | None
    cost: int


class Reference:
    """Configuration section 17.4, literally."""

    def __init__(self, sets: Mapping[str, Expression], vars: Mapping[str, str] | None = None) -> None:
        self._sets = sets
        self._vars = vars or {}

    def solve(self, costs: Mapping[str, int], target: str, running: Sequence[str]) -> Answer:
        if target in running:
            return Answer((), self.holder(running), 0)
        relevant = frozenset({target, *running})
        best: tuple[int, str, State] | None = None
        for name in self.order():
            for state in self.states(self._sets[name], relevant):
                cost = sum(costs.get(model, 1) for model in running if model not in state)
                if target in state and (best is None or cost < best[0]):
                    best = cost, name, state
        if best is None:
            return Answer(tuple(running), None, 0)
        return Answer(tuple(model for model in running if model not in best[2]), best[1], best[0])

    def holder(self, models: Iterable[str]) -> str | None:
        """The first set of which some state is all of `models`."""
        wanted = frozenset(models)
        for name in self.order():
            if wanted in self.states(self._sets[name], wanted):
                return name
        return None

    def order(self) -> list[str]:
        """In order of definition, but what is referred to comes first."""
        order: list[str] = []

        def visit(name: str) -> None:
            if name not in order:
                for reference in references(self._sets[name]):
                    visit(reference)
                order.append(name)

        for name in self._sets:
            visit(name)
        return order

    def states(self, expression: Expression, relevant: State) -> list[State]:
        if isinstance(expression, Name):
            return [frozenset({self.model(expression.name)}) & relevant]
        if isinstance(expression, Ref):
            return self.states(self._sets[expression.set], relevant)
        parts = [self.states(part, relevant) for part in expression.parts]
        if expression.sign == "|":
            states: list[State] = []
            for part in parts:
                for state in part:
                    insert(states, state)
            return states
        states = [frozenset()]
        for part in parts:
            unions: list[State] = []
            for left in states:
                for right in part:
                    insert(unions, left | right)
            states = unions
        return states

    def expansion(self, name: str) -> set[State]:
        """Every combination that a set allows."""
        return set(self._combinations(self._sets[name]))

    def _combinations(self, expression: Expression) -> set[State]:
        if isinstance(expression, Name):
            return {frozenset({self.model(expression.name)})}
        if isinstance(expression, Ref):
            return self._combinations(self._sets[expression.set])
        parts = [self._combinations(part) for part in expression.parts]
        if expression.sign == "|":
            return {combination for part in parts for combination in part}
        combinations = {State()}
        for part in parts:
            combinations = {left | right for left in combinations for right in part}
        return combinations

    def model(self, name: str) -> str:
        return self._vars.get(name, name)


def insert(states: list[State], candidate: State) -> None:
    if any(candidate <= present for present in states):
        return
    states[:] = [present for present in states if not present <= candidate]
    states.append(candidate)


def references(expression: Expression) -> Iterator[str]:
    """In order of occurrence."""
    if isinstance(expression, Ref):
        yield expression.set
    elif isinstance(expression, Join):
        for part in expression.parts:
            yield from references(part)
