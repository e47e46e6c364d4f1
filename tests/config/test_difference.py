"""What another configuration means for models that run, and what else of it is new."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference, difference
from tests.config.loading import settings

MODELS = "models: {a: {cmd: 's ${PORT} -c 1', ttl: 5}, b: {cmd: 's ${PORT}'}}\n"


def changes(before: str, after: str) -> Difference:
    return difference(settings(before), settings(after))


class DifferenceTests(SynchronousTestCase):
    """Two configurations."""

    def test_models(self) -> None:
        """Added, removed, launched differently, or different in what needs no other process."""
        found = changes(
            "models: {a: {proxy: http://h}, b: {proxy: http://h}, c: {proxy: http://h}}",
            "models: {b: {proxy: http://i}, c: {proxy: http://h, ttl: 3}, d: {proxy: http://h}}",
        )
        self.assertEqual((found.added, found.removed, found.changed, found.adjusted), (("d",), ("a",), ("b",), ("c",)))

    def test_a_command_that_is_laid_out_anew(self) -> None:
        """White space and line ends between the words start no other process."""
        after = "models:\n  a:\n    ttl: 5\n    cmd: |\n      s ${PORT} \\\n        -c  1\n  b: {cmd: 's ${PORT}'}\n"
        found = changes(MODELS, after)
        self.assertEqual((found.changed, found.adjusted), ((), ("a",)))
        self.assertEqual(changes(MODELS, after.replace("-c  1", "-c '1 '")).changed, ("a",))

    def test_other_keys(self) -> None:
        """They are named as in a file."""
        found = changes(MODELS, MODELS + "apiKeys: [k]\nlimits: {keepAlive: 3}\ngroups: {g: {members: [a]}}\n")
        self.assertEqual(set(found.settings), {"apiKeys", "limits", "routing"})

    def test_another_authority(self) -> None:
        """What a peer is verified with is part of its entry, wherever it is written."""
        old = settings("peers: {p: {proxy: 'https://h', models: [x], caFile: f}}")
        new = replace(old, peers={"p": replace(old.peers["p"], ca_pem="other")})
        self.assertEqual(difference(old, new).settings, ("peers",))
        self.assertTrue(difference(old, old).empty)

    def test_what_python_calls_equal(self) -> None:
        """The order of a matrix's sets decides ties, and 1 is not true."""
        before, after = (MODELS + f"matrix: {{sets: {{{sets}}}}}" for sets in ("x: a, y: b", "y: b, x: a"))
        self.assertEqual(changes(before, after).settings, ("routing",))
        filters = "models: {{a: {{proxy: http://h, filters: {{setParams: {{p: {}}}}}}}}}"
        self.assertEqual(changes(filters.format("1"), filters.format("true")).adjusted, ("a",))

    def test_the_same(self) -> None:
        """Nothing is said of what is only written differently."""
        self.assertTrue(changes(MODELS, "# a comment\n" + MODELS + "startPort: 0x16a8\n").empty)
