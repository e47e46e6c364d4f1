"""`GET /api/performance` and `GET /api/hardware`."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import BadRequest, HardwareUnknown
from llamaswap.hardware.samples import Disk, Interface
from llamaswap.ids import ModelId
from llamaswap.web.performance import moment, timestamp
from tests.support.machines import gpu, system
from tests.support.web import Client, World, settings_of

SYSTEM_FIELDS = {
    *("timestamp", "cpu_util_per_core", "mem_total_mb", "mem_used_mb", "mem_free_mb", "swap_total_mb", "swap_used_mb"),
    *("load_avg_1", "load_avg_5", "load_avg_15", "net_io"),
}
"""Of http-api section 18.1."""
GPU_FIELDS = {
    *("timestamp", "id", "name", "uuid", "temp_c", "vram_temp_c", "gpu_util_pct", "mem_util_pct", "fan_speed_pct"),
    *("mem_used_mb", "mem_total_mb", "power_draw_w"),
}


class PerformanceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of())
        self.samples = self.world.samples

    def ask(self, query: str = "", status: int = 200) -> Any:
        reply = self.world.visit(f"/api/performance{query}")
        self.assertEqual((reply.status, reply.headers["content-type"]), (status, "application/json"))
        return json.loads(reply.body)

    def test_probe_82_off(self) -> None:
        """It says so, and not in the envelope; whatever is asked."""
        self.samples.offered = False
        self.assertEqual(self.ask(status=503), {"enabled": False})
        self.assertEqual(self.ask("?after=x", status=503), {"enabled": False})

    def test_q16_before_the_first_sample(self) -> None:
        """Lists are lists."""
        self.assertEqual(self.ask(), {"enabled": True, "sys_stats": [], "gpu_stats": [], "models": {}})

    def test_probe_134_every_field(self) -> None:
        """None of the contract's is missing; disks are more."""
        net = (Interface("eth0", 5, 6),)
        self.samples.system = [system(1_700_000_000.25, net_io=net, disks=(Disk("/", 10, 4, 1, 2),))]
        self.samples.gpus = [gpu(1, 1_700_000_000.25, uuid="GPU-1", processes={7: 5})]
        found = self.ask()
        (machine,), (card,) = found["sys_stats"], found["gpu_stats"]
        self.assertEqual(set(machine), SYSTEM_FIELDS | {"disks"})
        self.assertEqual(set(card), GPU_FIELDS)
        self.assertEqual(machine["timestamp"], "2023-11-14T22:13:20.250000Z")
        self.assertEqual(machine["cpu_util_per_core"], [1, 2])
        self.assertEqual((machine["load_avg_1"], machine["load_avg_5"], machine["load_avg_15"]), (0.1, 0.2, 0.3))
        self.assertEqual(machine["net_io"], [{"name": "eth0", "bytes_recv": 5, "bytes_sent": 6}])
        disk = {"mount": "/", "total_mb": 10, "used_mb": 4, "read_bytes": 1, "written_bytes": 2}
        self.assertEqual(machine["disks"], [disk])

    def test_models(self) -> None:
        """What each holds of the GPUs."""
        self.samples.model_memory = {ModelId("b"): 5, ModelId("a"): 7}
        self.assertEqual(self.ask()["models"], {"a": {"gpu_mem_mb": 7}, "b": {"gpu_mem_mb": 5}})

    def test_probe_135_after(self) -> None:
        """Strictly later than the time that a sample told of itself."""
        times = [round(1_700_000_000.1 + 5.000_001 * step, 6) for step in range(40)]
        self.samples.system = [system(when) for when in times]
        self.samples.gpus = [gpu(0, when) for when in times]
        stamps = [sample["timestamp"] for sample in self.ask()["sys_stats"]]
        for number, stamp in enumerate(stamps):
            found = self.ask(f"?after={stamp}")
            self.assertEqual([sample["timestamp"] for sample in found["sys_stats"]], stamps[number + 1 :])
            self.assertEqual(len(found["gpu_stats"]), len(found["sys_stats"]))
        self.assertEqual(self.ask(f"?after={stamps[-1]}")["gpu_stats"], [])

    def test_probe_135_after_that_is_no_time(self) -> None:
        """400, in the envelope, naming it."""
        for value in (
            "x",
            "2023-11-14",
            "1700000000",
            "2023-11-14T22:13:20",
            "2023-13-14T22:13:20Z",
            "%00",
            "2023-W01-1",
        ):
            error = self.ask(f"?after={value}", status=400)["error"]
            self.assertEqual((error["type"], error["code"]), ("invalid_request_error", "bad_request"))
            self.assertIn("after", error["message"])

    def test_pages_of_others_may_not_ask(self) -> None:
        """Nor anybody without the key."""
        world = World(settings_of(api_keys=("k",)))
        for path in ("/api/performance", "/api/hardware"):
            self.assertEqual(world.visit(path).status, 401)
            self.assertEqual(world.visit(path, {"x-api-key": "k", "Origin": "http://evil.test"}).status, 403)
            self.assertEqual(world.visit(path, {"x-api-key": "k"}).status, 200)


class MomentTests(SynchronousTestCase):
    def test_spellings(self) -> None:
        """Any offset, any number of digits; what is finer than a microsecond is left out."""
        for text, expected in {
            "2023-11-14T22:13:20Z": 1_700_000_000.0,
            "2023-11-14t22:13:20z": 1_700_000_000.0,
            "2023-11-15T00:13:20%2B02:00": 1_700_000_000.0,
            "2023-11-14T12:13:20-10:00": 1_700_000_000.0,
            "2023-11-14T22:13:20.1Z": 1_700_000_000.1,
            "2023-11-14T22:13:20.123456999Z": 1_700_000_000.123456,
            "1969-12-31T23:59:59.5Z": -0.5,
        }.items():
            self.assertEqual(moment(f"?after={text}".encode()), expected)
        for query in (b"", b"?", b"?x=1", b"?after", b"?after="):
            self.assertIsNone(moment(query))

    @given(st.integers(-(10**15), 10**16))
    @example(4448531154805157)
    def test_there_and_back(self, microseconds: int) -> None:
        """A time that is told is the time that is understood."""
        when = microseconds / 1e6
        self.assertEqual(moment(f"?after={timestamp(when)}".encode()), when)

    @given(st.binary(max_size=40))
    def test_anything(self, value: bytes) -> None:
        """A time, none, or a refusal."""
        try:
            found = moment(b"?after=" + value)
        except BadRequest:
            return
        self.assertTrue(found is None or isinstance(found, float))


class HardwareTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of())

    def test_probe_137_snapshot(self) -> None:
        """As it was found out."""
        reply = self.world.visit("/api/hardware")
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"))
        self.assertEqual(json.loads(reply.body), {"schema_version": 1})

    def test_w26_meanwhile(self) -> None:
        """Who asks before it is known waits."""
        pending: Deferred[Any] = Deferred()
        self.world.snapshot = lambda: pending
        client = Client(self.world.resource, self.world.clock)
        client.send("/api/hardware")
        self.assertEqual(client.transport.value(), b"")
        pending.callback({"x": 1})
        self.assertEqual(json.loads(client.reply.body), {"x": 1})

    def test_unknown(self) -> None:
        """503, in the envelope."""
        self.world.snapshot = lambda: fail(HardwareUnknown())
        reply = self.world.visit("/api/hardware")
        error = json.loads(reply.body)["error"]
        self.assertEqual((reply.status, error["code"]), (503, "service_unavailable"))
        self.assertIn("hardware", error["message"])
