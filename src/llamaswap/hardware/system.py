"""How busy the machine is, without its GPUs, as psutil tells (http-api section 18.1). Everything here blocks.

psutil is imported by the first look, in its thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from llamaswap.hardware.samples import Disk, Interface, SystemSample
from llamaswap.units import MIB

_LOOPBACK = "lo"
_NO_DISKS = ("squashfs", "iso9660", "udf")
"""File systems of images: they are always full."""
_IDLE = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")
"""They are part of `user` and `nice` as well."""


class SystemLooks:
    """Looks at the machine, again and again. To be used by one thread at a time."""

    def __init__(self) -> None:
        self._times: Sequence[Any] = ()

    def open(self) -> None:
        """Begin to measure: the shares of the first sample are counted from here."""
        import psutil

        self._times = psutil.cpu_times(percpu=True)

    def look(self, when: float) -> SystemSample:
        """The machine at `when`."""
        import psutil

        before, self._times = self._times, psutil.cpu_times(percpu=True)
        memory, swap = psutil.virtual_memory(), _swap(psutil)
        return SystemSample(
            when,
            tuple(busy(before, self._times)),
            memory.total // MIB,
            max(0, memory.total - memory.available) // MIB,
            memory.free // MIB,
            swap[0] // MIB,
            swap[1] // MIB,
            _load(),
            tuple(_interfaces(psutil)),
            tuple(_disks(psutil)),
        )


def busy(before: Sequence[Any], after: Sequence[Any]) -> Iterator[float]:
    """The share of each core's time that was not idle, 0 to 100; 0 for one that was not there before."""
    for number, now in enumerate(after):
        old = before[number] if number < len(before) else now
        spent = {field: max(0.0, getattr(now, field) - getattr(old, field)) for field in now._fields}
        total = sum(seconds for field, seconds in spent.items() if field not in _COUNTED_TWICE)
        idle = sum(spent.get(field, 0.0) for field in _IDLE)
        yield round(100 * (1 - idle / total), 2) if total > 0 else 0.0


def real_disks(partitions: Iterable[Any]) -> dict[str, str]:
    """Device by mount point of the file systems that are on a disk: each device once, at its shortest mount point."""
    found: dict[str, str] = {}
    for partition in sorted(partitions, key=lambda each: (len(each.mountpoint), each.mountpoint)):
        if partition.fstype not in _NO_DISKS and partition.device not in found.values():
            found[partition.mountpoint] = partition.device
    return found


def _swap(psutil: Any) -> tuple[int, int]:
    """Total and used; (0, 0) where the system does not tell."""
    with suppress(Exception):  # psutil raises whatever it stumbles over where /proc is incomplete
        swap = psutil.swap_memory()
        return int(swap.total), int(swap.used)
    return 0, 0


def _load() -> tuple[float, float, float]:
    try:
        return os.getloadavg()
    except (OSError, AttributeError):
        return 0.0, 0.0, 0.0


def _interfaces(psutil: Any) -> Iterator[Interface]:
    with suppress(OSError, RuntimeError):
        for name, counted in (psutil.net_io_counters(pernic=True) or {}).items():
            if name != _LOOPBACK:
                yield Interface(name, counted.bytes_recv, counted.bytes_sent)


def _disks(psutil: Any) -> Iterator[Disk]:
    counters: Mapping[str, Any] = {}
    with suppress(Exception):  # as above
        counters = psutil.disk_io_counters(perdisk=True) or {}
    with suppress(OSError):
        mounted = real_disks(part for part in psutil.disk_partitions() if os.path.isdir(part.mountpoint))
        for mount, device in {"/": "", **mounted}.items():
            with suppress(OSError):
                usage = psutil.disk_usage(mount)
                counted = counters.get(os.path.basename(os.path.realpath(device)))
                read, written = (counted.read_bytes, counted.write_bytes) if counted else (0, 0)
                yield Disk(mount, usage.total // MIB, usage.used // MIB, read, written)
