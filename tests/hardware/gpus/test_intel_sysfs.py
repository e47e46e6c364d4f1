"""Intel's cards below a recorded `/sys`, with the one driver and the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaswap.hardware.gpus.intel_sysfs import Counters, IntelSysfsSource, awake, watts
from llamaswap.hardware.gpus.source import SourceFailed
from tests.support.machines import gpu, tree

I915 = {
    "sys/class/drm/card0/device/vendor": "0x8086\n",
    "sys/class/drm/card0/device/device": "0x56a0\n",
    "sys/class/drm/card0/device/uevent": "DRIVER=i915\nPCI_SLOT_NAME=0000:03:00.0\n",
    "sys/class/drm/card0/gt/gt0/rc6_residency_ms": "100000\n",
    "sys/class/drm/card0/device/hwmon/hwmon4/energy1_input": "5000000\n",
    "sys/class/drm/card0/device/hwmon/hwmon4/temp1_input": "47000\n",
    "sys/class/drm/card0/lmem_total_bytes": "17079205888\n",
    "sys/class/drm/card0/lmem_avail_bytes": "8539602944\n",
}
XE = {
    "sys/class/drm/card1/device/vendor": "0x8086\n",
    "sys/class/drm/card1/device/device": "0xe20b\n",
    "sys/class/drm/card1/device/driver": "->../../../bus/pci/drivers/xe",
    "sys/class/drm/card1/device/tile0/gt0/gtidle/idle_residency_ms": "1000\n",
    "sys/class/drm/card1/device/tile0/gt1/gtidle/idle_residency_ms": "2000\n",
    "sys/class/drm/card1/device/hwmon/hwmon5/temp2_label": "pkg\n",
    "sys/class/drm/card1/device/hwmon/hwmon5/temp2_input": "52000\n",
    "sys/class/drm/card1/device/hwmon/hwmon5/temp3_label": "vram\n",
    "sys/class/drm/card1/device/hwmon/hwmon5/temp3_input": "58000\n",
}


def test_i915(tmp_path: Path) -> None:
    """Shares and watts follow from two looks."""
    source = IntelSysfsSource(tree(tmp_path, I915))
    source.open()
    (first,) = source.read(100.0, ())
    memory = {"mem_used_mb": 8144, "mem_total_mb": 16288, "mem_util_pct": 50.0}
    assert first == gpu(0, 100.0, name="Intel GPU 56a0", temp_c=47, **memory)
    tree(
        tmp_path,
        {
            "sys/class/drm/card0/gt/gt0/rc6_residency_ms": "101500\n",
            "sys/class/drm/card0/device/hwmon/hwmon4/energy1_input": "205000000\n",
        },
    )
    (second,) = source.read(105.0, ())
    assert (second.gpu_util_pct, second.power_draw_w) == (70.0, 40.0)
    source.close()


def test_xe(tmp_path: Path) -> None:
    """The busiest part counts; the driver may be told by a link only."""
    source = IntelSysfsSource(tree(tmp_path, XE))
    source.open()
    source.read(0.0, ())
    tree(tmp_path, {"sys/class/drm/card1/device/tile0/gt0/gtidle/idle_residency_ms": "6000"})
    (only,) = source.read(5.0, ())
    assert (only.gpu_util_pct, only.temp_c, only.vram_temp_c) == (100.0, 52, 58)


def test_two_looks() -> None:
    """Counters that began anew, or a clock that was set back, make no odd figures."""
    first, second = Counters(10, (5000,), 9_000_000), Counters(15, (100,), 1_000_000)
    assert (awake(first, second), watts(first, second)) == (100.0, 0.0)
    assert (awake(second, first), watts(second, first)) == (0.0, 0.0)
    assert awake(first, Counters(15, (), 0)) == 0.0
    assert awake(Counters(0, (), 0), Counters(5, (), 0)) == 0.0


def test_not_here(tmp_path: Path) -> None:
    """No card, or one that another driver has."""
    with pytest.raises(SourceFailed):
        IntelSysfsSource(tmp_path).open()
    passed_on = {**I915, "sys/class/drm/card0/device/uevent": "DRIVER=vfio-pci\n"}
    with pytest.raises(SourceFailed):
        IntelSysfsSource(tree(tmp_path, passed_on)).open()
