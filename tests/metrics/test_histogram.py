"""The arithmetic of spreads (http-api section 14.3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.histogram import PERCENTILES, between, binning, places_in_parts, rank


class ArithmeticTests(SynchronousTestCase):
    def test_binning(self) -> None:
        """Five bins at least, twenty at most, one when all are equal."""
        for count, bins in {2: 5, 16: 5, 17: 6, 32: 6, 33: 7, 2**18: 19, 2**19: 20, 10**9: 20}.items():
            self.assertEqual(binning(count, 0.0, 100.0), (bins, 100.0 / bins), count)
        self.assertEqual(binning(1, 3.0, 3.0), (1, 0.0))
        self.assertEqual(binning(9, 5e-324, 1e-323), (1, 0.0))  # too near to be parted

    def test_rank(self) -> None:
        """Between which two of the sorted values a percentile lies."""
        self.assertEqual([rank(percent, 1) for percent in PERCENTILES], [(0, 0.0)] * 3)
        self.assertEqual(rank(50, 3), (1, 0.0))
        index, fraction = rank(95, 3)
        self.assertEqual((index, round(fraction, 9), between(20, 30, 0.9)), (1, 0.9, 29))

    @given(st.floats(0, 1e300), st.floats(0, 1e300), st.floats(0, 1))
    def test_between(self, one: float, other: float, fraction: float) -> None:
        """Never outside of the two."""
        low, high = min(one, other), max(one, other)
        self.assertTrue(low <= between(low, high, fraction) <= high)

    @given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.data())
    def test_places_in_parts(self, values: list[int], data: st.DataObject) -> None:
        """Sorting the values of few parts gives the same as sorting all."""
        values.sort()
        sizes: dict[int, int] = {}
        for value in values:
            sizes[value // 7] = sizes.get(value // 7, 0) + 1
        wanted = sorted(data.draw(st.sets(st.integers(0, len(values) - 1))))
        parts, places = places_in_parts(wanted, sizes)
        few = [value for value in values if value // 7 in parts]
        self.assertEqual([few[place] for place in places], [values[index] for index in wanted])
        self.assertEqual(parts, sorted({values[index] // 7 for index in wanted}))
