"""`/api/events` and `/logs/streamSSE` as httpx-sse reads them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent, connect_sse
from jsonschema import Draft202012Validator

from llamaswap import __version__
from llamaswap.web.openapi import document
from tests.contracts.conftest import KEY
from tests.support.live import PATIENCE, LiveServer

HEARTBEAT = 15.0
BURST = ["logData", "logData", "modelStatus", "uiConfig", "profileChanged", "inflight", "schedule"]
SHAPES = {
    "logData": "LogData",
    "modelStatus": "ModelStatus",
    "uiConfig": "UiConfig",
    "profileChanged": "ActiveProfile",
    "inflight": "Inflight",
    "activity": "ActivityStored",
    "schedule": "Schedule",
    "timeline": "TimelineEntry",
}


@contextmanager
def events(server: LiveServer, path: str = "/api/events", *, seen: str = "") -> Iterator[EventSource]:
    """The stream, from behind the event `seen` on."""
    headers = {"x-api-key": KEY} | ({"Last-Event-ID": seen} if seen else {})
    with (
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        connect_sse(client, "GET", path, headers=headers) as source,
    ):
        yield source


def kind(event: ServerSentEvent) -> str:
    return str(json.loads(event.data)["type"])


def data(event: ServerSentEvent) -> Any:
    return json.loads(json.loads(event.data)["data"])


def first(source: EventSource, wanted: str) -> ServerSentEvent:
    """The next event of this type."""
    return next(event for event in source.iter_sse() if kind(event) == wanted)


def switch(server: LiveServer, profile: str | None) -> None:
    """Make the profile the active one."""
    with server.asking("PUT", "/api/profiles/active", {"name": profile}, {"x-api-key": KEY}) as response:
        assert response.status == 200


def test_probe_118_the_beginning(server: LiveServer) -> None:
    """All types in their order; every event is called `message`, and has an id of its own."""
    with events(server) as source:
        stream = source.iter_sse()
        begun = [next(stream) for _ in BURST]
        head = source.response.headers
    assert [kind(event) for event in begun] == BURST
    assert {event.event for event in begun} == {"message"}
    assert len({event.id for event in begun}) == len(BURST)
    assert (head["cache-control"], head["x-accel-buffering"]) == ("no-cache", "no")


def test_shapes(server: LiveServer) -> None:
    """Each type is as the description of the API says."""
    described = document(__version__)
    with events(server) as source:
        stream = source.iter_sse()
        begun = [next(stream) for _ in BURST]
        switch(server, "night")
        switch(server, None)
        with server.asking("POST", "/v1/chat/completions", {"model": "m"}, {"x-api-key": KEY}) as response:
            response.read()
        seen = {kind(event) for event in begun}
        while seen != SHAPES.keys():
            begun.append(next(stream))
            seen.add(kind(begun[-1]))
    for event in begun:
        schema = {"$ref": f"#/components/schemas/{SHAPES[kind(event)]}", "components": described["components"]}
        Draft202012Validator(schema).validate(data(event))


def test_it_goes_on_where_it_was_left(server: LiveServer) -> None:
    """What happened meanwhile comes, and the beginning does not come again."""
    with events(server) as source:
        seen = first(source, "schedule").id
    switch(server, "night")
    switch(server, None)
    with events(server, seen=seen) as source:
        stream = source.iter_sse()
        missed: list[Any] = []
        while len(missed) < 2:
            event = next(stream)
            assert kind(event) != "uiConfig"
            if kind(event) == "profileChanged":
                missed.append(data(event)["active"])
    assert missed == ["night", None]


def test_it_begins_anew_for_an_id_that_nobody_knows(server: LiveServer) -> None:
    """Such as one of a server before this one."""
    with events(server, seen="0000-1") as source:
        stream = source.iter_sse()
        assert [kind(next(stream)) for _ in BURST] == BURST


def test_heartbeats_come(server: LiveServer) -> None:
    """A comment, before a client loses its patience."""
    with events(server) as source:
        assert any(line.startswith(":") for line in source.response.iter_lines())


def test_heartbeats_are_no_events(server: LiveServer) -> None:
    """What comes after one is the next thing that happens."""
    later = threading.Timer(HEARTBEAT + 2, switch, (server, "night"))
    with events(server) as source:
        stream = source.iter_sse()
        while kind(next(stream)) != "schedule":
            pass
        later.start()
        while kind(event := next(stream)) in ("logData", "schedule"):
            pass
    later.join()
    switch(server, None)
    assert data(event) == {"active": "night"}


def test_log_events(server: LiveServer) -> None:
    """The log's lines are the data's lines."""
    with events(server, "/logs/streamSSE/proxy") as source:
        event = next(source.iter_sse())
    assert any(line.startswith("[INFO] listening on ") for line in event.data.splitlines())
