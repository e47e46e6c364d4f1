"""What of a stopped model's memory is not free again, by figures alone."""

from __future__ import annotations

from llamaswap.backends.settling import LEAST_SYSTEM, Device, Held, Look, Rest, held_by, not_free
from llamaswap.units import MIB

GIB = 1024 * MIB
OURS, OTHER, DRIVER = 7, 8, 500 * MIB


def gpu(used: int, name: str = "GPU 0", **processes: int | None) -> Device:
    """`p7=…`: bytes of process 7."""
    return Device(name, used, {int(pid[1:]): size for pid, size in processes.items()})


def look(*devices: Device, free: int = 50 * GIB) -> Look:
    return Look(devices, free)


def rests(held: Held, *devices: Device, free: int = 50 * GIB, counts: bool = True) -> list[Rest]:
    return not_free(held, look(*devices, free=free), system_counts=counts)


HELD = held_by([OURS], look(gpu(DRIVER + 30 * GIB, p7=20 * GIB, p8=10 * GIB)), private=4 * GIB)


def test_what_is_held() -> None:
    """By its processes, on the devices where they are; of system memory only where no device says anything."""
    assert HELD.anything and (HELD.devices["GPU 0"].size, HELD.devices["GPU 0"].unexplained) == (20 * GIB, DRIVER)
    assert HELD.system == 0
    two = held_by([7, 9], look(gpu(9 * GIB, p7=2 * GIB, p9=3 * GIB), gpu(5 * GIB, "GPU 1", p8=GIB)), private=GIB)
    assert list(two.devices) == ["GPU 0"] and two.devices["GPU 0"].size == 5 * GIB
    silent = held_by([7], look(gpu(9 * GIB, p7=None)), private=GIB)
    assert (silent.devices, silent.system) == ({}, GIB)
    assert not held_by([7], look(), private=LEAST_SYSTEM - 1).anything


def test_the_driver_has_not_given_it_back() -> None:
    """The process is gone from the list, and what it held is in use all the same; then piece by piece it is not."""
    assert rests(HELD, gpu(DRIVER + 30 * GIB, p8=10 * GIB)) == [Rest("GPU 0", 20 * GIB)]
    assert rests(HELD, gpu(DRIVER + 13 * GIB, p8=10 * GIB)) == [Rest("GPU 0", 3 * GIB)]
    assert rests(HELD, gpu(DRIVER + 11 * GIB, p8=10 * GIB)) == []
    assert rests(HELD, gpu(DRIVER + 10 * GIB, p8=10 * GIB)) == []


def test_the_process_is_still_listed() -> None:
    """It holds what it is said to hold."""
    assert rests(HELD, gpu(DRIVER + 30 * GIB, p7=20 * GIB, p8=10 * GIB)) == [Rest("GPU 0", 20 * GIB)]


def test_others_do_not_count() -> None:
    """What other processes take meanwhile, or give back, is not taken for ours."""
    assert rests(HELD, gpu(DRIVER + 38 * GIB, p8=10 * GIB, p9=28 * GIB)) == []
    assert rests(HELD, gpu(DRIVER + 21 * GIB, p8=GIB)) == [Rest("GPU 0", 20 * GIB)]
    assert rests(HELD, gpu(DRIVER - 100 * MIB)) == []


def test_little_is_nothing() -> None:
    """A small model's share is not below what drivers keep for themselves."""
    small = held_by([OURS], look(gpu(DRIVER + 100 * MIB, p7=100 * MIB)), private=0)
    assert rests(small, gpu(DRIVER + 60 * MIB)) == []
    assert rests(small, gpu(DRIVER + 100 * MIB)) == [Rest("GPU 0", 100 * MIB)]


def test_a_device_that_is_gone() -> None:
    """Nothing is waited for on it."""
    assert rests(HELD) == []


def test_system_memory() -> None:
    """Where no device says anything; half of it is enough, and nothing can be said once others have begun to load."""
    held = held_by([OURS], look(free=10 * GIB), private=4 * GIB)
    assert rests(held, free=10 * GIB) == [Rest("system memory", 4 * GIB)]
    assert rests(held, free=13 * GIB) == rests(held, free=20 * GIB) == []
    assert rests(held, free=10 * GIB, counts=False) == []
    assert rests(held_by([OURS], look(free=GIB), private=MIB), free=GIB) == []


def test_in_words() -> None:
    """As the log says it."""
    assert str(Rest("GPU 1", 3 * GIB)) == "3072 MiB of GPU 1"
