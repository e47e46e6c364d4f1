"""Other names of models: which are accepted, and whose they are (section 10)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, problems, settings


class AliasTests(SynchronousTestCase):
    """Other names."""

    def test_r23_duplicates(self) -> None:
        """An alias names one model, once; the message names alias and models."""
        self.assertIn(
            "models.m.aliases[1]: duplicate alias q in model m", only(f"models: {{m: {{{FIXED}, aliases: [q, q]}}}}")
        )
        text = f"models: {{b: {{{FIXED}, aliases: [q]}}, a: {{{FIXED}, aliases: [q]}}}}"
        self.assertIn("models.b.aliases[0]: duplicate alias q in model b: it belongs to model a", only(text))

    def test_shadowed_aliases(self) -> None:
        """An alias that is a model's ID, or empty, is accepted with a warning (oddity 11)."""
        loaded = settings(f"models: {{a: {{{FIXED}, aliases: [b, '']}}, b: {{{FIXED}}}}}")
        self.assertEqual(loaded.models[ModelId("a")].aliases, ("b", ""))
        self.assertEqual(len(loaded.warnings), 2)
        self.assertEqual(loaded.aliases, {})

    def test_all_names(self) -> None:
        """The settings know every name that means a model."""
        loaded = settings(f"models: {{a: {{{FIXED}, aliases: [x, y]}}, b: {{{FIXED}, aliases: [z]}}}}")
        self.assertEqual(loaded.aliases, {"x": "a", "y": "a", "z": "b"})

    def test_wrong_list(self) -> None:
        """A list of the wrong kind is told once."""
        self.assertEqual(len(problems(f"models: {{m: {{{FIXED}, aliases: q}}}}")), 1)


class AutomaticTests(SynchronousTestCase):
    """Names under which filters set something."""

    def by_id(self, names: str, more: str = "", others: str = "") -> str:
        return f"models: {{m: {{{FIXED}, filters: {{setParamsByID: {{{names}}}}}{more}}}{others}}}"

    def test_v27_they_become_aliases(self) -> None:
        """In the order of the file, behind those that are listed; not the ID itself, nor what is listed already."""
        loaded = settings(self.by_id("m: {t: 1}, 'm:z': ~, 'm:fast': {t: 2}, 'm:a': {}", ", aliases: ['m:fast']"))
        self.assertEqual(loaded.models[ModelId("m")].aliases, ("m:fast", "m:z", "m:a"))
        self.assertEqual(set(loaded.aliases), {"m:fast", "m:z", "m:a"})

    def test_v28_another_models_id(self) -> None:
        """Is refused, with the place of the key."""
        fault = only(self.by_id("b: {t: 1}", others=f", b: {{{FIXED}}}"))
        self.assertIn("setParamsByID.b: setParamsByID key b conflicts with an existing model ID", fault)

    def test_another_models_alias(self) -> None:
        """Listed or automatic, the first owner keeps it."""
        listed = self.by_id("q: {}", others=f", a: {{{FIXED}}}, z: {{{FIXED}, aliases: [q]}}")
        self.assertIn(
            "models.m.filters.setParamsByID.q: setParamsByID key q is a duplicate alias, used by model z", only(listed)
        )
        twice = self.by_id("q: {}", others=f", a: {{{FIXED}, filters: {{setParamsByID: {{q: ~}}}}}}")
        self.assertIn("duplicate alias, used by model a", only(twice))
