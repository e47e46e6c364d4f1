"""Which of the sources tells of the GPUs: the first that works, chosen at the start (http-api section 18.1).

One that fails `PATIENCE` times in a row is given up, and all are tried again, every so many looks until one works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from twisted.logger import Logger

from llamaswap.hardware.gpus.source import GpuSource, SourceFailed
from llamaswap.hardware.samples import GpuSample
from llamaswap.hardware.tools import Run

PATIENCE = 3


class Gpus:
    """The GPUs of this machine, whoever tells of them. All of it blocks, and is used by one thread at a time."""

    log = Logger()

    def __init__(self, sources: Callable[[], Sequence[GpuSource]]) -> None:
        """`sources` makes them, in the order in which they are tried; it is called when that is to be done."""
        self._make = sources
        self._source: GpuSource | None = None
        self._failures = 0
        self._lost = False
        """A source has worked, and works no more."""

    def open(self) -> None:
        """Choose."""
        self._source = self._first()
        if self._source is None:
            self.log.info("no source of GPU figures works here: {why}", why="; ".join(self._why))
        else:
            self.log.info("figures of GPUs come from {source}", source=self._source.name)

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        """All cards at `when`; none where nobody tells. Of `pids` the memory is told where the source knows."""
        if self._source is None:
            self._count()
            return ()
        try:
            samples = self._source.read(when, pids)
        except SourceFailed as error:
            self._failed(str(error))
            return ()
        except Exception as error:  # a library that does not keep to its own rules
            self._failed(repr(error))
            return ()
        self._failures = 0
        return samples

    def close(self) -> None:
        """Let go of the source."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _first(self) -> GpuSource | None:
        self._why: list[str] = []
        for source in self._make():
            try:
                source.open()
            except Exception as error:  # whatever is wrong with one, the next may work
                self._why.append(str(error) or repr(error))
                source.close()
            else:
                return source
        return None

    def _failed(self, why: str) -> None:
        assert self._source is not None
        if not self._failures:
            self.log.warn("{source} tells nothing of the GPUs: {why}", source=self._source.name, why=why)
        self._failures += 1
        if self._failures >= PATIENCE:
            self.close()
            self._lost, self._failures = True, 0
            self._choose_again()

    def _count(self) -> None:
        """Look for another source, every so often; where there never was one, none is looked for."""
        self._failures += self._lost
        if self._failures >= PATIENCE:
            self._failures = 0
            self._choose_again()

    def _choose_again(self) -> None:
        self._source = self._first()
        if self._source is not None:
            self.log.info("figures of GPUs come from {source} now", source=self._source.name)


def all_sources(run: Run) -> Sequence[GpuSource]:
    """The sources that there are, in the order in which they are tried; `run` runs the tools."""
    from llamaswap.hardware.gpus.amd_sysfs import AmdSysfsSource
    from llamaswap.hardware.gpus.intel_sysfs import IntelSysfsSource
    from llamaswap.hardware.gpus.lact import LactSource
    from llamaswap.hardware.gpus.nvidia_smi import NvidiaSmiSource
    from llamaswap.hardware.gpus.nvml import NvmlSource
    from llamaswap.hardware.gpus.rocm_smi import RocmSmiSource

    return (NvmlSource(), LactSource(), NvidiaSmiSource(run), RocmSmiSource(run), AmdSysfsSource(), IntelSysfsSource())
