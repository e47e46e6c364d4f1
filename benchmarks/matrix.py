"""How long does the matrix take to decide what has to go?

    PYTHONPATH=src python benchmarks/matrix.py

Prints milliseconds for the compilation and for one decision of each matrix, the fastest of several, with nothing
remembered. A decision must stay below 5 ms, and should below 1 ms. What no configuration can bring about (all
alternatives running at once) may follow a reload.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from llamaswap.ids import ModelId
from llamaswap.matrix.language import compile_sets
from llamaswap.matrix.solver import solve

ROUNDS = 20


class Case(NamedTuple):
    """A matrix, and a question to it."""

    title: str
    sets: Mapping[str, str]
    target: str
    running: Sequence[str]
    costs: Mapping[str, int] = {}


def models(count: int, prefix: str = "m") -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def any_of(names: Sequence[str]) -> str:
    return f"({' | '.join(names)})"


def cases() -> Iterator[Case]:
    chance = random.Random(0)
    names = models(70)
    yield Case("70 models in one &, all running", {"s": " & ".join(names)}, "m0", [*names[1:], "x"])

    groups = [models(10, prefix) for prefix in "abcdef"]
    six = {"s": "t & " + " & ".join(map(any_of, groups))}
    yield Case("six times ten, one of each running", six, "t", [*(group[7] for group in groups), "x"])
    yield Case("six times ten, another wanted", six, "a1", [*(group[7] for group in groups)])
    yield Case("six times ten, all running", six, "t", [*chain(*groups)])

    tens = {f"s{number}": " & ".join(chance.sample(names, 10)) for number in range(200)}
    yield Case("200 sets of ten, all running", tens, "m0", names[1:])
    pairs = [" & ".join(any_of(chance.sample(names[1:], 2)) for _ in range(5)) for _ in range(200)]
    with_target = {f"s{number}": f"m0 & {each}" for number, each in enumerate(pairs)}
    yield Case("200 sets of five pairs, all running", with_target, "m0", names[1:])

    path = {"s": " & ".join(map(any_of, pairwise(names[:31])))}
    yield Case("30 overlapping pairs, all running", path, "m30", names[:30])
    prices = {name: chance.randint(1, 9) for name in names}
    yield Case("the same at different costs", path, "m30", names[:30], prices)

    slots = {"any": any_of(names[:40]), "s": " & ".join(["+any"] * 10)}
    yield Case("ten slots for 40 models, full", slots, "m0", names[1:11])
    yield Case("the same at different costs", slots, "m0", names[1:11], prices)
    yield Case("the same, all running", slots, "m0", names[1:40], prices)

    web = {"s": "m0 & " + " & ".join(any_of(chance.sample(names[1:30], 5)) for _ in range(15))}
    yield Case("15 overlapping fives, all running", web, "m0", names[1:30])
    yield Case("the same at different costs", web, "m0", names[1:30], prices)


def main() -> None:
    for case in cases():
        known = {*chain(models(70), ["t"], *(models(10, prefix) for prefix in "abcdef"))}
        began = time.perf_counter()
        program, problems = compile_sets(case.sets, {}, known)
        compiled = time.perf_counter() - began
        assert program is not None, problems
        costs = {ModelId(name): cost for name, cost in case.costs.items()}
        running = [ModelId(name) for name in case.running]
        decided = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            solution = solve(program, costs, ModelId(case.target), running)
            decided.append(time.perf_counter() - began)
        evicted = f"{len(solution.evict)} of {len(running)} evicted"
        print(f"{case.title:38} compiled {compiled * 1e3:6.2f} ms, decided {min(decided) * 1e3:7.3f} ms, {evicted}")


if __name__ == "__main__":
    main()
