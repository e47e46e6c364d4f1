"""What a server does, as far as its events and lists tell: taken in piece by piece, and given as one view. Pure.

What comes from the server is read leniently: a member that lacks, or is of another kind, is as if it said nothing.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_ANSWERS = 5
"""Of a model, over which its rates are averaged."""
_MOST = 10_000
"""Requests, models with rates, and GPUs that are remembered, whatever a server tells."""
_LOADED = ("ready", "starting", "stopping")


@dataclass(frozen=True, slots=True)
class Request:
    """One under way."""

    id: str
    model: str
    path: str
    client: str
    answering: bool
    """The head of its answer is out; until then it waits, for a place, a load or the engine."""
    bytes: int
    elapsed: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Model:
    """One of the server's, or of a peer's."""

    id: str
    state: str
    """Empty for a peer's."""
    peer: str
    answering: int
    waiting: int
    tokens_per_second: float | None
    """Over its last answers; None: none has told."""
    prompt_per_second: float | None
    gpu_mb: int | None


@dataclass(frozen=True, slots=True)
class Gpu:
    """The latest sample of one."""

    id: int
    name: str
    util_pct: float
    used_mb: int
    total_mb: int
    temp_c: int
    power_w: float


@dataclass(frozen=True, slots=True)
class Machine:
    """The latest sample of it."""

    cpu_pct: float
    mem_used_mb: int
    mem_total_mb: int
    swap_used_mb: int
    load: float


@dataclass(frozen=True, slots=True)
class View:
    """Everything at one moment."""

    profile: str | None
    models: tuple[Model, ...]
    """Those in memory first, then by ID."""
    requests: tuple[Request, ...]
    """The oldest first."""
    machine: Machine | None
    gpus: tuple[Gpu, ...] = ()


@dataclass(slots=True)
class _Told:
    """An entry of the list of requests, and when it came."""

    entry: Mapping[str, Any]
    when: float


@dataclass(slots=True)
class _Rates:
    """Of one model's last answers."""

    generation: deque[float] = field(default_factory=lambda: deque(maxlen=_ANSWERS))
    prompt: deque[float] = field(default_factory=lambda: deque(maxlen=_ANSWERS))


