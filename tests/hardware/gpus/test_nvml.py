"""NVIDIA's library, with cards that tell what the test wants."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from llamaswap.hardware.gpus.nvml import NvmlSource
from llamaswap.hardware.gpus.source import GpuSource, SourceFailed
from llamaswap.units import MIB
from tests.support.machines import gpu
from tests.support.nvml import FakeNvml


def source(nvml: FakeNvml, *, has_driver: bool = True) -> NvmlSource:
    return NvmlSource(lambda name: nvml, lambda: has_driver)


def test_all_figures() -> None:
    """In the units of the samples; a process that computes and draws counts once."""
    nvml = FakeNvml({})
    nvml.cards[0] |= {"compute": [(10, 300 * MIB), (11, None)], "graphics": [(10, 310 * MIB), (12, MIB)]}
    there: GpuSource = source(nvml)
    there.open()
    (only,) = there.read(1.5, {10})
    assert only == gpu(
        0,
        1.5,
        name="NVIDIA H100",
        uuid="GPU-0",
        temp_c=40,
        vram_temp_c=52,
        gpu_util_pct=30.0,
        mem_util_pct=25.0,
        fan_speed_pct=35.0,
        mem_used_mb=20480,
        mem_total_mb=81920,
        power_draw_w=123.456,
        processes={10: 310, 12: 1},
    )
    there.close()
    assert nvml.opened == 0


def test_what_a_card_does_not_tell() -> None:
    """Is 0; one that tells nothing at all is left out, and the others keep their numbers."""
    names = (
        "memory",
        "utilization",
        "temperature",
        "power",
        "fan",
        "memory_temperature",
        "compute",
        "graphics",
        "name",
        "uuid",
    )
    quiet = dict.fromkeys(names)
    there = source(FakeNvml(quiet, {**quiet, "power": 5000}, {}))
    there.open()
    first, second = there.read(0, ())
    assert first == gpu(1, name="", power_draw_w=5.0)
    assert (second.id, second.name) == (2, "NVIDIA H100")


def test_texts_of_older_bindings() -> None:
    """They are bytes."""
    there = source(FakeNvml({"name": b"Tesla K80", "uuid": b"GPU-k"}))
    there.open()
    assert [(card.name, card.uuid) for card in there.read(0, ())] == [("Tesla K80", "GPU-k")]


def test_a_lost_card() -> None:
    """When nothing is left to be told, the source has failed."""
    nvml = FakeNvml({})
    there = source(nvml)
    there.open()
    nvml.cards[0] = dict.fromkeys(nvml.cards[0])
    with pytest.raises(SourceFailed):
        there.read(0, ())


def test_not_here() -> None:
    """No driver: the binding is not even imported. No library, no card, or no binding: the next source's turn."""

    def load(name: str) -> Any:
        raise AssertionError(f"{name} was loaded")

    with pytest.raises(SourceFailed, match="driver"):
        NvmlSource(load, lambda: False).open()
    nvml = FakeNvml({})
    nvml.broken = True
    with pytest.raises(SourceFailed, match="library not found"):
        source(nvml).open()
    empty = FakeNvml()
    with pytest.raises(SourceFailed, match="no GPU"):
        source(empty).open()
    assert empty.opened == 0

    def missing(name: str) -> Any:
        raise ImportError(name)

    with pytest.raises(SourceFailed):
        NvmlSource(missing, lambda: True).open()


def test_fields_of_another_type() -> None:
    """A memory temperature is only taken for one when it is a plain number without an error."""
    for odd in (SimpleNamespace(nvmlReturn=3, valueType=1), SimpleNamespace(nvmlReturn=0, valueType=0)):
        odd.value = SimpleNamespace(uiVal=99)
        nvml = FakeNvml({"memory_temperature": odd})
        there = source(nvml)
        there.open()
        assert there.read(0, ())[0].vram_temp_c == 0


def test_the_real_binding() -> None:
    """It has everything that is asked of it, whatever this machine has."""
    import pynvml

    missing = [name for name in FakeNvml.NAMES if not hasattr(pynvml, name)]
    assert missing == []
