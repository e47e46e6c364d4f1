"""The processor, of recorded machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.facts.cpu import cpu, cpuinfo, model, vendor
from tests.support.machines import tree

XEON = """\
processor\t: {number}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz
physical id\t: {socket}
core id\t\t: {core}
flags\t\t: fpu vme
"""
PI = """\
processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3
"""
BOARD = "Revision\t: d03114\nSerial\t\t: 10000000abcdef01\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
GRACE = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n"
THOR = "\n".join(f"CPU implementer\t: 0x41\nCPU part\t: {part}\n" for part in ("0xd87", "0xd85"))
POWER = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.000000MHz\n\ntimebase\t: 512000000\n"
RISCV = "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\nuarch\t\t: sifive,u74-mc\n"
MAINFRAME = "vendor_id       : IBM/S390\n# processors    : 2\n\ncpu number      : 0\nversion         : 00\n"


def two_sockets() -> str:
    """Two sockets of two cores of two threads."""
    places = [(number, number % 2, number // 2 % 2) for number in range(8)]
    return "\n".join(XEON.format(number=number, socket=socket, core=core) for number, socket, core in places)


def test_a_server(tmp_path: Path) -> None:
    """Sockets, cores and threads are counted."""
    assert cpu(tree(tmp_path, {"proc/cpuinfo": two_sockets()})) == {
        "vendor": "Intel",
        "model": "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz",
        "socket_count": 2,
        "physical_core_count": 4,
        "logical_thread_count": 8,
    }


def test_a_small_board(tmp_path: Path) -> None:
    """The processor has numbers instead of names; which threads are one core sysfs tells."""
    files = {"proc/cpuinfo": "\n".join([*(PI.format(number=number) for number in range(4)), BOARD])}
    for number in range(4):
        place = f"sys/devices/system/cpu/cpu{number}/topology"
        files |= {f"{place}/physical_package_id": "0\n", f"{place}/core_id": f"{number}\n"}
    assert cpu(tree(tmp_path, files)) == {
        "vendor": "ARM",
        "model": "Cortex-A72",
        "socket_count": 1,
        "physical_core_count": 4,
        "logical_thread_count": 4,
    }


def test_a_package_without_a_number(tmp_path: Path) -> None:
    """As many boards have it: then sockets are not known, and cores of one number in two clusters are two."""
    files = {"proc/cpuinfo": ""}
    for number in range(4):
        place = f"sys/devices/system/cpu/cpu{number}/topology"
        files[f"{place}/physical_package_id"] = "-1\n"
        files |= {f"{place}/core_id": f"{number % 2}\n", f"{place}/cluster_id": f"{number // 2}\n"}
    found = cpu(tree(tmp_path, files))
    assert (found["socket_count"], found["physical_core_count"], found["logical_thread_count"]) == (None, 4, 4)


@pytest.mark.parametrize(
    ("text", "maker", "name"),
    [
        (GRACE, "ARM", "Neoverse-V2"),
        (THOR, "ARM", "Cortex-A725 + Cortex-X925"),
        (POWER, "IBM", "POWER9, altivec supported"),
        (RISCV, None, "sifive,u74-mc"),
        (MAINFRAME, "IBM", None),
        ("processor: 0\nvendor_id: AuthenticAMD\nmodel name: AMD EPYC 9654\n", "AMD", "AMD EPYC 9654"),
        ("processor: 0\nvendor_id: SomebodyElse\nmodel name: unknown\n", "SomebodyElse", None),
        ("processor: 0\nCPU implementer: 0xff\nCPU part: zz\n", None, None),
        ("", None, None),
    ],
)
def test_names(text: str, maker: str | None, name: str | None) -> None:
    """What is not known is None, never a placeholder."""
    blocks = list(cpuinfo(text))
    assert (vendor(blocks), model(blocks)) == (maker, name)


def test_a_board_that_names_itself(tmp_path: Path) -> None:
    """Where the processor has no name."""
    found = cpu(tree(tmp_path, {"sys/firmware/devicetree/base/model": "NVIDIA Jetson AGX Orin\0"}))
    assert found["model"] == "NVIDIA Jetson AGX Orin"
    assert [found[name] for name in found if name.endswith("count")] == [None, None, None]


@given(st.text())
def test_anything(text: str) -> None:
    """No text is too odd."""
    blocks = list(cpuinfo(text))
    vendor(blocks), model(blocks)
