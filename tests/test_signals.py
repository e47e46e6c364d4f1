"""What signals do, told to the service directly: no signal is sent here (`test_commands.py` sends real ones)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from signal import SIGALRM, SIGHUP, SIGINT, SIGTERM

from twisted.internet.error import ReactorNotRunning
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.signals import FORCED_AFTER, LAST_RESORT, SignalService
from tests.support.live import PATIENCE


class FakeReactor(Clock):
    """A clock that can be stopped, once, and that takes calls from signal handlers unless it is stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.stops = 0
        self.stuck = False

    def callFromThread(self, call: Callable[..., None], *arguments: object) -> None:
        """Make the call as if its turn had come; a stuck reactor has no turns."""
        if not self.stuck:
            call(*arguments)

    def callWhenRunning(self, call: Callable[[], None]) -> None:
        """Nothing runs: handlers are never installed in the test's own process."""

    def stop(self) -> None:
        """Count, and refuse a second stop as a reactor does."""
        self.stops += 1
        if self.stops > 1:
            raise ReactorNotRunning()


class SignalTests(SynchronousTestCase):
    """First graceful, second forced."""

    def setUp(self) -> None:
        self.reactor = FakeReactor()
        self.did: list[str] = []
        self.at_exit: list[Callable[[], None]] = []
        self.alarms: list[float] = []
        self.service = SignalService(
            self.reactor,
            lambda: self.did.append("kill"),
            leave=lambda: self.did.append("leave"),
            at_exit=self.at_exit.append,
            set_alarm=self.alarms.append,
            hangup=lambda: self.did.append("reload"),
        )
        self.service.startService()

    def test_first_stops_the_reactor(self) -> None:
        """SIGTERM and SIGINT begin the graceful end and kill nothing."""
        for number in (SIGTERM, SIGINT):
            self.setUp()
            self.service.arrived(number)
            self.assertEqual((self.reactor.stops, self.did, self.at_exit), (1, [], []))

    def test_second_kills_and_fails(self) -> None:
        """A second signal kills every model and makes the exit status 1 once the program around us is done."""
        self.service.arrived(SIGTERM)
        self.service.arrived(SIGINT)
        self.assertEqual(self.did, ["kill"])
        (last,) = self.at_exit
        last()
        self.assertEqual(self.did, ["kill", "leave"])

    def test_third_changes_nothing(self) -> None:
        """Further signals neither kill again nor register another end."""
        for _ in range(4):
            self.service.arrived(SIGTERM)
        self.assertEqual((self.did, len(self.at_exit)), (["kill"], 1))

    def test_forced_end_cannot_hang(self) -> None:
        """When the program around us does not end after a kill, the alarm makes the process leave all the same."""
        self.service.arrived(SIGTERM)
        self.service.arrived(SIGTERM)
        self.assertEqual(self.alarms[-1], LAST_RESORT)
        self.service.overdue(SIGALRM)
        self.assertEqual(self.did, ["kill", "kill", "leave"])

    def test_second_needs_no_turn_of_the_reactor(self) -> None:
        """A reactor that is stuck, as in a write, is not waited for: the alarm kills every model and leaves."""
        self.reactor.stuck = True
        for _ in range(3):
            self.service.arrived(SIGTERM)
        self.assertEqual((self.did, self.alarms), ([], [FORCED_AFTER + LAST_RESORT, LAST_RESORT]))
        self.service.overdue(SIGALRM)
        self.assertEqual(self.did, ["kill", "leave"])

    def test_alarm_leaves_whatever_happens(self) -> None:
        """A kill that fails, or that hangs until the next alarm, does not keep the process."""

        def kill() -> None:
            self.did.append("kill")
            self.service.overdue(SIGALRM)
            raise RuntimeError("reentrant call")

        service = self.service = SignalService(
            self.reactor, kill, leave=lambda: self.did.append("leave"), set_alarm=self.alarms.append
        )
        service.overdue(SIGALRM)
        self.assertEqual(self.did, ["kill", "leave", "leave"])

    def test_graceful_end_has_a_limit(self) -> None:
        """A graceful end that hangs becomes a forced one after 35 seconds."""
        self.service.arrived(SIGTERM)
        self.reactor.advance(FORCED_AFTER - 0.1)
        self.assertEqual(self.did, [])
        self.reactor.advance(0.1)
        self.assertEqual(self.did, ["kill"])

    def test_hangup_reloads(self) -> None:
        """SIGHUP reloads, every time, and ends nothing."""
        self.service.arrived(SIGHUP)
        self.service.arrived(SIGHUP)
        self.assertEqual((self.reactor.stops, self.did, self.alarms), (0, ["reload", "reload"], []))

    def test_hangup_after_the_first(self) -> None:
        """SIGHUP means nothing any more once the end has begun."""
        self.service.arrived(SIGTERM)
        self.service.arrived(SIGHUP)
        self.assertEqual((self.reactor.stops, self.did), (1, []))

    def test_hangup_without_a_file(self) -> None:
        """Where there is nothing to reload SIGHUP is a line of the log."""
        service = SignalService(self.reactor, lambda: None)
        with capturedLogs() as events:
            service.arrived(SIGHUP)
        self.assertEqual(
            [event["log_format"] for event in events], ["SIGHUP: there is no configuration file to read again"]
        )
        self.assertEqual(self.reactor.stops, 0)

    def test_reactor_stopped_by_somebody_else(self) -> None:
        """A signal during an end that another part began is the first one: it kills nothing."""
        self.reactor.stop()
        self.service.arrived(SIGTERM)
        self.assertEqual(self.did, [])


class LeaveTests(SynchronousTestCase):
    """The end of the process itself."""

    def left(self, stdout: int) -> int:
        """The exit status of a program that has something to flush to this stdout when it leaves."""
        program = """if True:
            import atexit, sys
            from llamaswap.signals import leave
            sys.stdout = open(1, "w", closefd=False)
            print("something to flush")
            atexit.register(leave)
        """
        return subprocess.run([sys.executable, "-c", program], stdout=stdout, timeout=PATIENCE).returncode

    def test_closed_stdout(self) -> None:
        """The status is 1 although nobody reads stdout any more."""
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        self.assertEqual(self.left(writer), 1)

    def test_full_stdout(self) -> None:
        """The status is 1, at once, although stdout is full."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
        self.assertEqual(self.left(writer), 1)
