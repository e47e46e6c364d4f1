"""NVIDIA's cards, for the hardware snapshot: from the library, or where that cannot be had from `nvidia-smi`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from llamaswap.backends.gauges import answer_of, may_have_driver
from llamaswap.hardware.drm import address_of
from llamaswap.hardware.facts.accelerators import Found
from llamaswap.hardware.gpus.figures import known, number, rows, whole
from llamaswap.hardware.gpus.nvml import text
from llamaswap.hardware.tools import Run, ToolFailed, ToolLate
from llamaswap.units import MIB

SECONDS = 3.5
"""For one call; with those of others it stays below the time that anybody waits (`detection.BUDGET`)."""
_VENDOR = "NVIDIA"
_FIELDS = "pci.bus_id,name,memory.total,driver_version,power.limit"
_FORMAT = "--format=csv,noheader,nounits"
WITH_CAPABILITY = ("nvidia-smi", f"--query-gpu={_FIELDS},compute_cap", _FORMAT)
WITHOUT = ("nvidia-smi", f"--query-gpu={_FIELDS}", _FORMAT)
"""Older tools do not know the last field, and fail."""
_BY_MAJOR = {2: "Fermi", 3: "Kepler", 5: "Maxwell", 6: "Pascal", 9: "Hopper", 10: "Blackwell", 11: "Blackwell"}
_BY_MAJOR |= {12: "Blackwell"}
_BY_BOTH = {(7, 0): "Volta", (7, 2): "Volta", (7, 5): "Turing", (8, 9): "Ada Lovelace"}


def architecture(major: int, minor: int) -> str | None:
    """By the compute capability."""
    return _BY_BOTH.get((major, minor)) or ("Ampere" if major == 8 else _BY_MAJOR.get(major))


def nvidia(run: Run, load: Callable[[str], Any], has_driver: Callable[[], bool] = may_have_driver) -> Sequence[Found]:
    """The cards: those that the library knows, or else the tool. `load` imports the library's binding."""
    found: list[Found] = []
    if has_driver():
        with suppress(Exception):  # no library, or none that fits
            found = list(by_library(load("pynvml")))
    return found or by_tool(run)


def by_library(nvml: Any) -> Iterator[Found]:
    """Raises whatever the library raises when it cannot be used."""
    nvml.nvmlInit()
    try:
        version = _text(answer_of(nvml, None, nvml.nvmlSystemGetDriverVersion))
        for index in range(nvml.nvmlDeviceGetCount()):
            with suppress(nvml.NVMLError):
                yield _card(nvml, nvml.nvmlDeviceGetHandleByIndex(index), version)
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def _card(nvml: Any, handle: Any, version: str | None) -> Found:
    memory = answer_of(nvml, None, nvml.nvmlDeviceGetMemoryInfo, handle)
    place = answer_of(nvml, None, nvml.nvmlDeviceGetPciInfo, handle)
    major, minor = answer_of(nvml, (0, 0), nvml.nvmlDeviceGetCudaComputeCapability, handle)
    milliwatts = answer_of(nvml, 0, nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    return Found(
        address=address_of(_text(place.busId)) if place else None,
        vendor=_VENDOR,
        model=_text(answer_of(nvml, None, nvml.nvmlDeviceGetName, handle)),
        architecture=architecture(major, minor),
        memory_kind="dedicated" if memory and memory.total else "unknown",
        capacity=memory.total or None if memory else None,
        driver=_VENDOR,
        driver_version=version,
        power_limit=milliwatts / 1000 or None,
    )


def _text(value: Any) -> str | None:
    return None if value is None else known(text(value))


def by_tool(run: Run) -> Sequence[Found]:
    """What `nvidia-smi` lists; nothing where it cannot be run."""
    for query in (WITH_CAPABILITY, WITHOUT):
        try:
            return listed(run(query, SECONDS))
        except ToolLate:
            break
        except ToolFailed:
            continue
    return ()


def listed(text: str) -> list[Found]:
    """What either query printed."""
    return [_row([*cells, ""]) for cells in rows(text) if len(cells) >= 5 and address_of(cells[0])]


def _row(cells: list[str]) -> Found:
    major, _, minor = cells[5].partition(".")
    capacity = whole(cells[2]) * MIB
    return Found(
        address=address_of(cells[0]),
        vendor=_VENDOR,
        model=known(cells[1]),
        architecture=architecture(whole(major), whole(minor)),
        memory_kind="dedicated" if capacity else "unknown",
        capacity=capacity or None,
        driver=_VENDOR,
        driver_version=known(cells[3]),
        power_limit=number(cells[4]) or None,
    )
