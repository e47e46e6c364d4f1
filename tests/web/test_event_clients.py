"""The events as other programs read them: a real server, and a client library for server-sent events."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, connect_sse
from twisted.trial.unittest import SynchronousTestCase

from tests.support.folders import folder_for
from tests.support.live import PATIENCE, LiveServer


class ClientLibraryTests(SynchronousTestCase):
    def test_httpx_sse(self) -> None:
        """Every message is understood, also lines that hold what some take for the end of one; and who comes again
        with the last ID goes on from there."""
        with (
            LiveServer.of('models: {m: {cmd: "x ${PORT}", name: "a\\u2028b\\u0085c"}}', folder_for(self)) as server,
            httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        ):
            with connect_sse(client, "GET", "/api/events") as source:
                events = list(islice(source.iter_sse(), 6))
            self.assertEqual(json.loads(self.data(events[2]))[0]["name"], "a\u2028b\u0085c")
            self.assertEqual({event.event for event in events}, {"message"})
            client.get("/api/version?missed")
            with connect_sse(client, "GET", "/api/events", headers={"Last-Event-ID": events[-1].id}) as source:
                missed = ""
                for event in source.iter_sse():
                    missed += json.loads(self.data(event))["data"]
                    if "/api/version" in missed:
                        break

    def data(self, event: ServerSentEvent) -> Any:
        """The text inside the envelope."""
        return json.loads(event.data)["data"]
