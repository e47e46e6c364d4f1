"""Cards below `/sys`, addresses, sensors, and what devices are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaswap.hardware.drm import address_of, cards, sensor
from llamaswap.hardware.files import MOST, integer, listed, text
from llamaswap.hardware.pci_names import name_in, pci_name
from tests.support.machines import tree

LIST = """\
# a list
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]
\t\t1da2 e471  NITRO+
\t7480  Navi 33
8086  Intel Corporation
\t56a0  DG2 [Arc A770]

C 03  Display controller
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("0000:2d:00.0", "0000:2d:00.0"),
        ("00000000:2D:00.0", "0000:2d:00.0"),
        ("PCI Bus 0001:C1:1F.7", "0001:c1:1f.7"),
        ("N/A", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses(told: str | None, expected: str | None) -> None:
    """One spelling, whoever tells."""
    assert address_of(told) == expected


def test_cards(tmp_path: Path) -> None:
    """In the order of their numbers, connectors are none; who tells nothing is a card of nobody."""
    root = tree(
        tmp_path,
        {
            "class/drm/card10/device/vendor": "0x1002",
            "class/drm/card2/device/vendor": "nonsense",
            "class/drm/card2-HDMI-A-1/status": "connected",
            "class/drm/card10/device/hwmon/hwmon0/power1_cap": "x",
            "class/drm/card10/device/hwmon/hwmon1/power1_cap": "300000000",
            "class/drm/card10/device/drm/renderD129/dev": "226:129",
        },
    )
    second, tenth = cards(root)
    assert (second.vendor, second.driver, second.address, second.renders) == (None, "", None, False)
    assert (tenth.vendor, tenth.renders, sensor(tenth, "power1_cap"), sensor(tenth, "pwm1")) == (
        4098,
        True,
        300000000,
        None,
    )
    assert cards(tmp_path / "nowhere") == []


def test_names(tmp_path: Path) -> None:
    """The name in brackets; what the list does not know has none."""
    assert name_in(LIST.splitlines(keepends=True), 0x1002, 0x744C) == "Radeon RX 7900 XT/7900 XTX"
    assert name_in(LIST.splitlines(keepends=True), 0x1002, 0x7480) == "Navi 33"
    assert name_in(LIST.splitlines(keepends=True), 0x1002, 0x56A0) is None
    assert name_in(LIST.splitlines(keepends=True), 0x8086, 0x56A0) == "Arc A770"
    assert name_in(LIST.splitlines(keepends=True), 0x10DE, 0x0001) is None
    assert pci_name(tmp_path, 0x1002, 0x744C) is None
    tree(tmp_path, {"usr/share/misc/pci.ids": LIST})
    assert pci_name(tmp_path, 0x8086, 0x56A0) == "Arc A770"
    assert pci_name(tmp_path, None, 1) is None


def test_files(tmp_path: Path) -> None:
    """What cannot be read is empty, what is no number is none, and nothing is read without end."""
    tree(tmp_path, {"a": " 12\n", "b": "0x1f\0", "c": "x", "d": "9" * (MOST + 5), "e10": "", "e9": ""})
    assert [integer(tmp_path / name) for name in ("a", "b", "c", "nowhere", ".")] == [12, 31, None, None, None]
    assert len(text(tmp_path / "d")) == MOST
    assert [each.name for each in listed(tmp_path, "e*")] == ["e9", "e10"]
