"""The key `slots` of a model, held against its command."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Slots
from tests.config.loading import FIXED, model, only, settings, warnings


class ReadTests(SynchronousTestCase):
    def test_slots(self) -> None:
        """Off by default; a directory is needed, and what is wrong is told."""
        self.assertIsNone(model(FIXED).slots)
        given = model(f"{FIXED}, slots: {{save: ' /kept ', maxBytes: 5, timeout: 0.5}}").slots
        self.assertEqual(given, Slots(save="/kept", max_bytes=5, timeout=0.5))
        self.assertEqual(model(f"{FIXED}, slots: {{save: /kept}}").slots, Slots(save="/kept"))
        for wrong in ("{}", "{save: ' '}", "{maxBytes: 1}"):
            self.assertIn("--slot-save-path", only(f"models: {{m: {{{FIXED}, slots: {wrong}}}}}"))
        self.assertIn("NUL", only(f'models: {{m: {{{FIXED}, slots: {{save: "a\\0b"}}}}}}'))
        self.assertIn("must be > 0", only(f"models: {{m: {{{FIXED}, slots: {{save: x, timeout: 0}}}}}}"))
        self.assertIn("must be >= 1", only(f"models: {{m: {{{FIXED}, slots: {{save: x, maxBytes: 0}}}}}}"))


class CommandTests(SynchronousTestCase):
    """The engine must save where the server looks."""

    def told(self, options: str) -> str:
        text = f'models: {{m: {{cmd: "llama-server {options}", proxy: "http://h:1", slots: {{save: /kept/}}}}}}'
        return warnings(text)

    def test_the_same_place(self) -> None:
        """Either way to write the option."""
        for options in ("--slot-save-path /kept -m x", "--slot-save-path=/kept/", "-x --slot-save-path /kept//"):
            self.assertEqual(self.told(options), "", options)

    def test_another_place(self) -> None:
        """A warning shows both, with its place."""
        for options in ("--slot-save-path /other", "--slot-save-path=/other"):
            told = self.told(options)
            self.assertIn("models.m.slots.save: `cmd` says --slot-save-path /other", told)

    def test_no_place(self) -> None:
        """A warning says what to add."""
        self.assertIn("add --slot-save-path /kept/", self.told("-m x"))
        self.assertIn("`cmd` says --slot-save-path :", self.told("--slot-save-path"))

    def test_macros(self) -> None:
        """What is compared is what is meant."""
        text = """
            macros: {kept: /k}
            models:
              m: {cmd: "s --slot-save-path ${kept}", proxy: "http://h:1", slots: {save: "${kept}"}}
        """
        self.assertEqual(settings(text).warnings, ())
