"""Probes 127 to 140: logs, performance, versions, unloading."""

from __future__ import annotations

import re
from datetime import datetime

from tests.conformance.world import ConfigurationA, ConfigurationC
from tests.support.live import eventually

SAMPLE = "timestamp cpu_util_per_core mem_total_mb mem_used_mb mem_free_mb swap_total_mb swap_used_mb load_avg_1"
SAMPLE += " load_avg_5 load_avg_15 net_io"


class LogProbes(ConfigurationA):
    def history(self, path: str, count: int = 1) -> str:
        """The first so many lines of a stream."""
        with self.client.asking("GET", path) as response:
            self.assertEqual(response.status, 200)
            return b"".join(response.readline() for _ in range(count)).decode()

    def test_probe_127(self) -> None:
        self.client.get("/health?secret=1")
        self.client.get("/api/performance")
        self.client.get("/metrics")
        reply = self.client.get("/logs")
        self.assertIn("text/plain", reply.header("Content-Type") or "")
        text = reply.body.decode()
        self.assertRegex(text, r'Request 127\.0\.0\.1 "GET /health HTTP/1\.1" 200 2 "[^"]*" \d')
        for quiet in ("secret=1", "/api/performance", "GET /metrics"):
            self.assertNotIn(quiet, text)

    def test_probe_128(self) -> None:
        reply = self.client.get("/logs", Accept="text/html")
        self.assertEqual((reply.status, reply.header("Location")), (302, "/ui/"))

    def test_probe_129(self) -> None:
        for model in ("m1", "org/m2"):
            self.assertEqual(self.client.chat(model).status, 200)
        self.assertIn("model server", self.history("/logs/stream/upstream"))
        self.assertIn("model server m2 ", self.history("/logs/stream/org%2Fm2"))
        self.assertIn("model server m1 ", self.history("/logs/stream/al1"))

    def test_probe_130(self) -> None:
        self.client.chat("m1")
        self.client.get("/health")
        text = self.history("/logs/stream/proxy", 5)
        self.assertTrue(all(re.match(r"(\S+ )?\[[A-Z]+\] ", line) for line in text.splitlines()), text)
        self.assertNotIn("model server", text)

    def test_probe_131(self) -> None:
        self.client.get("/wol-health")
        self.client.get("/health?first")
        with self.client.asking("GET", "/logs/stream?no-history") as response:
            self.client.get("/api/version")
            self.assertIn(b"GET /api/version", response.readline())

    def test_probe_132(self) -> None:
        reply = self.client.get("/logs/stream/px/uniq")
        self.check_error(reply, 400, "invalid_request_error", "bad_request", "invalid logger")


class QuietLogProbe(ConfigurationC):
    def test_probe_133(self) -> None:
        self.assertEqual(self.client.chat("m2").status, 200)
        reply = self.client.get("/logs")
        self.assertEqual((reply.status, reply.body), (200, b""))
        with self.client.asking("GET", "/logs/stream/upstream") as response:
            self.assertIn(b"model server", response.readline())


class PerformanceProbes(ConfigurationA):
    def test_probe_134_and_135(self) -> None:
        """Fields may be added, none is missing."""
        for _ in eventually():
            told = self.client.get("/api/performance").json()
            if told["sys_stats"]:
                break
        self.assertIs(told["enabled"], True)
        sample = told["sys_stats"][-1]
        self.assertEqual(set(SAMPLE.split()) - set(sample), set())
        datetime.fromisoformat(sample["timestamp"])
        later = self.client.get(f"/api/performance?after={sample['timestamp'].replace('+', '%2B')}").json()
        self.assertNotIn(sample["timestamp"], [each["timestamp"] for each in later["sys_stats"] or ()])
        self.assertEqual(later["gpu_stats"], [])
        wrong = self.client.get("/api/performance?after=x")
        self.check_error(wrong, 400, "invalid_request_error", "bad_request", "after")

    def test_probe_136(self) -> None:
        for _ in eventually():
            reply = self.client.get("/metrics")
            if b"llamaswap_load_average" in reply.body:
                break
        self.assertEqual(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        text = reply.body.decode()
        self.assertIn('llamaswap_load_average{interval="1m"}', text)
        self.assertNotIn('interface="lo"', text)
        if 'interface="' in text:
            self.assertIn("# TYPE llamaswap_network_bytes_total counter", text)

    def test_probe_137(self) -> None:
        version = self.client.get("/api/version").json()
        self.assertEqual({name: type(value) for name, value in version.items()}, dict.fromkeys(version, str))
        self.assertEqual(sorted(version), ["build_date", "commit", "version"])
        for _ in eventually():
            reply = self.client.get("/api/hardware")
            if reply.status == 200:
                break
        told = reply.json()
        self.assertEqual((told["schema_version"], told["capture"]["scope"]), (1, "inference_host"))
        self.assertGreater(told["memory"]["capacity_bytes"], 0)
        self.assertIsInstance(told["accelerators"], list)


class UnloadProbes(ConfigurationA):
    def test_probe_138(self) -> None:
        for path, model in (("al1", "m1"), ("org/m2", "org/m2"), ("org%2Fm2", "org/m2")):
            self.assertEqual(self.client.chat(model).status, 200)
            reply = self.client.post(f"/api/models/unload/{path}")
            self.assertEqual((reply.status, reply.body), (200, b"OK"))
            self.assertNotIn(model, self.client.running())

    def test_probe_139(self) -> None:
        for path in ("px/uniq", ""):
            self.not_found(self.client.post(f"/api/models/unload/{path}"), "model not found")

    def test_probe_140(self) -> None:
        self.client.chat("m1")
        self.assertEqual(self.client.post("/api/models/unload").json(), {"msg": "ok"})
        self.assertEqual(self.client.get("/unload").body, b"OK")
        self.assertEqual(self.client.running(), {})
