"""Macros: what may be declared, in which order they see each other, and which types they keep (section 5)."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.macros import LONGEST_TEXT
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import FIXED, only, problems, settings


def names(text: str) -> list[str]:
    """The names that the models show, in the order of their IDs."""
    return [model.name for model in settings(text).models.values()]


class DeclarationTests(SynchronousTestCase):
    """What may be declared."""

    def test_names(self) -> None:
        """Up to 63 bytes of letters, digits, `_` and `-`; what else is told at the name."""
        settings(f'macros: {{{"x" * 63}: 1, 5: a, true: b, env: c, port: d, "-": e}}')
        for name, fault in (
            ("x" * 64, "exceeds 63 characters"),
            ("bad.name", "has invalid characters"),
            ("é", "has invalid characters"),
            ('""', "has invalid characters"),
            ("PORT", "is reserved"),
            ("PID", "is reserved"),
            ("MODEL_ID", "is reserved"),
        ):
            self.assertIn(f"c.yaml:1:10: macros: macro `{name.strip(chr(34))}` {fault}", only(f"macros: {{{name}: 1}}"))

    def test_values(self) -> None:
        """Text, numbers and truths; a text does not use itself."""
        for value in ("[1]", "{a: 1}", "~", "", "2024-01-01"):
            self.assertIn("must be scalar", only(f"macros: {{A: {value}}}"))
        self.assertIn("put a date in quotes", only("macros: {A: 2024-01-01}"))
        self.assertIn("self-reference", only('macros: {A: "a ${A}"}'))

    def test_blocks(self) -> None:
        """A mapping or nothing; a whole alias is fine, a merge key is not."""
        settings("macros: ~\nmodels: {m: {cmd: s, proxy: http://h, macros: }}")
        settings("x: &x {A: 1}\nmacros: *x\nlogLevel: '${A}'")
        self.assertIn("macros must be a mapping", only("macros: []"))
        self.assertIn("`<<` is no name for a macro", only("x: &x {A: 1}\nmacros: {<<: *x}"))

    def test_of_a_model(self) -> None:
        """Its own are told with its ID."""
        self.assertIn("model m: macro `a.b`", only(f"models: {{m: {{{FIXED}, macros: {{a.b: 1}}}}}}"))
        self.assertIn("model m: macros must be a mapping", only(f"models: {{m: {{{FIXED}, macros: x}}}}"))

    def test_a_bad_one_is_told_once(self) -> None:
        """Nothing is said of the places that use it."""
        only(f"macros: {{A: [1]}}\nstartPort: '${{A}}'\nmodels: {{m: {{{FIXED}, ttl: '${{A}}', name: '${{A}}'}}}}")


class ScopeTests(SynchronousTestCase):
    """Who sees whom."""

    def test_a_local_one_takes_the_place_of_the_global_one(self) -> None:
        """Globals see the overriding value; the local one cannot see what stands behind it."""
        text = "macros: {A: g, B: '<${A}>', C: c}\nmodels: {m: {proxy: http://h, name: '${B}', macros: {A: %s}}}"
        self.assertEqual(names(text % "l"), ["<l>"])
        self.assertIn("unknown macro ${C}", only(text % "'${C}'"))

    def test_locals_see_globals_and_what_stands_before(self) -> None:
        """And MODEL_ID; not what stands behind, nor other models' ones."""
        text = (
            "macros: {G: g}\n"
            "models:\n"
            "  m: {proxy: http://h, name: '${Y}', macros: {X: '${G}-${MODEL_ID}', Y: '${X}'}}\n"
        )
        self.assertEqual(names(text), ["g-m"])
        behind = text.replace("G}-", "Y}-").replace("'${X}'", "y").replace("e: '${Y", "e: '${X")
        self.assertIn("unknown macro ${Y}", only(behind))
        self.assertIn("unknown macro ${X}", only(text + "  n: {proxy: http://h, name: '${X}'}\n"))

    def test_mutual_use_ends(self) -> None:
        """One of two that use each other stays, and is told."""
        self.assertIn("unknown macro ${B}", only("macros: {A: '${B}', B: '${A}'}\nlogLevel: '${B}'"))

    def test_there_is_no_escape(self) -> None:
        """`$${A}` is a dollar and the value."""
        self.assertEqual(names("macros: {A: x}\nmodels: {m: {cmd: s, proxy: http://h, name: '$${A}'}}"), ["$x"])

    def test_whole_values_keep_their_type(self) -> None:
        """Through a chain too, at the top level and in models; a text of digits stays text."""
        self.assertEqual(settings("macros: {A: 5, B: '${A}'}\nstartPort: '${B}'").start_port, 5)
        self.assertIn("string `12` where an integer", only("macros: {S: '12'}\nhealthCheckTimeout: '${S}'"))

    def test_ids_of_filters(self) -> None:
        """The names under setParamsByID are filled in; two that become equal are told."""
        filters = "filters: {setParamsByID: {'${MODEL_ID}:x': ~, 'm:${K}': ~}}"
        found = problems(f"macros: {{K: x}}\nmodels: {{m: {{{FIXED}, {filters}}}}}")
        self.assertIn("keys resolve to the same value `m:x`", found[0].message)
        found = problems(f"models: {{m: {{{FIXED}, {filters}}}}}")
        self.assertIn("unknown macro ${K} found in model m filters.setParamsByID key", found[0].message)


class BoundTests(SynchronousTestCase):
    """A few lines cannot make a text without end."""

    def test_a_text_that_doubles(self) -> None:
        """Told at the place of use, and soon."""
        lines = "".join(f"  M{n}: '${{M{n - 1}}}${{M{n - 1}}}'\n" for n in range(1, 60))
        self.assertIn(
            f"c.yaml:62:11: its macros expand to more than {LONGEST_TEXT}",
            only(f"macros:\n  M0: xx\n{lines}logLevel: '${{M59}}'"),
        )

    def test_many_such_texts(self) -> None:
        """All of them together are bounded as well."""
        lines = "".join(f"  M{n}: '${{M{n - 1}}}${{M{n - 1}}}'\n" for n in range(1, 19))
        uses = "".join(f"x{n}: '${{M18}}'\n" for n in range(200))
        self.assertIn("in all", problems(f"macros:\n  M0: xx\n{lines}{uses}")[-1].message)

    @how(max_examples=300, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from("ABCDEF"), st.text("${ABCDEF}x", max_size=24) | st.integers() | st.booleans(), max_size=6
        ),
        st.dictionaries(st.sampled_from("ABCDEF"), st.text("${ABCDEF}x", max_size=24), max_size=6),
        st.text("${ABCDEF}x", max_size=24),
    )
    def test_expansion_ends(self, shared: dict[str, object], own: dict[str, object], text: str) -> None:
        """Whatever uses what: a value comes out, or a problem that names a macro."""
        model = {"cmd": "s", "proxy": "http://h", "name": text, "macros": own}
        try:
            load([Source("c.yaml", json.dumps({"macros": shared, "models": {"m": model}, "logLevel": text}))])
        except ConfigurationError as error:
            assert all("macro" in problem.message for problem in error.problems)
