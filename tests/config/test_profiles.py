"""Profiles pin names to what exists (section 14)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Profile
from tests.config.loading import FIXED, only, settings, warnings

WORLD = f"""\
models: {{a: {{{FIXED}, aliases: [al]}}}}
peers: {{p: {{proxy: http://p, models: [x, both]}}, q: {{proxy: http://q, models: [both]}}}}
selectors: {{s: {{strategy: pin, targets: [a]}}}}
"""


def world(profiles: str) -> str:
    return f"{WORLD}profiles: {{{profiles}}}"


class ProfileTests(SynchronousTestCase):
    """`profiles` with pins."""

    def test_v35_targets(self) -> None:
        """Models, aliases, peers' models and selectors; nothing disables the name."""
        found = settings(world("p: {description: D, pins: {a: s, b: al, c: x, d: q/both, off: ~, gone: '', s: a}}"))
        pins = {"a": "s", "b": "al", "c": "x", "d": "q/both", "off": "", "gone": "", "s": "a"}
        self.assertEqual(found.profiles, {"p": Profile(name="p", description="D", pins=pins)})

    def test_unknown_targets(self) -> None:
        """Profile, pin and target are named; a pin is no target, and nothing is trimmed."""
        for target, fault in (
            ("y", "unknown model y"),
            ("zz", "unknown model zz"),
            ("' a'", "unknown model  a"),
            ("both", "ambiguous model both: several peers offer it, so name one of p/both, q/both"),
        ):
            expected = f"profiles.p.pins.x: profile p: pin x references {fault}"
            self.assertIn(expected, only(world(f"p: {{pins: {{x: {target}, y: a}}}}")))

    def test_no_pins(self) -> None:
        """One at least."""
        for keys in ("", "{}", "{pins: {}}", "{pins: ~}"):
            self.assertIn("pins must contain at least one entry", only(world(f"p: {keys}")))

    def test_names(self) -> None:
        """Neither a profile nor a pin is blank; a pin is not the full name of a peer's model."""
        self.assertIn("names of profiles cannot be empty", only(world("' ': {pins: {x: a}}")))
        self.assertIn("profiles.p.pins. : pin names cannot be empty", only(world("p: {pins: {' ': a}}")))
        self.assertIn("conflicts with a fully qualified peer model name", only(world("p: {pins: {p/x: a}}")))

    def test_wrong_kinds(self) -> None:
        """Told once each."""
        for text in (f"{WORLD}profiles: [a]", world("p: a"), world("p: {pins: [a]}"), world("p: {pins: {x: [a]}}")):
            self.assertIn("where", only(text))
        self.assertIn("did you mean `description`?", warnings(world("p: {pins: {x: a}, Description: D}")))

    def test_selectors_that_cannot_be_read(self) -> None:
        """Nobody is told that their names are unknown."""
        self.assertIn("selectors: a list where", only("selectors: [s]\nprofiles: {p: {pins: {x: s}}}"))
