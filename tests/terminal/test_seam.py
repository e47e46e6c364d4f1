"""A log that is followed again is printed once."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.seam import Seam


class SeamTests(SynchronousTestCase):
    def test_the_first_time(self) -> None:
        """Everything is new."""
        seam = Seam()
        seam.begin_again()
        self.assertEqual((seam.take(b"a\n"), seam.take(b"b\n"), seam.open), (b"a\n", b"b\n", False))

    def test_the_same_log(self) -> None:
        """Only what came since is given."""
        seam = Seam()
        seam.take(b"a\nb\n")
        seam.begin_again()
        self.assertEqual(seam.take(b"a\n"), b"")
        self.assertEqual(seam.take(b"b\nc\n"), b"c\n")
        self.assertEqual(seam.take(b"d\n"), b"d\n")

    def test_another_log(self) -> None:
        """All of it is given once that is known, or more has come than a history holds."""
        for more in (b"", b"y" * 102_400):
            seam = Seam()
            seam.take(b"a\n")
            seam.begin_again()
            given = seam.take(b"x\n") + seam.take(more)
            self.assertEqual(given + seam.give_up() + seam.give_up(), b"x\n" + more)
            self.assertEqual(seam.take(b"z"), b"z")

    @given(st.binary(min_size=1, max_size=300), st.integers(0, 300), st.lists(st.integers(0, 300), max_size=5))
    def test_nothing_twice_nothing_lost(self, log: bytes, printed: int, cuts: list[int]) -> None:
        """Wherever the first stream broke, and however the second one is cut."""
        whole = b"".join(b"%d:%d\n" % (place, byte) for place, byte in enumerate(log))
        seam = Seam()
        out = seam.take(whole[:printed])
        seam.begin_again()
        places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
        for start, end in itertools.pairwise(places):
            out += seam.take(whole[start:end])
        out += seam.give_up()
        self.assertEqual(out, whole)
