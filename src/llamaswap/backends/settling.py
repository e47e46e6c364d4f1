"""Is the memory free that a stopped model held? Figures of two moments, compared (W-19).

Pure. On a device the comparison leaves out what other processes take meanwhile: it looks at what is in use and belongs
to no process that is listed. That is what a driver has not given back yet. System memory has no such account; there
the free memory alone is compared, which means nothing once another model has begun to load.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from llamaswap.units import MIB

_SLACK = 64 * MIB
_SLACK_SHARE = 0.1
LEAST_SYSTEM = 256 * MIB
"""Bytes below which a process is lost in what the rest of the system does."""
_SYSTEM_SHARE = 0.5
"""Of what it held, so much has to be free again: other programs take some, and caches are not free at once."""


@dataclass(frozen=True, slots=True)
class Device:
    """The memory of one GPU at one moment."""

    name: str
    used: int
    processes: Mapping[int, int | None]
    """Bytes by pid; None where the driver does not say."""

    @property
    def unexplained(self) -> int:
        """Bytes in use that no process is said to hold."""
        return self.used - sum(size or 0 for size in self.processes.values())


@dataclass(frozen=True, slots=True)
class Look:
    """The memory at one moment."""

    devices: Sequence[Device]
    system_free: int


@dataclass(frozen=True, slots=True)
class HeldOnDevice:
    """What a model's processes held on one GPU."""

    size: int
    unexplained: int
    """As `Device.unexplained`, at that moment."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a model held before it was stopped."""

    pids: frozenset[int]
    """Of its processes that were on a device."""
    devices: Mapping[str, HeldOnDevice]
    system: int = 0
    """Bytes of system memory, where no device says anything."""
    system_free: int = 0

    @property
    def anything(self) -> bool:
        """There is something to wait for."""
        return bool(self.devices) or self.system >= LEAST_SYSTEM


@dataclass(frozen=True, slots=True)
class Rest:
    """What is not free again."""

    where: str
    size: int

    def __str__(self) -> str:
        return f"{self.size / MIB:.0f} MiB of {self.where}"


def held_by(members: Collection[int], look: Look, private: int) -> Held:
    """What the processes `members` hold, those that the driver knows; `private` is theirs of the system's memory."""
    devices = {}
    for device in look.devices:
        size = sum(device.processes.get(pid) or 0 for pid in members)
        if size:
            devices[device.name] = HeldOnDevice(size, device.unexplained)
    return Held(frozenset(members), devices, 0 if devices else private, look.system_free)


def not_free(held: Held, look: Look, *, system_counts: bool) -> list[Rest]:
    """What of it is still in use. `system_counts`: nobody else has begun to take system memory since."""
    rests = [
        Rest(device.name, rest)
        for device in look.devices
        if (before := held.devices.get(device.name)) and (rest := _rest_on(device, before, held.pids))
    ]
    missing = held.system_free + held.system - look.system_free
    if system_counts and held.system >= LEAST_SYSTEM and missing > held.system * _SYSTEM_SHARE:
        rests.append(Rest("system memory", missing))
    return rests


def _rest_on(device: Device, before: HeldOnDevice, pids: Collection[int]) -> int:
    """Bytes of the device that are its still; 0 when they are too few to matter."""
    listed = sum(device.processes.get(pid) or 0 for pid in pids)
    rest = listed + max(0, device.unexplained - before.unexplained)
    return rest if rest > max(_SLACK, before.size * _SLACK_SHARE) else 0
