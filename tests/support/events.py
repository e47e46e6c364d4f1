"""A reader of server-sent events that takes nothing but what the server promises, and a client's view of the server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred

from llamaswap.exchange import Exchange
from llamaswap.ids import TicketId
from tests.support.web import MemoryExchange, World


@dataclass(frozen=True, slots=True)
class Event:
    """One message."""

    id: str
    type: str
    data: Any


class EventReader:
    """Takes a stream apart; messages that are not complete wait for the rest."""

    def __init__(self) -> None:
        self.last_id = ""
        self.comments = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        self._rest += data
        events: list[Event] = []
        while True:
            while self._rest.startswith(b":\n"):
                self.comments += 1
                self._rest = self._rest[2:]
            block, end, rest = self._rest.partition(b"\n\n")
            if not end:
                return events
            self._rest = rest
            events.append(self._read(block.decode()))

    @property
    def between(self) -> bool:
        """No message has begun and not ended."""
        return not self._rest

    def _read(self, block: str) -> Event:
        id, event, data = block.split("\n")
        assert id.startswith("id:"), block
        assert event == "event:message", block
        assert data.startswith("data:{"), block
        assert block.isascii()
        self.last_id = id[3:]
        envelope = json.loads(data[5:])
        assert envelope.keys() == {"type", "data"}
        return Event(self.last_id, envelope["type"], json.loads(envelope["data"]))


@dataclass
class View:
    """What a client knows after the messages that it was told, as the UI keeps it."""

    models: Any = None
    config: Any = None
    profile: Any = None
    inflight: dict[str, Any] = field(default_factory=dict)
    schedule: Any = None
    timeline: list[Any] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=lambda: {"proxy": "", "upstream": ""})

    def hear(self, event: Event) -> None:
        match event.type:
            case "modelStatus":
                self.models = event.data
            case "uiConfig":
                self.config = event.data
            case "profileChanged":
                self.profile = event.data["active"]
            case "logData":
                self.logs[event.data["source"]] += event.data["data"]
            case "schedule":
                self.schedule = event.data
            case "timeline":
                self.timeline.append(event.data)
            case "inflight":
                self._hear_inflight(event.data)

    def _hear_inflight(self, data: Any) -> None:
        match data["operation"]:
            case "snapshot":
                self.inflight = {request["id"]: request for request in data["requests"]}
            case "upsert":
                self.inflight[data["request"]["id"]] = data["request"]
            case "remove":
                self.inflight.pop(data["id"], None)


class FakeEntry:
    """A request under way, as far as watchers see it."""

    def __init__(self, id: str, when: float = 1_700_000_000.0, *, model: str = "m1") -> None:
        self.id = id
        self.when = when
        self.model = model
        self.path = self.asked_path = "/v1/chat/completions"
        self.method = "POST"
        self.remote_ip = "192.0.2.7"
        self.received = 0
        self.metadata: dict[str, str] = {}
        self.asked = {"X-Session-Id": "S1"}
        self.answered: dict[str, str] = {}
        self.cancelled = 0
        self.target = None
        self.phase = "waiting"
        self.ticket: TicketId | None = None
        self.key = ""

    def request_headers(self) -> dict[str, str]:
        return self.asked

    def response_headers(self) -> dict[str, str]:
        return self.answered

    def cancel(self) -> None:
        self.cancelled += 1


class Watcher:
    """A client of `GET /api/events`, which reads as long as nobody pauses it."""

    def __init__(self, world: World, last_id: str = "", target: str = "/api/events", **headers: str) -> None:
        given = {"Last-Event-ID": last_id} if last_id else {}
        self.exchange = MemoryExchange("GET", target, {**given, **headers})
        self.reader = EventReader()
        self.view = View()
        self._clock = world.clock
        self._read = 0
        answering = world.front.receive(cast(Exchange, self.exchange))
        assert answering is not None
        self.exchange.task = Deferred.fromCoroutine(answering)
        self.exchange.task.addErrback(lambda failure: failure.trap(CancelledError))

    def heard(self) -> list[Event]:
        """What was told since the last call, and in the turns that follow now."""
        self._clock.advance(0)
        pieces, self._read = self.exchange.written[self._read :], len(self.exchange.written)
        events = self.reader.feed(b"".join(pieces))
        for event in events:
            self.view.hear(event)
        return events

    def of(self, type: str) -> list[Any]:
        """The data of those among them that are of this type."""
        return [event.data for event in self.heard() if event.type == type]

    def pause(self) -> None:
        """It does not read any more."""
        assert self.exchange.producer is not None
        self.exchange.producer.pauseProducing()

    def resume(self) -> None:
        """It reads again."""
        assert self.exchange.producer is not None
        self.exchange.producer.resumeProducing()

    def leave(self) -> None:
        """It hangs up."""
        self.exchange.cancel()
