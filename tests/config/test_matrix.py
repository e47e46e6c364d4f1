"""A matrix is read in both styles, and what is wrong in it is told at its place (section 17.1)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Matrix
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, problems, settings, warnings

MODELS = f"models: {{a: {{{FIXED}, aliases: [al]}}, b: {{{FIXED}}}, org/c: {{{FIXED}}}}}\n"
B, C = ModelId("b"), ModelId("org/c")


def matrix(keys: str) -> str:
    return f"{MODELS}matrix: {{{keys}}}"


class MatrixTests(SynchronousTestCase):
    """`matrix`."""

    def test_every_key(self) -> None:
        """Expressions stay as written, in their order; costs are by model."""
        found = settings(
            matrix("vars: {c: org/c, un-used.1: b}, sets: {z: c & a, y: '+z | b'}, evict_costs: {c: 5, b: 2}")
        )
        expected = Matrix(sets={"z": "c & a", "y": "+z | b"}, vars={"c": C, "un-used.1": B}, evict_costs={C: 5, B: 2})
        self.assertEqual(found.matrix, expected)
        assert found.matrix is not None
        self.assertEqual(list(found.matrix.sets), ["z", "y"])

    def test_r19_sets(self) -> None:
        """At least one."""
        for keys in ("", "sets: {}", "sets: ~", "vars: {v: a}"):
            self.assertIn(
                "matrix: at least one set is needed" if keys != "sets: {}" else "matrix.sets: at least one set",
                only(matrix(keys)),
            )

    def test_vars(self) -> None:
        """Short names of models, by ID."""
        settings(matrix(f"vars: {{{'x' * 32}: a, '-': b, 1.5: a}}, sets: {{s: a}}"))
        for name in ("a_b", "x" * 33, "''", "a/b", "é"):
            fault = only(matrix(f"vars: {{{name}: a}}, sets: {{s: a}}"))
            self.assertIn(
                f"var key {name.strip(chr(39))} must be 1-32 characters, each alphanumeric, `-` or `.`", fault
            )
        fault = only(matrix("vars: {v: zz}, sets: {s: v & +t, t: v}, evict_costs: {v: 3}"))
        self.assertIn("matrix.vars.v: var key v references unknown model zz", fault)
        self.assertIn(
            "references unknown model al: it is an alias, write a", only(matrix("vars: {v: al}, sets: {s: a}"))
        )
        for value in ("~", "[a]", "{a: b}"):
            self.assertEqual(len(problems(matrix(f"vars: {{v: {value}}}, sets: {{s: v}}"))), 1)

    def test_a_var_hides_a_model(self) -> None:
        """In sets and in costs."""
        found = settings(matrix("vars: {a: b}, sets: {s: a}, evict_costs: {a: 7}")).matrix
        assert found is not None
        self.assertEqual(found.evict_costs, {"b": 7})

    def test_costs(self) -> None:
        """Positive, of a var or a model, once for each model (oddity 25)."""
        for cost in ("0", "-1", "0.5", "~"):
            self.assertIn(
                "evict_cost a must be a positive integer", only(matrix(f"sets: {{s: a}}, evict_costs: {{a: {cost}}}"))
            )
        self.assertIn("an integer is needed", only(matrix("sets: {s: a}, evict_costs: {a: x}")))
        for name, hint in (("zz", ""), ("al", ": it is an alias, write a")):
            fault = f"matrix.evict_costs.{name}: evict_cost {name} references an unknown var or model{hint}"
            self.assertIn(fault, only(matrix(f"sets: {{s: a}}, evict_costs: {{{name}: 2}}")))
        twice = only(matrix("vars: {v: a}, sets: {s: a}, evict_costs: {v: 2, a: 2}"))
        self.assertIn("matrix.evict_costs.a: evict_cost a: model a has a cost already, under another name", twice)

    def test_place_in_an_expression(self) -> None:
        """The column of the mistake, where the text can be counted in; else that of the expression."""
        for text, place in (
            ("a && b", "4:11"),
            ("'a && b'", "4:8"),
            ('"a && b"', "4:8"),
            ("&x a && b", "4:8"),
            ("a\n      b", "4:8"),
            ("|\n      a && b", "4:8"),
            ("''", "4:8"),
        ):
            fault = only(f"{MODELS}matrix:\n  sets:\n    s: {text}\n")
            self.assertIn(f"c.yaml:{place}: matrix.sets.s: set s: ", fault)

    def test_expressions(self) -> None:
        """All mistakes are told, with the set; those of references too."""
        found = problems(matrix("sets: {s: a b, t: zz | yy, u: '+nope', v: '+v', w: , x: a}"))
        self.assertEqual(
            [(problem.path, problem.message.split(": ", 1)[1].split(" at ")[0]) for problem in found],
            [
                ("matrix.sets.s", "unexpected token b"),
                ("matrix.sets.t", "unknown var or model zz"),
                ("matrix.sets.t", "unknown var or model yy"),
                ("matrix.sets.u", "reference to undefined set nope"),
                ("matrix.sets.v", "circular reference: set v leads back here"),
                ("matrix.sets.w", "empty expression"),
            ],
        )

    def test_wrong_kinds(self) -> None:
        """Told once each, without what follows from them."""
        for keys in (
            "sets: [a]",
            "sets: {s: [a], t: '+s & a'}",
            "vars: [a], sets: {s: v & w}",
            "sets: {s: a}, evict_costs: [a]",
            "vars: a, sets: {s: a}, evict_costs: {v: 1}",
        ):
            self.assertIn("where", only(matrix(keys)))
        self.assertIn("matrix: a list where a mapping", only(MODELS + "matrix: [a]"))
        self.assertIn("where", only("models: [a]\nmatrix: {vars: {v: x}, sets: {s: v & y}, evict_costs: {z: 1}}"))
        self.assertIn("unknown var or model _", only(matrix("sets: {s: _}")))

    def test_placeholder_that_is_left(self) -> None:
        """Is told alone."""
        self.assertIn("unknown macro ${X}", only(f"{MODELS}matrix:\n  sets:\n    s: a & ${{X}}\n"))

    def test_unknown_keys(self) -> None:
        """Are warned of."""
        self.assertIn("did you mean `evict_costs`?", warnings(matrix("sets: {s: a}, evict_cost: {a: 1}")))
