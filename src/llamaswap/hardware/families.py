"""How busy the machine is, as series (http-api section 18.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llamaswap.hardware.samples import GpuSample, Interface, SystemSample
from llamaswap.series import Family

MIB = 1048576


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


def host_families(system: SystemSample | None, gpus: Iterable[GpuSample]) -> list[Family]:
    """The latest sample, and of each GPU its latest; what was not sampled is left out."""
    latest: dict[int, GpuSample] = {}
    for gpu in gpus:
        if gpu.id not in latest or gpu.when >= latest[gpu.id].when:
            latest[gpu.id] = gpu
    return [*(_system(system) if system is not None else ()), *_gpus([gpu for _, gpu in sorted(latest.items())])]


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
    ]


def _traffic(interface: Interface) -> list[tuple[tuple[str, ...], float]]:
    moved = (("recv", interface.bytes_recv), ("sent", interface.bytes_sent))
    return [((interface.name, direction), float(count)) for direction, count in moved]


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
