"""What signals do, told to the service directly: no signal is sent here (`test_commands.py` sends real ones)."""

from __future__ import annotations

from collections.abc import Callable
from signal import SIGHUP, SIGINT, SIGTERM

from twisted.internet.error import ReactorNotRunning
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.signals import FORCED_AFTER, LAST_RESORT, SignalService


class FakeReactor(Clock):
    """A clock that can be stopped, once."""

    def __init__(self) -> None:
        super().__init__()
        self.stops = 0

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
        self.service = SignalService(
            self.reactor,
            lambda: self.did.append("kill"),
            leave=lambda: self.did.append("leave"),
            at_exit=self.at_exit.append,
        )
        self.service.startService()

    def test_first_stops_the_reactor(self) -> None:
        """SIGTERM and SIGINT begin the graceful end and kill nothing."""
        for number in (SIGTERM, SIGINT):
            self.setUp()
            self.service.received(number)
            self.assertEqual((self.reactor.stops, self.did, self.at_exit), (1, [], []))

    def test_second_kills_and_fails(self) -> None:
        """A second signal kills every model and makes the exit status 1 once the program around us is done."""
        self.service.received(SIGTERM)
        self.service.received(SIGINT)
        self.assertEqual(self.did, ["kill"])
        (last,) = self.at_exit
        last()
        self.assertEqual(self.did, ["kill", "leave"])

    def test_third_changes_nothing(self) -> None:
        """Further signals neither kill again nor register another end."""
        for _ in range(4):
            self.service.received(SIGTERM)
        self.assertEqual((self.did, len(self.at_exit)), (["kill"], 1))

    def test_forced_end_cannot_hang(self) -> None:
        """When the program around us does not end after a kill, the process leaves all the same."""
        self.service.received(SIGTERM)
        self.service.received(SIGTERM)
        self.reactor.advance(LAST_RESORT)
        self.assertEqual(self.did, ["kill", "leave"])

    def test_graceful_end_has_a_limit(self) -> None:
        """A graceful end that hangs becomes a forced one after 35 seconds."""
        self.service.received(SIGTERM)
        self.reactor.advance(FORCED_AFTER - 0.1)
        self.assertEqual(self.did, [])
        self.reactor.advance(0.1)
        self.assertEqual(self.did, ["kill"])

    def test_hangup_keeps_running(self) -> None:
        """SIGHUP ends nothing, before and after the first signal."""
        self.service.received(SIGHUP)
        self.assertEqual((self.reactor.stops, self.did), (0, []))
        self.service.received(SIGTERM)
        self.service.received(SIGHUP)
        self.assertEqual((self.reactor.stops, self.did), (1, []))

    def test_reactor_stopped_by_somebody_else(self) -> None:
        """A signal during an end that another part began is the first one: it kills nothing."""
        self.reactor.stop()
        self.service.received(SIGTERM)
        self.assertEqual(self.did, [])
