"""How busy the machine is, as series (http-api section 18.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from llamaswap.hardware.samples import Disk, GpuSample, Interface, SystemSample
from llamaswap.ids import ModelId
from llamaswap.series import Family
from llamaswap.units import MIB


class _Gauge(NamedTuple):
    """A figure of a GPU: name, description, field of the sample, and what to multiply it with."""

    name: str
    help: str
    field: str
    factor: int = 1


_GPU = (
    _Gauge("llamaswap_gpu_temperature_celsius", "Temperature of the GPU.", "temp_c"),
    _Gauge("llamaswap_gpu_vram_temperature_celsius", "Temperature of the GPU's memory.", "vram_temp_c"),
    _Gauge("llamaswap_gpu_util_percent", "How busy the GPU is.", "gpu_util_pct"),
    _Gauge("llamaswap_gpu_memory_util_percent", "Share of the GPU's memory in use.", "mem_util_pct"),
    _Gauge("llamaswap_gpu_fan_speed_percent", "Speed of the GPU's fan.", "fan_speed_pct"),
    _Gauge("llamaswap_gpu_memory_used_bytes", "Memory of the GPU in use.", "mem_used_mb", MIB),
    _Gauge("llamaswap_gpu_memory_total_bytes", "Memory of the GPU.", "mem_total_mb", MIB),
    _Gauge("llamaswap_gpu_power_draw_watts", "Power that the GPU draws.", "power_draw_w"),
)


def machine_families(system: SystemSample, gpus: Iterable[GpuSample], held: Mapping[ModelId, int]) -> list[Family]:
    """The latest samples. `held`: MiB of GPU memory by model, as far as that is known."""
    models = [((model,), float(size * MIB)) for model, size in sorted(held.items())]
    what = "Memory of GPUs that a model's processes hold."
    return [
        *_system(system),
        *_gpus(sorted(gpus, key=lambda gpu: gpu.id)),
        Family("llamaswap_model_gpu_memory_bytes", "gauge", what, ("model",), models),
    ]


def _system(sample: SystemSample) -> list[Family]:
    cores = [((str(core),), share) for core, share in enumerate(sample.cpu_util_per_core)]
    loads = [((interval,), load) for interval, load in zip(("1m", "5m", "15m"), sample.load_avg, strict=True)]
    families = [
        Family("llamaswap_cpu_util_percent", "gauge", "How busy each core is.", ("core",), cores),
        _size("llamaswap_memory_total_bytes", "Memory of the machine.", sample.mem_total_mb),
        _size("llamaswap_memory_used_bytes", "Memory in use.", sample.mem_used_mb),
        _size("llamaswap_memory_free_bytes", "Memory that nothing uses.", sample.mem_free_mb),
        _size("llamaswap_swap_total_bytes", "Swap space of the machine.", sample.swap_total_mb),
        _size("llamaswap_swap_used_bytes", "Swap space in use.", sample.swap_used_mb),
        Family("llamaswap_load_average", "gauge", "Load average of the machine.", ("interval",), loads),
    ]
    traffic = [each for interface in sample.net_io for each in _traffic(interface)]
    labels = ("interface", "direction")
    return [
        *families,
        Family("llamaswap_network_bytes_total", "counter", "Bytes that network interfaces moved.", labels, traffic),
        *_disks(sample.disks),
    ]


def _traffic(interface: Interface) -> list[tuple[tuple[str, ...], float]]:
    moved = (("recv", interface.bytes_recv), ("sent", interface.bytes_sent))
    return [((interface.name, direction), float(count)) for direction, count in moved]


def _disks(disks: tuple[Disk, ...]) -> list[Family]:
    mount, direction = ("mount",), ("mount", "direction")
    total = [((disk.mount,), float(disk.total_mb * MIB)) for disk in disks]
    used = [((disk.mount,), float(disk.used_mb * MIB)) for disk in disks]
    moved = [
        ((disk.mount, way), float(count))
        for disk in disks
        for way, count in (("read", disk.read_bytes), ("written", disk.written_bytes))
    ]
    return [
        Family("llamaswap_disk_total_bytes", "gauge", "Size of a file system.", mount, total),
        Family("llamaswap_disk_used_bytes", "gauge", "Space in use of a file system.", mount, used),
        Family("llamaswap_disk_transferred_bytes_total", "counter", "Bytes that its device moved.", direction, moved),
    ]


def _size(name: str, help: str, mebibytes: int) -> Family:
    return Family(name, "gauge", help, (), [((), float(mebibytes * MIB))])


def _gpus(gpus: list[GpuSample]) -> list[Family]:
    """A GPU without a UUID has an empty label, which counts for none."""
    named = [((str(gpu.id), gpu.name, gpu.uuid), gpu) for gpu in gpus]
    labels = ("id", "name", "uuid")
    return [
        Family(
            gauge.name,
            "gauge",
            gauge.help,
            labels,
            [(names, float(getattr(gpu, gauge.field) * gauge.factor)) for names, gpu in named],
        )
        for gauge in _GPU
    ]
