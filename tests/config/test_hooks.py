"""What is loaded at the start (section 15)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.config.loading import FIXED, only, settings, warnings

MODELS = f"models: {{a: {{{FIXED}, aliases: [aa]}}}}\npeers: {{p: {{proxy: http://p, models: [x]}}}}\n"


class PreloadTests(SynchronousTestCase):
    """`hooks.on_startup.preload`."""

    def preload(self, names: str) -> str:
        return f"{MODELS}hooks: {{on_startup: {{preload: {names}}}}}"

    def test_v36_clean_up(self) -> None:
        """Trimmed, blanks dropped, aliases resolved; order and repetitions stay."""
        self.assertEqual(settings(self.preload('[" aa ", "", ~, a]')).preload, ("a", "a"))
        self.assertEqual(settings(self.preload("~")).preload, ())

    def test_other_names(self) -> None:
        """What is no model here is dropped with a warning (oddity 20)."""
        text = self.preload("[nope, x, a, p/x]")
        self.assertEqual(settings(text).preload, ("a",))
        for index, name in ((0, "nope"), (1, "x"), (3, "p/x")):
            self.assertIn(f"hooks.on_startup.preload[{index}]: {name} is not a model of this server", warnings(text))

    def test_wrong_kinds(self) -> None:
        """Told once, at every level; unknown keys are warned of."""
        for text in (self.preload("a"), self.preload("[[a]]"), "hooks: [a]", "hooks: {on_startup: a}"):
            self.assertIn("where", only(text))
        self.assertIn("did you mean `on_startup`?", warnings("hooks: {onStartup: {}}"))
        self.assertIn("unknown key `load`", warnings("hooks: {on_startup: {load: [a]}}"))
