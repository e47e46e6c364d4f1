"""What is made of a server's events and lists."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.picture import Picture
from tests.terminal.telling import BURST, PERFORMANCE, envelope, request, row, status

WORDS = st.sampled_from(
    ("id", "state", "operation", "request", "requests", "active", "data", "tokens", "sys_stats", "gpu_stats", "models")
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)
KINDS = st.sampled_from(("modelStatus", "inflight", "profileChanged", "activity", "logData", "x"))


class PictureTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.picture = Picture()

    def tell(self, kind: str, data: Any, now: float = 100) -> str:
        return self.picture.take_event(envelope(kind, data), now)

    def test_the_beginning_of_a_stream(self) -> None:
        """It is complete with its last event; models in memory come first, then the others, then peers'."""
        for kind, data in BURST:
            self.assertFalse(self.picture.complete)
            self.assertEqual(self.tell(kind, data), kind)
        self.assertTrue(self.picture.complete)
        view = self.picture.view(100)
        self.assertEqual([model.id for model in view.models], ["m", "a", "z", "p/q"])
        self.assertEqual([model.peer for model in view.models], ["", "", "", "p"])
        self.assertEqual((view.models[0].answering, view.models[0].waiting, view.profile), (1, 1, "night"))

    def test_requests(self) -> None:
        """They come, change and go; the oldest stands first, and time goes on between what is told of them."""
        self.tell("inflight", {"operation": "snapshot"})
        self.tell("inflight", {"operation": "upsert", "request": request("1", "m", elapsed_ms=500)})
        self.tell("inflight", {"operation": "upsert", "request": request("2", "n", elapsed_ms=9000)})
        self.tell("inflight", {"operation": "upsert", "request": request("1", "m", elapsed_ms=700, resp_bytes=9)}, 101)
        old, young = self.picture.view(103).requests
        self.assertEqual((old.id, old.elapsed, old.answering), ("2", 12, False))
        self.assertEqual((young.id, young.elapsed, young.answering, young.bytes), ("1", 2.7, True, 9))
        self.tell("inflight", {"operation": "remove", "id": "2"})
        self.assertEqual([each.id for each in self.picture.view(103).requests], ["1"])
        self.tell("inflight", {"operation": "snapshot", "requests": []})
        self.assertEqual(self.picture.view(103).requests, ())

    def test_rates(self) -> None:
        """The mean of a model's last five answers that tell; none is counted twice."""
        self.tell("modelStatus", [status("m", "ready"), status("n", "ready")])
        self.picture.take_activity({"data": [row(3, "m", 30), row(2, "m", -1), row(1, "m", 10, 500)]})
        self.picture.take_activity({"data": [row(3, "m", 30), row(1, "m", 10)]})
        m, n = self.picture.view(0).models
        self.assertEqual((m.tokens_per_second, m.prompt_per_second, n.tokens_per_second), (20, 500, None))
        self.picture.take_activity({"data": [row(id, "m", 50) for id in range(4, 9)]})
        self.assertEqual((self.picture.view(0).models[0].tokens_per_second, self.picture.newest), (50, 8))

    def test_a_server_that_was_started_again(self) -> None:
        """Without `store.path` its IDs begin at 1, and its answers count all the same, each once."""
        self.tell("modelStatus", [status("m", "ready")])
        self.picture.take_activity({"data": [row(5000, "m", 10)]})
        self.picture.take_activity({"data": []})
        for _ in range(2):
            self.picture.take_activity({"data": [row(id, "m", 50) for id in range(4, 0, -1)]})
        self.assertEqual((self.picture.view(0).models[0].tokens_per_second, self.picture.newest), (42, 4))

    def test_a_server_that_tells_too_much(self) -> None:
        """Whatever it invents, what is remembered is bounded, and the models' own rates are among it."""
        self.tell("modelStatus", [status("m", "ready")])
        self.picture.take_activity({"data": [row(1, "m", 10)]})
        for number in range(0, 20_000, 100):
            ids = range(number + 2, number + 102)
            self.picture.take_activity({"data": [row(id, f"invented {id}", 5) for id in ids]})
            self.picture.take_performance({"gpu_stats": [{"id": id} for id in ids]})
            for id in ids:
                self.tell("inflight", {"operation": "upsert", "request": request(str(id), "m")})
        view = self.picture.view(0)
        self.assertEqual(view.models[0].tokens_per_second, 10)
        self.assertLessEqual(max(len(view.requests), len(view.gpus), len(self.picture._rates)), 10_200)

    def test_the_machine(self) -> None:
        """The latest sample of it and of each GPU; a later answer without any changes nothing."""
        self.tell("modelStatus", [status("m", "ready")])
        self.picture.take_performance(PERFORMANCE)
        self.picture.take_performance(
            {"enabled": True, "sys_stats": [], "gpu_stats": [], "models": {"m": {"gpu_mem_mb": 700}}}
        )
        view = self.picture.view(0)
        assert view.machine is not None
        self.assertEqual((view.machine.cpu_pct, view.machine.mem_total_mb, view.machine.load), (75, 4096, 1.5))
        self.assertEqual([(gpu.id, gpu.util_pct, gpu.used_mb) for gpu in view.gpus], [(0, 90, 2048), (1, 1, 0)])
        self.assertEqual((view.models[0].gpu_mb, self.picture.sampled), (700, "2026-01-01T00:00:05+01:00"))

    def test_what_is_no_event(self) -> None:
        """It is passed over."""
        for text in ("", "[]", "{", "null", '{"type": 1, "data": "x"}', '{"type": "x"}', "[" * 100_000):
            self.assertEqual(self.picture.take_event(text, 0), "")
        self.assertEqual(self.picture.take_event('{"type": "modelStatus", "data": "{"}', 0), "modelStatus")

    @given(st.lists(st.tuples(KINDS, VALUES), max_size=6), VALUES, VALUES)
    def test_any_server(self, events: list[tuple[str, Any]], page: Any, answer: Any) -> None:
        """Whatever it tells, there is a view, and it can be written as JSON."""
        picture = Picture()
        for kind, data in events:
            picture.take_event(envelope(kind, data), 0)
        picture.take_activity(page)
        picture.take_performance(answer)
        json.dumps([model.tokens_per_second for model in picture.view(1).models])
