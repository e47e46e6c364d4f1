"""The list of requests under way, and what is shown of each."""

from __future__ import annotations

import json

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.inflight import MOST_AT_ONCE, PERIOD, Inflight
from llamaswap.metrics.underway import Change, Removed, Upserted, record
from tests.support.events import FakeEntry


class RecordTests(SynchronousTestCase):
    def test_s11_fields(self) -> None:
        """Exactly those of the contract; metadata only when there is some."""
        entry = FakeEntry("7", 1_700_000_000.25)
        entry.received = 5
        self.assertEqual(
            record(entry, entry.when + 1.5),
            {
                "id": "7",
                "timestamp": "2023-11-14T22:13:20.250Z",
                "model": "m1",
                "req_path": "/v1/chat/completions",
                "method": "POST",
                "req_headers": {"X-Session-Id": "S1"},
                "remote_ip": "192.0.2.7",
                "resp_headers": {},
                "resp_bytes": 5,
                "elapsed_ms": 1500,
                "phase": "waiting",
            },
        )
        entry.metadata = {"selector": "s"}
        self.assertEqual(record(entry, entry.when)["metadata"], {"selector": "s"})
        entry.key = "ci"
        self.assertEqual(record(entry, entry.when)["key"], "ci")

    def test_what_is_long_is_cut(self) -> None:
        """Whatever clients send: those who watch get some KiB of each request. Short headers are there all the same."""
        entry = FakeEntry("1")
        many = {f"X-{number}": "\ufffd" * 200 for number in range(1000)}
        entry.asked = {"X-Pad": "x" * 100_000, "Y" * 100_000: "1", **many, "X-Session-Id": "S1"}
        entry.answered = entry.asked
        entry.path = entry.asked_path = "/" + "p" * 100_000
        entry.remote_ip = "9" * 100_000
        shown = record(entry, entry.when)
        self.assertEqual(shown["req_headers"]["X-Pad"], "x" * 256 + "…")
        self.assertEqual((shown["req_headers"]["X-Session-Id"], shown["req_headers"]["X-0"]), ("S1", "\ufffd" * 200))
        self.assertLess(len(json.dumps(shown)), 64 * 1024)

    def test_a_clock_that_was_set_back(self) -> None:
        """Nothing took less than no time."""
        self.assertEqual(record(FakeEntry("1"), 0.0)["elapsed_ms"], 0)

    def test_s11_path(self) -> None:
        """As it was asked for; of what is passed through, what follows the model."""
        entry = FakeEntry("1")
        entry.asked_path, entry.path = "/v/chat/completions", "/chat/completions"
        self.assertEqual(record(entry, 0.0)["req_path"], "/v/chat/completions")
        entry.asked_path, entry.path = "/upstream/m1/v1/chat/completions", "/v1/chat/completions"
        self.assertEqual(record(entry, 0.0)["req_path"], "/v1/chat/completions")


class InflightTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.inflight = Inflight(self.clock)
        self.heard: list[Change] = []

    def add(self, *ids: str) -> list[FakeEntry]:
        entries = [FakeEntry(id, float(id)) for id in ids]
        for entry in entries:
            self.inflight.add(entry)
        return entries

    def take(self) -> list[Change]:
        heard, self.heard[:] = list(self.heard), []
        return heard

    def test_order(self) -> None:
        """By arrival, and by ID among those of one moment."""
        for id in ("10", "9", "2"):
            self.inflight.add(FakeEntry(id, 5.0))
        self.inflight.add(FakeEntry("11", 4.0))
        self.assertEqual([entry.id for entry in self.inflight.snapshot()], ["11", "2", "9", "10"])
        self.assertEqual(self.inflight.count, 4)

    def test_find(self) -> None:
        """One is found by its ID, but for one that is over, or never was."""
        [entry] = self.add("1")
        self.assertIs(self.inflight.find("1"), entry)
        self.assertIsNone(self.inflight.find("2"))
        self.inflight.over(entry)
        self.assertIsNone(self.inflight.find("1"))

    def test_nobody_listens(self) -> None:
        """Then nothing is told, and no timer runs."""
        [entry] = self.add("1")
        self.inflight.begun(entry)
        self.inflight.over(entry)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_s12_flow(self) -> None:
        """Told at the start, with the head, with progress and at the end; not of what was not added."""
        self.inflight.subscribe(self.heard.append)
        [entry] = self.add("1")
        self.inflight.begun(entry)
        self.assertEqual(self.take(), [Upserted(entry), Upserted(entry)])
        entry.received = 3
        self.clock.advance(PERIOD)
        self.clock.advance(PERIOD)
        self.inflight.over(entry)
        self.inflight.over(entry)
        self.inflight.begun(entry)
        self.assertEqual(self.take(), [Upserted(entry), Removed("1")])
        self.clock.advance(PERIOD)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_s12_progress_is_told_four_times_a_second(self) -> None:
        """However often bytes arrive."""
        self.inflight.subscribe(self.heard.append)
        [entry] = self.add("1")
        self.take()
        for _ in range(100):
            entry.received += 1
            self.clock.advance(0.01)
        self.assertEqual(len(self.take()), 4)

    def test_who_was_there_before_the_listener(self) -> None:
        """Its progress is told from then on, and its end."""
        [entry] = self.add("1")
        entry.received = 9
        self.inflight.subscribe(self.heard.append)
        self.clock.advance(PERIOD)
        self.assertEqual(self.take(), [])
        entry.received = 10
        self.clock.advance(PERIOD)
        self.inflight.over(entry)
        self.assertEqual(self.take(), [Upserted(entry), Removed("1")])

    def test_many_take_turns(self) -> None:
        """A look tells of a bounded number; the others come next, so nobody is forgotten."""
        self.inflight.subscribe(self.heard.append)
        entries = self.add(*map(str, range(3 * MOST_AT_ONCE)))
        self.take()
        for look in range(1, 4):
            for entry in entries:
                entry.received = look
            self.clock.advance(PERIOD)
        told = self.take()
        self.assertEqual(len(told), len(entries))
        self.assertEqual({change.entry.id for change in told if isinstance(change, Upserted)}, {e.id for e in entries})

    def test_a_listener_that_fails(self) -> None:
        """Costs the request nothing, nor the others who listen."""

        def fail(_: Change) -> None:
            raise RuntimeError("tired")

        self.inflight.subscribe(fail)
        self.inflight.subscribe(self.heard.append)
        [entry] = self.add("1")
        self.inflight.begun(entry)
        self.inflight.over(entry)
        self.assertEqual(self.take()[-1], Removed("1"))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 3)

    def test_unsubscribing(self) -> None:
        """After it nothing is heard, and no timer runs; twice is harmless. Others go on."""
        others: list[Change] = []
        end_other = self.inflight.subscribe(others.append)
        end = self.inflight.subscribe(self.heard.append)
        end()
        end()
        [entry] = self.add("1")
        self.assertEqual((self.take(), others), ([], [Upserted(entry)]))
        end_other()
        self.assertEqual(self.clock.getDelayedCalls(), [])
