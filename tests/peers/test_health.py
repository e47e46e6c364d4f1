"""Whether a peer answers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.notices import PeerState
from llamaswap.peers.health import LONGEST_ERROR, Health


class HealthTests(SynchronousTestCase):
    def test_nothing_is_known_at_first(self) -> None:
        """And so nothing of since when."""
        self.assertEqual(Health(), Health(PeerState.UNKNOWN, None, ""))

    def test_up_since_the_first_answer(self) -> None:
        """Further ones change nothing."""
        up = Health().answered(3)
        self.assertEqual(up, Health(PeerState.UP, 3))
        self.assertIs(up.answered(5), up)

    def test_down_since_the_first_failure(self) -> None:
        """The latest reason is shown, within bounds; an answer takes it away."""
        down = Health().answered(1).failed("refused", 2).failed("x" * 1000, 4)
        self.assertEqual(down, Health(PeerState.DOWN, 2, "x" * LONGEST_ERROR))
        self.assertEqual(down.answered(9), Health(PeerState.UP, 9))
