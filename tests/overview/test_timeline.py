"""What has happened, and why."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State, StopBegan, SwapAdvanced, Swapped
from llamaswap.overview.timeline import Timeline

A, B = ModelId("a"), ModelId("b")


class TimelineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.timeline = Timeline()
        self.heard: list[Any] = []
        self.end = self.timeline.subscribe(self.heard.append)
        self.now = 100.0

    def change(self, model: ModelId, old: State, new: State, reason: str = "") -> None:
        self.timeline.changed(ModelChanged(model, old, new, self.now, reason))

    def begin(self, model: ModelId, *evicted: ModelId, cause: str = "request", stage: str = "settle") -> None:
        stage = "stop" if evicted else stage
        self.timeline.advanced(SwapAdvanced(model, evicted, "group", cause, stage, self.now))

    def load(self, model: ModelId, cause: str = "request") -> None:
        self.begin(model, cause=cause)
        self.change(model, State.STOPPED, State.STARTING)
        self.change(model, State.STARTING, State.READY)

    def stop(self, model: ModelId) -> None:
        self.change(model, State.READY, State.STOPPING)
        self.change(model, State.STOPPING, State.STOPPED)

    def told(self) -> list[tuple[str, str, str, str]]:
        return [(each["model"], each["to"], each["cause"], each["detail"]) for each in self.heard]

    def test_entry(self) -> None:
        """Numbered from 1."""
        self.now = 100.12345
        self.load(A)
        self.assertEqual(
            self.heard[0],
            {
                "n": 1,
                "when": 100.123,
                "kind": "state",
                "model": "a",
                "from": "stopped",
                "to": "starting",
                "cause": "request",
                "detail": "",
            },
        )
        self.assertEqual(self.timeline.after(0), self.heard)

    def test_who_wanted_it(self) -> None:
        for cause in ("request", "manual", "preload", "idle"):
            self.heard.clear()
            self.load(A, cause)
            self.assertEqual(self.told(), [("a", "starting", cause, ""), ("a", "ready", cause, "")])

    def test_evicted(self) -> None:
        """For whom, beside that one's own cause."""
        self.load(A)
        self.heard.clear()
        self.begin(B, A)
        self.stop(A)
        self.begin(B)
        self.change(B, State.STOPPED, State.STARTING)
        self.assertEqual(
            self.told(),
            [("a", "stopping", "evict", "b"), ("a", "stopped", "evict", "b"), ("b", "starting", "request", "")],
        )

    def test_stops(self) -> None:
        """In the words of the UI."""
        for why, cause in (("unload", "manual"), ("ttl", "ttl"), ("reload", "reload"), ("shutdown", "shutdown")):
            self.heard.clear()
            self.timeline.stopping(StopBegan((A,), why, self.now))
            self.stop(A)
            self.assertEqual({told[2] for told in self.told()}, {cause})
        self.change(B, State.STOPPED, State.SHUTDOWN)
        self.assertEqual(self.told()[-1], ("b", "shutdown", "shutdown", ""))

    def test_by_itself(self) -> None:
        """A load that fails, one that is given up, and a model that dies."""
        self.begin(A)
        self.change(A, State.STARTING, State.STOPPED, "x" * 10_000)
        self.change(A, State.STARTING, State.STOPPED)
        self.change(A, State.READY, State.STOPPED, "gone")
        self.assertEqual([told[2] for told in self.told()], ["failed", "cancelled", "crash"])
        self.assertEqual(len(self.told()[0][3]), 500)

    def test_a_swap(self) -> None:
        """With its stages."""
        self.timeline.swapped(
            Swapped(B, (A,), "group", "failed", {"drain": 1.23456, "stop": 2.0}, self.now, "manual", "no memory")
        )
        self.assertEqual(
            self.heard,
            [
                {
                    "n": 1,
                    "when": 100.0,
                    "kind": "swap",
                    "model": "b",
                    "evicted": ["a"],
                    "why": "group",
                    "cause": "manual",
                    "outcome": "failed",
                    "error": "no memory",
                    "stages": {"drain": 1.235, "stop": 2.0},
                }
            ],
        )

    def test_lines_of_logs(self) -> None:
        """They are no detail: whoever may look would read them."""
        why = "out of memory, for it said `the prompt was: my diary`; it died"
        self.change(A, State.STARTING, State.STOPPED, why)
        self.timeline.swapped(Swapped(B, (A,), "group", "failed", {}, self.now, "manual", why))
        told = [self.heard[0]["detail"], self.heard[1]["error"]]
        self.assertEqual(told, ["out of memory, for its log says so; it died"] * 2)

    def test_after(self) -> None:
        """What is kept is bounded; numbers go on."""
        self.timeline = Timeline(3)
        for _ in range(5):
            self.change(A, State.STOPPED, State.STARTING)
        for number, found in ((0, [3, 4, 5]), (3, [4, 5]), (4, [5]), (5, []), (99, [])):
            self.assertEqual([entry["n"] for entry in self.timeline.after(number)], found, number)

    def test_nobody_listens_any_more(self) -> None:
        self.end()
        self.end()
        self.load(A)
        self.assertEqual(self.heard, [])

    def test_a_model_that_is_gone(self) -> None:
        """Nothing is expected of it, should another have its name."""
        self.timeline.stopping(StopBegan((A,), "ttl", self.now))
        self.timeline.keep_known([B])
        self.stop(A)
        self.assertEqual({told[2] for told in self.told()}, {"request"})
