"""The machine under the server: what it is made of, and how busy it is. Begins and ends both, in loose threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from llamaswap import __version__
from llamaswap.config.schema import Performance
from llamaswap.hardware.detection import Detection, Snapshot
from llamaswap.hardware.sampler import GpuLooks, Sampler, SystemLooks
from llamaswap.hardware.tools import Run, Tools
from llamaswap.ids import ModelId
from llamaswap.threads import InThread


class Machine:
    """`sampler` and `detection`, for this machine. `leaders` says which process each running model has."""

    def __init__(self, leaders: Callable[[], Mapping[ModelId, int]], in_thread: InThread, clock: Any) -> None:
        self._tools = Tools()
        around: Any = {"in_thread": in_thread, "clock": clock}
        self.sampler = Sampler(_system_looks, lambda: _gpu_looks(self._tools), leaders, **around)
        self.detection = Detection(lambda: _detect(clock.seconds(), self._tools), **around)
        self._runs = False

    def start(self, performance: Performance) -> None:
        """Begin, without keeping anybody waiting."""
        self._runs = True
        self.sampler.configure(performance)
        self.detection.start()

    def configure(self, performance: Performance) -> None:
        """Other settings; before the start, and after the end, they mean nothing."""
        if self._runs:
            self.sampler.configure(performance)

    def stop(self) -> None:
        """Take no more samples; nobody is waited for, and nobody waits."""
        self._runs = False
        self.sampler.stop()
        self.detection.stop()
        self._tools.end()


# What follows runs in threads, and imports there what the start needs not wait for.


def _system_looks() -> SystemLooks:
    from llamaswap.hardware.system import SystemLooks as Looks

    return Looks()


def _gpu_looks(run: Run) -> GpuLooks:
    from llamaswap.hardware.gpu_looks import GpuLooks as Looks
    from llamaswap.hardware.gpus.choice import Gpus, all_sources

    return Looks(Gpus(partial(all_sources, run)))


def _detect(when: float, run: Run) -> Snapshot:
    from llamaswap.hardware.detect import detect

    return detect(when, __version__, run)
