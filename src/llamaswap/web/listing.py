"""What is there and what runs, as JSON-ready values (http-api sections 8 and 9). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from llamaswap.config.schema import Model, Settings
from llamaswap.ids import ModelId
from llamaswap.notices import State

StateOf = Callable[[ModelId], State]
States = Callable[[], Iterable[tuple[Model, State]]]
"""Every model as it runs, or would: one whose entry is gone counts for as long as it runs."""

_IN_MEMORY = (State.STARTING, State.READY, State.STOPPING)


def model_list(settings: Settings, state_of: StateOf, created: int) -> dict[str, Any]:
    """The body of `GET /v1/models`: every listed model, sorted by the bytes of its ID."""
    records = [
        record
        for model in settings.models.values()
        if not model.unlisted
        for record in _records(model, state_of(model.id), created, with_aliases=settings.include_aliases_in_list)
    ]
    return {"object": "list", "data": sorted(records, key=lambda record: record["id"].encode())}


def running_list(states: Iterable[tuple[Model, State]]) -> dict[str, Any]:
    """The body of `GET /running`: every model in memory, sorted by ID."""
    running = [_running(model, state) for model, state in states if state in _IN_MEMORY]
    return {"running": sorted(running, key=lambda record: record["model"].encode())}


def _records(model: Model, state: State, created: int, *, with_aliases: bool) -> Iterator[dict[str, Any]]:
    own: dict[str, Any] = {"type": "model"}
    if model.aliases:
        own["aliases"] = list(model.aliases)
    yield _record(model.id, model, state, created, own)
    for alias in model.aliases if with_aliases else ():
        if alias.strip():
            yield _record(alias, model, state, created, {"type": "alias", "modelID": model.id})


def _record(name: str, model: Model, state: State, created: int, ours: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": name, "object": "model", "created": created, "owned_by": "llama-swap"}
    for key, value in (("name", model.name.strip()), ("description", model.description.strip())):
        if value:
            record[key] = value
    record["meta"] = {"llamaswap": ours}
    record["status"] = {"value": "loaded" if state in _IN_MEMORY else "unloaded"}
    return record


def _running(model: Model, state: State) -> dict[str, Any]:
    return {
        "model": model.id,
        "state": state.value,
        "cmd": model.cmd,
        "proxy": model.proxy,
        "ttl": model.ttl,
        "name": model.name,
        "description": model.description,
    }
