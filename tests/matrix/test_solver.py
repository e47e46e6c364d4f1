"""What has to go: the vectors of configuration section 23, and the specification's algorithm as a judge (17.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.matrix.program import Program
from llamaswap.matrix.solver import Solution, can_hold, solve
from tests.support.matrix import SHAPES, Answer, Expression, Join, Name, Ref, Reference, filled, program, written

VECTORS = """
- {sets: {s1: "(a | b) & v", s2: L}, costs: {v: 50}, target: a, running: [v], evict: [], set: s1, cost: 0}
- {sets: {s1: "(a | b) & v", s2: L}, costs: {v: 50}, target: b, running: [a, v], evict: [a], set: s1, cost: 1}
- {sets: {s1: "(a | b) & v", s2: L}, costs: {v: 50}, target: L, running: [a, v], evict: [a, v], set: s2, cost: 51}
- {sets: {s1: "(a | b) & v", s2: L}, costs: {v: 50}, target: c, running: [a, v], evict: [a, v], set: "", cost: 0}
- {sets: {p: "t & a", q: "t & b"}, target: t, running: [a, b], evict: [b], set: p, cost: 1}
- {sets: {p: "t & a", q: "t & b"}, costs: {b: 5}, target: t, running: [a, b], evict: [a], set: q, cost: 1}
- {sets: {p: "t & (a | b)"}, target: t, running: [a, b], evict: [b], set: p, cost: 1}
- {sets: {p: "t & (a | a & b)"}, target: t, running: [a, b], evict: [], set: p, cost: 0}
- {sets: {p: "t & a"}, target: t, running: [c, t], evict: [], set: "", cost: 0}
- {sets: {p: "t | a & b"}, target: a, running: [b, t], evict: [t], set: p, cost: 1}
- {sets: {x: "+z & t", y: t, z: a}, target: a, running: [], evict: [], set: z, cost: 0}
- {sets: {x: "+z & t", y: t, z: a}, target: t, running: [a], evict: [], set: x, cost: 0}
- {sets: {p: "n & t"}, costs: {n: 9}, vars: {n: a}, target: t, running: [a, b], evict: [b], set: p, cost: 1}
- {sets: {base: "a & b", ext: "t & +base & b"}, target: t, running: [a, b], evict: [], set: ext, cost: 0}
"""
QUICK = settings(deadline=None, suppress_health_check=list(HealthCheck))


def answer(compiled: Program, costs: Mapping[str, int], target: str, running: Sequence[str]) -> Solution:
    by_model = {ModelId(model): cost for model, cost in costs.items()}
    return solve(compiled, by_model, ModelId(target), [ModelId(model) for model in running])


def evicted(sets: Mapping[str, str] | str, target: str, running: str, **costs: int) -> str:
    """What has to go; all models are single letters."""
    compiled = program({"s": sets} if isinstance(sets, str) else sets, "abcdefghijklmnopqrstuvwxyz")
    return "".join(answer(compiled, costs, target, running).evict)


class VectorTests(SynchronousTestCase):
    def test_vectors(self) -> None:
        """The solver vectors of section 23."""
        for number, vector in enumerate(yaml.safe_load(VECTORS)):
            self.check(number, **vector)

    def check(
        self,
        number: int,
        *,
        sets: dict[str, str],
        target: str,
        running: list[str],
        evict: list[str],
        set: str,
        cost: int,
        **others: Any,
    ) -> None:
        vars = others.get("vars", {})
        compiled = program(sets, "abcdtvL", vars)
        costs = {vars.get(name, name): each for name, each in others.get("costs", {}).items()}
        found = answer(compiled, costs, target, running)
        self.assertEqual((found.evict, found.set or "", found.cost), (tuple(evict), set, cost), number)

    def test_definition_order(self) -> None:
        """Of tied sets the one defined first wins, whatever their names (oddity 2)."""
        compiled = program({"z": "t & a", "b": "t & b"}, "abt")
        self.assertEqual(answer(compiled, {}, "t", "ab").set, "z")

    def test_s79_first_set(self) -> None:
        """Nothing runs: the first set with the target."""
        compiled = program({"first": "a & b", "second": "a & c"}, "abc")
        self.assertEqual(answer(compiled, {}, "a", ""), Solution((), "first", 0, "a & b", (ModelId("a"), ModelId("b"))))

    def test_s80_costs(self) -> None:
        """The cheaper model goes."""
        self.assertEqual(evicted({"x": "a & c", "y": "a & b"}, "a", "bc", b=10, c=1), "c")

    def test_s82_in_no_set(self) -> None:
        """A model in no set runs alone, and goes for any other."""
        self.assertEqual(evicted("a & b", "z", "ab"), "ab")
        self.assertEqual(evicted("a & b", "a", "bz"), "z")

    def test_running_order(self) -> None:
        """Evicted models come in the order of those that run."""
        self.assertEqual(evicted("a & b", "a", "zyx"), "zyx")

    def test_target_runs(self) -> None:
        """A target that runs evicts nothing; the set is the first that can hold all that runs."""
        compiled = program({"s": "a & c", "t": "a & b & c", "u": "a & b"}, "abcz")
        self.assertEqual(answer(compiled, {}, "a", "ab"), Solution((), "t", 0, "a & b & c", tuple(map(ModelId, "acb"))))
        self.assertEqual(answer(compiled, {}, "a", "az"), Solution(()))


class TieTests(SynchronousTestCase):
    """Ties among overlapping operands, where the order of the specification's lists is not that of the text."""

    def test_late_superset(self) -> None:
        """A state that contains an earlier one takes a new place at the end."""
        self.assertEqual(evicted("t & (a | b | a & c)", "t", "abc"), "b")
        self.assertEqual(evicted("t & x & (x & (p | q) | y & p) & y", "t", "pqxy"), "p")

    def test_operand_in_two_places(self) -> None:
        """A model beside an operand that contains it cannot be moved to the front."""
        self.assertEqual(evicted("t & (a | b) & (c | b & d) & a", "t", "acbd"), "c")
        self.assertEqual(evicted("t & a & (a | b) & (c | b & d)", "t", "acbd"), "d")

    def test_classes_in_different_order(self) -> None:
        """Which of two like alternatives comes first may depend on what they are combined with."""
        self.assertEqual(evicted("t & (p & x | q & x | q & y | p & y) & (z | x & y)", "t", "pqxyz", y=2, z=5), "px")

    def test_operands_that_meet_later(self) -> None:
        """Operands keep their order, whatever brings them together."""
        self.assertEqual(evicted("(e | d | f) & (c | b) & (e | a) & (e | c)", "a", "bcdef"), "df")

    def test_light_target(self) -> None:
        """Where only one alternative has the target, heavier ones do not count."""
        self.assertEqual(evicted("(t & x | p & q & x) & (x | y)", "t", "pqx"), "pq")

    def test_many_states(self) -> None:
        """The best is found among many, also if it does not look best on the way."""
        factors = "(h | g | n | j & l | a) & (k | n | c) & (j | b | f | a | e) & (j | f & h & g | i | k & f & l | a)"
        costs = dict(zip("abcdefghijklmn", (3, 1, 5, 3, 3, 4, 2, 3, 2, 5, 3, 3, 1, 1), strict=True))
        expression = f"{factors} & (f | c & e & a | b) & (h | d | j & d & h)"
        self.assertEqual(evicted(expression, "a", "bcdefghijklmn", **costs), "im")

    def test_few_heavy_models(self) -> None:
        """A state of few models may weigh as much as one of many, and come first."""
        self.assertEqual(evicted("(a | c & e & b) & (d | a)", "d", "abc", a=3, b=2, d=3), "bc")


