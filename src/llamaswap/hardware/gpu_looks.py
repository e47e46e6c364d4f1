"""A look at all GPUs, and at which model holds how much of their memory and of RAM. Everything here blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from llamaswap.backends.gauges import family
from llamaswap.hardware.attribution import by_gpu
from llamaswap.hardware.samples import GpuLook, GpuSample, Held
from llamaswap.ids import ModelId
from llamaswap.units import MIB


class Gpus(Protocol):
    """Whoever tells of the GPUs (`gpus/choice.py`)."""

    def open(self) -> None: ...
    def read(self, when: float, pids: set[int]) -> Sequence[GpuSample]: ...
    def close(self) -> None: ...


class GpuLooks:
    """Looks at `gpus`, again and again. To be used by one thread at a time."""

    def __init__(
        self, gpus: Gpus, session_of: Callable[[int], int] = os.getsid, resident: Callable[[int], int] | None = None
    ) -> None:
        """`resident` says how many bytes of RAM a process has; 0 of one that is gone."""
        self._gpus = gpus
        self._session_of = session_of
        self._resident = resident or _resident

    def open(self) -> None:
        """Find out who tells of the GPUs."""
        self._gpus.open()

    def look(self, when: float, leaders: Mapping[ModelId, int]) -> GpuLook:
        """The GPUs at `when`; `leaders` are the processes of the models that run."""
        families = {model: set(family(leader)) for model, leader in leaders.items()}
        ram = {model: sum(map(self._resident, pids)) // MIB for model, pids in families.items()}
        known = set[int]().union(*families.values())
        samples = self._gpus.read(when, known)
        strangers = {pid for sample in samples for pid in sample.processes} - known if leaders else ()
        sessions = {pid: session for pid in strangers if (session := self._session(pid))}
        cards = by_gpu(leaders, families, sessions, samples)
        models = {model: Held(cards.get(model, {}), ram[model]) for model in leaders}
        return GpuLook([sample._replace(processes={}) for sample in samples], models)

    def close(self) -> None:
        self._gpus.close()

    def _session(self, pid: int) -> int:
        with suppress(OSError):
            return self._session_of(pid)
        return 0


def _resident(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
