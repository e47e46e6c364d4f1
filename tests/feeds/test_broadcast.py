"""Messages on their way to many clients, of whom some do not read."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.feeds import broadcast as limits
from llamaswap.feeds.backlog import Backlog
from llamaswap.feeds.broadcast import Broadcast
from llamaswap.feeds.follower import Follower
from llamaswap.feeds.turns import HEARTBEAT_PERIOD, Heartbeat, Turns
from tests.support.events import EventReader


class Reader:
    """A client: what it was sent, until it is `full`."""

    def __init__(self, broadcast: Broadcast, last_id: str | None = None, *, full: int | None = None) -> None:
        self.events = EventReader()
        self.heard: list[object] = []
        self.sent = 0
        self.full = full
        self.was_cut = False
        self.pause: Callable[[], None] = lambda: None
        self.follower: Follower = broadcast.follow(self.write, self.cut, last_id.encode() if last_id else None)
        self.pause = self.follower.pauseProducing
        self.follower.go_on()

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self.heard += [event.data for event in self.events.feed(data)]
        if self.full is not None and self.sent >= self.full:
            self.pause()

    def cut(self) -> None:
        self.was_cut = True

    def read_on(self, more: int | None = None) -> None:
        """It reads what waits for it, and `more` bytes that follow."""
        self.full = None if more is None else self.sent + more
        self.follower.resumeProducing()


def told(value: object) -> str:
    """A message that says so."""
    return f'{{"type":"t","data":"{value}"}}'


class Turning(Clock):
    """A clock that can be taken through one turn of a reactor: what is put off in it waits for the next."""

    def turn(self) -> None:
        for call in [call for call in self.calls if call.getTime() <= self.seconds()]:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)


class BroadcastTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Turning()
        self.state = 0
        self.made = 0
        self.padding = ""
        self.broadcast = Broadcast(self.all, self.clock, Turns(self.clock), Backlog(most_messages=8))

    def all(self) -> list[str]:
        """The state, in two messages."""
        self.made += 1
        return [told(1), told(f"{self.padding}{self.state}")]

    def publish(self, *, turns: int = 3) -> None:
        """The state changes, and is told."""
        self.state += 1
        self.broadcast.publish(told(self.state))
        for _ in range(turns):
            self.clock.turn()


class FollowingTests(BroadcastTestCase):
    def test_all_there_is_then_what_happens(self) -> None:
        """In order, and each message once."""
        self.publish()
        reader = Reader(self.broadcast)
        self.publish()
        self.publish()
        self.assertEqual(reader.heard, [1, 1, 2, 3])

    def test_nothing_in_the_turn_of_a_publisher(self) -> None:
        """Who has news never waits for clients, and those of one turn leave together."""
        reader = Reader(self.broadcast)
        writes = reader.sent
        self.publish(turns=0)
        self.publish(turns=0)
        self.assertEqual(reader.sent, writes)
        self.clock.turn()
        self.clock.turn()
        self.assertEqual(reader.heard, [1, 0, 1, 2])

    def test_gone(self) -> None:
        """Who has left is told nothing; leaving twice is harmless."""
        reader, other = Reader(self.broadcast), Reader(self.broadcast)
        self.broadcast.leave(reader.follower)
        self.broadcast.leave(reader.follower)
        self.publish()
        self.assertEqual((reader.heard, other.heard, len(self.broadcast)), ([1, 0], [1, 0, 1], 1))

    def test_who_leaves_during_a_round(self) -> None:
        """Its turn is left out."""
        first, second = Reader(self.broadcast), Reader(self.broadcast)
        first.pause = lambda: self.broadcast.leave(second.follower)
        first.full = 0
        self.publish()
        self.assertEqual((first.heard, second.heard), ([1, 0, 1], [1, 0]))

    def test_one_that_cannot_be_told(self) -> None:
        """It is cut off, and the others hear."""
        broken, other = Reader(self.broadcast), Reader(self.broadcast)

        def fail() -> None:
            raise RuntimeError("broken")

        broken.full, broken.pause = 0, fail
        self.publish()
        self.publish()
        self.assertEqual((broken.was_cut, other.heard, len(self.broadcast)), (True, [1, 0, 1, 2], 1))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_close(self) -> None:
        """Nothing is left on the clock."""
        Reader(self.broadcast)
        self.publish(turns=0)
        self.broadcast.close()
        self.publish(turns=1)
        self.broadcast.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class ResumeTests(BroadcastTestCase):
    def test_goes_on(self) -> None:
        """Who comes again is told what it missed, and nothing else."""
        reader = Reader(self.broadcast)
        self.publish()
        self.broadcast.leave(reader.follower)
        self.publish()
        self.publish()
        again = Reader(self.broadcast, reader.events.last_id)
        self.publish()
        self.assertEqual(again.heard, [2, 3, 4])

    def test_missed_nothing(self) -> None:
        """Then there is nothing to say yet; so it is also after the last message of a snapshot."""
        reader = Reader(self.broadcast)
        again = Reader(self.broadcast, reader.events.last_id)
        self.publish()
        self.assertEqual(again.heard, [1])
        third = Reader(self.broadcast, again.events.last_id)
        self.assertEqual(third.heard, [])

    def test_unknown(self) -> None:
        """A place that is lost, ahead, of another server's life or in the middle of a snapshot: everything again."""
        reader = Reader(self.broadcast)
        token, _, number = reader.events.last_id.partition("-")
        self.publish()
        self.padding = " " * 100_000
        part = Reader(self.broadcast, full=1)
        self.assertIn(".", part.events.last_id)
        for id in (f"{token}-99", f"{'0' * 16}-{number}", part.events.last_id, "x"):
            self.assertEqual(Reader(self.broadcast, id).heard, [1, 1], id)
        for _ in range(9):
            self.publish()
        self.assertEqual(Reader(self.broadcast, f"{token}-{number}").heard, [1, 10])