class Picture:
    """Takes what comes from the server."""

    def __init__(self) -> None:
        self.complete = False
        """All that an event stream begins with has come."""
        self.newest = 0
        """The greatest ID of a row of activity that was taken."""
        self.sampled = ""
        """The time of the latest sample that was taken, as the server writes it."""
        self._models: list[Mapping[str, Any]] = []
        self._profile: str | None = None
        self._requests: dict[str, _Told] = {}
        self._rates: dict[str, _Rates] = {}
        self._machine: Machine | None = None
        self._gpus: dict[int, Gpu] = {}
        self._held: Mapping[str, Any] = {}

    def take_event(self, envelope: str, now: float) -> str:
        """An event's data, at `now` (seconds of any clock); its type comes back, empty when it is none."""
        outer = _json(envelope)
        kind, inner = (outer.get("type"), outer.get("data")) if isinstance(outer, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(inner, str):
            return ""
        if kind != "logData":  # much, and not shown
            self._take(kind, _json(inner), now)
        return kind

    def _take(self, kind: str, data: Any, now: float) -> None:
        match kind, data:
            case "modelStatus", list():
                self._models = [each for each in data if isinstance(each, dict)]
            case "profileChanged", {"active": str() | None as active}:
                self._profile = active
            case "inflight", {"operation": "snapshot"}:
                self._requests = {}
                for entry in _list(data.get("requests")):
                    self._upsert(entry, now)
                self.complete = True
            case "inflight", {"operation": "upsert", "request": dict(entry)}:
                self._upsert(entry, now)
            case "inflight", {"operation": "remove", "id": str(id)}:
                self._requests.pop(id, None)

    def _upsert(self, entry: Mapping[str, Any], now: float) -> None:
        id = _text(entry.get("id"))
        if id in self._requests or len(self._requests) < _MOST:
            self._requests[id] = _Told(entry, now)

    def take_activity(self, page: Any) -> None:
        """The latest rows of the list of activity, in whatever order; none that was taken before counts again.

        Where all are older than what was taken, the server has begun to count anew.
        """
        rows = sorted(_list(_member(page, "data")), key=_id)
        if rows and _id(rows[-1]) < self.newest:
            self.newest = 0
        for row in [row for row in rows if _id(row) > self.newest]:
            self.newest = int(_id(row))
            rates = self._rates.setdefault(_text(row.get("model")), _Rates())
            for kept, name in ((rates.generation, "tokens_per_second"), (rates.prompt, "prompt_per_second")):
                value = _number(_member(row.get("tokens"), name))
                if value > 0:
                    kept.append(value)
        if len(self._rates) > _MOST:  # names that clients have invented are in the list, too
            known = {_text(model.get("id")) for model in self._models}
            self._rates = {id: rates for id, rates in self._rates.items() if id in known}

    def take_performance(self, answer: Any) -> None:
        """An answer of `/api/performance`."""
        samples = _list(_member(answer, "sys_stats"))
        if samples:
            self._machine = _machine(samples[-1])
            self.sampled = _text(samples[-1].get("timestamp"))
        gpus = {gpu.id: gpu for gpu in map(_gpu, _list(_member(answer, "gpu_stats"))[-_MOST:])}
        self._gpus = self._gpus | gpus if len(self._gpus) < _MOST else gpus
        held = _member(answer, "models")
        self._held = held if isinstance(held, dict) else {}

    def view(self, now: float) -> View:
        """What is known at `now`, of the clock that events were taken by."""
        requests = sorted((_request(told, now) for told in self._requests.values()), key=lambda each: -each.elapsed)
        models = sorted((self._model(each, requests) for each in self._models), key=_order)
        gpus = tuple(self._gpus[id] for id in sorted(self._gpus))
        return View(self._profile, tuple(models), tuple(requests), self._machine, gpus)

    def _model(self, told: Mapping[str, Any], requests: Iterable[Request]) -> Model:
        id = _text(told.get("id"))
        own = [request for request in requests if request.model == id]
        answering = sum(request.answering for request in own)
        rates = self._rates.get(id) or _Rates()
        return Model(
            id,
            _text(told.get("state")),
            _text(told.get("peerID")),
            answering,
            len(own) - answering,
            _mean(rates.generation),
            _mean(rates.prompt),
            int(_number(_member(self._held[id], "gpu_mem_mb"))) if id in self._held else None,
        )


def _order(model: Model) -> tuple[int, str]:
    if model.peer:
        return len(_LOADED) + 1, model.id
    return (_LOADED.index(model.state) if model.state in _LOADED else len(_LOADED)), model.id


def _request(told: _Told, now: float) -> Request:
    entry = told.entry
    head = entry.get("resp_headers")
    return Request(
        _text(entry.get("id")),
        _text(entry.get("model")),
        _text(entry.get("req_path")),
        _text(entry.get("remote_ip")),
        bool(head) or _number(entry.get("resp_bytes")) > 0,
        int(_number(entry.get("resp_bytes"))),
        _number(entry.get("elapsed_ms")) / 1000 + max(0.0, now - told.when),
    )


def _machine(sample: Mapping[str, Any]) -> Machine:
    cores = sample.get("cpu_util_per_core")
    loads = [_number(core) for core in cores] if isinstance(cores, list) else []
    return Machine(
        sum(loads) / len(loads) if loads else 0.0,
        int(_number(sample.get("mem_used_mb"))),
        int(_number(sample.get("mem_total_mb"))),
        int(_number(sample.get("swap_used_mb"))),
        _number(sample.get("load_avg_1")),
    )


def _gpu(sample: Mapping[str, Any]) -> Gpu:
    return Gpu(
        int(_number(sample.get("id"))),
        _text(sample.get("name")),
        _number(sample.get("gpu_util_pct")),
        int(_number(sample.get("mem_used_mb"))),
        int(_number(sample.get("mem_total_mb"))),
        int(_number(sample.get("temp_c"))),
        _number(sample.get("power_draw_w")),
    )


def _id(row: Mapping[str, Any]) -> float:
    return _number(row.get("id"))


def _mean(values: deque[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if abs(value) < 1e18 else 0.0  # what is greater, or is no number, is no figure of a server
