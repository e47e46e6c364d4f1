"""What PCI devices are called, from the list that most systems have. Everything here blocks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PLACES = ("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids", "usr/share/pci.ids")


def pci_name(root: Path, vendor: int | None, product: int | None) -> str | None:
    """The product's name; None where there is no list, or it does not know it."""
    if vendor is None or product is None:
        return None
    for place in _PLACES:
        with suppress(OSError):
            with (root / place).open(encoding="utf-8", errors="replace") as file:
                return name_in(file, vendor, product)
    return None


def name_in(lines: Iterable[str], vendor: int, product: int) -> str | None:
    """The product's name in a list whose lines stand, indented, below their vendor's. A name in brackets is the one
    that people know it by."""
    maker, wanted, inside = f"{vendor:04x} ", f"\t{product:04x} ", False
    for line in lines:
        if line[:1] not in "\t#\n":
            if inside:
                return None
            inside = line.startswith(maker)
        elif inside and line.startswith(wanted):
            name = line[len(wanted) :].strip()
            return name[name.find("[") + 1 : -1] if name.endswith("]") and "[" in name else name
    return None
