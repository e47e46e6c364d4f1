"""Values between bounds."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics import buckets
from llamaswap.metrics.buckets import Histogram

ALL = {name: value for name, value in vars(buckets).items() if name.isupper()}


class HistogramTests(SynchronousTestCase):
    def test_a_value_belongs_to_the_first_bound_that_is_not_less(self) -> None:
        """As Prometheus has it: `le`."""
        counted = Histogram((1.0, 2.0))
        for value in (0.5, 1.0, 1.5, 2.0, 2.5, math.inf):
            counted.observe(value)
        self.assertEqual(counted.shown().counts, (2, 2, 2))

    def test_a_clock_that_was_set_back(self) -> None:
        """Counts as no time at all."""
        counted = Histogram((1.0,))
        counted.observe(-5.0)
        self.assertEqual(counted.shown(), ((1.0,), (1, 0), 0.0))

    def test_what_was_shown_stays(self) -> None:
        """It is written in a thread, while others count on."""
        counted = Histogram((1.0,))
        self.assertTrue(counted.empty)
        shown = counted.shown()
        counted.observe(0.5)
        self.assertEqual(shown, ((1.0,), (0, 0), 0.0))
        self.assertFalse(counted.empty)

    @given(st.lists(st.floats(0, 1e4)))
    def test_nothing_is_lost(self, values: list[float]) -> None:
        """Counts and sum are those of the values, whatever the bounds."""
        for bounds in ALL.values():
            counted = Histogram(bounds)
            for value in values:
                counted.observe(value)
            self.assertEqual(sum(counted.shown().counts), len(values))
            self.assertAlmostEqual(counted.shown().sum, math.fsum(values), delta=1e-6)

    def test_bounds_ascend(self) -> None:
        """All that there are."""
        self.assertIn("WAITS", ALL)
        for name, bounds in ALL.items():
            self.assertEqual(list(bounds), sorted(set(bounds)), name)
