"""`POST /api/config/reload`, over a connection in memory."""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.config.outcome import Applied, Rejected
from llamaswap.errors import NothingToReload, Problem, ShuttingDown
from llamaswap.ids import ModelId
from tests.support.web import Client, World, settings_of

PATH = "/api/config/reload"


class ReloadTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of())
        self.reloads = self.world.reloads

    def test_applied(self) -> None:
        """Once it is in force the answer says what that means for the models, and what is odd."""
        pending = self.reloads.pending = Deferred()
        client = Client(self.world.resource, self.world.clock, method="POST")
        client.send(PATH)
        self.assertEqual((client.transport.value(), self.reloads.asked), (b"", [f"POST {PATH}"]))
        difference = Difference((ModelId("a"),), (ModelId("b"), ModelId("c")), (), (ModelId("d"),), ("apiKeys",))
        pending.callback(Applied(difference, ("odd",)))
        self.assertEqual((client.reply.status, client.reply.headers["content-type"]), (200, "application/json"))
        self.assertEqual(
            json.loads(client.reply.body),
            {
                "ok": True,
                "added": ["a"],
                "removed": ["b", "c"],
                "changed": [],
                "adjusted": ["d"],
                "settings": ["apiKeys"],
                "warnings": ["odd"],
            },
        )

    def test_rejected(self) -> None:
        """A wrong file is a 422 that holds every problem in its parts."""
        problems = (Problem("must be a number", "c.yaml", 3, 7, "models.m.ttl"), Problem("cannot be read", "d.yaml"))
        self.reloads.pending = succeed(Rejected(problems, ("odd",)))
        reply = self.world.visit(PATH, method="POST")
        self.assertEqual((reply.status, reply.headers["content-type"]), (422, "application/json"))
        self.assertEqual(
            json.loads(reply.body),
            {
                "ok": False,
                "errors": [
                    {"message": "must be a number", "file": "c.yaml", "line": 3, "column": 7, "path": "models.m.ttl"},
                    {"message": "cannot be read", "file": "d.yaml", "line": 0, "column": 0, "path": ""},
                ],
                "warnings": ["odd"],
            },
        )

    def test_refused(self) -> None:
        """A server without a file, and one that ends, refuse with the usual envelope."""
        for error, status, code in (
            (NothingToReload(), 409, "conflict"),
            (ShuttingDown("the server is shutting down"), 500, "internal_error"),
        ):
            self.reloads.pending = fail(error)
            reply = self.world.visit(PATH, method="POST")
            self.assertEqual((reply.status, json.loads(reply.body)["error"]["code"]), (status, code))

    def test_client_that_hangs_up(self) -> None:
        """It gives up its wait, and nothing else is asked of the reloader."""
        given_up: list[object] = []
        self.reloads.pending = Deferred(given_up.append)
        client = Client(self.world.resource, self.world.clock, method="POST")
        client.send(PATH)
        client.hang_up()
        self.assertEqual((given_up, len(self.reloads.asked)), ([self.reloads.pending], 1))

    def test_only_post(self) -> None:
        """A link cannot reload."""
        reply = self.world.visit(PATH)
        self.assertEqual((reply.status, reply.headers["allow"], self.reloads.asked), (405, "POST", []))

    def test_keys_and_foreign_pages(self) -> None:
        """It takes a key where there are keys, and no page of another host may ask."""
        locked = World(settings_of(api_keys=("k",)))
        self.assertEqual(locked.visit(PATH, method="POST").status, 401)
        foreign = {"Origin": "http://evil.example"}
        self.assertEqual(self.world.visit(PATH, foreign, method="POST").status, 403)
        self.assertEqual(locked.reloads.asked + self.reloads.asked, [])
