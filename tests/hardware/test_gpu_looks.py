"""A look at the GPUs, with the families of the models that run. Real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from llamaswap.hardware.gpu_looks import GpuLooks
from llamaswap.hardware.samples import GpuSample, Held
from llamaswap.ids import ModelId
from llamaswap.units import MIB
from tests.support.machines import gpu

A, B = ModelId("a"), ModelId("b")


class Gpus:
    """Cards whose processes the test says."""

    def __init__(self, *samples: GpuSample) -> None:
        self.samples = samples
        self.asked: list[set[int]] = []
        self.closed = False

    def open(self) -> None: ...

    def read(self, when: float, pids: set[int]) -> Sequence[GpuSample]:
        self.asked.append(pids)
        return self.samples

    def close(self) -> None:
        self.closed = True


@pytest.mark.skipif(sys.platform == "win32", reason="processes are POSIX")
def test_descendants_count() -> None:
    """The source is asked for the whole family; processes are told in no sample."""
    wait = "import sys; print(flush=True); sys.stdin.read()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {wait!r}])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as leader:
        assert leader.stdin is not None and leader.stdout is not None
        leader.stdout.readline()
        gpus = Gpus()
        GpuLooks(gpus).look(0, {A: leader.pid})
        (family,) = gpus.asked
        assert leader.pid in family and len(family) == 2
        (grandchild,) = family - {leader.pid}
        look = GpuLooks(Gpus(gpu(0, processes={grandchild: 7, os.getpid(): 9}))).look(0, {A: leader.pid})
        leader.stdin.close()
    assert (look.models[A].gpus, look.gpus) == ({0: 7}, [gpu(0)])
    assert look.models[A].ram > 1


def test_sessions() -> None:
    """Asked for only where there are models, and of processes that are in no family."""
    asked: list[int] = []

    def session_of(pid: int) -> int:
        asked.append(pid)
        if pid == 2:
            raise ProcessLookupError
        return 2**22 + 5

    gpus = Gpus(gpu(0, processes={1: 10, 2: 20}))
    looks = GpuLooks(gpus, session_of, {2**22 + 5: 3 * MIB + 5}.__getitem__)
    looks.open()
    assert (looks.look(0, {}).models, asked) == ({}, [])
    assert looks.look(0, {B: 2**22 + 5}).models == {B: Held({0: 10}, 3)}
    assert asked == [1, 2]
    looks.close()
    assert gpus.closed
