"""Graphics cards as Linux lists them below /sys/class/drm. Everything here blocks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from llamaswap.hardware.files import integer, listed, text

AMD = 0x1002
INTEL = 0x8086
NVIDIA = 0x10DE
_CARD = re.compile(r"card\d+")
_ADDRESS = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.IGNORECASE)


class Card(NamedTuple):
    """A card."""

    path: Path
    """Its directory."""
    device: Path
    """That of the device behind it."""
    vendor: int | None
    """Of the PCI device; None of a card that is none."""
    product: int | None
    driver: str
    """Name of the driver; empty when none holds it."""
    address: str | None
    """Where it sits on the PCI bus: only to know it again."""

    @property
    def renders(self) -> bool:
        """It has a node that programs can compute with."""
        return bool(listed(self.device / "drm", "renderD*"))

    @property
    def sensors(self) -> list[Path]:
        """The directories of its sensors."""
        return listed(self.device / "hwmon", "hwmon*")


def cards(sys: Path) -> list[Card]:
    """Every card, in the order of their numbers; `sys` is where sysfs is."""
    places = listed(sys / "class/drm", "card*")
    return [_card(place) for place in places if _CARD.fullmatch(place.name)]


def _card(path: Path) -> Card:
    device = path / "device"
    facts = dict(line.split("=", 1) for line in text(device / "uevent").splitlines() if "=" in line)
    driver = facts.get("DRIVER") or _target(device / "driver")
    vendor, product = integer(device / "vendor"), integer(device / "device")
    return Card(path, device, vendor, product, driver, address_of(facts.get("PCI_SLOT_NAME")))


def _target(link: Path) -> str:
    try:
        return os.path.basename(os.readlink(link))
    except OSError:
        return ""


def address_of(told: str | None) -> str | None:
    """A PCI address in one spelling, whoever tells it; None when it is none."""
    found = _ADDRESS.search(told or "")
    if not found:
        return None
    domain, *rest = (int(part, 16) for part in found.groups())
    return "{:04x}:{:02x}:{:02x}.{:x}".format(domain, *rest)


def sensor(card: Card, *names: str) -> int | None:
    """The first of the files `names` of its sensors that holds a number."""
    values = (integer(place / name) for name in names for place in card.sensors)
    return next((value for value in values if value is not None), None)


def celsius(card: Card, *labels: str) -> int:
    """The temperature of the first of the sensors `labels`; 0 when none tells."""
    by_label = {text(place): place for sensors in card.sensors for place in listed(sensors, "temp*_label")}
    for label in labels:
        place = by_label.get(label)
        if place is not None and (found := integer(place.with_name(place.name.replace("_label", "_input")))):
            return found // 1000
    return 0
