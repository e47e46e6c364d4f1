"""Following a log."""

from __future__ import annotations

from io import BytesIO

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.client import Client, NoAnswer, Refused
from llamaswap.terminal.logs import Printer, follow, log_path
from tests.terminal.asked import Asked, answer, envelope

PATH = "/logs/stream/m"


class FollowTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = Asked()
        self.clock = Clock()
        self.out = b""
        self.said: list[str] = []
        client = Client(self.server, "", self.clock)
        self.following = Deferred.fromCoroutine(follow(client, PATH, self.print, self.said.append, self.clock))

    def print(self, data: bytes) -> None:
        self.out += data

    def begin(self, *data: bytes) -> None:
        self.server.begins(PATH)
        for piece in data:
            self.server.streams(PATH, piece)

    def test_as_it_is_written(self) -> None:
        """Bytes are printed as they come; silence is no reason to hang up."""
        self.begin(b"a\n", b"b")
        self.assertEqual(self.out, b"a\nb")
        self.clock.advance(100_000)
        self.server.streams(PATH, b"c")
        self.assertEqual((self.out, self.said), (b"a\nbc", []))

    def test_it_connects_again(self) -> None:
        """After a second, and longer each time; what was printed is not printed again, and what was missed is."""
        self.begin(b"a\n", b"b\n")
        self.server.ends(PATH)
        self.assertEqual(self.said, ["the server has ended the stream; connecting again"])
        self.server.down = True
        for seconds in (1, 2, 4, 5, 5):
            self.clock.advance(seconds - 0.1)
            said = len(self.said)
            self.clock.advance(0.2)
            self.assertEqual(len(self.said), said + 1)
        self.server.down = False
        self.clock.advance(5)
        self.begin(b"a\nb\nmissed\n", b"new\n")
        self.assertEqual(self.out, b"a\nb\nmissed\nnew\n")
        self.server.close(cleanly=False)
        self.clock.advance(1)
        self.begin(b"a\nb\nmissed\nnew\nagain\n")
        self.assertEqual(self.out, b"a\nb\nmissed\nnew\nagain\n")

    def test_another_server(self) -> None:
        """What it has said before is printed, too."""
        self.begin(b"a\n")
        self.server.ends(PATH)
        self.clock.advance(1)
        self.begin(b"started\n")
        self.assertEqual(self.out, b"a\n")
        self.clock.advance(1)
        self.assertEqual(self.out, b"a\nstarted\n")
        self.server.streams(PATH, b"more\n")
        self.assertEqual(self.out, b"a\nstarted\nmore\n")

    def test_a_server_that_takes_its_time(self) -> None:
        """Whether it is another log is known a second after the answer began, not after it was asked for."""
        self.begin(b"a\nb\n")
        self.server.ends(PATH)
        self.clock.advance(1)
        self.clock.advance(1.5)
        self.begin(b"a\nb\nnew\n")
        self.assertEqual(self.out, b"a\nb\nnew\n")

    def test_a_break_in_the_middle_of_the_history(self) -> None:
        """What came of it is not printed: the next attempt brings it again."""
        self.begin(b"a\nb\n")
        self.server.ends(PATH)
        self.clock.advance(1)
        self.begin(b"a\n")
        self.server.close(cleanly=False)
        self.clock.advance(1)
        self.begin(b"a\nb\nnew\n")
        self.assertEqual(self.out, b"a\nb\nnew\n")

    def test_the_first_attempt_must_succeed(self) -> None:
        """A wrong name or key is told."""
        self.server.last.dataReceived(envelope("invalid logger", 400))
        self.failureResultOf(self.following, Refused)

    def test_a_server_that_begins_to_refuse(self) -> None:
        """Its refusal ends it, but not a server that is at its end or cannot answer."""
        self.begin()
        self.server.ends(PATH)
        self.clock.advance(1)
        self.server.at(PATH).dataReceived(answer(b"", 503))
        self.assertNoResult(self.following)
        self.clock.advance(2)
        self.server.at(PATH).dataReceived(envelope("no", 401))
        self.failureResultOf(self.following, Refused)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancel(self) -> None:
        """Nothing is left, in a stream or between two."""
        self.begin(b"a\n")
        self.server.ends(PATH)
        self.following.cancel()
        self.failureResultOf(self.following, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nobody_there(self) -> None:
        """That is the end of it."""
        self.server.close(cleanly=False)
        self.failureResultOf(self.following, NoAnswer)


class PrinterTests(SynchronousTestCase):
    class Pipe(BytesIO):
        broken = False

        def write(self, data: object) -> int:
            if self.broken:
                raise BrokenPipeError
            return super().write(data)  # type: ignore[arg-type]

    def test_nobody_reads_any_more(self) -> None:
        """What is under way is cancelled, and that is no failure."""
        pipe = self.Pipe()
        printer = Printer(pipe)
        work: Deferred[None] = Deferred()

        async def wait() -> None:
            await work

        printing = Deferred.fromCoroutine(printer.unless_gone(wait()))
        printer.write(b"x")
        pipe.broken = True
        printer.write(b"y")
        self.successResultOf(printing)
        printer.write(b"z")
        self.assertEqual(pipe.getvalue(), b"x")

    def test_cancel(self) -> None:
        """Another's cancel passes through."""

        async def wait() -> None:
            await Deferred()

        printing = Deferred.fromCoroutine(Printer(BytesIO()).unless_gone(wait()))
        printing.cancel()
        self.failureResultOf(printing, CancelledError)


class PathTests(SynchronousTestCase):
    def test_paths(self) -> None:
        """Whatever a name holds, it stays one segment."""
        said = [log_path(name) for name in (None, "proxy", "org/m ?")]
        self.assertEqual(said, ["/logs/stream", "/logs/stream/proxy", "/logs/stream/org%2Fm%20%3F"])
