"""How busy the machine is: the arithmetic, and a look at the real one."""

from __future__ import annotations

from collections import namedtuple
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.system import SystemLooks, busy, real_disks

Times = namedtuple("Times", "user nice system idle iowait guest guest_nice")
Partition = namedtuple("Partition", "device mountpoint fstype")


def times(user: float, idle: float, *, iowait: float = 0.0, guest: float = 0.0) -> Times:
    return Times(user, 0.0, 0.0, idle, iowait, guest, 0.0)


def test_shares() -> None:
    """Of the time since the look before: waiting for a disk is idle, and a guest's time is counted once."""
    before = [times(10, 10), times(10, 10), times(0, 0)]
    after = [times(13, 11), times(10, 12, iowait=2), times(4, 4, guest=4), times(1, 1)]
    assert list(busy(before, after)) == [75.0, 0.0, 50.0, 0.0]
    assert list(busy(after, after)) == [0.0] * 4
    assert list(busy((), after)) == [0.0] * 4


_SECONDS = st.floats(0, 1e9)
_TIMES = st.builds(Times, *[_SECONDS] * 7)


@given(st.lists(_TIMES, max_size=4), st.lists(_TIMES, max_size=4))
def test_shares_are_percentages(before: list[Times], after: list[Times]) -> None:
    """Also when a counter has begun anew, or a core has come or gone."""
    found = list(busy(before, after))
    assert len(found) == len(after)
    assert all(0 <= share <= 100 for share in found)


def test_real_disks() -> None:
    """Each once, where it is mounted first; images are none."""
    partitions = [
        Partition("/dev/sda2", "/var/lib/docker", "ext4"),
        Partition("/dev/sda2", "/", "ext4"),
        Partition("/dev/loop3", "/snap/core/1", "squashfs"),
        Partition("/dev/nvme0n1p1", "/models", "xfs"),
    ]
    assert real_disks(partitions) == {"/": "/dev/sda2", "/models": "/dev/nvme0n1p1"}


def test_this_machine() -> None:
    """Every figure makes sense."""
    looks = SystemLooks()
    looks.open()
    end = monotonic() + 0.05
    while monotonic() < end:
        pass
    sample = looks.look(5.0)
    assert sample.when == 5.0
    assert sample.cpu_util_per_core and max(sample.cpu_util_per_core) > 0
    assert 0 < sample.mem_used_mb < sample.mem_total_mb
    assert 0 <= sample.mem_free_mb <= sample.mem_total_mb
    assert sample.swap_used_mb <= sample.swap_total_mb
    assert all(interface.name != "lo" for interface in sample.net_io)
    assert any(disk.mount == "/" and 0 < disk.used_mb <= disk.total_mb for disk in sample.disks)
