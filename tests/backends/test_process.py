"""What Twisted tells of a process, in our words."""

from __future__ import annotations

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.process import DRAIN_LIMIT, Ending, Launched
from tests.support.fake_system import FakeTransport


class LaunchedTests(SynchronousTestCase):
    """Runs, says, ends."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[object] = []
        self.process = Launched(self.clock, self.told.append, lambda: self.told.append("runs"), self.told.append)
        self.transport = FakeTransport(1)
        self.process.makeConnection(self.transport)

    def end(self, error: Exception) -> None:
        self.process.processExited(Failure(error))

    def test_it_runs_when_the_launcher_is_replaced(self) -> None:
        """The status pipe closes without a word; output comes through in order."""
        self.process.childConnectionLost(3)
        self.process.childDataReceived(1, b"a")
        self.process.childDataReceived(1, b"b")
        self.assertEqual(self.told, ["runs", b"a", b"b"])

    def test_s23_a_write_stays_one_piece(self) -> None:
        """Output is captured as it arrives, not by line."""
        self.process.childDataReceived(1, b"half a li")
        self.assertEqual(self.told, [b"half a li"])

    def test_the_end_of_the_output(self) -> None:
        """It comes last, after everything that was written, and is an empty write."""
        self.process.childConnectionLost(3)
        self.process.childDataReceived(1, b"last wor")
        self.process.childConnectionLost(1)
        self.assertEqual(self.told, ["runs", b"last wor", b""])

    def test_gone_is_when_the_pid_is_gone(self) -> None:
        """The open output pipe delays nothing."""
        self.process.childConnectionLost(3)
        self.end(ProcessTerminated(None, signal=9))
        self.assertEqual(self.told, ["runs", Ending("signal 9", clean=False, signal=9)])
        self.assertTrue(self.process.reaped)

    def test_the_ends_in_words(self) -> None:
        """Exit codes and signals; only code 0 is clean."""
        self.process.childConnectionLost(3)
        self.end(ProcessDone(0))
        self.end(ProcessTerminated(3))
        self.assertEqual(
            self.told[1:], [Ending("exit code 0", clean=True, code=0), Ending("exit code 3", clean=False, code=3)]
        )

    def test_a_reason_why_it_does_not_run_is_waited_for(self) -> None:
        """The exit may be seen before what is still in the pipe."""
        self.end(ProcessTerminated(127))
        self.assertEqual(self.told, [])
        self.process.childDataReceived(3, b"no such ")
        self.process.childDataReceived(3, b"file")
        self.process.childConnectionLost(3)
        self.assertEqual(self.told, [Ending("exit code 127", clean=False, not_run="no such file", code=127)])

    def test_the_drain_has_a_limit(self) -> None:
        """Whoever holds the pipe loses it ten seconds after the exit."""
        self.process.childConnectionLost(3)
        self.end(ProcessDone(0))
        self.clock.advance(DRAIN_LIMIT - 0.1)
        self.process.childDataReceived(1, b"late")
        self.assertEqual(self.transport.closed, [])
        self.clock.advance(0.2)
        self.assertEqual((self.told[-1], self.transport.closed), (b"late", [1]))

    def test_a_pipe_that_ends_needs_no_limit(self) -> None:
        """No timer is left."""
        self.process.childConnectionLost(3)
        self.end(ProcessDone(0))
        self.process.processEnded(Failure(ProcessDone(0)))
        self.assertEqual(self.clock.getDelayedCalls(), [])
