"""What the JSON Schema refuses, and where editors underline it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.json_schema import validator
from tests.config.places import good, underlined, with_value


class RefusalTests(SynchronousTestCase):
    """What editors underline."""

    def test_misspelt_keys(self) -> None:
        """A key that no section has is reported at the section, by its name."""
        (error,) = validator().iter_errors({"models": {"m": {"cmd": "s", "proxi": "http://h"}}})
        self.assertEqual(list(error.absolute_path), ["models", "m"])
        self.assertIn("'proxi' was unexpected", error.message)
        self.assertEqual(underlined({"limits": {"keepalive": 1}}), ["limits"])
        self.assertEqual(
            underlined({"peers": {"p": {"proxy": "http://h", "models": ["x"], "apikey": "k"}}}), ["peers.p"]
        )

    def test_wrong_kinds(self) -> None:
        """What is neither of the right kind nor a macro is reported at its place."""
        for place, value in (
            ("startPort", "5800"),
            ("startPort", True),
            ("models", ["m"]),
            ("models.m", "cmd"),
            ("models.m.cmd", ["s"]),
            ("models.m.ttl", "10m"),
            ("models.m.aliases", "gpt"),
            ("models.m.unlisted", "maybe"),
            ("models.m.unlisted", 1),
            ("models.m.timeouts.connect", [1]),
            ("models.m.filters.setParams", "a: 1"),
            ("performance.every", 15),
            ("performance.every", "15"),
            ("performance.every", "1d"),
            ("hooks.on_startup.preload", "m"),
            ("matrix.evict_costs.m", None),
        ):
            self.assertEqual(underlined(with_value({}, place, value)), [place], value)

    def test_wrong_values(self) -> None:
        """What is not among the words, or outside the range, is reported at its place."""
        for place, value in (
            ("startPort", 0),
            ("globalTTL", -1),
            ("models.m.ttl", -2),
            ("queueTimeout", -0.5),
            ("limits.bodyIdle", 0),
            ("logToStdout", "Both"),
            ("routing.scheduler.use", "lifo"),
            ("selectors.s.strategy", "hot"),
            ("matrix.evict_costs.m", 0),
            ("store.path", " "),
        ):
            self.assertEqual(underlined(with_value(good(place), place, value)), [place], value)

    def test_items(self) -> None:
        """An item of a list is reported by its number."""
        self.assertEqual(underlined({"apiKeys": ["good", "not good", ""]}), ["apiKeys.1", "apiKeys.2"])
        self.assertEqual(
            underlined({"models": {"m": {"capabilities": {"in": ["text", "video"]}}}}), ["models.m.capabilities.in.1"]
        )

    def test_missing(self) -> None:
        """What a section cannot be without."""
        for place, value in (
            ("peers.m", {"proxy": "http://h"}),
            ("peers.m.models", []),
            ("selectors.s", {"strategy": "pin"}),
            ("profiles.p", None),
            ("profiles.p.pins", {}),
            ("store", {}),
            ("matrix.sets", {}),
        ):
            self.assertEqual(set(underlined(with_value(good(place), place, value))), {place}, value)

    def test_names(self) -> None:
        """Names that cannot be are reported where they are given."""
        for place, name in (
            ("macros", "a.b"),
            ("macros", "PORT"),
            ("groups", "(default)"),
            ("matrix.vars", "a_b"),
            ("profiles", " "),
        ):
            tree = good(place)
            inner = {"pins": {"m": "n"}} if place == "profiles" else {} if place == "groups" else "m"
            self.assertEqual(underlined(with_value(tree, place, {name: inner})), [place], name)
