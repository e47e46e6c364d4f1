"""How much memory there is for us, of recorded machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaswap.hardware.facts.memory import capacity, present
from tests.support.machines import tree

GIB = 1 << 30
MEMINFO = "MemTotal:       16303472 kB\nMemFree:         1204472 kB\n"
ZONES = """\
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 12
  pages free     2814
        boost    0
        min      13
        spanned  4095
        present  3998
        managed  3840
        cma      0
  pagesets
    cpu: 0
              count: 0
Node 0, zone    DMA32
  pages free     381938
        spanned  1044480
        present  520192
        managed  503808
Node 0, zone   Normal
  pages free     1
        present  3670016
        managed  3572099
Node 0, zone  Movable
  pages free     0
        present  0
Node 0, zone   Device
  pages free     0
        present  8388608
        managed  0
"""
PAGES = 3998 + 520192 + 3670016


def test_zones() -> None:
    """All that is present, but for what sits on a card."""
    assert present(ZONES) == PAGES
    assert present("") == 0


def test_the_larger(tmp_path: Path) -> None:
    """What is there counts, not what the kernel has left; without zones what it has left."""
    assert capacity(tree(tmp_path, {"proc/meminfo": MEMINFO}), 4096) == 16303472 * 1024
    assert capacity(tree(tmp_path, {"proc/zoneinfo": ZONES}), 4096) == PAGES * 4096
    assert capacity(tmp_path / "nowhere", 4096) is None


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"memory.max": f"{8 * GIB}\n"}, 8 * GIB),
        ("0::/\n", {"memory.max": "max\n"}, PAGES * 4096),
        ("0::/a/b.scope\n", {"a/memory.max": f"{2 * GIB}", "a/b.scope/memory.max": "max"}, 2 * GIB),
        ("0::/a/b\n", {"a/memory.max": f"{3 * GIB}", "a/b/memory.max": f"{GIB}"}, GIB),
        ("0::/../../host/path\n", {"memory.max": f"{GIB}"}, GIB),
        ("0::/a\n", {"a/memory.max": f"{64 * GIB}"}, PAGES * 4096),
        ("0::/a\n", {"a/memory.max": "0"}, PAGES * 4096),
        ("5:memory:/docker/x\n0::/\n", {"memory/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("5:cpu,memory:/d\n", {"memory/d/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("5:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, PAGES * 4096),
        ("5:cpu:/d\nnonsense\n", {"memory/d/memory.limit_in_bytes": "1"}, PAGES * 4096),
    ],
)
def test_control_groups(tmp_path: Path, groups: str, files: dict[str, str], expected: int) -> None:
    """The strictest of all that we are in, of either version; one without a limit, or with a huge one, is none."""
    here = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    root = tree(tmp_path, {"proc/meminfo": MEMINFO, "proc/zoneinfo": ZONES, "proc/self/cgroup": groups, **here})
    assert capacity(root, 4096) == expected
