"""Several that wait for one thing."""

from __future__ import annotations

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.waiters import Waiters


class WaitersTests(SynchronousTestCase):
    """All are answered, and only once."""

    def test_all_who_wait_now_are_answered(self) -> None:
        """Those who come later wait for the next answer."""
        waiters = Waiters[int]()
        first, second = waiters.add(), waiters.add()
        waiters.fire(1)
        third = waiters.add()
        self.assertEqual((self.successResultOf(first), self.successResultOf(second)), (1, 1))
        waiters.fail(ValueError())
        self.failureResultOf(third, ValueError)
        self.assertFalse(waiters)

    def test_one_that_gave_up_is_not_counted(self) -> None:
        """Cancelling touches nobody else."""
        waiters = Waiters[int]()
        gone, other = waiters.add(), Waiters[int]()
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        self.assertFalse(waiters)
        stays = waiters.add()
        other.take(waiters)
        self.assertEqual((bool(waiters), bool(other)), (False, True))
        other.fire(2)
        self.assertEqual(self.successResultOf(stays), 2)

    def test_who_joins_while_others_are_answered_waits(self) -> None:
        """An answer is for those who waited before it."""
        waiters = Waiters[int]()
        late = waiters.add().addCallback(lambda _: waiters.add())
        waiters.fire(1)
        self.assertNoResult(late)
        waiters.fire(2)
        self.assertEqual(self.successResultOf(late), 2)
