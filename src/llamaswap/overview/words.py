"""The picture of the scheduler in JSON. Pure.

Times are seconds since the epoch, to the millisecond; what is expected, to a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llamaswap.backends.shortage import without_quotation
from llamaswap.hardware.samples import GpuSample, Held, SystemSample
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.overview.records import Failure
from llamaswap.schedule.events import Swap
from llamaswap.schedule.survey import Glance, Waiting


def model(id: ModelId, state: State, glance: Glance | None, since: float | None) -> dict[str, Any]:
    """How it is with a model."""
    return {
        "id": id,
        "state": state.value,
        "since": _moment(since),
        "serving": glance.serving if glance else 0,
        "waiting": glance.waiting if glance else 0,
        "expected_ready": _about(glance.expected_ready) if glance else None,
        "ttl": glance.ttl if glance else 0,
        "expires": _moment(glance.expires) if glance else None,
        "last_used": _moment(glance.last_used) if glance else None,
    }


def stage(swap: Mapping[str, Any] | None, glance: Glance | None, state: State) -> dict[str, Any]:
    """How far its load has come; `drain`: it waits to begin."""
    if swap is not None:
        return {"stage": swap["stage"], "stage_since": swap["since"]}
    drains = glance is not None and glance.waits_since is not None and state is not State.READY
    return {
        "stage": "drain" if drains else None,
        "stage_since": _moment(glance.waits_since) if glance and drains else None,
    }


def failure(failure: Failure | None, *, lines: bool) -> dict[str, Any] | None:
    """With the last `lines` of the log, and one that the cause quotes; or without them."""
    if failure is None:
        return None
    return {
        "when": _moment(failure.when),
        "why": failure.why if lines else without_quotation(failure.why),
        "exit_code": failure.exit_code,
        "lines": list(failure.lines) if lines else [],
    }


def memory(held: Held | None) -> dict[str, Any] | None:
    """What a model holds."""
    if held is None:
        return None
    return {
        "gpus": [{"id": id, "mb": mb} for id, mb in sorted(held.gpus.items())],
        "gpu_mb": sum(held.gpus.values()),
        "ram_mb": held.ram,
    }


def waiting(each: Waiting, request: str | None) -> dict[str, Any]:
    """A place in the line; `request` is its ID among those under way, None for a load that is not for a request."""
    return {
        "request": request,
        "model": each.model,
        "position": each.position,
        "since": _moment(each.since),
        "expected": _about(each.expected),
        "why": each.why,
        "behind": list(each.behind),
    }


def swap(swap: Swap, stage: str, since: float) -> dict[str, Any]:
    """A swap under way."""
    return {
        "model": swap.target,
        "evicts": list(swap.evict),
        "why": swap.why,
        "cause": swap.cause,
        "stage": stage,
        "since": _moment(since),
    }


def gpu(sample: GpuSample) -> dict[str, Any]:
    """The memory of a GPU."""
    return {"id": sample.id, "name": sample.name, "used_mb": sample.mem_used_mb, "total_mb": sample.mem_total_mb}


def ram(sample: SystemSample) -> dict[str, Any]:
    """The memory of the machine."""
    return {"used_mb": sample.mem_used_mb, "total_mb": sample.mem_total_mb}


def _moment(when: float | None) -> float | None:
    return None if when is None else round(when, 3)


def _about(when: float | None) -> float | None:
    return None if when is None else round(when, 1)
