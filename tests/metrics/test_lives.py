"""What became of models."""

from __future__ import annotations

from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.metrics.exposition import render
from llamaswap.metrics.lives import Lives
from llamaswap.notices import ModelChanged, State, Swapped
from tests.support.figures import Labels, samples, value

STOPPED, STARTING, READY, STOPPING = State.STOPPED, State.STARTING, State.READY, State.STOPPING


class LivesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.lives = Lives()

    def live(self, *turns: tuple[State, float], name: str = "m") -> None:
        """Go through these states, at these times."""
        for (old, _), (new, when) in pairwise(turns):
            self.lives.changed(ModelChanged(ModelId(name), old, new, when))

    def swap(self, outcome: str = "loaded", **stages: float) -> None:
        self.lives.swapped(Swapped(ModelId("m"), (), "", outcome, stages, 0.0))

    def shown(self, now: float = 100.0) -> dict[str, dict[Labels, float]]:
        return samples(render(self.lives.families(now), {}))

    def test_starts(self) -> None:
        """Each start of a process, whether it came to something or not."""
        self.live((STOPPED, 0), (STARTING, 1), (READY, 2), (STOPPING, 3), (STOPPED, 4), (STARTING, 5), (STOPPED, 6))
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_model_starts_total", model="m"), 2)
        self.assertEqual(value(found, "llamaswap_model_crashes_total", model="m"), 0)
        self.assertEqual(value(found, "llamaswap_model_changed_timestamp_seconds", model="m"), 6)

    def test_crashes(self) -> None:
        """A ready model that is stopped all at once."""
        self.live((READY, 0), (STOPPED, 1))
        self.assertEqual(value(self.shown(), "llamaswap_model_crashes_total", model="m"), 1)

    def test_time_loaded(self) -> None:
        """What is over and what lasts."""
        self.live((STOPPED, 0), (STARTING, 5), (READY, 10), (STOPPING, 30), (STOPPED, 35), (STARTING, 35), (READY, 40))
        self.assertEqual(value(self.shown(45), "llamaswap_model_loaded_seconds_total", model="m"), 25)
        self.assertEqual(value(self.shown(46), "llamaswap_model_loaded_seconds_total", model="m"), 26)

    def test_a_clock_that_was_set_back(self) -> None:
        """Takes nothing away."""
        self.live((STARTING, 0), (READY, 10))
        self.assertEqual(value(self.shown(5), "llamaswap_model_loaded_seconds_total", model="m"), 0)

    def test_unloads_by_reason(self) -> None:
        for why in ("evict", "evict", "ttl"):
            self.lives.unloaded("m", why)
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_model_unloads_total", model="m", reason="evict"), 2)
        self.assertEqual(value(found, "llamaswap_model_unloads_total", model="m", reason="ttl"), 1)
        self.assertNotIn("llamaswap_model_changed_timestamp_seconds", found)

    def test_swaps(self) -> None:
        """Every end counts; how long it took, only when the model was loaded."""
        self.swap(drain=1.0, stop=2.0, settle=0.5, start=8.0, ready=0.25)
        self.swap(settle=0.5, start=4.0, ready=0.25)
        self.swap("failed", settle=0.5, start=100.0)
        self.swap("out_of_memory", start=100.0)
        self.swap("abandoned")
        found = self.shown()
        ends = {dict(labels)["outcome"]: count for labels, count in found["llamaswap_swaps_total"].items()}
        self.assertEqual(ends, {"loaded": 2, "failed": 1, "out_of_memory": 1, "abandoned": 1})
        self.assertEqual(value(found, "llamaswap_swap_duration_seconds_sum", model="m"), 16.5)
        self.assertEqual(value(found, "llamaswap_swap_duration_seconds_count", model="m"), 2)
        stages = found["llamaswap_swap_stage_duration_seconds_sum"]
        self.assertEqual(
            {dict(labels)["stage"]: total for labels, total in stages.items()},
            {"drain": 1.0, "stop": 2.0, "settle": 1.0, "start": 12.0, "ready": 0.5},
        )
        self.assertEqual(value(found, "llamaswap_swap_stage_duration_seconds_count", model="m", stage="stop"), 1)

    def test_models_that_are_removed(self) -> None:
        """Are forgotten; the others are not."""
        self.live((STOPPED, 0), (STARTING, 1), name="m")
        self.live((STOPPED, 0), (STARTING, 1), name="n")
        self.lives.keep_known("n".__eq__)
        starts = self.shown()["llamaswap_model_starts_total"]
        self.assertEqual(list(starts), [frozenset({("model", "n")})])
