"""From an event of the system to whom it concerns."""

from __future__ import annotations

import socket
import sys
from typing import Any
from unittest import skipUnless

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.polling import hasten


class Selectable:
    """One end of a pair of sockets: reads what comes, and does then what it was told to."""

    def __init__(self, end: socket.socket, then: Any = lambda: None) -> None:
        self._end = end
        self._then = then
        self.heard = b""
        self.wrote = 0
        self.lost: Failure | None = None

    def fileno(self) -> int:
        return self._end.fileno()

    def logPrefix(self) -> str:
        return "test"

    def doRead(self) -> Any:
        self.heard += self._end.recv(100)
        return self._then()

    def doWrite(self) -> Any:
        self.wrote += 1
        return ConnectionLost("written enough")

    def connectionLost(self, reason: Failure) -> None:
        self.lost = reason


@skipUnless(sys.platform.startswith("linux"), "only Linux has epoll")
class PollingTests(SynchronousTestCase):
    def setUp(self) -> None:
        from twisted.internet.epollreactor import EPollReactor

        self.reactor: Any = EPollReactor()
        self.addCleanup(self.reactor._poller.close)
        hasten(self.reactor)

    def assert_reads(self, selectable: Selectable, *, not_from: Selectable) -> None:
        self.assertIn(selectable, self.reactor.getReaders())
        self.assertNotIn(not_from, self.reactor.getReaders())

    def pair(self, then: Any = lambda: None) -> tuple[Selectable, socket.socket]:
        """What is read by the reactor, and the other end."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        selectable = Selectable(ours, then)
        self.reactor.addReader(selectable)
        return selectable, theirs

    def test_it_is_another_way_of_polling(self) -> None:
        """Of this reactor, not of its class."""
        self.assertIn("doIteration", vars(self.reactor))
        self.assertNotEqual(type(self.reactor).doIteration, self.reactor.doIteration)

    def test_what_comes_is_read(self) -> None:
        """By whom it concerns, and as long as he wants to."""
        first, to_first = self.pair()
        second, _ = self.pair()
        to_first.send(b"a")
        self.reactor.doIteration(None)
        to_first.send(b"b")
        self.reactor.doIteration(1.0)
        self.reactor.doIteration(0.0)
        self.assertEqual((first.heard, second.heard), (b"ab", b""))
        self.reactor.removeReader(first)
        to_first.send(b"c")
        self.reactor.doIteration(0.0)
        self.assertEqual(first.heard, b"ab")

    def test_who_has_read_enough_is_disconnected(self) -> None:
        """For the reason that he gave, and only he."""
        done, to_done = self.pair(lambda: ConnectionDone("enough"))
        other, _ = self.pair()
        to_done.send(b"a")
        self.reactor.doIteration(1.0)
        assert done.lost is not None
        self.assertIsInstance(done.lost.value, ConnectionDone)
        self.assertIsNone(other.lost)
        self.assert_reads(other, not_from=done)

    def test_who_fails_is_disconnected(self) -> None:
        """The log says why, and the others are served in the same turn."""

        def fail() -> None:
            raise ZeroDivisionError

        failing, to_failing = self.pair(fail)
        other, to_other = self.pair()
        to_failing.send(b"a")
        to_other.send(b"b")
        self.reactor.doIteration(1.0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        assert failing.lost is not None
        self.assertIsInstance(failing.lost.value, ZeroDivisionError)
        self.assertEqual(other.heard, b"b")
        self.assert_reads(other, not_from=failing)

    def test_who_fails_to_be_disconnected_is_so_once(self) -> None:
        """And the log says it."""
        lost: list[Failure] = []

        def lose(reason: Failure) -> None:
            lost.append(reason)
            raise ZeroDivisionError

        failing, to_failing = self.pair(lambda: ConnectionDone("enough"))
        failing.connectionLost = lose  # type: ignore[method-assign]
        to_failing.send(b"a")
        self.reactor.doIteration(1.0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(len(lost), 1)
        self.assertNotIn(failing, self.reactor.getReaders())

    def test_who_was_closed_in_the_same_turn_is_not_called(self) -> None:
        """His event was there already."""
        pairs: list[tuple[Selectable, socket.socket]] = []

        def close_the_other() -> None:
            for selectable, _ in pairs:
                if not selectable.heard:
                    self.reactor.removeReader(selectable)

        pairs += [self.pair(close_the_other), self.pair(close_the_other)]
        for _, theirs in pairs:
            theirs.send(b"a")
        self.reactor.doIteration(1.0)
        self.assertEqual(sorted(selectable.heard for selectable, _ in pairs), [b"", b"a"])

    def test_the_end_and_writing_are_met_as_ever(self) -> None:
        """By Twisted's own."""
        ended, _ = self.pair()
        self.reactor.removeReader(ended)
        self.reactor.addWriter(ended)
        self.reactor.doIteration(1.0)
        self.assertEqual(ended.wrote, 1)
        assert ended.lost is not None
        self.assertIsInstance(ended.lost.value, ConnectionLost)
        gone, to_gone = self.pair(lambda: ConnectionDone("closed"))
        to_gone.close()
        self.reactor.doIteration(1.0)
        self.assertIsNotNone(gone.lost)


class OtherReactorTests(SynchronousTestCase):
    def test_other_reactors_stay_as_they_are(self) -> None:
        """Also one that is made of the known one, and may do more."""
        reactor: Any = SelectReactor()
        hasten(reactor)
        self.assertNotIn("doIteration", vars(reactor))
