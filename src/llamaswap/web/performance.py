"""How busy the machine is and was, and what it is made of (http-api sections 18.2 and 19)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs

from twisted.internet.defer import Deferred

from llamaswap import rfc3339
from llamaswap.errors import BadRequest
from llamaswap.hardware.sampler import History
from llamaswap.hardware.samples import GpuSample, SystemSample
from llamaswap.ids import ModelId
from llamaswap.threads import InThread
from llamaswap.web.answers import JSON, Answer, json_answer
from llamaswap.web.call import Call, Respond

_JSON = json.JSONEncoder(separators=(",", ":"))


class Samples(Protocol):
    """What was seen of the machine (`hardware/sampler.py`)."""

    offered: bool

    @property
    def model_memory(self) -> Mapping[ModelId, int]: ...
    def history(self, after: float | None = None) -> History: ...


class PerformanceApi:
    """Its endpoints. `hardware` fires with the snapshot, or fails with a `Refusal`."""

    def __init__(
        self, samples: Samples, hardware: Callable[[], Deferred[Mapping[str, Any]]], in_thread: InThread
    ) -> None:
        self._samples = samples
        self._hardware = hardware
        self._in_thread = in_thread

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"performance": self.performance, "hardware": self.hardware}

    async def performance(self, call: Call) -> Answer:
        """The samples of the last hour, or those after the time that the query gives. Raises `BadRequest`."""
        if not self._samples.offered:
            return json_answer({"enabled": False}, status=503)
        after = moment(call.query)
        kept, models = self._samples.history(after), dict(self._samples.model_memory)
        told = await self._in_thread(lambda: body(kept, models))  # an hour is some hundred KiB
        return Answer(200, ((b"Content-Type", JSON),), told)

    async def hardware(self, call: Call) -> Answer:
        """What the machine is made of; waits while that is being found out. Raises `HardwareUnknown`."""
        return json_answer(await self._hardware())


def moment(query: bytes) -> float | None:
    """The value of `after` in seconds since the epoch, microseconds and no more; None when there is none.

    Raises `BadRequest` when it is no time of RFC 3339.
    """
    given = parse_qs(query[1:].decode("latin-1")).get("after")
    if not given:
        return None
    found = rfc3339.read(given[0])
    if found is None:
        raise BadRequest("after must be a time such as 2026-01-31T12:00:00.5Z (RFC 3339)")
    return found / 1e6


def timestamp(when: float) -> str:
    """Seconds since the epoch as RFC 3339 has it, to the microsecond."""
    return rfc3339.write(when, "microseconds")


def body(kept: History, models: Mapping[ModelId, int]) -> bytes:
    """What `GET /api/performance` answers.

    Written sample by sample: while one is written no other thread runs.
    """
    system = ",".join(_JSON.encode(_system(sample)) for sample in kept.system)
    gpus = ",".join(_JSON.encode(_gpu(sample)) for sample in kept.gpus)
    held = _JSON.encode({model: {"gpu_mem_mb": held} for model, held in sorted(models.items())})
    return f'{{"enabled":true,"sys_stats":[{system}],"gpu_stats":[{gpus}],"models":{held}}}\n'.encode()


def _system(sample: SystemSample) -> Mapping[str, Any]:
    one, five, fifteen = sample.load_avg
    return {
        "timestamp": timestamp(sample.when),
        "cpu_util_per_core": sample.cpu_util_per_core,
        "mem_total_mb": sample.mem_total_mb,
        "mem_used_mb": sample.mem_used_mb,
        "mem_free_mb": sample.mem_free_mb,
        "swap_total_mb": sample.swap_total_mb,
        "swap_used_mb": sample.swap_used_mb,
        "load_avg_1": one,
        "load_avg_5": five,
        "load_avg_15": fifteen,
        "net_io": [interface._asdict() for interface in sample.net_io],
        "disks": [disk._asdict() for disk in sample.disks],
    }


def _gpu(sample: GpuSample) -> Mapping[str, Any]:
    told = sample._asdict()
    del told["when"], told["processes"]
    return {"timestamp": timestamp(sample.when), **told}
