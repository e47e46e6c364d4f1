"""AMD's tool `rocm-smi`. Its table names its columns, and names them otherwise from release to release."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from llamaswap.hardware.gpus.figures import known, number, percent, rows, whole
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.samples import GpuSample
from llamaswap.hardware.tools import Run, ToolFailed
from llamaswap.units import MIB

SECONDS = 5.0
CARDS = tuple(
    "rocm-smi --showid --showproductname --showtemp --showuse --showmeminfo vram --showfan --showpower --csv".split()
)
_EDGE = ("Temperature (Sensor edge) (C)", "Temperature (Sensor junction) (C)")
_MEMORY = ("Temperature (Sensor memory) (C)",)
_POWER = ("Current Socket Graphics Package Power (W)", "Average Graphics Package Power (W)")
_FAN = ("Fan speed (%)", "Fan Speed (%)")
_USE = ("GPU use (%)",)
TOTAL = ("VRAM Total Memory (B)",)
_USED = ("VRAM Total Used Memory (B)",)
SERIES = ("Card Series", "Card series", "Device Name")
GFX = ("GFX Version",)
_UNIQUE = ("GUID",)

Row = Mapping[str, str]


class RocmSmiSource:
    """Satisfies `GpuSource`. It does not tell of processes."""

    name = "rocm-smi"

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
            raise SourceFailed("rocm-smi lists no GPU")
        return samples

    def close(self) -> None:
        """There is nothing to give back."""


def table(text: str) -> Iterator[tuple[int, Row]]:
    """Number and row of every card: `cardN`. A row that does not fit the head is none; warnings may precede it."""
    head: list[str] = []
    for cells in rows(text):
        if cells[0] == "device":
            head = cells
        elif head and len(cells) == len(head) and cells[0].startswith("card") and cells[0][4:].isdecimal():
            yield int(cells[0][4:]), dict(zip(head, cells, strict=True))


def cards(text: str, when: float) -> list[GpuSample]:
    """What `CARDS` printed."""
    return sorted((_card(id, row, when) for id, row in table(text)), key=lambda sample: sample.id)


def _card(id: int, row: Row, when: float) -> GpuSample:
    used, total = number(first(row, _USED)), number(first(row, TOTAL))
    return GpuSample(
        when=when,
        id=id,
        name=name_of(row),
        uuid=first(row, _UNIQUE) or "",
        temp_c=whole(first(row, _EDGE)),
        vram_temp_c=whole(first(row, _MEMORY)),
        gpu_util_pct=number(first(row, _USE)),
        mem_util_pct=percent(used, total),
        fan_speed_pct=number(first(row, _FAN)),
        mem_used_mb=int(used) // MIB,
        mem_total_mb=int(total) // MIB,
        power_draw_w=number(first(row, _POWER)),
    )


def name_of(row: Row) -> str:
    """Series, device and architecture, as far as they are told."""
    series, gfx = first(row, SERIES), first(row, GFX)
    return " ".join(part for part in (series, row["device"], f"({gfx})" if series and gfx else None) if part)


def first(row: Row, names: Sequence[str]) -> str | None:
    """The first of the columns `names` that says something."""
    return next((value for name in names if (value := known(row.get(name)))), None)
