"""The processor, as Linux tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llamaswap.hardware.files import integer, listed, text
from llamaswap.hardware.gpus.figures import known

Block = Mapping[str, str]
_VENDORS = {
    "GenuineIntel": "Intel",
    "AuthenticAMD": "AMD",
    "HygonGenuine": "Hygon",
    "CentaurHauls": "VIA",
    "  Shanghai  ": "Zhaoxin",
    "IBM/S390": "IBM",
}
_IMPLEMENTERS = {
    0x41: "ARM",
    0x42: "Broadcom",
    0x43: "Cavium",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x50: "APM",
    0x51: "Qualcomm",
    0x53: "Samsung",
    0x61: "Apple",
    0x6D: "Microsoft",
    0x70: "Phytium",
    0xC0: "Ampere",
}
_PARTS = {
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD42): "Cortex-A78AE",
    (0x41, 0xD44): "Cortex-X1",
    (0x41, 0xD46): "Cortex-A510",
    (0x41, 0xD47): "Cortex-A710",
    (0x41, 0xD48): "Cortex-X2",
    (0x41, 0xD49): "Neoverse-N2",
    (0x41, 0xD4D): "Cortex-A715",
    (0x41, 0xD4E): "Cortex-X3",
    (0x41, 0xD4F): "Neoverse-V2",
    (0x41, 0xD80): "Cortex-A520",
    (0x41, 0xD81): "Cortex-A720",
    (0x41, 0xD82): "Cortex-X4",
    (0x41, 0xD85): "Cortex-X925",
    (0x41, 0xD87): "Cortex-A725",
    (0x4E, 0x004): "Carmel",
    (0xC0, 0xAC3): "Ampere-1",
    (0xC0, 0xAC4): "Ampere-1a",
}
_MODEL_KEYS = ("model name", "cpu model", "uarch", "cpu")
"""What different architectures call it."""


def cpu(root: Path) -> Mapping[str, Any]:
    """The processor of the machine whose files are below `root`."""
    blocks = list(cpuinfo(text(root / "proc/cpuinfo")))
    sockets, cores, threads = _topology(root / "sys/devices/system/cpu") or _counted(blocks)
    return {
        "vendor": vendor(blocks),
        "model": model(blocks) or known(text(root / "sys/firmware/devicetree/base/model")),
        "socket_count": sockets,
        "physical_core_count": cores,
        "logical_thread_count": threads,
    }


def cpuinfo(told: str) -> Iterator[Block]:
    """The paragraphs of `/proc/cpuinfo`: one for each thread, and on some architectures one for all."""
    for paragraph in told.split("\n\n"):
        lines = (line.partition(":") for line in paragraph.splitlines() if ":" in line)
        if block := {name.strip(): value.strip() for name, _, value in lines}:
            yield block


def vendor(blocks: Sequence[Block]) -> str | None:
    """Who made it."""
    told = known(_first(blocks, "vendor_id"))
    if told is not None:
        return _VENDORS.get(told, told)
    implementer = _hexadecimal(_first(blocks, "CPU implementer"))
    if implementer is not None:
        return _IMPLEMENTERS.get(implementer)
    return "IBM" if (_first(blocks, "cpu") or "").startswith("POWER") else None


def model(blocks: Sequence[Block]) -> str | None:
    """Its name; of several kinds of core in one processor all of them."""
    told = next((name for key in _MODEL_KEYS if (name := known(_first(blocks, key)))), None)
    if told is not None and not told.isdecimal():
        return told
    ids = [(_hexadecimal(block.get("CPU implementer")), _hexadecimal(block.get("CPU part"))) for block in blocks]
    names = dict.fromkeys(name for id in ids if id[0] and id[1] and (name := _PARTS.get((id[0], id[1]))))
    return " + ".join(names) or None


def _first(blocks: Sequence[Block], name: str) -> str | None:
    return next((block[name] for block in blocks if name in block), None)


def _hexadecimal(value: str | None) -> int | None:
    try:
        return int(value or "", 16)
    except ValueError:
        return None


Counts = tuple[int | None, int | None, int | None]
"""Sockets, cores, threads."""


def _topology(place: Path) -> Counts | None:
    """What sysfs tells of every thread; None when it tells nothing."""
    found = []
    for each in listed(place, "cpu[0-9]*/topology"):
        package, core = integer(each / "physical_package_id"), integer(each / "core_id")
        if package is not None and core is not None:
            die, cluster = integer(each / "die_id"), integer(each / "cluster_id")
            found.append((package, die, cluster if package < 0 else None, core))
    if not found:
        return None
    packages = {package for package, *_ in found if package >= 0}
    return len(packages) or None, len(set(found)), len(found)


def _counted(blocks: Sequence[Block]) -> Counts:
    threads = [block for block in blocks if block.get("processor", "").isdecimal()]
    packages = {block["physical id"] for block in threads if "physical id" in block}
    cores = {(block.get("physical id"), block["core id"]) for block in threads if "core id" in block}
    return len(packages) or None, len(cores) or None, len(threads) or None
