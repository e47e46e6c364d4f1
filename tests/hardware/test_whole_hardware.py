"""The whole server beside tools that tell, and tools that hang. Real processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.gauges import may_have_driver
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.test_whole import CHAT, command, configuration
from tests.web.test_performance import SYSTEM_FIELDS

CARD = "0, NVIDIA GeForce RTX 3090, GPU-0b8f2a6e, 41, 97, 12288, 24576, 38, 287.44\n"
FOR_THE_SNAPSHOT = "00000000:01:00.0, NVIDIA GeForce RTX 3090, 24576, 560.35.03, 350.00, 8.6\n"
TOOL = """#!/bin/sh
case "$1" in
    *compute-apps*) cat {folder}/processes ;;
    *pci.bus_id*) cat {folder}/snapshot ;;
    *) cat {folder}/cards ;;
esac
"""
HANGS = """#!/bin/sh
echo $$ >> {folder}/hanging
exec sleep 1000
"""


@pytest.mark.skipif(
    may_have_driver() or os.path.exists("/run/lactd.sock"), reason="another source comes before the tool that is faked"
)
class WholeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)

    def server(self, nvidia_smi: str) -> LiveServer:
        """With one model, and this tool."""
        tool = self.folder / "bin" / "nvidia-smi"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(nvidia_smi.format(folder=self.folder))
        tool.chmod(0o755)
        path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
        return LiveServer.of(configuration(a=command("a")), self.folder, PATH=path)

    def test_probes_134_135_and_137_from_the_start(self) -> None:
        """The hardware is told at once, samples come after an interval, and models have their share."""
        (self.folder / "cards").write_text(CARD)
        (self.folder / "snapshot").write_text(FOR_THE_SNAPSHOT)
        with self.server(TOOL) as server:
            hardware = server.ask("GET", "/api/hardware").json()
            self.assertEqual((hardware["schema_version"], hardware["capture"]["scope"]), (1, "inference_host"))
            self.assertGreater(hardware["memory"]["capacity_bytes"], 0)
            version = server.ask("GET", "/api/version").json()
            self.assertEqual(hardware["capture"]["detector"]["version"], version["version"])
            pid = server.ask("POST", CHAT, {"model": "a"}).json()["pid"]
            (self.folder / "processes").write_text(f"GPU-0b8f2a6e, {pid}, 12000\nGPU-0b8f2a6e, 1, 88\n")
            for _ in eventually():
                found = server.ask("GET", "/api/performance").json()
                if found["models"]:
                    break
            self.assertLessEqual(SYSTEM_FIELDS, set(found["sys_stats"][-1]))
            self.assertEqual(found["models"], {"a": {"gpu_mem_mb": 12000}})
            self.assertEqual({card["mem_used_mb"] for card in found["gpu_stats"]}, {12288})
            stamp = found["sys_stats"][-1]["timestamp"]
            later = server.ask("GET", f"/api/performance?after={stamp}").json()
            self.assertNotIn(stamp, [sample["timestamp"] for sample in later["sys_stats"]])
            self.assertEqual(server.ask("GET", "/api/performance?after=x").status, 400)

    def test_w26_a_tool_that_hangs(self) -> None:
        """Delays neither the start nor the end, and does not outlive the server."""
        with self.server(HANGS) as server:
            self.assertEqual(server.ask("POST", "/api/models/load/a").status, 200)
            pids = self.hanging()
            self.assertTrue(any(psutil.pid_exists(pid) for pid in pids))
            took = self.stop(server)
        with self.server("#!/bin/sh\nexit 1\n") as server:
            self.assertEqual(server.ask("POST", "/api/models/load/a").status, 200)
            self.assertLess(took, self.stop(server) + 3.0)  # the tool alone would be given longer
        for _ in eventually():
            if not any(psutil.pid_exists(pid) for pid in pids):
                break

    def stop(self, server: LiveServer) -> float:
        """How long it takes, in seconds: this machine may be slow."""
        began = time.monotonic()
        server.stop()
        return time.monotonic() - began

    def hanging(self) -> list[int]:
        """Who hangs, once there is somebody."""
        file: Path = self.folder / "hanging"
        for _ in eventually():
            if file.exists() and file.read_text().endswith("\n"):
                break
        return list(map(int, file.read_text().split()))
