"""How much fits into a span of time that moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.web.window import SLOTS, Window

STEPS = st.lists(st.tuples(st.floats(0, 50), st.integers(1, 5)), max_size=60)


class WindowTests(SynchronousTestCase):
    def test_example(self) -> None:
        """Two in a minute; the third has to wait for the first to be over."""
        window = Window(2, 60.0)
        for when in (0.0, 30.0):
            self.assertEqual(window.wait(when), 0.0)
            window.add(1, when)
        self.assertEqual(window.wait(40.0), 20.0)
        self.assertEqual(window.wait(60.0), 0.0)

    def test_many(self) -> None:
        """Beyond so many they count together, a sixtieth longer at most."""
        window = Window(100, 60.0)
        for number in range(100):
            window.add(1, number / 100)
        self.assertEqual(window.wait(1.0), 59.0)
        self.assertEqual([window.wait(60.0 + number / 100) for number in (0, 58, 59)], [0.0, 0.0, 0.0])
        window.add(60, 60.59)
        self.assertAlmostEqual(window.wait(60.59), 61.6 - 60.59)

    @given(STEPS, st.integers(1, 9))
    def test_never_more_than_allowed(self, steps: list[tuple[float, int]], most: int) -> None:
        """Whoever asks before has never more than `most` of ones in any span; waiting as told is enough."""
        window, when, happened = Window(most, 60.0), 0.0, list[float]()
        for pause, count in steps:
            when += pause
            for _ in range(count):
                wait = window.wait(when)
                if wait:
                    self.assertLessEqual(wait, 61.001)
                    self.assertEqual(Window.wait(window, when + wait + 1e-6), 0.0)
                    when += wait + 1e-6
                window.add(1, when)
                happened.append(when)
        for start in happened:
            self.assertLessEqual(sum(start <= other < start + 60.0 for other in happened), most)

    @given(STEPS)
    def test_memory(self, steps: list[tuple[float, int]]) -> None:
        """However much happens, little is kept."""
        window, when = Window(1, 10.0), 0.0
        for pause, count in steps:
            when += pause / 500
            window.add(count, when)
            self.assertLessEqual(len(window._slots), 2 * SLOTS + 2)

    def test_take_back(self) -> None:
        """What did not happen after all leaves no trace; there may be nothing to take back."""
        window = Window(2, 60.0)
        for when in (0.0, 5.0, 5.0):
            window.add(1, when)
        window.take_back()
        self.assertEqual((window.used(6.0), window.rest(6.0)), (2, 59.0))
        window.take_back()
        self.assertEqual((window.used(6.0), window.rest(6.0)), (1, 54.0))
        for _ in range(2):
            window.take_back()
        self.assertEqual((window.used(6.0), window.rest(6.0)), (0, 0.0))

    def test_large_amounts(self) -> None:
        """One that is larger than all that is allowed is over like any other."""
        window = Window(10, 60.0)
        window.add(1000, 0.0)
        self.assertEqual(window.wait(1.0), 59.0)
        self.assertEqual((window.wait(60.0), window.idle), (0.0, True))

    def test_the_clock_is_set_back(self) -> None:
        """Nobody waits longer for it."""
        window = Window(1, 60.0)
        window.add(1, 1_000_000.0)
        self.assertEqual(window.wait(0.0), 60.0)

    def test_other_limits(self) -> None:
        """They hold for what has happened before."""
        window = Window(1, 60.0)
        window.add(1, 0.0)
        window.limit(2, 60.0)
        self.assertEqual(window.wait(1.0), 0.0)
        window.limit(1, 10.0)
        self.assertEqual(window.wait(1.0), 9.0)