class SizeTests(SynchronousTestCase):
    """Nothing is expanded (S-83)."""

    def test_seventy(self) -> None:
        """70 models in one set: only the outsider goes."""
        names = [f"m{number}" for number in range(70)]
        compiled = program({"s": " & ".join(names)}, names)
        self.assertEqual(answer(compiled, {}, "m0", [*names[1:], "x"]).evict, ("x",))
        self.assertTrue(can_hold(compiled, list(map(ModelId, names))))

    def test_six_times_ten(self) -> None:
        """Six groups of ten alternatives: one of each stays, the first if all run."""
        groups = [[f"{letter}{number}" for number in range(10)] for letter in "abcdef"]
        factors = " & ".join(f"({' | '.join(group)})" for group in groups)
        compiled = program({"s": f"t & {factors}"}, ["t", *chain(*groups)])
        self.assertEqual(answer(compiled, {}, "t", [*(group[7] for group in groups), "x"]).evict, ("x",))
        self.assertEqual(answer(compiled, {}, "t", [*chain(*groups)]).evict, (*chain(*[g[1:] for g in groups]),))

    def test_overlapping(self) -> None:
        """30 groups that share models with their neighbours."""
        names = [f"m{number}" for number in range(31)]
        compiled = program({"s": " & ".join(f"({a} | {b})" for a, b in pairwise(names))}, names)
        self.assertEqual(answer(compiled, {}, "m30", names[:30]).evict, ("m29",))
        costs = {name: 1 + number % 5 for number, name in enumerate(names)}
        self.assertEqual(answer(compiled, costs, "m30", names[:30]).evict, ("m25",))

    def test_slots(self) -> None:
        """Any ten of 40 models, whatever they cost."""
        names = [f"m{number}" for number in range(40)]
        compiled = program({"any": " | ".join(names), "s": " & ".join(["+any"] * 10)}, names)
        self.assertEqual(len(answer(compiled, {}, "m0", names[1:]).evict), 30)
        self.assertEqual(answer(compiled, {"m5": 2, "m7": 3}, "m39", names[:10]).evict, ("m9",))
        self.assertTrue(can_hold(compiled, list(map(ModelId, names[:10]))))
        self.assertFalse(can_hold(compiled, list(map(ModelId, names[:11]))))


