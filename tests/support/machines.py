"""Parts of machines: tools that print what a test says, and directories that look like `/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from llamaswap.hardware.samples import GpuSample, SystemSample
from llamaswap.hardware.tools import ToolFailed


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """`root`, with these files in it; one whose text begins with `->` is a link."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            path.symlink_to(text[2:])
        else:
            path.write_text(text, encoding="utf-8")
    return root


class FakeTools:
    """Tools by their names, with what they print; what is not there fails. Stands in for `tools.Tools`."""

    def __init__(self, **prints: str | Callable[[Sequence[str]], str]) -> None:
        self.prints: dict[str, str | Callable[[Sequence[str]], str]] = {
            name.replace("_", "-"): text for name, text in prints.items()
        }
        self.asked: list[Sequence[str]] = []

    def __call__(self, argv: Sequence[str], seconds: float) -> str:
        assert 0 < seconds <= 5
        self.asked.append(argv)
        printed = self.prints.get(argv[0])
        if printed is None:
            raise ToolFailed(f"{argv[0]} is not on PATH")
        return printed if isinstance(printed, str) else printed(argv)


def gpu(id: int = 0, when: float = 0.0, **others: Any) -> GpuSample:
    """A card with these figures, and 0 for the rest."""
    names = ("temp_c", "vram_temp_c", "gpu_util_pct", "mem_util_pct", "fan_speed_pct", "mem_used_mb", "mem_total_mb")
    figures = {"name": f"card {id}", "uuid": "", **dict.fromkeys((*names, "power_draw_w"), 0), **others}
    return GpuSample(when=when, id=id, **figures)


def system(when: float = 0.0, **others: Any) -> SystemSample:
    """A machine with two cores."""
    sizes = {"mem_total_mb": 1000, "mem_used_mb": 400, "mem_free_mb": 100, "swap_total_mb": 10, "swap_used_mb": 1}
    known = {"cpu_util_per_core": (1.0, 2.0), **sizes, "load_avg": (0.1, 0.2, 0.3), "net_io": (), **others}
    return SystemSample(when=when, **known)
