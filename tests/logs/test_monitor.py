"""Log monitors and the queue in front of a slow reader."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from llamaswap.logs.monitor import Monitor, Tail


class MonitorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.monitor = Monitor()
        self.heard: list[bytes] = []

    def test_tells_every_listener_in_order(self) -> None:
        """A listener hears each later write once, in order; the history has the earlier ones too."""
        self.monitor.write(b"before\n")
        self.monitor.subscribe(self.heard.append)
        self.monitor.write(b"a")
        self.monitor.write(b"b")
        self.assertEqual(self.heard, [b"a", b"b"])
        self.assertEqual(self.monitor.history(), b"before\nab")

    def test_unsubscribing_ends_it(self) -> None:
        """After unsubscribing nothing is heard; doing it twice is harmless."""
        unsubscribe = self.monitor.subscribe(self.heard.append)
        unsubscribe()
        unsubscribe()
        self.monitor.write(b"x")
        self.assertEqual(self.heard, [])

    def test_failing_listener_is_dropped(self) -> None:
        """A listener that raises is heard of once; the writer and the others go on."""

        def fail(data: bytes) -> None:
            raise ValueError("broken listener")

        self.monitor.subscribe(fail)
        self.monitor.subscribe(self.heard.append)
        self.monitor.write(b"1")
        self.monitor.write(b"2")
        self.assertEqual(self.heard, [b"1", b"2"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_writes_of_nothing_are_not_told(self) -> None:
        """An empty write is no news."""
        self.monitor.subscribe(self.heard.append)
        self.monitor.write(b"")
        self.assertEqual(self.heard, [])


class TailTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.read: list[bytes] = []
        self.tail = Tail(self.read.append, limit=10)

    def test_is_a_push_producer(self) -> None:
        """A transport can steer it."""
        verifyObject(IPushProducer, self.tail)

    def test_passes_on_at_once(self) -> None:
        """A reader that keeps up gets each write as it is."""
        self.tail.write(b"a")
        self.tail.write(b"b")
        self.assertEqual(self.read, [b"a", b"b"])

    def test_keeps_a_bounded_amount_while_paused(self) -> None:
        """What fits the queue reaches a reader that was slow, in order and without a remark."""
        self.tail.pauseProducing()
        for piece in (b"one\n", b"two\n"):
            self.tail.write(piece)
        self.assertEqual(self.read, [])
        self.tail.resumeProducing()
        self.tail.write(b"three\n")
        self.assertEqual(self.read, [b"one\n", b"two\n", b"three\n"])

    def test_s23_blocked_subscriber_sees_one_marker(self) -> None:
        """A blocked live subscriber does not block the writer, and later sees one dropped-bytes marker."""
        monitor = Monitor()
        monitor.subscribe(self.tail.write)
        self.tail.pauseProducing()
        for _ in range(5000):
            monitor.write(b"0123\n")
        self.tail.resumeProducing()
        monitor.write(b"live\n")
        marker = f"— {5 * 5000 - 10} bytes dropped —\n".encode()
        self.assertEqual(self.read, [b"0123\n", b"0123\n", marker, b"live\n"])
        self.assertEqual(monitor.history(), b"0123\n" * 5000 + b"live\n")

    def test_marker_stands_on_a_line_of_its_own(self) -> None:
        """A line that was cut in two is ended before the marker."""
        self.tail.write(b"half a li")
        self.tail.pauseProducing()
        self.tail.write(b"ne, which does not fit\n")
        self.tail.resumeProducing()
        self.assertEqual(b"".join(self.read).decode(), "half a li\n— 23 bytes dropped —\n")

    def test_nothing_overtakes_the_gap(self) -> None:
        """Once something was dropped, later writes are dropped too until the reader has caught up."""
        self.tail.pauseProducing()
        self.tail.write(b"12345678\n")
        self.tail.write(b"too long\n")
        self.tail.write(b"\n")
        self.tail.resumeProducing()
        self.assertEqual(b"".join(self.read).decode(), "12345678\n— 10 bytes dropped —\n")

    def test_reader_may_pause_again_while_it_catches_up(self) -> None:
        """The rest of the queue waits for the next resume."""

        def read(data: bytes) -> None:
            self.read.append(data)
            tail.pauseProducing()

        tail = Tail(read)
        tail.pauseProducing()
        tail.write(b"1")
        tail.write(b"2")
        tail.resumeProducing()
        tail.write(b"3")
        self.assertEqual(self.read, [b"1"])
        tail.resumeProducing()
        tail.resumeProducing()
        self.assertEqual(self.read, [b"1", b"2", b"3"])

    def test_reader_that_is_gone(self) -> None:
        """After it was told to stop nothing is passed on."""
        self.tail.stopProducing()
        self.tail.write(b"x")
        self.assertEqual(self.read, [])
