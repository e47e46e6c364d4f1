"""How busy the machine was at one moment (http-api section 18.1). Data; sizes in MiB, shares in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from llamaswap.ids import ModelId


class Interface(NamedTuple):
    """A network interface; its counters only ever grow."""

    name: str
    bytes_recv: int
    bytes_sent: int


class Disk(NamedTuple):
    """A mounted file system, and what its device has transferred."""

    mount: str
    total_mb: int
    used_mb: int
    read_bytes: int
    written_bytes: int


class SystemSample(NamedTuple):
    """The machine without its GPUs."""

    when: float
    """Seconds since the epoch."""
    cpu_util_per_core: tuple[float, ...]
    """Since the sample before."""
    mem_total_mb: int
    mem_used_mb: int
    mem_free_mb: int
    swap_total_mb: int
    swap_used_mb: int
    load_avg: tuple[float, float, float]
    """Over 1, 5 and 15 minutes."""
    net_io: tuple[Interface, ...]
    disks: tuple[Disk, ...] = ()


class GpuSample(NamedTuple):
    """One GPU; 0 where a figure is not known."""

    when: float
    id: int
    name: str
    uuid: str
    temp_c: int
    vram_temp_c: int
    gpu_util_pct: float
    mem_util_pct: float
    fan_speed_pct: float
    mem_used_mb: int
    mem_total_mb: int
    power_draw_w: float
    processes: Mapping[int, int] = {}
    """MiB held by each process, as far as the source tells."""


class Held(NamedTuple):
    """The memory that a model holds, in MiB."""

    gpus: Mapping[int, int]
    """By the numbers of the GPUs; empty where nothing is known."""
    ram: int = 0
    """Of all its processes together; 0 where it is not known."""


class GpuLook(NamedTuple):
    """All GPUs at one moment."""

    gpus: Sequence[GpuSample]
    models: Mapping[ModelId, Held]
    """What each of the models that run holds."""
