"""The bounded history of a log source."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.logs.ring import CAPACITY, Ring


class RingTests(SynchronousTestCase):
    def test_keeps_all_of_a_little(self) -> None:
        """What fits is kept whole, in order."""
        ring = Ring()
        for piece in (b"one ", b"two ", b"three"):
            ring.append(piece)
        self.assertEqual(bytes(ring), b"one two three")

    def test_s23_never_exceeds_its_capacity(self) -> None:
        """A source's history holds the last 102,400 bytes and no more."""
        ring = Ring()
        for number in range(3000):
            ring.append(b"%099d\n" % number)
            self.assertLessEqual(len(ring), CAPACITY)
        self.assertEqual(bytes(ring).splitlines()[-1], b"%099d" % 2999)
        self.assertEqual(len(ring), CAPACITY)

    def test_one_piece_larger_than_all(self) -> None:
        """A piece that does not fit leaves its end."""
        ring = Ring(4)
        ring.append(b"ab")
        ring.append(b"0123456789")
        self.assertEqual(bytes(ring), b"6789")

    @given(st.lists(st.binary(max_size=9)), st.integers(min_value=1, max_value=12))
    def test_is_the_end_of_what_was_appended(self, pieces: list[bytes], capacity: int) -> None:
        """Whatever is appended, the ring holds its last bytes."""
        ring = Ring(capacity)
        for piece in pieces:
            ring.append(piece)
        self.assertEqual(bytes(ring), b"".join(pieces)[-capacity:])
