"""A tree is changed by making another, and shares what stays."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.compose import compose
from llamaswap.config.nodes import MappingNode, ScalarNode, is_null, rewrite, texts
from llamaswap.config.report import Report
from llamaswap.config.source import Place, Source


def tree(text: str) -> MappingNode:
    root = compose(Source("c.yaml", text), Report())
    assert isinstance(root, MappingNode)
    return root


class NodeTests(SynchronousTestCase):
    """Trees."""

    def test_rewrite_changes_texts_only(self) -> None:
        """Texts at any depth are changed; keys, numbers and places stay."""
        root = rewrite(tree("{a: x, b: [x, 1, {x: x}]}"), lambda text, _: text + "!")
        self.assertEqual(
            [(text, path, node.place.column) for node, text, path in texts(root, "")],
            [("x!", "a", 5), ("x!", "b[0]", 12), ("x!", "b[2].x", 22)],
        )

    def test_untouched_branches_are_shared(self) -> None:
        """What does not change is the same node, not a copy."""
        root = tree("{a: {b: x}, c: [y]}")
        self.assertIs(rewrite(root, lambda text, _: text), root)
        changed = rewrite(root, lambda text, _: "z" if text == "y" else text)
        assert isinstance(changed, MappingNode)
        self.assertIs(changed.values["a"], root.values["a"])
        self.assertIsNot(changed.values["c"], root.values["c"])

    def test_with_value(self) -> None:
        """A new value has a key with a place, and the old tree stays as it was."""
        root = tree("{a: x}")
        more = root.with_value("b", ScalarNode("y", "y", Place("c.yaml", 7, 8)))
        self.assertEqual(more.keys["b"].place, ("c.yaml", 7, 8))
        self.assertNotIn("b", root.values)

    def test_null(self) -> None:
        """Missing and null are the same; empty text is not."""
        root = tree("{a: ~, b: '', c: []}")
        self.assertEqual([is_null(root.values.get(key)) for key in "abcd"], [True, False, False, True])