class SlowReaderTests(BroadcastTestCase):
    def test_behind(self) -> None:
        """It is told what it missed when it reads again."""
        reader = Reader(self.broadcast)
        reader.follower.pauseProducing()
        for _ in range(5):
            self.publish()
        self.assertEqual(reader.heard, [1, 0])
        reader.read_on()
        self.assertEqual(reader.heard, [1, 0, 1, 2, 3, 4, 5])

    def test_too_far_behind(self) -> None:
        """It is told everything anew, and then goes on."""
        reader = Reader(self.broadcast)
        reader.follower.pauseProducing()
        for _ in range(9):
            self.publish()
        reader.read_on()
        self.publish()
        self.assertEqual(reader.heard, [1, 0, 1, 9, 10])

    def test_no_more_than_it_takes(self) -> None:
        """Of a large snapshot only a piece is written ahead of its reading, and messages wait behind it."""
        self.padding = " " * 100_000
        reader = Reader(self.broadcast, full=1)
        self.assertLess(reader.sent, 20_000)
        for _ in range(7):
            self.publish()
        reader.read_on()
        self.assertEqual(reader.heard[1:], [0, 1, 2, 3, 4, 5, 6, 7])

    def test_a_snapshot_that_is_too_old_when_it_is_read(self) -> None:
        """Another follows it."""
        self.padding = " " * 100_000
        reader = Reader(self.broadcast, full=1)
        for _ in range(9):
            self.publish()
        reader.read_on()
        self.assertEqual(reader.heard[1::2], [0, 9])

    def test_a_beat_never_falls_into_a_message(self) -> None:
        """One that waits for its client is not written to."""
        self.padding = " " * 100_000
        reader = Reader(self.broadcast, full=1)
        reader.follower.beat()
        self.assertFalse(reader.events.between)
        reader.read_on()
        reader.follower.beat()
        self.assertEqual((reader.events.comments, reader.events.between), (1, True))


