"""AMD's cards below a recorded `/sys`."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaswap.hardware.gpus.amd_sysfs import AmdSysfsSource
from llamaswap.hardware.gpus.source import SourceFailed
from tests.support.machines import gpu, tree

DEVICE = "sys/class/drm/card1/device"
NAVI = {
    "sys/class/drm/version": "drm 1.1.0 20060810\n",
    "sys/class/drm/card1-DP-1/status": "disconnected\n",
    "sys/class/drm/card0/device/vendor": "0x1a03\n",
    "sys/class/drm/card0/device/uevent": "DRIVER=ast\nPCI_SLOT_NAME=0000:c4:00.0\n",
    f"{DEVICE}/vendor": "0x1002\n",
    f"{DEVICE}/device": "0x744c\n",
    f"{DEVICE}/uevent": "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:2d:00.0\n",
    f"{DEVICE}/unique_id": "5e3c7a2b19f04d61\n",
    f"{DEVICE}/gpu_busy_percent": "73\n",
    f"{DEVICE}/mem_info_vram_total": "25753026560\n",
    f"{DEVICE}/mem_info_vram_used": "12876513280\n",
    f"{DEVICE}/hwmon/hwmon3/temp1_label": "edge\n",
    f"{DEVICE}/hwmon/hwmon3/temp1_input": "51000\n",
    f"{DEVICE}/hwmon/hwmon3/temp2_label": "junction\n",
    f"{DEVICE}/hwmon/hwmon3/temp2_input": "60000\n",
    f"{DEVICE}/hwmon/hwmon3/temp3_label": "mem\n",
    f"{DEVICE}/hwmon/hwmon3/temp3_input": "66000\n",
    f"{DEVICE}/hwmon/hwmon3/power1_average": "120500000\n",
    f"{DEVICE}/hwmon/hwmon3/pwm1": "51\n",
    f"{DEVICE}/hwmon/hwmon3/pwm1_max": "255\n",
    "usr/share/misc/pci.ids": "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n"
    "\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]\n",
}
HOLDER = {
    "proc/42/fd/3": "->/dev/dri/renderD128",
    "proc/42/fdinfo/3": "drm-client-id:\t9\ndrm-pdev:\t0000:2d:00.0\ndrm-memory-vram:\t2097152 KiB\n",
}


def test_figures(tmp_path: Path) -> None:
    """In the units of the samples; processes as far as they are asked for."""
    source = AmdSysfsSource(tree(tmp_path, {**NAVI, **HOLDER}))
    source.open()
    (only,) = source.read(1.5, {42, 43})
    assert only == gpu(
        0,
        1.5,
        name="Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M",
        uuid="5e3c7a2b19f04d61",
        temp_c=51,
        vram_temp_c=66,
        gpu_util_pct=73.0,
        mem_util_pct=50.0,
        fan_speed_pct=20.0,
        mem_used_mb=12280,
        mem_total_mb=24560,
        power_draw_w=120.5,
        processes={42: 2048},
    )
    assert source.read(1.5, ())[0].processes == {}
    source.close()


def test_an_apu(tmp_path: Path) -> None:
    """Without a fan, names and most sensors."""
    place = "sys/class/drm/card0/device"
    files = {f"{place}/vendor": "0x1002", f"{place}/device": "0x1586", f"{place}/mem_info_vram_total": "536870912"}
    source = AmdSysfsSource(tree(tmp_path, {**files, f"{place}/hwmon/hwmon1/power1_input": "9000000"}))
    source.open()
    (only,) = source.read(0, ())
    assert only == gpu(0, name="AMD GPU 1586", mem_total_mb=512, power_draw_w=9.0)


def test_a_card_that_is_gone(tmp_path: Path) -> None:
    """Of the last one that is, the source has failed; without any it does not open."""
    source = AmdSysfsSource(tree(tmp_path, NAVI))
    source.open()
    (tmp_path / DEVICE / "mem_info_vram_total").unlink()
    with pytest.raises(SourceFailed):
        source.read(0, ())
    with pytest.raises(SourceFailed):
        AmdSysfsSource(tmp_path).open()
    with pytest.raises(SourceFailed):
        AmdSysfsSource(tmp_path / "nowhere").open()
