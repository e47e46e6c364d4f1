"""Keys of filters as paths."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.parameters import set_path, strip_path


class PathTests(SynchronousTestCase):
    def test_paths(self) -> None:
        """Dots lead inside, a backslash takes the meaning from what follows it."""
        for key, path in {
            "a": ("a",),
            "a.b.0": ("a", "b", "0"),
            r"a\.b.c": ("a.b", "c"),
            r"a\\.b": ("a\\", "b"),
            r"a\*": ("a*",),
            "a\\": ("a",),
            "a..b.": ("a", "", "b", ""),
            "": ("",),
        }.items():
            self.assertEqual((strip_path(key), set_path(key)), (path, path), key)

    def test_no_paths(self) -> None:
        """Wildcards are none; to set, neither are other words of the original's paths."""
        for key in ("a*", "a.?", "#.a"):
            self.assertEqual((strip_path(key), set_path(key)), (None, None), key)
        for key in ("a|b", "@this"):
            self.assertEqual((strip_path(key), set_path(key)), ((key,), None), key)
