"""Probes 112 to 126 and 141: profiles, what is under way, events, a reload."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.conformance.world import CHAT, JSON, ConfigurationA, ConfigurationC, Sse
from tests.support.live import eventually


class LiveProbes(ConfigurationA):
    def tearDown(self) -> None:
        self.choose("null")
        super().tearDown()

    def choose(self, text: str) -> Any:
        return self.client.ask("PUT", "/api/profiles/active", text if text[:1] != "n" else '{"name":null}', JSON)

    @contextmanager
    def events(self) -> Iterator[Sse]:
        with self.client.asking("GET", "/api/events") as response:
            self.response = response
            yield Sse(response)

    @contextmanager
    def dripping(self, model: str, **headers: str) -> Iterator[Any]:
        with self.client.asking("POST", CHAT, json.dumps({"model": model}), {**JSON, **headers}) as response:
            yield response

    def test_probe_112(self) -> None:
        told = self.client.get("/api/profiles").json()
        self.assertIsNone(told["active"])
        (profile,) = told["profiles"]
        self.assertEqual((profile["id"], profile["description"], profile["pins"]["off"]), ("p1", "D", ""))

    def test_probe_113(self) -> None:
        for body in ("", "[]", "{}", '{"name":5}'):
            self.assertEqual(self.choose(body).status, 400, body)
        self.assertEqual(self.choose('{"name":"zz"}').status, 404)
        self.assertIsNone(self.client.get("/api/profiles").json()["active"])

    def test_probe_114(self) -> None:
        self.assertEqual(self.choose('{"name":"p1"}').json(), {"active": "p1"})
        self.assertEqual(self.choose('{"name":null} tail').json(), {"active": None})

    def test_probe_115(self) -> None:
        self.choose('{"name":"p1"}')
        pub = self.client.chat("pub").json()
        self.assertEqual((pub["name"], json.loads(pub["body"])["model"]), ("m1", "think"))
        self.not_found(self.client.chat("off"), "no model id")
        self.assertEqual(self.client.chat("m1").json()["name"], "hid")
        self.assertEqual(self.client.chat("al1").json()["name"], "m1")
        self.assertEqual(json.loads(self.client.chat("psel").json()["body"])["model"], "think")

    def test_probe_116(self) -> None:
        self.choose('{"name":"p1"}')
        echo = self.client.get("/upstream/pub/x%2Fy").json()
        self.assertEqual((echo["name"], echo["path"]), ("m1", "/x%2Fy"))
        reply = self.client.get("/upstream/pub")
        self.assertEqual((reply.status, reply.header("Location")), (301, "/upstream/think/"))
        for path in ("/upstream/off/x", "/upstream/psel/x"):
            self.assertEqual(self.client.get(path).status, 404)

    def test_probe_117(self) -> None:
        before = {record["id"]: record for record in self.client.get("/v1/models").json()["data"]}
        self.choose('{"name":"p1"}')
        after = {record["id"]: record for record in self.client.get("/v1/models").json()["data"]}
        self.assertEqual(set(after) - set(before), {"pub", "psel"})
        for name in ("pub", "psel"):
            record = after[name]
            self.assertEqual((record["meta"]["llamaswap"]["type"], record["status"]["value"]), ("profile", "unloaded"))
        self.assertEqual(after["m1"]["meta"], before["m1"]["meta"])

    def test_probe_118(self) -> None:
        """With an `id:` line and heartbeats beside it."""
        with self.events() as events:
            for name, value in (
                ("Content-Type", "text/event-stream"),
                ("Cache-Control", "no-cache"),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Accel-Buffering", "no"),
            ):
                self.assertEqual(self.response.getheader(name), value)
            frame = events.frame()
            self.assertIn("event:message", frame)
            self.assertEqual([line.partition(":")[0] for line in frame if line[:2] != "id"], ["event", "data"])
            self.assertTrue(any(line.startswith("data:{") for line in frame))
        with self.events() as events:
            kinds = [kind for kind, _ in events.burst()]
        self.assertEqual(kinds, ["logData", "logData", "modelStatus", "uiConfig", "profileChanged", "inflight"])

    def test_probe_119(self) -> None:
        with self.events() as events:
            status = {each["id"]: each for each in dict(events.burst())["modelStatus"]}
        self.assertTrue(status["hid"]["unlisted"])
        self.assertEqual((status["m1"]["context_length"], status["m1"]["aliases"]), (32000, ["al1", "think"]))
        self.assertEqual(status["bad"]["state"], "stopped")
        self.assertEqual((status["px/uniq"]["state"], status["px/uniq"]["peerID"]), ("", "px"))
        self.assertFalse({"s-pin", "s-warm", "s-spill"} & set(status))

    def test_probe_120(self) -> None:
        self.client.chat("hid")
        with self.events() as events:
            events.burst()
            lines = {"X-Drip": "6", "X-Session-ID": "S1", "X-Forwarded-For": "1.2.3.4, 5.6.7.8", "Cookie": "a=b"}
            with self.dripping("hid", **lines) as response:
                upserts, later = [], []
                while True:
                    kind, value = events.event()
                    if kind == "inflight" and value["operation"] == "upsert":
                        upserts.append(value["request"])
                    elif kind == "inflight" and value["operation"] == "remove":
                        later.append((kind, value["id"]))
                    elif kind == "activity":
                        later.append((kind, value["id"]))
                    if {kind for kind, _ in later} == {"activity", "inflight"}:
                        break
                response.read()
        first, last = upserts[0], upserts[-1]
        self.assertEqual(first["resp_headers"], {})
        self.assertGreater(last["resp_bytes"], 0)
        self.assertEqual((first["remote_ip"], first["req_headers"]["X-Session-Id"]), ("1.2.3.4", "S1"))
        self.assertEqual(first["req_headers"]["Cookie"], "[REDACTED]")
        self.assertEqual({each["id"] for each in upserts}, {dict(later)["inflight"]})
        progress = len(upserts) - 2  # besides those of the beginning and of the head; the first of them comes at once
        self.assertGreaterEqual(last["elapsed_ms"] - first["elapsed_ms"], 250 * (progress - 1))
        row = self.client.activity(f"min_id={dict(later)['activity']}&order=asc")[0]
        self.assertEqual(row["model"], "hid")

    def under_way(self, events: Sse) -> str:
        """The ID of the next request that begins."""
        while True:
            value = events.until("inflight")
            if value["operation"] == "upsert":
                return str(value["request"]["id"])

    def test_probe_121(self) -> None:
        self.client.chat("hid")
        with self.events() as events:
            events.burst()
            with self.dripping("hid", **{"X-Drip": "50"}) as response:
                response.readline()
                id = self.under_way(events)
                reply = self.client.post(f"/api/inflight/{id}/cancel")
                self.assertEqual((reply.status, reply.json()), (200, {"msg": "ok"}))
                came = 0
                try:
                    while response.readline():
                        came += 1
                except Exception:  # cut off, or ended: both will do
                    pass
                self.assertLess(came, 2 * 49)  # each event is two lines
            while (value := events.until("inflight"))["operation"] != "remove":
                pass
            self.assertEqual(value["id"], id)

    def test_probe_122(self) -> None:
        """With the envelope (Q7)."""
        self.client.chat("hid")
        replies: list[Any] = []
        with self.events() as events:
            events.burst()
            asking = threading.Thread(target=lambda: replies.append(self.client.chat("hid", X_Hang="30")))
            asking.start()
            id = self.under_way(events)
            self.assertEqual(self.client.post(f"/api/inflight/{id}/cancel").status, 200)
            asking.join(10)
        self.check_error(replies[0], 502, "server_error", "bad_gateway")

    def test_probe_123(self) -> None:
        self.not_found(self.client.post("/api/inflight/99999/cancel"), "inflight request not found")

    def test_probe_124(self) -> None:
        with self.events() as events:
            events.burst()
            self.choose('{"name":"p1"}')
            self.choose('{"name":"p1"}')
            self.choose("null")
            changes: list[str | None] = []
            status = 0
            while len(changes) < 2:
                kind, value = events.event()
                changes += [value["active"]] if kind == "profileChanged" else []
                status += kind == "modelStatus"
            while not status:
                status += events.event()[0] == "modelStatus"
        self.assertEqual(changes, ["p1", None])

    def test_probe_125(self) -> None:
        self.client.chat("hid")
        with self.events() as events:
            events.burst()
            self.client.post("/api/models/unload/hid")
            seen: list[str] = []
            while seen[-1:] != ["stopped"]:
                state = {each["id"]: each["state"] for each in events.until("modelStatus")}["hid"]
                seen += [state] if seen[-1:] != [state] else []
        self.assertEqual(seen, ["stopping", "stopped"])

    def test_probe_141(self) -> None:
        """A reload leaves what has not changed: the streams, the profile, models that are ready, rows and captures."""
        self.client.chat("hid")
        self.client.row_after(0)
        self.choose('{"name":"p1"}')
        with self.events() as events, self.client.asking("GET", "/logs/stream?no-history") as logs:
            events.burst()
            file = self.folder / "config.yaml"
            file.write_text(file.read_text() + "\n# a remark\n")
            self.assertEqual(self.client.post("/api/config/reload").status, 200)
            self.assertEqual(self.client.get("/api/profiles").json()["active"], "p1")
            self.assertIn("hid", self.client.running())
            self.client.post("/api/models/unload/hid")
            while {each["id"]: each["state"] for each in events.until("modelStatus")}["hid"] != "stopped":
                pass
            while b"hid" not in logs.readline():
                pass
        self.assertTrue(self.client.activity())


class SessionHeaderProbe(ConfigurationC):
    def test_probe_126(self) -> None:
        with self.client.asking("GET", "/api/events") as response:
            burst = dict(Sse(response).burst())
        self.assertEqual(burst["uiConfig"], {"activity": {"session_id": ["X-Trace"]}, "performance": True})
        for _ in eventually():
            if self.client.running().get("m1") == "ready":
                break
