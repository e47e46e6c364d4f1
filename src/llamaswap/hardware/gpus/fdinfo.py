"""How much memory of graphics cards a process holds, as Linux tells of each file it has open (`drm-usage-stats`).

The drivers amdgpu, i915 and xe tell. A client of a card counts once, however many descriptors it has.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from pathlib import Path

from llamaswap.hardware.files import text
from llamaswap.units import MIB

_MOST = 4096
"""Descriptors of one process that are looked at."""
_PREFIXES = ("drm-resident-", "drm-memory-", "drm-total-")
"""The better one first: what is in memory, not what was asked for."""
_OF_THE_CARD = ("vram", "local")
_OF_THE_SYSTEM = ("gtt", "system", "stolen")
_UNITS = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


def held_by(proc: Path, pids: Collection[int]) -> Mapping[str, Mapping[int, int]]:
    """MiB by process, by the PCI address of the card. Blocks."""
    found: dict[str, dict[int, int]] = {}
    for pid in pids:
        for address, held in clients(_open_cards(proc / str(pid))).items():
            if held >= MIB:
                found.setdefault(address, {})[pid] = held // MIB
    return found


def _open_cards(process: Path) -> list[str]:
    """What is told of every descriptor of a graphics card."""
    told = []
    try:
        with os.scandir(process / "fd") as entries:
            for entry in islice(entries, _MOST):
                if _is_card(entry.path):
                    told.append(text(process / "fdinfo" / entry.name))
    except OSError:  # it has ended, or is not ours
        pass
    return told


def _is_card(link: str) -> bool:
    try:
        return os.readlink(link).startswith("/dev/dri/")
    except OSError:
        return False


def clients(told: Iterable[str]) -> Mapping[str, int]:
    """Bytes by the PCI address of the card, of what is told of the descriptors of one process."""
    by_client = {}
    for number, lines in enumerate(told):
        facts = dict(_fact(line) for line in lines.splitlines() if ":" in line)
        if address := facts.get("drm-pdev"):
            by_client[address, facts.get("drm-client-id") or number] = memory(facts)
    found: dict[str, int] = {}
    for (address, _), held in by_client.items():
        found[address] = found.get(address, 0) + held
    return found


def _fact(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def memory(facts: Mapping[str, str]) -> int:
    """Bytes: those of the card, or those of the system where the card has none of its own."""
    for prefix in _PREFIXES:
        regions = {name.removeprefix(prefix): _bytes(text) for name, text in facts.items() if name.startswith(prefix)}
        for kinds in (_OF_THE_CARD, _OF_THE_SYSTEM):
            if held := sum(size for region, size in regions.items() if region.startswith(kinds)):
                return held
    return 0


def _bytes(value: str) -> int:
    number, _, unit = value.partition(" ")
    known = number.isdecimal() and number.isascii() and len(number) < 16
    return int(number) * _UNITS.get(unit.strip().lower(), 0) if known else 0
