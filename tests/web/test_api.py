"""What operators ask of the server, over a connection in memory."""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Peer, Selector
from llamaswap.errors import StartFailed
from llamaswap.ids import ModelId
from llamaswap.notices import State
from tests.support.web import Client, World, model, settings_of


class ApiTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m1", aliases=("al1",)), model("org/m2")))
        self.models = self.world.models

    def test_probe_15_list_over_http(self) -> None:
        """Both paths list the models and echo an Origin; HEAD has the same headers."""
        for path in ("/v1/models", "/models"):
            reply = self.world.visit(path, {"Origin": "http://o.example"})
            self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"))
            self.assertEqual(reply.headers["access-control-allow-origin"], "http://o.example")
            listed = json.loads(reply.body)
            self.assertEqual([record["id"] for record in listed["data"]], ["m1", "org/m2"])
            self.assertEqual({record["created"] for record in listed["data"]}, {1_700_000_000})
            head = self.world.visit(path, method="HEAD")
            self.assertEqual((head.headers["content-length"], head.body), (str(len(reply.body)), b""))
            self.assertNotIn("access-control-allow-origin", head.headers)

    def test_probe_20_running(self) -> None:
        """What is in memory."""
        self.assertEqual(json.loads(self.world.visit("/running").body), {"running": []})
        self.models.states[ModelId("m1")] = State.STARTING
        self.assertEqual(json.loads(self.world.visit("/running").body)["running"][0]["state"], "starting")

    def test_probe_137_version(self) -> None:
        """Three strings."""
        found = json.loads(self.world.visit("/api/version").body)
        self.assertEqual(found, {"version": "1.2", "commit": "abc", "build_date": "today"})

    def test_probe_138_unload_one(self) -> None:
        """A model is unloaded by its ID or alias, whether its slash is encoded or not."""
        for name, stopped in {"al1": "m1", "m1": "m1", "org/m2": "org/m2", "org%2Fm2": "org/m2"}.items():
            self.models.asked.clear()
            reply = self.world.visit(f"/api/models/unload/{name}", method="POST")
            self.assertEqual((reply.status, reply.body), (200, b"OK"))
            self.assertEqual(self.models.asked, [("unload", [stopped])])

    def test_what_is_no_model_here(self) -> None:
        """A selector, or a peer's model: the answer says so."""
        peer = Peer(id="px", proxy="http://h", models=("uniq",))
        selector = Selector(id="s", strategy="warm", targets=("m1",))
        world = World(settings_of(model("m1"), peers={"px": peer}, selectors={"s": selector}))
        theirs = "a model of peer px"
        for name, words in (("s", "s is a selector"), ("px/uniq", theirs), ("uniq", theirs)):
            reply = world.visit(f"/api/models/load/{name}", method="POST")
            self.assertEqual(reply.status, 404)
            self.assertIn(words, json.loads(reply.body)["error"]["message"])

    def test_probe_139_unload_unknown(self) -> None:
        """A name that is no local model is a 404 envelope."""
        for verb in ("unload", "load"):
            for name in ("zz", "", "m1%20", "%ff"):
                reply = self.world.visit(f"/api/models/{verb}/{name}", method="POST")
                error = json.loads(reply.body)["error"]
                self.assertEqual((reply.status, error["code"], error["message"]), (404, "not_found", "model not found"))
        self.assertEqual(self.models.asked, [])

    def test_probe_140_unload_all(self) -> None:
        """Everything is unloaded, by either request; HEAD does it too."""
        reply = self.world.visit("/api/models/unload", method="POST")
        self.assertEqual(json.loads(reply.body), {"msg": "ok"})
        self.assertEqual(self.world.visit("/unload").body, b"OK")
        self.assertEqual(self.world.visit("/unload", method="HEAD").body, b"")
        self.assertEqual(self.models.asked, [("unload", None)] * 3)

    def test_answers_when_it_is_done(self) -> None:
        """Loading and unloading answer once they are over, and keep no place on the model."""
        for path in ("/api/models/load/al1", "/api/models/unload/m1"):
            pending = self.models.pending = Deferred[None]()
            client = Client(self.world.resource, self.world.clock, method="POST")
            client.send(path)
            self.assertEqual(client.transport.value(), b"")
            pending.callback(None)
            self.assertEqual(client.reply.status, 200)
        self.assertEqual(self.models.asked, [("load", ["m1"]), ("unload", ["m1"])])

    def test_load(self) -> None:
        """A load that succeeds says so; one that fails is refused with its cause."""
        reply = self.world.visit("/api/models/load/org%2Fm2", method="POST")
        self.assertEqual((reply.status, json.loads(reply.body)), (200, {"msg": "ok"}))
        self.models.refusal = StartFailed("upstream command exited prematurely", retry_after=4)
        reply = self.world.visit("/api/models/load/m1", method="POST")
        self.assertEqual((reply.status, reply.headers["retry-after"]), (500, "4"))
        self.assertIn("exited prematurely", json.loads(reply.body)["error"]["message"])

    def test_client_that_gives_up_gives_back_its_place(self) -> None:
        """Who hangs up while a model loads does not wait for it any more."""
        cancelled: list[object] = []
        self.models.pending = Deferred(cancelled.append)
        client = Client(self.world.resource, self.world.clock, method="POST")
        client.send("/api/models/load/m1")
        client.hang_up()
        self.assertEqual(cancelled, [self.models.pending])

    def test_load_that_nobody_waits_for(self) -> None:
        """It answers at once, goes on when the client has gone, and is asked for once however often one presses."""
        pending = self.models.pending = Deferred[None]()
        for _ in range(2):
            client = Client(self.world.resource, self.world.clock, method="POST")
            client.send("/api/models/load/al1?wait=no")
            self.assertEqual((client.reply.status, json.loads(client.reply.body)), (202, {"msg": "ok"}))
            client.hang_up()
        self.assertEqual(self.models.asked, [("load", ["m1"])])
        self.models.pending = None
        pending.errback(StartFailed("upstream command exited prematurely"))
        self.assertEqual(self.world.visit("/api/models/load/m1?wait=no", method="POST").status, 200)
        self.assertEqual(self.models.asked, [("load", ["m1"])] * 2)

    def test_load_that_is_refused_at_once(self) -> None:
        """Also when nobody means to wait."""
        self.models.refusal = StartFailed("upstream command exited prematurely", retry_after=4)
        reply = self.world.visit("/api/models/load/m1?wait=no", method="POST")
        self.assertEqual((reply.status, reply.headers["retry-after"]), (500, "4"))
        self.assertEqual(self.world.visit("/api/models/load/m1?wait=2", method="POST").status, 400)

    def test_bug_in_a_load_that_nobody_waits_for(self) -> None:
        """An unexpected exception is logged."""
        pending = self.models.pending = Deferred[None]()
        self.assertEqual(self.world.visit("/api/models/load/m1?wait=no", method="POST").status, 202)
        pending.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_bug_in_an_endpoint(self) -> None:
        """An unexpected exception is logged, and answered with an envelope."""
        self.models.refusal = ZeroDivisionError()  # type: ignore[assignment]
        reply = self.world.visit("/api/models/load/m1", method="POST")
        self.assertEqual((reply.status, json.loads(reply.body)["src"]), (500, "llama-swap"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
