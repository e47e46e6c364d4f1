"""How much memory the machine has for us (http-api section 19): what it has, or what a control group leaves of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from llamaswap.hardware.files import integer, text

_ZONE = re.compile(r"^Node\s+\d+, zone\s+(\S+)", re.MULTILINE)
_PRESENT = re.compile(r"^\s*present\s+(\d+)", re.MULTILINE)
_TOTAL = re.compile(r"^MemTotal:\s+(\d+) kB", re.MULTILINE)
_OF_A_DEVICE = "Device"
"""The zone of memory that sits on a card."""


def capacity(root: Path, page: int) -> int | None:
    """Bytes; `page` is the size of a page. None when nothing tells."""
    total = _TOTAL.search(text(root / "proc/meminfo"))
    known = max(int(total[1]) * 1024 if total else 0, present(text(root / "proc/zoneinfo")) * page)
    limits = [limit for limit in _limits(root) if limit > 0]
    return min([known, *limits]) if known else None


def present(zoneinfo: str) -> int:
    """Pages that are there, those of devices aside: with what the kernel has kept for itself."""
    _, *parts = _ZONE.split(zoneinfo)  # name and text of each zone, in turn
    zones = zip(parts[::2], parts[1::2], strict=True)
    found = (_PRESENT.search(text) for name, text in zones if name != _OF_A_DEVICE)
    return sum(int(number[1]) for number in found if number)


def _limits(root: Path) -> Iterator[int]:
    """What our control groups may have, from ours up to the topmost; one without a limit says `max`, or a huge one."""
    groups = root / "sys/fs/cgroup"
    for line in text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            yield from _upwards(groups, path, "memory.max")
            yield from _upwards(groups / "unified", path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _upwards(groups / "memory", path, "memory.limit_in_bytes")


def _upwards(top: Path, path: str, name: str) -> Iterator[int]:
    """In a container the path may be that of the host, which is not to be seen: then the topmost tells."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    for depth in range(len(parts), -1, -1):
        limit = integer(top.joinpath(*parts[:depth]) / name)
        if limit is not None:
            yield limit
