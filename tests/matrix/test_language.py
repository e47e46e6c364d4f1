"""The language of matrix sets: what is an expression, and what is said about one that is not (configuration 17.2)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.matrix.language import SetProblem, compile_sets
from llamaswap.matrix.program import MAX_DEPTH, Program
from llamaswap.matrix.solver import can_hold, solve
from tests.support.matrix import program

VECTORS = {
    "a & (b | c)": None,
    "a && b": "unexpected token & at position 4",
    "a b": "unexpected token b at position 3",
    "(a": "missing ) for the ( at position 1",
    "()": "unexpected token ) at position 2",
    "+ t": "set name expected after + at position 1",
    "+s": "circular reference: set s leads back here",
    "+nope": "reference to undefined set nope at position 1",
    "zz": "unknown var or model zz at position 1",
    "a/b": "unexpected character '/' at position 2",
    " ": "empty expression",
}


def problems(expression: str, **others: str) -> list[str]:
    """What is wrong with the set `s`, beside the set `t: a` and `others`."""
    _, found = compile_sets({"s": expression, "t": "a", **others}, {}, "abc")
    return [problem.message.removeprefix("set s: ") for problem in found]


def combinations(compiled: Program, models: str) -> list[str]:
    """The largest groups of `models` that may run together."""
    held = ["".join(group) for group in _groups(models) if can_hold(compiled, [ModelId(name) for name in group])]
    return [group for group in held if not any(set(group) < set(other) for other in held)]


def _groups(models: str) -> list[list[str]]:
    if not models:
        return [[]]
    smaller = _groups(models[1:])
    return [[models[0], *group] for group in smaller] + smaller


class ExpressionTests(SynchronousTestCase):
    def test_vectors(self) -> None:
        """The expressions of section 23 are accepted or refused as it says."""
        for expression, message in VECTORS.items():
            self.assertEqual(problems(expression), [message] if message else [], expression)

    def test_precedence(self) -> None:
        """& binds tighter than |, and parentheses group (S-84)."""
        for expression, expected in (
            ("a | b & c", ["a", "bc"]),
            ("(a | b) & c", ["ac", "bc"]),
            ("(a | b) & (c | d)", ["ac", "ad", "bc", "bd"]),
            ("a & a", ["a"]),
            ("((a) & (b))", ["ab"]),
            (" a\t&\u00a0\u3000b\n", ["ab"]),
        ):
            self.assertEqual(sorted(combinations(program({"s": expression}, "abcd"), "abcd")), expected, expression)

    def test_reference(self) -> None:
        """+name stands for the whole other expression, as if in parentheses."""
        compiled = program({"s": "c & +t", "t": "a | b"}, "abc")
        self.assertEqual(combinations(compiled, "abc"), ["ac", "bc"])

    def test_missing_operands(self) -> None:
        """Something is missing at the end, at the start or between two operators."""
        end = "unexpected token: the expression ends where a name is expected"
        for expression, message in (
            ("a &", end),
            ("(", end),
            ("| a", "unexpected token | at position 1"),
            ("a | & b", "unexpected token & at position 5"),
            ("(a | )", "unexpected token ) at position 6"),
            ("a)", "unexpected token ) at position 2"),
            ("(a & b | (c)", "missing ) for the ( at position 1"),
            ("(a) (b)", "unexpected token ( at position 5"),
            ("a +t", "unexpected token +t at position 3"),
            ("", "empty expression"),
            ("\u3000\n", "empty expression"),
            ("a & +", "set name expected after + at position 5"),
            ("++t", "set name expected after + at position 1"),
            ("+(t)", "set name expected after + at position 1"),
        ):
            self.assertEqual(problems(expression), [message], expression)

    def test_names(self) -> None:
        """Letters and digits of any script, and _ - . make a name; everything else needs a var."""
        for name in ("Ü-1.5_x", "模型", "٣", "-", ".", "_"):
            self.assertEqual(compile_sets({"s": name}, {}, {name})[1], [], name)
        for char in "/:½²\N{COMBINING ACUTE ACCENT}$\0":
            [problem] = compile_sets({"s": f"a{char}"}, {}, {"a", f"a{char}"})[1]
            self.assertEqual(problem.message, f"set s: unexpected character {char!r} at position 2")

    def test_vars(self) -> None:
        """A var hides a model of the same name, and reaches models whose IDs are no names."""
        compiled = program({"s": "n & m"}, ["n", "org/model:7b", "x"], {"n": "org/model:7b", "m": "x"})
        self.assertTrue(can_hold(compiled, [ModelId("org/model:7b"), ModelId("x")]))
        self.assertFalse(can_hold(compiled, [ModelId("n")]))

    def test_set_names(self) -> None:
        """A set may have any name; one that is no name can only not be referred to."""
        compiled = program({"my set/1": "a", "b": "+b-2", "b-2": "b"}, "ab")
        self.assertEqual([allowed.name for allowed in compiled.sets], ["my set/1", "b-2", "b"])


class ProblemTests(SynchronousTestCase):
    def test_all_at_once(self) -> None:
        """Every set's problems are found in one pass, in order of definition; each mistaken name once."""
        sets = {"u": "x & (y | x) & +v", "s": "a &", "w": "+s", "t": "a", "v": "+u"}
        self.assertEqual(
            compile_sets(sets, {}, "a"),
            (
                None,
                [
                    SetProblem("u", "set u: unknown var or model x at position 1", 1),
                    SetProblem("u", "set u: unknown var or model y at position 6", 6),
                    SetProblem("s", "set s: unexpected token: the expression ends where a name is expected", 4),
                    SetProblem("v", "set v: circular reference: set u leads back here", 1),
                ],
            ),
        )

    def test_no_sets(self) -> None:
        """No sets are no problem here: who may be without them is the caller's to know."""
        compiled, found = compile_sets({}, {}, "a")
        self.assertEqual((compiled and compiled.sets, found), ((), []))

    def test_longer_circle(self) -> None:
        """A circle of references is reported once, where it closes."""
        found = compile_sets({"s": "a & +t", "t": "+u | a", "u": "a & +s", "x": "+s"}, {}, "a")[1]
        self.assertEqual([problem.message for problem in found], ["set u: circular reference: set s leads back here"])


