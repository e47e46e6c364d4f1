"""Profiles, seen and chosen over HTTP (http-api probes 112 to 114, 117 and 124)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Profile
from llamaswap.notices import ProfileChanged
from tests.support.probes import configuration_a
from tests.support.web import World


class ProfilesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.settings = configuration_a()
        self.world = World(self.settings)

    def put(self, body: bytes) -> tuple[int, Any]:
        reply = self.world.visit("/api/profiles/active", method="PUT", body=body)
        return reply.status, json.loads(reply.body)

    def active(self) -> str | None:
        found: str | None = json.loads(self.world.visit("/api/profiles").body)["active"]
        return found

    def test_probe_112_list(self) -> None:
        """By name, with pins; a disabled one is empty text."""
        self.world = World(replace(self.settings, profiles={"é": Profile(name="é", pins={}), **self.settings.profiles}))
        reply = self.world.visit("/api/profiles")
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"))
        listed = json.loads(reply.body)
        self.assertEqual((listed["active"], [each["id"] for each in listed["profiles"]]), (None, ["p1", "é"]))
        pins = {"pub": "think", "off": "", "m1": "hid", "psel": "s-pin"}
        self.assertEqual(listed["profiles"][0], {"id": "p1", "description": "D", "pins": pins})

    def test_probe_113_wrong_bodies(self) -> None:
        """400 with what is allowed, 404 for a name that is none; the selection stays."""
        self.put(b'{"name":"p1"}')
        for body in (b"", b"[]", b"{}", b'{"name":5}', b"nonsense", b'{"name":', b"\xff", b"[" * 50_000, b" " * 70_000):
            status, error = self.put(body)
            self.assertEqual((status, error["error"]["code"]), (400, "bad_request"), body[:20])
            self.assertIn('give {"name": "<profile>"}', error["error"]["message"])
        status, error = self.put(b'{"name":"zz"}')
        self.assertEqual((status, error["error"]["message"]), (404, "profile not found; there are: p1"))
        self.assertEqual(self.active(), "p1")

    def test_probe_114_chosen(self) -> None:
        """Null and empty text are none; what follows the first JSON value does not matter."""
        self.assertEqual(self.put(b'{"name":"p1"}'), (200, {"active": "p1"}))
        self.assertEqual(self.active(), "p1")
        self.assertEqual(self.put(b' {"name":null} tail'), (200, {"active": None}))
        self.put(b'{"name":"p1"}')
        self.assertEqual(self.put(b'{"name":""}'), (200, {"active": None}))
        self.assertIsNone(self.active())

    def test_probe_124_only_changes_are_told(self) -> None:
        """One line of the log and one notice for each."""
        with capturedLogs() as events:
            for name in (None, "p1", "p1", None):
                self.put(json.dumps({"name": name}).encode())
        said = [formatEvent(event) for event in events if "profile" in event["log_format"]]
        self.assertEqual(said, ["active profile: p1 (was none)", "active profile: none (was p1)"])
        when = self.world.clock.seconds()
        self.assertEqual(self.world.told, [ProfileChanged(None, "p1", when), ProfileChanged("p1", None, when)])

    def test_w16_other_settings(self) -> None:
        """The active profile stays as long as it is there, and its end is told."""
        self.put(b'{"name":"p1"}')
        self.world.profiles.configure(replace(self.settings, profiles={"p1": Profile(name="p1", pins={"a": "m1"})}))
        listed = json.loads(self.world.visit("/api/profiles").body)
        self.assertEqual((listed["active"], listed["profiles"][0]["pins"]), ("p1", {"a": "m1"}))
        self.world.profiles.configure(replace(self.settings, profiles={}))
        self.assertEqual((self.active(), self.world.told[-1].new), (None, None))
        self.assertEqual(self.put(b'{"name":"p1"}')[1]["error"]["message"], "profile not found; there are: none")

    def test_probe_117_pins_are_listed(self) -> None:
        """While their profile is active, unless they hide another name."""
        before = self.ids()
        self.put(b'{"name":"p1"}')
        self.assertEqual(sorted(self.ids() - before), ["psel", "pub"])

    def ids(self) -> set[str]:
        return {record["id"] for record in json.loads(self.world.visit("/v1/models").body)["data"]}

    def test_management_ignores_them(self) -> None:
        """Unloading and logs speak of models by their own names (http-api section 9)."""
        self.put(b'{"name":"p1"}')
        self.world.visit("/api/models/unload/m1", method="POST")
        self.assertEqual(self.world.models.asked, [("unload", ["m1"])])
        self.assertEqual(self.world.visit("/api/models/unload/pub", method="POST").status, 404)
        self.assertEqual(self.world.visit("/logs/stream/pub").status, 400)