class SnapshotTests(BroadcastTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.padding = " " * 100_000

    def test_shared_by_those_who_come_together(self) -> None:
        """One is made for all while nothing happens, and for a moment only."""
        for _ in range(5):
            Reader(self.broadcast)
        self.assertEqual(self.made, 1)
        self.clock.advance(1)
        Reader(self.broadcast)
        self.publish()
        Reader(self.broadcast)
        self.assertEqual(self.made, 3)

    def test_only_so_many_wait_to_be_read(self) -> None:
        """Then the newest is given to those who come, as long as messages lead on from it."""
        readers = []
        for _ in range(limits.MOST_SNAPSHOTS + 3):
            readers.append(Reader(self.broadcast, full=1))
            self.publish()
        self.assertEqual(self.made, limits.MOST_SNAPSHOTS)
        readers[-1].read_on()
        self.assertEqual(readers[-1].heard[1:], [15, 16, 17, 18, 19])
        self.assertFalse(any(reader.was_cut for reader in readers))

    def test_large_ones_are_fewer(self) -> None:
        """What waits to be read is bounded in bytes, too; a single one may be larger than that."""
        for most, made in ((400_000, 4), (100_000, 1)):
            self.setUp()
            self.broadcast = Broadcast(self.all, self.clock, Turns(self.clock), Backlog(most_messages=8), most)
            readers = []
            for _ in range(6):
                readers.append(Reader(self.broadcast, full=1))
                self.publish()
            self.assertEqual((self.made, len(self.broadcast)), (made, 6))
            readers[0].read_on()
            self.assertEqual(readers[0].heard[-1], self.state)

    def test_the_slowest_is_cut_off(self) -> None:
        """When too many wait and the newest leads nowhere, those go that still read the oldest."""
        readers = []
        for _ in range(limits.MOST_SNAPSHOTS + 2):
            readers.append(Reader(self.broadcast, full=1))
            for _ in range(9):
                self.publish()
        self.assertEqual([reader.was_cut for reader in readers[:4]], [True, True, False, False])
        self.assertEqual(len(self.broadcast), limits.MOST_SNAPSHOTS)
        readers[2].read_on()
        self.assertEqual(readers[2].heard[-1], self.state)


class RoundTests(BroadcastTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.readers = [Reader(self.broadcast) for _ in range(100)]

    def told(self) -> int:
        """How many know the state."""
        return sum(reader.heard[-1] == self.state for reader in self.readers)

    def test_a_turn_is_short(self) -> None:
        """When telling takes time, others have their turn in between; a rest follows that is longer than the round."""
        self.take_time(0.001)
        self.publish(turns=2)
        self.assertEqual(self.told(), 5)
        turns = 2
        while self.told() < len(self.readers):
            self.clock.turn()
            turns += 1
        self.assertEqual(turns, 21)
        self.publish(turns=3)
        self.assertEqual(self.told(), 0)
        self.clock.advance(0.45)
        self.assertGreater(self.told(), 0)

    def take_time(self, seconds: float) -> None:
        """Let each write take so long."""
        for reader in self.readers:
            reader.full = 0
            reader.pause = lambda: setattr(self.clock, "rightNow", self.clock.rightNow + seconds)

    def test_news_during_a_round(self) -> None:
        """Another round follows, so that all hear of it."""
        self.take_time(0.001)
        self.publish(turns=4)
        self.publish(turns=0)
        for _ in range(100):
            self.clock.advance(0.05)
        self.assertEqual(self.told(), len(self.readers))
        self.assertEqual(self.clock.getDelayedCalls(), [])


class HeartbeatTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Turning()
        self.heartbeat = Heartbeat(self.clock, Turns(self.clock))
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1

    def test_q24_every_fifteen_seconds_at_least(self) -> None:
        """All streams beat by one timer, also those that came in between."""
        self.assertLessEqual(HEARTBEAT_PERIOD, 15)
        ends = [self.heartbeat.add(self), self.heartbeat.add(Beating())]
        self.clock.advance(HEARTBEAT_PERIOD - 1)
        ends.append(self.heartbeat.add(Beating()))
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for _ in range(3):
            self.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual(self.beats, 3)
        for end in ends * 2:
            end()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_who_leaves_before_its_beat(self) -> None:
        """It does not beat any more."""
        end = self.heartbeat.add(self)
        self.heartbeat.add(Beating())
        self.clock.rightNow += HEARTBEAT_PERIOD
        self.clock.turn()
        end()
        self.clock.turn()
        self.assertEqual(self.beats, 0)

    def test_one_that_fails(self) -> None:
        """Beats no more; the others do."""
        self.heartbeat.add(Failing())
        end = self.heartbeat.add(self)
        for _ in range(2):
            self.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual((self.beats, len(self.flushLoggedErrors(RuntimeError))), (2, 1))
        end()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class Failing:
    """A stream that cannot be written to."""

    def beat(self) -> None:
        raise RuntimeError("gone")


class Beating:
    """A stream of which nobody hears."""

    def beat(self) -> None:
        pass
