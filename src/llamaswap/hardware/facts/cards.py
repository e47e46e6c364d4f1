"""Graphics cards that Linux lists, for the hardware snapshot: those that programs can compute with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from llamaswap.hardware import drm
from llamaswap.hardware.facts.accelerators import Found
from llamaswap.hardware.files import integer, text
from llamaswap.hardware.gpus.figures import known
from llamaswap.hardware.pci_names import pci_name

_VENDORS = {drm.AMD: "AMD", drm.INTEL: "Intel", drm.NVIDIA: "NVIDIA"}
_IN_THE_PROCESSOR = "0000:00:02.0"
"""Where Intel's processors have theirs."""


def by_drm(root: Path) -> Iterator[Found]:
    """The cards below `root`; of other makers than these three nothing is known but the driver."""
    for card in drm.cards(root / "sys"):
        if card.vendor is not None and card.renders:
            kind, capacity = memory(card)
            yield Found(
                address=card.address,
                vendor=_VENDORS.get(card.vendor),
                model=known(text(card.device / "product_name")) or pci_name(root, card.vendor, card.product),
                memory_kind=kind,
                capacity=capacity,
                driver=known(card.driver),
                driver_version=known(text(root / "sys/module" / card.driver / "version")) if card.driver else None,
                power_limit=(drm.sensor(card, "power1_cap", "power1_max") or 0) / 1e6 or None,
            )


def memory(card: drm.Card) -> tuple[str, int | None]:
    """Of which kind its memory is, and how much it has."""
    total = integer(card.device / "mem_info_vram_total") or integer(card.path / "lmem_total_bytes")
    if total:
        return "dedicated", total
    if card.vendor == drm.INTEL:
        return ("shared_system" if card.address == _IN_THE_PROCESSOR else "dedicated"), None
    return "unknown", None
