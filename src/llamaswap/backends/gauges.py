"""How much memory is in use, and by whom: NVML for GPUs, psutil for the rest. Everything here blocks.

The driver's library is opened when it is first asked, once; without one there are no devices.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from llamaswap.backends.settling import Device, Look

_PROC = Path("/proc")
_DRIVER = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg")
"""Where there is a driver on Linux one of these is there too; without it the binding is not worth its time."""


class Gauges:
    """The gauges of this machine. Satisfies `memory.Gauges`; to be used from any thread."""

    def __init__(
        self, load: Callable[[str], Any] = import_module, has_driver: Callable[[], bool] | None = None
    ) -> None:
        self._load = load
        self._has_driver = has_driver or may_have_driver
        self._opening = Lock()
        self._nvml: Any = None
        self._handles: list[Any] | None = None

    def open(self) -> None:
        """Do what takes time at the first look."""
        with self._opening:
            if self._handles is None:
                self._handles = self._find_devices()

    def look(self) -> Look:
        """The memory now."""
        import psutil  # late: it is not small, and this is no place where anybody waits

        self.open()
        handles = self._handles or []
        found = (self._device(number, handle) for number, handle in enumerate(handles))
        return Look([device for device in found if device], int(psutil.virtual_memory().available))

    def members(self, leader: int, among: Iterable[int]) -> set[int]:
        """Those of the processes `among` that are `leader`, or in its session."""
        return {pid for pid in among if pid == leader or _session(pid) == leader}

    def private(self, leader: int) -> int:
        """Bytes of system memory that `leader` and its descendants share with nobody."""
        return sum(_private(process) for process in family(leader))

    def _find_devices(self) -> list[Any]:
        if not self._has_driver():
            return []
        try:
            nvml = self._nvml = self._load("pynvml")
            nvml.nvmlInit()
            return [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
        except Exception:  # no driver, none that works, or a binding that does not fit it
            return []

    def _device(self, number: int, handle: Any) -> Device | None:
        memory = answer_of(self._nvml, None, self._nvml.nvmlDeviceGetMemoryInfo, handle)
        return memory and Device(f"GPU {number}", int(memory.used), dict(self._processes(handle)))

    def _processes(self, handle: Any) -> dict[int, int | None]:
        """What the driver says; nothing where it does not tell (a container, a virtual GPU)."""
        nvml = self._nvml
        found: dict[int, int | None] = {}
        for ask in (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses):
            for process in answer_of(nvml, (), ask, handle):  # one that computes and draws is in both lists
                found[process.pid] = max(found.get(process.pid) or 0, process.usedGpuMemory or 0) or None
        return found


def may_have_driver() -> bool:
    """Whether it is worth the time to look for NVIDIA's library."""
    return sys.platform != "linux" or any(os.path.exists(path) for path in _DRIVER)


def answer_of(nvml: Any, otherwise: Any, call: Callable[..., Any], *arguments: Any) -> Any:
    """What NVIDIA's library answers to `call`; `otherwise` where this card or driver cannot say."""
    try:
        return call(*arguments)
    except nvml.NVMLError:
        return otherwise


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _private(pid: int) -> int:
    import psutil

    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return max(0, int(memory.rss) - int(getattr(memory, "shared", 0)))


def family(leader: int, proc: Path = _PROC) -> Iterator[int]:
    """`leader` and its descendants. Where Linux tells, only these are looked at, and not the whole process table."""
    tasks = proc / str(leader) / "task"
    if (tasks / str(leader) / "children").exists():
        yield leader
        for child in _children(tasks):
            yield from family(child, proc)
        return
    yield leader
    import psutil

    with suppress(psutil.Error):
        for process in psutil.Process(leader).children(recursive=True):
            yield process.pid


def _children(tasks: Path) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in tasks.iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found
