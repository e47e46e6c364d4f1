"""The configured rules: keys, their order, and what cannot be done."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Filters
from llamaswap.filters.keys import FilterFailed
from llamaswap.filters.rules import Rules, edits_for, joined
from llamaswap.filters.scan import Span
from tests.filters.test_document import edited


def filtered(body: Any, name: str = "m", **filters: Any) -> Any:
    """What the rules make of `body`."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    left = edited(text, edits_for(text, Rules(Filters(**filters)).for_name(name)))
    return left if isinstance(body, bytes) else json.loads(left)


class RuleTests(SynchronousTestCase):
    def test_order(self) -> None:
        """Stripped, set, and set once more for the name; keys in their order, so that a later one leads into an
        earlier one."""
        sets = {"b.c": 2, "b": {"x": 1}, "t": 1}
        filters: dict[str, Any] = {
            "strip_params": ("a", "t"),
            "set_params": sets,
            "set_params_by_id": {"fast": {"t": 3, "a": 4}},
        }
        body = {"a": 0, "m": 1, "t": 0}
        self.assertEqual(filtered(body, **filters), {"m": 1, "b": {"x": 1, "c": 2}, "t": 1})
        self.assertEqual(filtered(body, "fast", **filters), {"m": 1, "b": {"x": 1, "c": 2}, "t": 3, "a": 4})

    def test_the_configuration_is_not_changed(self) -> None:
        """What one request gets does not show in the next one."""
        sets: dict[str, Any] = {"b": {"x": 1}, "b.c": 2}
        rules = Rules(Filters(set_params=sets)).for_name("m")
        for _ in range(2):
            self.assertEqual(edits_for(b"{}", rules), [(Span(1, 1), b'"b":{"x":1,"c":2}')])
        self.assertEqual(sets, {"b": {"x": 1}, "b.c": 2})

    def test_values_are_replaced_not_merged(self) -> None:
        """http-api section 6.5: whatever is there gives way; null, lists and objects are values too."""
        body = {"a": {"x": 1}, "b": 5, "c": [1]}
        sets: dict[str, Any] = {"a": {"y": 2}, "b.c": None, "c": [], "d.0": 1, "e.-1": 2}
        expected = {"a": {"y": 2}, "b": {"c": None}, "c": [], "d": [1], "e": [2]}
        self.assertEqual(filtered(body, set_params=sets), expected)

    def test_lists(self) -> None:
        """A number is a place, `-1` the end; a list that is too short is filled up with null."""
        body = {"l": [1, {"a": 1}, 3]}
        self.assertEqual(filtered(body, set_params={"l.-1": 9, "l.1.a": 2}), {"l": [1, {"a": 2}, 3, 9]})
        self.assertEqual(filtered(body, set_params={"l.4": 9}), {"l": [1, {"a": 1}, 3, None, 9]})
        self.assertEqual(filtered(body, strip_params=("l.-1", "l.0")), {"l": [{"a": 1}]})
        self.assertEqual(filtered({"1": 2}, set_params={"1": 3}, strip_params=("l",)), {"1": 3})

    def test_keys_that_set_nothing(self) -> None:
        """Wildcards and other words of the original's paths are ignored (http-api section 6.5)."""
        sets = {"a*": 1, "b?": 1, "c.#": 1, "d|e": 1, "@f": 1, r"g\*": 1}
        self.assertEqual(filtered({"x": 1}, set_params=sets), {"x": 1, "g*": 1})

    def test_keys_that_fail(self) -> None:
        """A wildcard cannot be stripped, an empty name not be set, and a list has no names: status 500."""
        wrong: tuple[tuple[dict[str, Any], str], ...] = (
            ({"strip_params": ("a*",)}, "error stripping parameter a*"),
            ({"set_params": {"": 1}}, "error setting parameter "),
            ({"set_params": {"l.x": 1}}, "error setting parameter l.x: `x` is no place in a list"),
            ({"set_params": {"l.99999": 1}}, "error setting parameter l.99999: a list of 1 has no place 99999"),
            ({"set_params": {"new.2000": 1}}, "error setting parameter new.2000"),
        )
        for filters, words in wrong:
            with self.assertRaises(FilterFailed) as caught:
                filtered({"l": [1]}, **filters)
            self.assertIn(words, str(caught.exception))
            self.assertEqual(caught.exception.status, 500)

    def test_q3_what_is_no_json_is_not_touched(self) -> None:
        """It goes on as it is, and the model's server says what is wrong with it."""
        for body in (b'{"model":"m", "a": [}', b'{"model":"m"', b'{"model":"m"} x', b'{"model":"m",}'):
            self.assertEqual(filtered(body, strip_params=("a",), set_params={"b.c": 1}), body)

    def test_truth(self) -> None:
        """Filters that do nothing are no rules: a name without parameters is only an alias."""
        self.assertFalse(Rules(Filters()))
        self.assertFalse(Rules(Filters(set_params_by_id={"a": {}})))
        self.assertTrue(Rules(Filters(set_params_by_id={"a": {"x": 1}})))
        self.assertTrue(Rules(Filters(strip_params=("x",))))


class JoinTests(SynchronousTestCase):
    def test_in_order(self) -> None:
        """A renaming finds its place among the others."""
        edits = [(Span(1, 2), b"a"), (Span(9, 9), b"b")]
        self.assertEqual(joined(edits, [(Span(4, 6), b"n")]), [edits[0], (Span(4, 6), b"n"), edits[1]])

    def test_where_both_would_change_the_same(self) -> None:
        """The rule holds: it has been written for exactly this place."""
        edits = [(Span(4, 8), b"a")]
        self.assertEqual(joined(edits, [(Span(5, 6), b"n")]), edits)
        self.assertEqual(len(joined(edits, [(Span(8, 9), b"n")])), 2)
