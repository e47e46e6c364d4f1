"""`rocm-smi`, as its releases print."""

from __future__ import annotations

import pytest

from llamaswap.hardware.gpus.rocm_smi import CARDS, RocmSmiSource, cards
from llamaswap.hardware.gpus.source import SourceFailed
from tests.support.machines import FakeTools, gpu

FIVE = """\
device,GPU ID,Temperature (Sensor edge) (C),Temperature (Sensor junction) (C),Temperature (Sensor memory) (C),\
Fan speed (level),Fan speed (%),Fan RPM,Average Graphics Package Power (W),GPU use (%),VRAM Total Memory (B),\
VRAM Total Used Memory (B),Card series,Card model,Card vendor,Card SKU
card0,0x73bf,39.0,43.0,40.0,76,30,812,31.0,12,17163091968,1100595200,Navi 21 [Radeon RX 6800/6800 XT / 6900 XT],0x0e3a,\
Advanced Micro Devices Inc. [AMD/ATI],D41201
card1,0x73bf,38.0,41.0,40.0,0,0,0,7.0,0,17163091968,11005952,Navi 21 [Radeon RX 6800/6800 XT / 6900 XT],0x0e3a,\
Advanced Micro Devices Inc. [AMD/ATI],D41201

"""
SIX = """\
WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status

device,Device Name,Device ID,Device Rev,Subsystem ID,GUID,Temperature (Sensor edge) (C),\
Temperature (Sensor junction) (C),Temperature (Sensor memory) (C),Fan speed (level),Fan speed (%),Fan RPM,\
Average Graphics Package Power (W),GPU use (%),GFX Activity,VRAM Total Memory (B),VRAM Total Used Memory (B),\
Card Series,Card Model,Card Vendor,Card SKU,Node ID,GFX Version
card0,Radeon RX 7900 XTX,0x744c,0xc8,0x0e3b,45534,54.0,61.0,72.0,64,25,711,303.0,98,88,25753026560,21474836480,\
Radeon RX 7900 XTX,0x744c,Advanced Micro Devices Inc. [AMD/ATI],D70401,1,gfx1100
"""
SEVEN = """\
device,Device Name,Device ID,Device Rev,Subsystem ID,GUID,Temperature (Sensor junction) (C),\
Temperature (Sensor memory) (C),Current Socket Graphics Package Power (W),GPU use (%),VRAM Total Memory (B),\
VRAM Total Used Memory (B),Card Series,Card Model,Card Vendor,Card SKU,Node ID,GFX Version
card0,AMD Instinct MI300X,0x74a1,0x00,0x74a1,28851,43.0,35.0,141.0,0,206141652992,296239104,AMD Instinct MI300X,0x74a1,\
Advanced Micro Devices Inc. [AMD/ATI],M3000100,2,gfx942
card10,N/A,0x74a1,0x00,0x74a1,51499,N/A,N/A,N/A,N/A,206141652992,296239104,N/A,0x74a1,\
Advanced Micro Devices Inc. [AMD/ATI],M3000100,3,gfx942
card2,short row
"""


def test_release_5() -> None:
    """Its own spelling of the columns; no GUID."""
    first, second = cards(FIVE, 3)
    assert first == gpu(
        0,
        3,
        name="Navi 21 [Radeon RX 6800/6800 XT / 6900 XT] card0",
        temp_c=39,
        vram_temp_c=40,
        gpu_util_pct=12.0,
        mem_util_pct=6.41,
        fan_speed_pct=30.0,
        mem_used_mb=1049,
        mem_total_mb=16368,
        power_draw_w=31.0,
    )
    assert (second.id, second.mem_used_mb) == (1, 10)


def test_release_6() -> None:
    """A warning may come first."""
    (only,) = cards(SIX, 0)
    assert (only.name, only.uuid) == ("Radeon RX 7900 XTX card0 (gfx1100)", "45534")
    assert (only.temp_c, only.vram_temp_c, only.fan_speed_pct, only.power_draw_w) == (54, 72, 25, 303)
    assert (only.gpu_util_pct, only.mem_used_mb, only.mem_total_mb) == (98, 20480, 24560)


def test_release_7() -> None:
    """Cards without an edge sensor or a fan, and one that tells nothing; a row that does not fit is ignored."""
    first, last = cards(SEVEN, 0)
    assert (first.id, first.temp_c, first.power_draw_w, first.fan_speed_pct) == (0, 43, 141, 0)
    assert (last.id, last.name, last.temp_c, last.mem_total_mb) == (10, "card10", 0, 196592)


def test_source() -> None:
    """One call a look; without a tool or a card it fails."""
    run = FakeTools(rocm_smi=SIX)
    source = RocmSmiSource(run)
    source.open()
    assert len(source.read(1, {5})) == 1
    assert run.asked == [CARDS, CARDS]
    with pytest.raises(SourceFailed, match="not on PATH"):
        RocmSmiSource(FakeTools()).open()
    with pytest.raises(SourceFailed, match="no GPU"):
        RocmSmiSource(FakeTools(rocm_smi="ERROR:root:Driver not initialized (amdgpu not found in modules)\n")).open()
