"""What Linux tells of open graphics cards."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.gpus.fdinfo import clients, held_by, memory
from tests.support.machines import tree

AMD = """\
pos:\t0
flags:\t02100002
drm-driver:\tamdgpu
drm-client-id:\t{client}
drm-pdev:\t0000:2d:00.0
pasid:\t32771
drm-memory-vram:\t{kib} KiB
drm-memory-gtt: \t  20480 KiB
drm-memory-cpu: \t  0 KiB
drm-engine-gfx:\t123 ns
"""
XE = """\
drm-driver:\txe
drm-client-id:\t3
drm-pdev:\t0000:03:00.0
drm-total-system:\t0
drm-total-vram0:\t9000000 KiB
drm-resident-vram0:\t4194304 KiB
drm-resident-gtt:\t1024 KiB
"""
IRIS = """\
drm-driver:\ti915
drm-client-id:\t4
drm-pdev:\t0000:00:02.0
drm-total-system0:\t3145728 KiB
drm-resident-system0:\t2097152 KiB
drm-resident-stolen-system0:\t0
"""
GIB = 1 << 30


def test_clients() -> None:
    """Two descriptors of one client hold what one of them does; clients and cards are told apart."""
    told = [
        AMD.format(client=9, kib=1 << 20),
        AMD.format(client=9, kib=1 << 20),
        AMD.format(client=10, kib=1 << 21),
        XE,
    ]
    assert clients(told) == {"0000:2d:00.0": 3 * GIB, "0000:03:00.0": 4 * GIB}
    assert clients([IRIS]) == {"0000:00:02.0": 2 * GIB}
    assert clients(["pos:\t0\nflags:\t02\n", ""]) == {}


def test_units() -> None:
    """Bytes without one; what is no number is nothing."""
    assert memory({"drm-memory-vram": "512"}) == 512
    assert memory({"drm-memory-vram": "3 MiB"}) == 3 << 20
    assert memory({"drm-memory-vram": "many KiB", "drm-total-vram": "7 KiB"}) == 7 << 10
    assert memory({"drm-memory-vram": "5 furlongs"}) == 0


@given(st.lists(st.text()))
def test_anything(told: list[str]) -> None:
    """No text is too odd."""
    assert all(held >= 0 for held in clients(told).values())


def test_processes(tmp_path: Path) -> None:
    """Only descriptors of cards are read; who has none, or has gone, holds nothing."""
    root = tree(
        tmp_path,
        {
            "42/fd/3": "->/dev/dri/renderD128",
            "42/fdinfo/3": AMD.format(client=1, kib=1 << 20),
            "42/fd/4": "->socket:[12345]",
            "42/fdinfo/4": AMD.format(client=2, kib=1 << 20),
            "43/fd/3": "->/dev/dri/card0",
            "43/fdinfo/3": AMD.format(client=3, kib=12),
            "44/fd/0": "->/dev/null",
        },
    )
    assert held_by(root, [42, 43, 44, 45]) == {"0000:2d:00.0": {42: 1024}}