# -- against the specification's algorithm -----------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A matrix and a question."""

    sets: dict[str, Expression]
    vars: dict[str, str]
    costs: dict[str, int]
    target: str
    running: tuple[str, ...]

    @property
    def compiled(self) -> Program:
        return program({name: written(each) for name, each in self.sets.items()}, "abcdefgz", self.vars)

    @property
    def reference(self) -> Reference:
        return Reference(self.sets, self.vars)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    models = "abcdefg"[: draw(st.integers(2, 7))]
    vars = draw(st.sampled_from([{}, {"V": "b"}, {"a": "b"}]))
    sets: dict[str, Expression] = {}
    for name, shape in zip("stuv", draw(st.lists(SHAPES, min_size=1, max_size=4)), strict=False):
        expression = filled(shape, [*models, *vars], list(sets))
        sets[name] = expression if _size(expression, sets) < 50 else Name(models[0])
    names = [name for name in draw(ORDERS) if name in sets]
    costs = dict(zip(models, draw(COSTS), strict=False))
    running = [model for model, runs in zip("zgfedcba", draw(RUNNING), strict=True) if runs]
    return Case({name: sets[name] for name in names}, vars, costs, draw(TARGETS), tuple(running))


ORDERS = st.permutations("stuv")
COSTS = st.lists(st.integers(1, 3), max_size=7)
RUNNING = st.lists(st.booleans(), min_size=8, max_size=8)
TARGETS = st.sampled_from("abcz")


def _size(expression: Expression, sets: Mapping[str, Expression]) -> int:
    if isinstance(expression, Join):
        return sum(_size(part, sets) for part in expression.parts)
    return _size(sets[expression.set], sets) if isinstance(expression, Ref) else 1


def renamed(expression: Expression, names: Mapping[str, str], sets: Mapping[str, str]) -> Expression:
    if isinstance(expression, Join):
        return Join(expression.sign, tuple(renamed(part, names, sets) for part in expression.parts))
    if isinstance(expression, Ref):
        return Ref(sets[expression.set])
    return Name(names.get(expression.name, expression.name))


class RuleTests(SynchronousTestCase):
    @settings(QUICK, max_examples=1500)
    @given(cases())
    def test_as_specified(self, case: Case) -> None:
        """The same models go and the same set is named as by the specification's algorithm, ties included."""
        found = answer(case.compiled, case.costs, case.target, case.running)
        self.assertEqual(
            Answer(tuple(found.evict), found.set, found.cost),
            case.reference.solve(case.costs, case.target, case.running),
        )

    @settings(QUICK, max_examples=300)
    @given(cases())
    def test_can_hold(self, case: Case) -> None:
        """One set can hold some models if one of its states is all of them; with such a set nothing ever goes."""
        models = tuple(map(ModelId, case.running))
        holder = case.reference.holder(case.running)
        self.assertEqual(can_hold(case.compiled, models), holder is not None)
        for target in models if holder else ():
            self.assertEqual(solve(case.compiled, {}, target, [m for m in models if m != target]).evict, ())

    @settings(QUICK, max_examples=300)
    @given(cases())
    def test_cheapest(self, case: Case) -> None:
        """No combination of the full expansion is cheaper, and the witness is one that has everything that stays."""
        found = answer(case.compiled, case.costs, case.target, case.running)
        expansion = {c for name in case.sets for c in case.reference.expansion(name)}
        costs = [
            sum(case.costs.get(model, 1) for model in case.running if model not in combination)
            for combination in expansion
            if case.target in combination
        ]
        if case.target not in case.running:
            self.assertEqual(min(costs, default=0), found.cost)
        if found.set is not None:
            self.assertIn(frozenset(found.witness), case.reference.expansion(found.set))
            self.assertLessEqual({case.target, *case.running}.difference(found.evict), {*found.witness})

    @settings(QUICK, max_examples=300)
    @given(cases(), st.permutations("abcdefg"), st.permutations("stuv"))
    def test_names_mean_nothing(self, case: Case, models: list[str], sets: list[str]) -> None:
        """With other names for models and sets, in the same order, the answer is the same."""
        new = dict(zip("abcdefg", models, strict=True)) | {"z": "z"}
        new_sets = dict(zip("stuv", sets, strict=True))
        other = Case(
            {
                new_sets[name]: renamed(each, new | {v: f"v{v}" for v in case.vars}, new_sets)
                for name, each in case.sets.items()
            },
            {f"v{name}": new[model] for name, model in case.vars.items()},
            {new[model]: cost for model, cost in case.costs.items()},
            new[case.target],
            tuple(new[model] for model in case.running),
        )
        before = answer(case.compiled, case.costs, case.target, case.running)
        after = answer(other.compiled, other.costs, other.target, other.running)
        self.assertEqual(after.evict, tuple(new[model] for model in before.evict))
        self.assertEqual((after.set, after.cost), (before.set and new_sets[before.set], before.cost))
