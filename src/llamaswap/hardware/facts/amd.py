"""AMD's cards, for the hardware snapshot: from `rocm-smi`, and from what its compute driver (KFD) tells below /sys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from llamaswap.hardware.drm import AMD, address_of
from llamaswap.hardware.facts.accelerators import Found
from llamaswap.hardware.files import listed, text
from llamaswap.hardware.gpus.figures import number
from llamaswap.hardware.gpus.rocm_smi import GFX, SERIES, TOTAL, first, table
from llamaswap.hardware.tools import Run, ToolFailed

SECONDS = 3.5
"""For one call (`nvidia.SECONDS`)."""
QUERY = tuple("rocm-smi --showproductname --showbus --showmeminfo vram --showmaxpower --csv".split())
_VENDOR = "AMD"
_ADDRESS = ("PCI Bus",)
_POWER = ("Max Graphics Package Power (W)",)
_IN_FRAME_BUFFER = (1, 2)
"""Kinds of a bank of memory that is the card's own: visible, and not."""


def by_rocm_smi(run: Run) -> Sequence[Found]:
    """What the tool lists; nothing where it cannot be run."""
    with suppress(ToolFailed):
        return rocm_listed(run(QUERY, SECONDS))
    return ()


def rocm_listed(said: str) -> list[Found]:
    """What `QUERY` printed."""
    found = []
    for _, row in table(said):
        capacity = int(number(first(row, TOTAL))) or None
        found.append(
            Found(
                address=address_of(first(row, _ADDRESS)),
                vendor=_VENDOR,
                model=first(row, SERIES),
                architecture=first(row, GFX),
                memory_kind="dedicated" if capacity else "unknown",
                capacity=capacity,
                power_limit=number(first(row, _POWER)) or None,
            )
        )
    return found


def by_kfd(root: Path) -> Iterator[Found]:
    """The nodes of the compute topology that are cards."""
    for node in listed(root / "sys/class/kfd/kfd/topology/nodes", "[0-9]*"):
        facts = properties(text(node / "properties"))
        if facts.get("simd_count") and facts.get("vendor_id", AMD) == AMD:
            capacity = sum(_banks(node))
            yield Found(
                address=_address(facts),
                vendor=_VENDOR,
                architecture=gfx(facts.get("gfx_target_version", 0)),
                memory_kind="dedicated" if capacity else "unknown",
                capacity=capacity or None,
                driver="amdgpu",
            )


def _banks(node: Path) -> Iterator[int]:
    for bank in listed(node, "mem_banks/*/properties"):
        facts = properties(text(bank))
        if facts.get("heap_type") in _IN_FRAME_BUFFER:
            yield facts.get("size_in_bytes", 0)


def properties(told: str) -> Mapping[str, int]:
    """Lines of a name and a number."""
    words = (line.split() for line in told.splitlines())
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal() and pair[1].isascii()}


def gfx(version: int) -> str | None:
    """The target's name: 90010 is gfx90a."""
    major, minor, step = version // 10000, version // 100 % 100, version % 100
    return f"gfx{major}{minor:x}{step:x}" if version else None


def _address(facts: Mapping[str, int]) -> str | None:
    place = facts.get("location_id")
    if not place:
        return None
    domain, bus = facts.get("domain", 0), place >> 8 & 0xFF
    return f"{domain:04x}:{bus:02x}:{place >> 3 & 0x1F:02x}.{place & 7:x}"
