"""NVIDIA's library, in memory: cards as tables of what each of them tells. None: it does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from llamaswap.units import MIB


class FakeNvml:
    """As many cards as `cards`; each a table of what differs from an H100."""

    NVML_TEMPERATURE_GPU = 0
    NVML_FI_DEV_MEMORY_TEMP = 82
    NVML_VALUE_TYPE_UNSIGNED_INT = 1

    class NVMLError(Exception):
        """What the library raises."""

    def __init__(self, *cards: Mapping[str, Any]) -> None:
        self.cards: list[dict[str, Any]] = [{**_card(number), **card} for number, card in enumerate(cards)]
        self.broken = False
        self.opened = 0
        """How often it was opened and not closed."""

    def nvmlInit(self) -> None:
        if self.broken:
            raise self.NVMLError("library not found")
        self.opened += 1

    def nvmlShutdown(self) -> None:
        self.opened -= 1

    def nvmlDeviceGetCount(self) -> int:
        assert self.opened
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
        return number

    def nvmlSystemGetDriverVersion(self) -> str:
        return "560.35.03"

    def nvmlDeviceGetName(self, card: int) -> Any:
        return self._tell(card, "name")

    def nvmlDeviceGetUUID(self, card: int) -> Any:
        return self._tell(card, "uuid")

    def nvmlDeviceGetPciInfo(self, card: int) -> Any:
        return SimpleNamespace(busId=self._tell(card, "address"))

    def nvmlDeviceGetCudaComputeCapability(self, card: int) -> Any:
        return self._tell(card, "capability")

    def nvmlDeviceGetEnforcedPowerLimit(self, card: int) -> Any:
        return self._tell(card, "power_limit")

    def nvmlDeviceGetMemoryInfo(self, card: int) -> Any:
        used, total = self._tell(card, "memory")
        return SimpleNamespace(used=used, total=total)

    def nvmlDeviceGetUtilizationRates(self, card: int) -> Any:
        return SimpleNamespace(gpu=self._tell(card, "utilization"), memory=1)

    def nvmlDeviceGetTemperature(self, card: int, sensor: int) -> Any:
        return self._tell(card, "temperature")

    def nvmlDeviceGetPowerUsage(self, card: int) -> Any:
        return self._tell(card, "power")

    def nvmlDeviceGetFanSpeed(self, card: int) -> Any:
        return self._tell(card, "fan")

    def nvmlDeviceGetFieldValues(self, card: int, fields: list[int]) -> Any:
        return [self._tell(card, "memory_temperature")]

    def nvmlDeviceGetComputeRunningProcesses(self, card: int) -> Any:
        return self._processes(card, "compute")

    def nvmlDeviceGetGraphicsRunningProcesses(self, card: int) -> Any:
        return self._processes(card, "graphics")

    def _processes(self, card: int, kind: str) -> list[Any]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in self._tell(card, kind)]

    def _tell(self, card: int, what: str) -> Any:
        told = self.cards[card][what]
        if told is None:
            raise self.NVMLError(f"{what}: Not Supported")
        return told

    NAMES = tuple(name for name in dir() if name.lower().startswith("nvml"))
    """What the real binding has as well."""


def _card(number: int) -> dict[str, Any]:
    return {
        "name": "NVIDIA H100",
        "uuid": f"GPU-{number}",
        "address": f"00000000:{number + 1:02X}:00.0",
        "capability": (9, 0),
        "power_limit": 700_000,
        "memory": (20480 * MIB, 81920 * MIB),
        "utilization": 30,
        "temperature": 40,
        "power": 123_456,
        "fan": 35,
        "memory_temperature": SimpleNamespace(nvmlReturn=0, valueType=1, value=SimpleNamespace(uiVal=52)),
        "compute": [],
        "graphics": [],
    }