class OrderTests(SynchronousTestCase):
    def order(self, **sets: str) -> list[str]:
        return [allowed.name for allowed in program(sets, "abc").sets]

    def test_definition_order(self) -> None:
        """Sets keep the order in which they are defined, not that of their names."""
        self.assertEqual(self.order(z="a", b="a", a="a"), ["z", "b", "a"])

    def test_referenced_first(self) -> None:
        """What is referred to comes before, depth first, in order of first occurrence."""
        self.assertEqual(self.order(s="+u & +t | +u", t="+v", u="a", v="b"), ["u", "v", "t", "s"])


class LargeTextTests(SynchronousTestCase):
    """Whatever the text: no recursion without bound, and no more work than it is long."""

    deep = f"nested deeper than {MAX_DEPTH} levels"

    def test_parentheses(self) -> None:
        """Deep nesting is refused with a word, at the first parenthesis too many."""
        found = compile_sets({"s": "(" * 100_000}, {}, "a")[1]
        self.assertEqual(found, [SetProblem("s", f"set s: {self.deep}", MAX_DEPTH)])

    def test_as_deep_as_may_be(self) -> None:
        """What is accepted can be solved."""
        nested = "a"
        for number in range(MAX_DEPTH - 1):
            nested = f"({nested} {'|&'[number % 2]} {'ab'[number % 2]})"
        compiled = program({"s": nested}, "ab")
        self.assertEqual(solve(compiled, {}, ModelId("b"), [ModelId("a")]).evict, ())
        self.assertEqual(problems(f"({nested} | c) & c"), [self.deep])

    def test_chain_of_references(self) -> None:
        """Only the first set that goes too deep is reported, not those that refer to it."""
        sets = {f"s{n}": f"+s{n + 1} {'|&'[n % 2]} {'ab'[n % 2]}" for n in range(20_000)} | {"s20000": "a | b"}
        [problem] = compile_sets(sets, {}, "ab")[1]
        self.assertEqual(problem, SetProblem("s19901", f"set s19901: {self.deep}, references included", None))

    def test_chain_of_names(self) -> None:
        """References that add nothing are not counted."""
        sets = {f"s{n}": f"+s{n + 1}" for n in range(20_000)} | {"s20000": "a"}
        self.assertEqual(len(program(sets, "a").sets), 20_001)

    def test_doubling(self) -> None:
        """Sets that refer twice to the one before cost no more than they are long."""
        sets = {"s0": "a | b"} | {f"s{n}": f"+s{n - 1} {'|&'[n % 2]} +s{n - 1}" for n in range(1, MAX_DEPTH - 1)}
        self.assertEqual(solve(program(sets, "abc"), {}, ModelId("a"), [ModelId("b")]).evict, ())

    def test_long(self) -> None:
        """A long text is read as it is."""
        self.assertEqual(problems(" & ".join(["(a | b)"] * 20_000)), [])
        self.assertEqual(len(problems("a|" * 50_000)), 1)
        self.assertEqual(len(problems(" & ".join(f"x{n}" for n in range(5_000)))), 5_000)


class AnyTextTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(st.lists(st.text(st.sampled_from("ab+st&|() \n/")) | st.text(), min_size=1, max_size=3))
    def test_any_text(self, texts: list[str]) -> None:
        """Any text is a program or has problems, and never both; each names its set, and its place if it has one."""
        sets = dict(zip("stu", texts, strict=False))
        compiled, found = compile_sets(sets, {}, "ab")
        self.assertEqual(compiled is None, bool(found))
        for problem in found:
            self.assertTrue(problem.message.startswith(f"set {problem.set}: "))
            self.assertIn(problem.position or 1, range(1, len(sets[problem.set]) + 2))
