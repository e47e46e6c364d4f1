"""AMD's cards as their kernel driver tells of them below /sys: cheap, and there without any tool."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from llamaswap.hardware.drm import AMD, Card, cards, celsius, sensor
from llamaswap.hardware.files import integer, text
from llamaswap.hardware.gpus.fdinfo import held_by
from llamaswap.hardware.gpus.figures import percent
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.pci_names import pci_name
from llamaswap.hardware.samples import GpuSample
from llamaswap.units import MIB


class AmdSysfsSource:
    """Satisfies `GpuSource`. `root` is the directory in which `sys`, `proc` and `usr` are."""

    name = "AMD sysfs"

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._cards: list[tuple[Card, str]] = []

    def open(self) -> None:
        found = [card for card in cards(self._root / "sys") if card.vendor == AMD and _capacity(card)]
        if not found:
            raise SourceFailed("no card of AMD tells of its memory")
        self._cards = [(card, self._name(card)) for card in found]

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        held = held_by(self._root / "proc", pids)
        samples = [
            _sample(number, card, name, when, held.get(card.address or "", {}))
            for number, (card, name) in enumerate(self._cards)
            if _capacity(card)
        ]
        if not samples:
            raise SourceFailed("the cards of AMD tell nothing any more")
        return samples

    def close(self) -> None:
        self._cards = []

    def _name(self, card: Card) -> str:
        told = text(card.device / "product_name") or pci_name(self._root, card.vendor, card.product)
        return told or f"AMD GPU {card.product or 0:04x}"


def _capacity(card: Card) -> int:
    return integer(card.device / "mem_info_vram_total") or 0


def _sample(number: int, card: Card, name: str, when: float, processes: Mapping[int, int]) -> GpuSample:
    used, total = integer(card.device / "mem_info_vram_used") or 0, _capacity(card)
    return GpuSample(
        when=when,
        id=number,
        name=name,
        uuid=text(card.device / "unique_id"),
        temp_c=celsius(card, "edge", "junction"),
        vram_temp_c=celsius(card, "mem"),
        gpu_util_pct=percent(integer(card.device / "gpu_busy_percent") or 0, 100),
        mem_util_pct=percent(used, total),
        fan_speed_pct=percent(sensor(card, "pwm1") or 0, sensor(card, "pwm1_max") or 255),
        mem_used_mb=used // MIB,
        mem_total_mb=total // MIB,
        power_draw_w=(sensor(card, "power1_average", "power1_input") or 0) / 1e6,
        processes=processes,
    )
