"""What a file says freely becomes JSON (section 2.2)."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.compose import compose
from llamaswap.config.report import Report
from llamaswap.config.source import Source
from llamaswap.config.values import json_value


def value(text: str) -> object:
    node = compose(Source("c.yaml", text), Report())
    assert node is not None
    return json_value(node)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


class ValueTests(SynchronousTestCase):
    """Any node."""

    def test_numbers(self) -> None:
        """A number without a fraction is an integer; beyond 21 digits an exponent is shorter."""
        for text, expected in (
            ("3.0", 3),
            ("1e6", 1_000_000),
            ("-0.0", 0),
            ("1.5", 1.5),
            ("1e20", 10**20),
            ("0x10", 16),
        ):
            found = value(text)
            self.assertEqual((type(found), found), (type(expected), expected), text)
        self.assertEqual(json.dumps(value("[1e21, 1e300, 1e-7]")), "[1e+21, 1e+300, 1e-07]")

    def test_what_json_lacks(self) -> None:
        """Infinities are text, and so are dates."""
        self.assertEqual(value("[.inf, -.inf, .nan]"), ["+Inf", "-Inf", "NaN"])
        self.assertEqual(value("2024-01-01"), "2024-01-01T00:00:00Z")

    def test_containers(self) -> None:
        """Keys are their text (oddity 23)."""
        self.assertEqual(value("{a: [~, true, x, {1: y}], 1.10: {}}"), {"a": [None, True, "x", {"1": "y"}], "1.10": {}})

    @given(JSON)
    def test_json_comes_back(self, tree: object) -> None:
        """What was JSON is the same JSON."""
        self.assertEqual(value(json.dumps(tree)), tree)
