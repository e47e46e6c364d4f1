"""Intel's cards as their kernel drivers (i915, xe) tell of them below /sys.

They tell how long a card has slept and what energy it has taken; shares and watts follow from two looks. How much of
their memory is taken few versions tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from llamaswap.hardware.drm import INTEL, Card, cards, celsius, sensor
from llamaswap.hardware.files import integer, listed
from llamaswap.hardware.gpus.fdinfo import held_by
from llamaswap.hardware.gpus.figures import percent
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.pci_names import pci_name
from llamaswap.hardware.samples import GpuSample
from llamaswap.units import MIB

_DRIVERS = ("i915", "xe")
_SLEPT = ("gt/gt*/rc6_residency_ms", "device/tile*/gt*/gtidle/idle_residency_ms")


class Counters(NamedTuple):
    """What has only ever grown, at one moment."""

    when: float
    slept: tuple[int, ...]
    """Milliseconds that each part of the card has slept."""
    energy: int
    """Microjoules."""


class IntelSysfsSource:
    """Satisfies `GpuSource`. `root` is the directory in which `sys`, `proc` and `usr` are."""

    name = "Intel sysfs"

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._cards: list[tuple[Card, str]] = []
        self._before: dict[int, Counters] = {}

    def open(self) -> None:
        found = [card for card in cards(self._root / "sys") if card.vendor == INTEL and card.driver in _DRIVERS]
        if not found:
            raise SourceFailed("there is no card of Intel")
        self._cards = [(card, self._name(card)) for card in found]

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        held = held_by(self._root / "proc", pids)
        samples = [
            self._look(number, card, name, when, held.get(card.address or "", {}))
            for number, (card, name) in enumerate(self._cards)
            if card.path.exists()
        ]
        if not samples:
            raise SourceFailed("the cards of Intel are gone")
        return samples

    def close(self) -> None:
        self._cards, self._before = [], {}

    def _name(self, card: Card) -> str:
        return pci_name(self._root, card.vendor, card.product) or f"Intel GPU {card.product or 0:04x}"

    def _look(self, number: int, card: Card, name: str, when: float, processes: Mapping[int, int]) -> GpuSample:
        now = _counters(card, when)
        before, self._before[number] = self._before.get(number, now), now
        total = integer(card.path / "lmem_total_bytes") or 0
        free = integer(card.path / "lmem_avail_bytes")
        used = max(0, total - free) if free is not None else 0
        return GpuSample(
            when=when,
            id=number,
            name=name,
            uuid="",
            temp_c=celsius(card, "pkg") or (sensor(card, "temp1_input") or 0) // 1000,
            vram_temp_c=celsius(card, "vram"),
            gpu_util_pct=awake(before, now),
            mem_util_pct=percent(used, total),
            fan_speed_pct=0.0,
            mem_used_mb=used // MIB,
            mem_total_mb=total // MIB,
            power_draw_w=watts(before, now),
            processes=processes,
        )


def _counters(card: Card, when: float) -> Counters:
    slept = [integer(place) or 0 for pattern in _SLEPT for place in listed(card.path, pattern)]
    return Counters(when, tuple(slept), sensor(card, "energy1_input", "energy2_input") or 0)


def awake(before: Counters, now: Counters) -> float:
    """The share of the time that the busiest part of the card was awake, 0 to 100."""
    passed = 1000 * (now.when - before.when)
    if passed <= 0 or len(before.slept) != len(now.slept):
        return 0.0
    shares = [100 - percent(slept - old, passed) for old, slept in zip(before.slept, now.slept, strict=True)]
    return round(max(shares, default=0.0), 2)


def watts(before: Counters, now: Counters) -> float:
    """What it took on average; 0 when that is not known."""
    passed = now.when - before.when
    return round(max(0.0, (now.energy - before.energy) / 1e6 / passed), 2) if passed > 0 else 0.0
