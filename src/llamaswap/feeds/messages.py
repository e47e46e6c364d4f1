"""What `/api/events` tells, as the text of one message (http-api section 12). Pure.

The data of a message is an envelope whose own data is JSON text again. It is kept to ASCII, so that whatever a reader
takes for the end of a line, it finds none inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def log_data(source: str, text: str) -> str:
    """What was written to the log of `source`."""
    return _envelope("logData", {"source": source, "data": text})


def model_status(models: Sequence[Mapping[str, Any]]) -> str:
    """All models (`web/status.py`)."""
    return _envelope("modelStatus", models)


def ui_config(session_headers: Sequence[str], *, performance: bool) -> str:
    """What the UI needs to know of the settings; `performance`: `/api/performance` answers figures."""
    return _envelope("uiConfig", {"activity": {"session_id": list(session_headers)}, "performance": performance})


def profile_changed(active: str | None) -> str:
    """Which profile is active."""
    return _envelope("profileChanged", {"active": active})


def activity(id: int) -> str:
    """A line of the list of activity can be read."""
    return _envelope("activity", {"id": id})


def inflight_snapshot(records: Iterable[Mapping[str, Any]]) -> str:
    """All requests under way (`metrics/underway.py`)."""
    return _envelope("inflight", {"operation": "snapshot", "requests": list(records)})


def inflight_upsert(record: Mapping[str, Any]) -> str:
    """A request under way, and how it is with it now."""
    return _envelope("inflight", {"operation": "upsert", "request": record})


def inflight_remove(id: str) -> str:
    """A request is over."""
    return _envelope("inflight", {"operation": "remove", "id": id})


def schedule(at: float, body: str) -> str:
    """The picture of the scheduler at that time; `body` is the JSON text of all but the time (`schedule_body`)."""
    return _wrapped("schedule", f'{{"at":{at!r},{body[1:]}')


def schedule_body(picture: Mapping[str, Any]) -> str:
    """The picture (`overview/`), without its time."""
    return json.dumps(picture, separators=(",", ":"))


def timeline(entry: Mapping[str, Any]) -> str:
    """Something has happened to a model (`overview/timeline.py`)."""
    return _envelope("timeline", entry)


def _envelope(kind: str, data: object) -> str:
    return _wrapped(kind, json.dumps(data, separators=(",", ":"), ensure_ascii=False))


def _wrapped(kind: str, inner: str) -> str:
    return json.dumps({"type": kind, "data": inner}, separators=(",", ":"))
