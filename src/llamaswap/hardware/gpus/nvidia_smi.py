"""NVIDIA's tool `nvidia-smi`, for where the library cannot be opened but the tool works (a container, WSL).

It is asked once for every sample rather than left to print in a loop: samples are five seconds apart at least, a
program that runs for a second at most cannot outlive a crash of ours, and all cards of a moment come together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from llamaswap.hardware.gpus.figures import known, number, percent, rows, whole
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.samples import GpuSample
from llamaswap.hardware.tools import Run, ToolFailed

SECONDS = 5.0
"""For one call: without persistence mode a driver wakes its cards up first."""
_FORMAT = "--format=csv,noheader,nounits"
CARDS = (
    "nvidia-smi",
    "--query-gpu=index,name,uuid,temperature.gpu,utilization.gpu,memory.used,memory.total,fan.speed,power.draw",
    _FORMAT,
)
PROCESSES = ("nvidia-smi", "--query-compute-apps=gpu_uuid,pid,used_gpu_memory", _FORMAT)
_FIELDS = 9


class NvidiaSmiSource:
    """Satisfies `GpuSource`. Processes are asked for only while somebody's are wanted."""

    name = "nvidia-smi"

    def __init__(self, run: Run) -> None:
        self._run = run

    def open(self) -> None:
        self.read(0.0, ())

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        try:
            samples = cards(self._run(CARDS, SECONDS), when)
        except ToolFailed as error:
            raise SourceFailed(str(error)) from error
        if not samples:
            raise SourceFailed("nvidia-smi lists no GPU")
        return self._with_processes(samples) if pids else samples

    def close(self) -> None:
        """There is nothing to give back."""

    def _with_processes(self, samples: list[GpuSample]) -> list[GpuSample]:
        try:
            held = processes(self._run(PROCESSES, SECONDS))
        except ToolFailed:
            return samples
        return [sample._replace(processes=held.get(sample.uuid, {})) for sample in samples]


def cards(text: str, when: float) -> list[GpuSample]:
    """What `CARDS` printed. A line with fewer fields is none; what cannot be read is 0."""
    return [_card(cells, when) for cells in rows(text) if len(cells) >= _FIELDS and cells[0].isdecimal()]


def _card(cells: list[str], when: float) -> GpuSample:
    used, total = whole(cells[5]), whole(cells[6])
    return GpuSample(
        when=when,
        id=whole(cells[0]),
        name=cells[1],
        uuid=known(cells[2]) or "",
        temp_c=whole(cells[3]),
        vram_temp_c=0,
        gpu_util_pct=number(cells[4]),
        mem_util_pct=percent(used, total),
        fan_speed_pct=number(cells[7]),
        mem_used_mb=used,
        mem_total_mb=total,
        power_draw_w=number(cells[8]),
    )


def processes(text: str) -> Mapping[str, Mapping[int, int]]:
    """What `PROCESSES` printed: MiB by process, by the card's UUID. A process may be in several lines (MIG)."""
    found: dict[str, dict[int, int]] = {}
    for cells in rows(text):
        if len(cells) >= 3 and cells[1].isdecimal() and whole(cells[2]) > 0:
            held = found.setdefault(cells[0], {})
            held[whole(cells[1])] = held.get(whole(cells[1]), 0) + whole(cells[2])
    return found
