"""`GET /api/schedule`, `GET /api/timeline`, and the same in the events."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey
from llamaswap.feeds.gathering import SCHEDULE_PERIOD
from llamaswap.hardware.sampler import Latest
from llamaswap.hardware.samples import Held
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.notices import ModelChanged, State, SwapAdvanced
from llamaswap.schedule.events import Swap
from llamaswap.schedule.survey import Glance, Survey, Waiting
from tests.support.events import FakeEntry, Watcher
from tests.support.machines import gpu, system
from tests.support.web import World, model, settings_of

A, B = ModelId("a"), ModelId("b")


@dataclass
class Running:
    """A swap under way."""

    swap: Swap
    stage: str
    since: float


class ScheduleCase(SynchronousTestCase):
    keys: tuple[ApiKey, ...] = ()

    def setUp(self) -> None:
        settings = settings_of(model("a"), model("b"), model("c"))
        self.world = World(replace(settings, api_keys=self.keys))
        self.now = self.world.clock.seconds()

    def change(self, name: ModelId, new: State, reason: str = "", said: tuple[str, ...] = ()) -> None:
        old, self.world.models.states[name] = self.world.models.state_of(name), new
        code = 1 if said else None
        self.world.notices.publish(ModelChanged(name, old, new, self.world.clock.seconds(), reason, code, said))

    def fail(self, name: ModelId, *lines: str) -> None:  # type: ignore[override]
        self.change(name, State.STARTING)
        self.change(name, State.STOPPED, "exited", lines)

    def get(self, target: str, key: str = "") -> Any:
        reply = self.world.visit(target, {"x-api-key": key} if key else {})
        self.assertEqual(reply.status, 200, reply.body)
        return json.loads(reply.body)


class ScheduleTests(ScheduleCase):
    def test_nothing(self) -> None:
        """Models that are stopped and were never used are left out."""
        told = self.get("/api/schedule")
        self.assertEqual(
            told,
            {"at": self.now, "models": [], "queue": [], "waiting": 0, "swaps": [], "gpus": [], "ram": None},
        )

    def test_all_of_it(self) -> None:
        """A model that loads while another makes room, who waits for it, and the memory there is."""
        now = self.now
        self.change(A, State.READY)
        self.change(A, State.STOPPING)
        self.change(B, State.STARTING)
        self.world.swaps = [Running(Swap(SwapId(1), B, (A,), "group", cause="manual"), "stop", now - 1)]
        waiting = Waiting(TicketId(7), B, 1, now - 3, now + 2.04, "loading")
        glances = (
            Glance(A, 0, 0, None, None, 60, None, now - 5),
            Glance(B, 0, 1, None, now + 2.04, 0, None, None),
        )
        self.world.survey = Survey(glances, (waiting,), 1)
        entry = FakeEntry("12")
        entry.ticket = TicketId(7)
        self.world.inflight.add(entry)
        self.world.samples.latest = Latest(system(now), {0: gpu(0, now)})
        self.world.samples.memory = {A: Held({1: 20, 0: 10}, 5)}
        told = self.get("/api/schedule")
        first, second = told["models"]
        self.assertEqual(
            first,
            {
                "id": "a",
                "state": "stopping",
                "since": now,
                "serving": 0,
                "waiting": 0,
                "expected_ready": None,
                "ttl": 60,
                "expires": None,
                "last_used": now - 5,
                "requests": 0,
                "stage": None,
                "stage_since": None,
                "failure": None,
                "memory": {"gpus": [{"id": 0, "mb": 10}, {"id": 1, "mb": 20}], "gpu_mb": 30, "ram_mb": 5},
            },
        )
        self.assertEqual((second["state"], second["stage"], second["stage_since"]), ("starting", "stop", now - 1))
        self.assertEqual((second["waiting"], second["expected_ready"], second["memory"]), (1, now + 2.0, None))
        self.assertEqual(
            told["queue"],
            [
                {
                    "request": "12",
                    "model": "b",
                    "position": 1,
                    "since": now - 3,
                    "expected": now + 2.0,
                    "why": "loading",
                    "behind": [],
                }
            ],
        )
        self.assertEqual(
            told["swaps"],
            [{"model": "b", "evicts": ["a"], "why": "group", "cause": "manual", "stage": "stop", "since": now - 1}],
        )
        self.assertEqual([card["id"] for card in told["gpus"]], [0])
        self.assertEqual(told["ram"].keys(), {"used_mb", "total_mb"})

    def test_it_waits_to_begin(self) -> None:
        """`drain`, since its oldest request came."""
        self.world.survey = Survey((Glance(B, 0, 2, 50.0, None, 0, None, None),), (), 2)
        [told] = self.get("/api/schedule")["models"]
        self.assertEqual((told["state"], told["stage"], told["stage_since"]), ("stopped", "drain", 50.0))

    def test_order(self) -> None:
        """What runs, what has failed, what is waited for, what was used last."""
        glances = (
            Glance(A, 0, 0, None, None, 0, None, 10.0),
            Glance(ModelId("c"), 0, 1, 5.0, None, 0, None, None),
        )
        self.world.survey = Survey(glances, (), 1)
        self.fail(B)
        self.assertEqual([told["id"] for told in self.get("/api/schedule")["models"]], ["b", "c", "a"])

    def test_j18_failure(self) -> None:
        """Until it is ready."""
        self.fail(B, "no such file", "bye")
        [told] = self.get("/api/schedule")["models"]
        failure = {"when": self.now, "why": "exited", "exit_code": 1, "lines": ["no such file", "bye"]}
        self.assertEqual((told["state"], told["failure"]), ("stopped", failure))
        self.change(B, State.READY)
        self.assertIsNone(self.get("/api/schedule")["models"][0]["failure"])


class TimelineTests(ScheduleCase):
    def test_entries(self) -> None:
        """All, or those after one."""
        self.world.notices.publish(SwapAdvanced(A, (), "", "preload", "settle", self.now))
        self.change(A, State.STARTING)
        self.change(A, State.READY)
        told = self.get("/api/timeline")
        self.assertEqual((told["at"], [entry["cause"] for entry in told["entries"]]), (self.now, ["preload"] * 2))
        self.assertEqual([entry["n"] for entry in self.get("/api/timeline?after=1")["entries"]], [2])

    def test_wrong_numbers(self) -> None:
        for wrong in ("-1", "x", "1.5", "%D9%A1", "1" * 17):
            self.assertEqual(self.world.visit(f"/api/timeline?after={wrong}").status, 400, wrong)
        self.assertEqual(self.get("/api/timeline?after=")["entries"], [])


class EventTests(ScheduleCase):
    """What those are told who watch."""

    keys = (ApiKey(key="reader", name="r", scopes=("read",)), ApiKey(key="admin", name="a"))

    def later(self, watcher: Watcher, kind: str) -> list[Any]:
        self.world.clock.advance(SCHEDULE_PERIOD)
        return [event.data for event in watcher.heard() if event.type == kind]

    def test_a_change(self) -> None:
        """The timeline at once, the picture within a quarter of a second, and nothing when it is the same."""
        watcher = Watcher(self.world, **{"x-api-key": "admin"})
        watcher.heard()
        self.change(A, State.STARTING)
        self.world.clock.advance(0)
        self.assertEqual([event.data["to"] for event in watcher.heard() if event.type == "timeline"], ["starting"])
        self.assertEqual(self.later(watcher, "schedule"), [])
        self.change(A, State.READY)
        [told] = self.later(watcher, "schedule")
        self.assertEqual((told["at"], told["models"][0]["state"]), (self.world.clock.seconds(), "ready"))
        self.world.overview.stir()
        self.assertEqual(self.later(watcher, "schedule"), [])

    def test_four_times_a_second(self) -> None:
        """However much happens."""
        watcher = Watcher(self.world, **{"x-api-key": "admin"})
        watcher.heard()
        for _ in range(100):
            self.change(A, State.STARTING)
            self.change(A, State.READY)
            self.world.clock.advance(0.01)
        self.assertLessEqual(len([event for event in watcher.heard() if event.type == "schedule"]), 5)

    def test_lines_of_logs(self) -> None:
        """Are for admins, in the events as in the answer."""
        watchers = {key: Watcher(self.world, **{"x-api-key": key}) for key in ("reader", "admin")}
        for watcher in watchers.values():
            watcher.heard()
        self.fail(A, "a secret")
        self.world.clock.advance(SCHEDULE_PERIOD)
        for key, lines in (("reader", []), ("admin", ["a secret"])):
            [told] = [event.data for event in watchers[key].heard() if event.type == "schedule"]
            self.assertEqual(told["models"][0]["failure"]["lines"], lines, key)
            self.assertEqual(told["models"][0]["failure"]["exit_code"], 1)
            self.assertEqual(self.get("/api/schedule", key)["models"][0]["failure"]["lines"], lines)
            begun = Watcher(self.world, **{"x-api-key": key}).of("schedule")
            self.assertEqual(begun[-1]["models"][0]["failure"]["lines"], lines)

    def test_nobody_watches(self) -> None:
        """Then nobody looks."""
        looked: list[int] = []
        self.world.overview.subscribe(lambda: looked.append(1))()
        self.change(A, State.STARTING)
        self.assertEqual((looked, self.world.clock.getDelayedCalls()), ([], []))
