"""What comes together between two messages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.feeds.gathering import (
    INFLIGHT_PERIOD,
    LOG_PERIOD,
    MOST_CHANGES,
    NEVER,
    ActivityNews,
    InflightNews,
    LogNews,
    StateNews,
)
from llamaswap.logs.monitor import Monitor
from llamaswap.logs.ring import CAPACITY
from llamaswap.metrics.underway import Removed, Upserted
from tests.support.events import FakeEntry


def read(messages: Iterable[str]) -> list[Any]:
    """The data of messages."""
    return [json.loads(json.loads(message)["data"]) for message in messages]


class LogNewsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.monitor = Monitor()
        self.news = LogNews("proxy", self.monitor.history)
        self.now = 100.0

    def begin(self) -> None:
        self.news.begin()
        self.monitor.subscribe(self.news.write)

    def take(self) -> str:
        """The text that is told now."""
        return "".join(data["data"] for data in read(self.news.take(self.now)))

    def test_first_at_once_then_ten_times_a_second(self) -> None:
        """What is written meanwhile is one message."""
        self.begin()
        self.assertEqual(self.news.due, NEVER)
        self.monitor.write(b"a")
        self.assertLessEqual(self.news.due, self.now)
        self.assertEqual(read(self.news.take(self.now)), [{"source": "proxy", "data": "a"}])
        self.monitor.write(b"b")
        self.monitor.write(b"c")
        self.assertEqual(self.news.due, self.now + LOG_PERIOD)
        self.assertEqual((self.take(), self.news.due), ("bc", NEVER))

    def test_a_character_in_two_writes(self) -> None:
        """It is told when it is whole, whether the history or a message ended in it; then the history has it, too."""
        euro = "€".encode()
        self.monitor.write(b"x" + euro[:1])
        self.begin()
        self.assertEqual(read([self.news.all()]), [{"source": "proxy", "data": "x"}])
        self.monitor.write(euro[1:2])
        self.assertEqual(self.take(), "")
        self.assertEqual(read([self.news.all()])[0]["data"], "x")
        self.monitor.write(euro[2:])
        self.assertEqual(self.take(), "€")
        self.assertEqual(read([self.news.all()])[0]["data"], "x€")

    def test_no_text(self) -> None:
        """Bytes that are no UTF-8 are replaced."""
        self.begin()
        self.monitor.write(b"a\xffb")
        self.assertEqual(self.take(), "a\ufffdb")

    def test_a_flood(self) -> None:
        """Of more than the history holds, the end is told, and how much is missing."""
        self.begin()
        self.monitor.write("€".encode()[:2])
        self.take()
        for _ in range(3):
            self.monitor.write(b"x" * (CAPACITY // 2))
        text = self.take()
        self.assertEqual(text, f"\ufffd\n— {CAPACITY // 2} bytes dropped —\n" + "x" * CAPACITY)
        self.monitor.write(b"y")
        self.assertEqual(self.take(), "y")

    @given(st.lists(st.binary(max_size=4) | st.text("a€😀", max_size=3).map(str.encode)), st.sets(st.integers(0, 20)))
    def test_history_and_messages_are_the_text(self, pieces: list[bytes], taken: set[int]) -> None:
        """Whoever comes at whatever time has all of it, nothing twice, and no character broken."""
        self.setUp()
        self.begin()
        views: list[str] = []
        for turn, piece in enumerate([*pieces, b"."]):
            self.monitor.write(piece)
            if turn in taken or turn == len(pieces):
                told = self.take()
                views = [view + told for view in views] + [read([self.news.all()])[0]["data"]]
        self.assertEqual(set(views), {b"".join([*pieces, b"."]).decode("utf-8", "replace")})


class InflightNewsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.entries = [FakeEntry("1", 90.0)]
        self.news = InflightNews(lambda: self.entries)
        self.now = 100.0

    def take(self) -> list[Any]:
        return read(self.news.take(self.now))

    def test_s12_changes(self) -> None:
        """At once, in order, with what holds when they are told; the same twice is once."""
        [entry] = self.entries
        self.news.hear(Upserted(entry), self.now)
        self.news.hear(Upserted(entry), self.now)
        self.news.hear(Removed("1"), self.now)
        self.assertLessEqual(self.news.due, self.now)
        first, second = self.take()
        self.assertEqual((first["operation"], first["request"]["elapsed_ms"]), ("upsert", 10_000))
        self.assertEqual(second, {"operation": "remove", "id": "1"})
        self.assertEqual((self.news.due, self.take()), (NEVER, []))

    def test_s12_too_many(self) -> None:
        """They are dropped, and a snapshot at the end of the period takes their place."""
        for number in range(MOST_CHANGES - 1):
            self.news.hear(Removed(str(number)), self.now)
        self.assertEqual(len(self.take()), MOST_CHANGES - 1)
        for number in range(3):
            self.news.hear(Removed(str(number)), self.now + 0.2)
        self.assertEqual(self.news.due, self.now + INFLIGHT_PERIOD)
        self.now = self.news.due
        [snapshot] = self.take()
        self.assertEqual([request["id"] for request in snapshot["requests"]], ["1"])
        self.news.hear(Removed("1"), self.now)
        self.assertEqual(self.take(), [{"operation": "remove", "id": "1"}])

    def test_in_the_next_period_there_is_room_again(self) -> None:
        """Few changes are told as they are, however many there were before."""
        for _ in range(4):
            for number in range(MOST_CHANGES):
                self.news.hear(Removed(str(number)), self.now)
            self.assertEqual(len(self.take()), MOST_CHANGES)
            self.now += INFLIGHT_PERIOD

    def test_a_clock_that_is_set_back(self) -> None:
        """The period begins anew: a snapshot in place of too many changes is not long in coming."""
        for number in range(MOST_CHANGES + 1):
            self.news.hear(Removed(str(number)), self.now)
        self.news.set_back(self.now - 50)
        self.assertEqual(self.news.due, self.now - 50 + INFLIGHT_PERIOD)

    def test_q16_an_empty_snapshot(self) -> None:
        """It says so."""
        self.entries.clear()
        self.assertEqual(read([self.news.all(self.now)]), [{"operation": "snapshot", "requests": []}])


class OtherNewsTests(SynchronousTestCase):
    def test_activity(self) -> None:
        """Each line of activity is told; of too many in one turn, the newest ones."""
        news = ActivityNews()
        self.assertEqual(news.due, NEVER)
        for id in range(MOST_CHANGES + 10):
            news.hear(id)
        told = read(news.take(0.0))
        self.assertEqual([data["id"] for data in told], list(range(10, MOST_CHANGES + 10)))
        self.assertEqual(news.due, NEVER)

    def test_state(self) -> None:
        """Told once, as it is then."""
        values = ["{}"]
        news = StateNews(lambda: values[-1])
        news.hear()
        news.hear()
        values.append("[]")
        self.assertEqual((list(news.take(0.0)), news.due, list(news.take(0.0))), (["[]"], NEVER, []))
        news.hear()
        news.begin()
        self.assertEqual(news.due, NEVER)
