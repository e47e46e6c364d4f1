"""The gauges of this machine, with a driver's library that says what the test wants."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from llamaswap.backends.gauges import Gauges
from llamaswap.backends.memory import Gauges as Wanted
from llamaswap.backends.memory import measure
from llamaswap.units import MIB


class Nvml:
    """A driver with two devices; the second one is of a kind that tells nothing of processes."""

    class NVMLError(Exception):
        pass

    def __init__(self) -> None:
        self.opened = 0
        self.broken = False
        self.lists: dict[str, list[tuple[int, int | None]]] = {"compute": [], "graphics": []}

    def nvmlInit(self) -> None:
        self.opened += 1
        if self.broken:
            raise self.NVMLError("library not found")

    def nvmlDeviceGetCount(self) -> int:
        return 3

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
        return number

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        if handle == 2:
            raise self.NVMLError("GPU is lost")
        return SimpleNamespace(used=(handle + 1) * 1000)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:
        return self._list("compute", handle)

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: int) -> list[Any]:
        return self._list("graphics", handle)

    def _list(self, kind: str, handle: int) -> list[Any]:
        if handle == 1:
            raise self.NVMLError("not supported")
        return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in self.lists[kind]]


def gauges(nvml: Nvml) -> Gauges:
    return Gauges(lambda name: nvml, lambda: True)


def test_devices() -> None:
    """Each process once; where the driver says nothing, or a device is lost, the rest is told."""
    nvml = Nvml()
    nvml.lists = {"compute": [(1, 300), (2, None)], "graphics": [(1, 310), (3, 5)]}
    there: Wanted = gauges(nvml)
    for _ in range(2):
        first, second = there.look().devices
        assert (first.name, first.used, dict(first.processes)) == ("GPU 0", 1000, {1: 310, 2: None, 3: 5})
        assert (second.name, second.used, dict(second.processes)) == ("GPU 1", 2000, {})
    assert nvml.opened == 1
    assert there.look().system_free > 0


def test_no_driver() -> None:
    """It is looked for once; without a trace of one, not even the binding is loaded."""
    nvml = Nvml()
    nvml.broken = True
    there = gauges(nvml)
    assert [there.look().devices for _ in range(2)] == [[], []]
    assert nvml.opened == 1

    def load(name: str) -> Any:
        raise AssertionError(f"{name} was loaded")

    assert Gauges(load, lambda: False).look().devices == []


def test_no_binding() -> None:
    """An installation without it has no devices."""

    def load(name: str) -> Any:
        raise ImportError(name)

    assert Gauges(load, lambda: True).look().devices == []


def test_the_real_library() -> None:
    """Whatever this machine has: the installed binding is one that is understood."""
    there = Gauges(has_driver=lambda: True)
    there.open()
    assert all(device.used >= 0 for device in there.look().devices)


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX")
def test_members_and_their_memory() -> None:
    """A leader, and whoever is in its session; a descendant's memory counts as well."""
    hold = "import sys; held = bytearray(64 << 20); print(flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    words = [sys.executable, "-c", parent]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdin is not None and leader.stdout is not None
        leader.stdout.readline()
        there = Gauges(has_driver=lambda: False)
        assert there.members(leader.pid, [leader.pid, os.getpid(), 2**22 + 1]) == {leader.pid}
        assert there.private(leader.pid) > 64 * MIB
        held = measure(there, leader.pid)
        assert held.system > 64 * MIB and held.system_free > 0
        leader.stdin.close()
    assert there.private(leader.pid) == 0
    assert there.members(leader.pid, [os.getpid()]) == set()
