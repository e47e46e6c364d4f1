"""NVIDIA's management library, through pynvml: the figures of its cards, and who holds their memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from llamaswap.backends.gauges import answer_of, may_have_driver
from llamaswap.hardware.gpus.figures import percent
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.samples import GpuSample
from llamaswap.units import MIB


class _Card(NamedTuple):
    """What never changes of a card."""

    id: int
    handle: Any
    name: str
    uuid: str


class NvmlSource:
    """Satisfies `GpuSource`. `load` imports the binding, which is not worth its time where there is no driver."""

    name = "NVML"

    def __init__(
        self, load: Callable[[str], Any] = import_module, has_driver: Callable[[], bool] = may_have_driver
    ) -> None:
        self._load = load
        self._has_driver = has_driver
        self._nvml: Any = None
        self._cards: list[_Card] = []

    def open(self) -> None:
        if not self._has_driver():
            raise SourceFailed("there is no NVIDIA driver")
        try:
            nvml = self._load("pynvml")
            nvml.nvmlInit()
        except Exception as error:  # no library, none that works, or a binding that does not fit it
            raise SourceFailed(f"NVML: {error}") from error
        self._nvml = nvml
        self._cards = list(self._find())
        if not self._cards:
            self.close()
            raise SourceFailed("NVML knows no GPU")

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        samples = [sample for card in self._cards if (sample := self._look(card, when))]
        if not samples:
            raise SourceFailed("NVML tells nothing of any GPU")
        return samples

    def close(self) -> None:
        nvml, self._nvml, self._cards = self._nvml, None, []
        if nvml is not None:
            with suppress(nvml.NVMLError):
                nvml.nvmlShutdown()

    def _find(self) -> Iterator[_Card]:
        nvml = self._nvml
        for number in range(self._ask(0, nvml.nvmlDeviceGetCount)):
            handle = self._ask(None, nvml.nvmlDeviceGetHandleByIndex, number)
            if handle is not None:
                name, uuid = (self._ask("", ask, handle) for ask in (nvml.nvmlDeviceGetName, nvml.nvmlDeviceGetUUID))
                yield _Card(number, handle, text(name), text(uuid))

    def _ask(self, otherwise: Any, call: Callable[..., Any], *arguments: Any) -> Any:
        return answer_of(self._nvml, otherwise, call, *arguments)

    def _look(self, card: _Card, when: float) -> GpuSample | None:
        """None when nothing at all is known of the card any more."""
        nvml, handle = self._nvml, card.handle
        memory = self._ask(None, nvml.nvmlDeviceGetMemoryInfo, handle)
        busy = self._ask(None, nvml.nvmlDeviceGetUtilizationRates, handle)
        celsius = self._ask(None, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU)
        milliwatts = self._ask(None, nvml.nvmlDeviceGetPowerUsage, handle)
        if memory is busy is celsius is milliwatts is None:
            return None
        used, total = (memory.used, memory.total) if memory else (0, 0)
        return GpuSample(
            when,
            card.id,
            card.name,
            card.uuid,
            int(celsius or 0),
            self._memory_celsius(handle),
            float(busy.gpu) if busy else 0.0,
            percent(used, total),
            float(self._ask(0, nvml.nvmlDeviceGetFanSpeed, handle)),
            used // MIB,
            total // MIB,
            (milliwatts or 0) / 1000,
            self._processes(handle),
        )

    def _memory_celsius(self, handle: Any) -> int:
        """Of the cards for data centres only."""
        nvml = self._nvml
        for value in self._ask((), nvml.nvmlDeviceGetFieldValues, handle, [nvml.NVML_FI_DEV_MEMORY_TEMP]):
            if value.nvmlReturn == 0 and value.valueType == nvml.NVML_VALUE_TYPE_UNSIGNED_INT:
                return int(value.value.uiVal)
        return 0

    def _processes(self, handle: Any) -> dict[int, int]:
        """MiB by process; one that computes and draws is in both lists."""
        nvml = self._nvml
        found: dict[int, int] = {}
        for ask in (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses):
            for process in self._ask((), ask, handle):
                found[process.pid] = max(found.get(process.pid, 0), (process.usedGpuMemory or 0) // MIB)
        return {pid: held for pid, held in found.items() if held}


def text(value: Any) -> str:
    """Older bindings return bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
