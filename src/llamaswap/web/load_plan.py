"""What a load test is to ask, and how much of it at a time: the body of `POST /api/loadtest`. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llamaswap.errors import BadRequest

MOST_REQUESTS = 256
MOST_AT_ONCE = 64
LONGEST_RAMP = 600.0
MOST_BYTES = 4 * 1024 * 1024
"""Of the whole body."""

IsModelPath = Callable[[bytes], bool]
"""Whether a path is one at which a model is asked."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One request: a POST of JSON."""

    path: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """All of them, in their order."""

    requests: tuple[Planned, ...]
    concurrency: int
    """So many are under way at a time, until the last has begun."""
    ramp: float = 0.0
    """Seconds after which that many are reached."""

    def starts(self) -> list[float]:
        """After how many seconds each of those begins who ask one request after the other."""
        askers = min(self.concurrency, len(self.requests))
        return [self.ramp * number / askers for number in range(askers)]


def read_plan(data: bytes, is_model_path: IsModelPath) -> Plan:
    """The plan that `data` says. Raises `BadRequest`."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(value, dict) or not value.keys() <= {"requests", "concurrency", "ramp"}:
        raise BadRequest("the body must be an object with requests, concurrency and ramp")
    requests = value.get("requests")
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST_REQUESTS:
        raise BadRequest(f"requests must be a list of 1 to {MOST_REQUESTS}")
    return Plan(
        tuple(_planned(each, f"requests[{at}]", is_model_path) for at, each in enumerate(requests)),
        _concurrency(value.get("concurrency", min(len(requests), MOST_AT_ONCE))),
        _ramp(value.get("ramp", 0)),
    )


def _planned(value: Any, where: str, is_model_path: IsModelPath) -> Planned:
    if not isinstance(value, dict) or value.keys() != {"path", "body"} or not isinstance(value["body"], dict):
        raise BadRequest(f"{where} must be an object with path and body, an object")
    path = value["path"]
    encoded = path.encode(errors="replace") if isinstance(path, str) else b""
    if not is_model_path(encoded):
        raise BadRequest(f"{where}.path must be one at which a model is asked with POST")
    return Planned(encoded, json.dumps(value["body"], separators=(",", ":")).encode())


def _concurrency(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise BadRequest(f"concurrency must be a whole number, 1 to {MOST_AT_ONCE}")
    if value > MOST_AT_ONCE:
        raise BadRequest(f"concurrency must be at most {MOST_AT_ONCE}")
    return value


def _ramp(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= LONGEST_RAMP:
        raise BadRequest(f"ramp must be seconds, 0 to {LONGEST_RAMP:.0f}")
    return float(value)
