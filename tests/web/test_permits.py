"""An API key that is for some models only, on every way to a model and in every list."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, Model, Quota
from llamaswap.exchange import Caller
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.web.listing import running_list
from tests.support.probes import configuration_a
from tests.support.relay import RelayWorld
from tests.support.web import MemoryExchange, settings_of

JSON = {"Content-Type": "application/json"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
FIELD = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n%b\r\n'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
EVENT = b'data: {"choices": [{"delta": {"content": "token"}}]}\n\n'
KEYS = (
    ApiKey(key="some", name="some", models=("m1", "px/uni*", "org/*")),
    ApiKey(key="hid", name="hid", models=("hid",), priority=4),
    ApiKey(key="plain", name="plain", scopes=("inference", "read")),
    ApiKey(key="all", name="all"),
)


def named(name: str) -> bytes:
    return json.dumps({"model": name}).encode()


class Asking(SynchronousTestCase):
    """Requests with one of the keys."""

    def setUp(self) -> None:
        self.world = RelayWorld(replace(configuration_a(), api_keys=KEYS))

    def begin(self, key: str, method: str, path: str, body: bytes = b"", **headers: str) -> MemoryExchange:
        self.exchange, self.done = self.world.begin(
            method, path, {"x-api-key": key, "Host": "h", **JSON, **headers}, body
        )
        return self.exchange

    def refused(self, key: str, method: str, path: str, body: bytes = b"", **headers: str) -> str:
        """Why: it is a 403, and nobody was asked."""
        exchange = self.begin(key, method, path, body, **headers)
        self.assertEqual(exchange.status, 403, (key, path, body))
        self.assertEqual((self.world.leases.upstreams, self.world.peers.upstreams), ({}, {}))
        message: str = json.loads(exchange.answer)["error"]["message"]
        return message

    def asked(self, name: str) -> bytes:
        """What the model, or the peer, of this name received."""
        upstream = self.world.peers.upstreams.get(name) or self.world.leases.upstreams[ModelId(name)]
        sent = upstream.received()
        upstream.answer(OK)
        self.successResultOf(self.done)
        return sent

    def chat(self, key: str, name: str) -> None:
        self.begin(key, "POST", "/v1/chat/completions", named(name))


class PermitTests(Asking):
    def test_models_here(self) -> None:
        """By ID, alias and name of a filter; others are refused by each of their names."""
        for name in ("m1", "al1", "think"):
            self.chat("some", name)
            self.asked("m1")
        self.world = RelayWorld(self.world.settings)
        for name in ("hid", "one"):
            self.assertIn(f"not for model {name}", self.refused("some", "POST", "/v1/chat/completions", named(name)))
        self.refused("some", "GET", "/props?model=hid")

    def test_unknown_names(self) -> None:
        """Are unknown."""
        self.chat("some", "nobody")
        self.assertEqual(self.exchange.status, 404)

    def test_models_of_peers(self) -> None:
        """By either name."""
        for name in ("uniq", "px/uniq", "org/pm", "px/org/pm"):
            self.chat("some", name)
            self.assertIn(b"/v1/chat/completions", self.asked("px"))
        self.world = RelayWorld(self.world.settings)
        self.refused("some", "POST", "/v1/chat/completions", named("gone"))

    def test_selectors(self) -> None:
        """They choose among the caller's; who may use none of theirs may not use them."""
        for key, model in (("some", "m1"), ("hid", "hid")):
            for selector in ("s-warm", "s-spill"):
                for _ in range(3):
                    self.chat(key, selector)
                    self.asked(model)
        self.world = RelayWorld(self.world.settings)
        self.assertIn("not for model s-pin", self.refused("hid", "POST", "/v1/chat/completions", named("s-pin")))

    def test_pins_of_a_profile(self) -> None:
        """What a name stands for is what counts."""
        self.world.active.choose("p1")
        self.refused("some", "POST", "/v1/chat/completions", named("m1"))
        self.refused("some", "GET", "/upstream/m1/x")
        self.refused("hid", "POST", "/v1/chat/completions", named("pub"))
        self.chat("hid", "m1")
        self.asked("hid")

    def test_paths(self) -> None:
        """Below `/upstream/`, its bare redirect included, and `/comfyui/`."""
        for path in (
            "/upstream/hid/x",
            "/upstream/hid",
            "/upstream/dead/gone/v1/x",
            "/comfyui",
            "/comfyui/",
            "/comfyui/x",
        ):
            self.refused("some", "GET", path)
        self.begin("some", "GET", "/upstream/al1/page")
        self.assertIn(b"GET /base/page", self.asked("m1"))

    def test_priority(self) -> None:
        """It goes with the request to the scheduler."""
        for path in ("/v1/chat/completions", "/upstream/hid/x"):
            self.begin("hid", "POST", path, named("hid"))
            self.asked("hid")
        self.assertEqual(self.world.leases.priorities, [4, 4])

    def test_lists(self) -> None:
        """They hold what is for the caller: models, selectors that can choose one of them, and pins that lead there."""

        def listed(key: str) -> set[str]:
            data = json.loads(self.world.visit("/v1/models", {"x-api-key": key}).body)["data"]
            return {record["id"] for record in data}

        everything = listed("all")
        self.assertEqual(listed("plain"), everything)
        self.assertEqual(listed("some"), {"m1", "org/m2", "px/uniq", "px/org/pm", "s-pin", "s-warm", "s-spill"})
        self.assertEqual(listed("hid"), {"s-warm", "s-spill"})
        self.world.active.choose("p1")
        self.assertEqual(listed("hid") - {"s-warm", "s-spill"}, set())
        self.assertEqual(listed("some") - everything, {"pub", "psel"})

    def test_running(self) -> None:
        """So does the list of what runs, and only that is unloaded by who may unload anything."""
        self.world.models.states = {ModelId("m1"): State.READY, ModelId("hid"): State.READY}

        def running(key: str) -> list[str]:
            reply = self.world.visit("/running", {"x-api-key": key})
            return [record["model"] for record in json.loads(reply.body)["running"]]

        self.assertEqual((running("all"), running("some"), running("hid")), (["hid", "m1"], ["m1"], ["hid"]))
        for method, path in (("GET", "/unload"), ("POST", "/api/models/unload")):
            self.assertEqual(self.world.visit(path, {"x-api-key": "hid"}, method=method).status, 200)
            self.assertEqual(self.world.models.asked.pop(), ("unload", ["hid"]))
            self.world.visit(path, {"x-api-key": "all"}, method=method)
            self.assertEqual(self.world.models.asked.pop(), ("unload", None))
        for act in ("load", "unload"):
            self.assertEqual(self.world.visit(f"/api/models/{act}/m1", {"x-api-key": "hid"}, method="POST").status, 403)
        self.assertEqual(self.world.models.asked, [])

    def test_requests_under_way(self) -> None:
        """An operator who is for some models ends no request for another, as it unloads no other."""
        self.chat("all", "m1")
        for key, status in (("hid", 403), ("some", 200)):
            reply = self.world.visit("/api/inflight/1/cancel", {"x-api-key": key}, method="POST")
            self.assertEqual(reply.status, status)
            self.assertEqual(self.done.called, key == "some")

    def test_commands(self) -> None:
        """They may hold what the environment keeps secret, and are for operators."""
        self.world.models.states = {ModelId("m1"): State.READY}

        def command(key: str) -> str:
            [record] = json.loads(self.world.visit("/running", {"x-api-key": key}).body)["running"]
            return str(record["cmd"])

        self.assertEqual((command("plain"), command("all") != ""), ("", True))

    def test_passwords_in_addresses(self) -> None:
        """Who only reads sees the address of a model as the description of the settings shows it."""
        there = Model(id=ModelId("m"), proxy="http://user:hunter2@h:1", cmd="s")
        settings = settings_of(there)

        def told(*scopes: str) -> str:
            caller = Caller("somebody", scopes=frozenset(scopes))
            [record] = running_list(settings, [(there, State.READY)], caller)["running"]
            return str(record["proxy"])

        self.assertEqual(told("read"), "http://(not shown)@h:1")
        self.assertEqual(told("read", "admin"), "http://user:hunter2@h:1")

    def test_targets_of_selectors(self) -> None:
        """The record of a selector names those that are for the caller."""
        for key in ("some", "hid"):
            for record in json.loads(self.world.visit("/v1/models", {"x-api-key": key}).body)["data"]:
                targets = record["meta"]["llamaswap"].get("targets", [])
                self.assertNotIn("hid" if key == "some" else "m1", targets, record["id"])


class BehindAPeerTests(Asking):
    """A peer lets us in with our key, which may be good for more than the caller's."""

    def test_model_routes(self) -> None:
        """Such a key asks that model, by whatever name, and the peer is told its own."""
        for name in ("uniq", "px/uniq"):
            for key in ("some", "plain"):
                self.begin(key, "POST", "/upstream/px/uniq/v1/completions?model=px/org/pm", named(name))
                sent = self.asked("px")
                self.assertIn(b"POST /base/v1/completions?model=uniq HTTP", sent)
                self.assertTrue(sent.endswith(b'{"model": "uniq"}'), sent)

    def test_other_models_of_the_peer(self) -> None:
        """Not by what the body says."""
        path = "/upstream/px/uniq/v1/completions"
        for body in (named("gone"), named("px/org/pm"), b"{}", b"", b"[]"):
            self.refused("plain", "POST", path, body)
        self.refused("plain", "POST", path + "?model=uniq", named("org/pm"), **{"Content-Type": "text/plain"})

    def test_other_paths(self) -> None:
        """Nothing else of the peer, such as its operators' routes, whatever the spelling."""
        for path in (
            "/",
            "/api/models/unload",
            "/logs",
            "/v1/models",
            "/v1/chat%2Fcompletions",
            "/upstream/x/v1/completions",
        ):
            for method in ("GET", "POST"):
                self.assertIn("scope admin", self.refused("plain", method, f"/upstream/px/uniq{path}", named("uniq")))

    def test_names_that_are_read_in_several_ways(self) -> None:
        """On every way to the peer: which of them it takes is not known here."""
        chat, form = "/v1/chat/completions", {"Content-Type": "application/x-www-form-urlencoded"}
        text = {"Content-Type": "text/plain"}
        fields = FIELD % b"uniq" + FIELD % b"secret" + b"--b--\r\n"
        for key, front in product(("some", "plain"), ("", "/upstream/px/uniq")):
            path = front + chat
            self.refused(key, "POST", path, b'{"model":"px/uniq","model":"secret"}')
            self.refused(key, "POST", path, b'{"model":"px/uniq","Model":"secret"}')
            self.refused(key, "POST", path + "?model=px/uniq&Model=secret", named("uniq"))
            self.refused(key, "POST", path + "?model=px/uniq", named("secret"), **text)
            self.refused(key, "POST", path + "?model=px/uniq", named("secret"), **MULTIPART)
            self.refused(key, "POST", path, b"model=uniq&MODEL=secret", **form)
            self.refused(key, "POST", front + "/v1/audio/transcriptions", fields, **MULTIPART)
            self.refused(key, "GET", front + "/props?model=uniq", named("secret"))

    def test_names_that_are_written_anew(self) -> None:
        """In each place where there is one, also where it is the peer's own already."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for key, front in product(("some", "plain"), ("", "/upstream/px/uniq")):
            for method, path, body, headers in (
                ("GET", "/v1/audio/voices?model=uniq&model=secret", b"", {}),
                ("POST", "/v1/completions?model=secret", named("uniq"), {}),
                ("POST", "/v1/completions", b"model=uniq&model=secret", form),
                ("POST", "/v1/audio/transcriptions?model=uniq", FIELD % b"secret" + b"--b--\r\n", MULTIPART),
            ):
                self.begin(key, method, front + path, body, **headers)
                sent = self.asked("px")
                self.assertIn(b"uniq", sent.partition(b"\r\n")[0] + sent.partition(b"\r\n\r\n")[2])
                self.assertNotIn(b"secret", sent)

    def test_methods(self) -> None:
        """A model route's own. What is traced would come back with our key for the peer, so nobody's is."""
        path = "/upstream/px/uniq/v1/completions?model=uniq"
        for method in ("PUT", "DELETE", "GET"):
            self.assertIn("model routes", self.refused("plain", method, path))
        for key in ("plain", "all"):
            self.assertIn("TRACE", self.refused(key, "TRACE", path))
        self.begin("plain", "HEAD", "/upstream/px/uniq/props?model=px/uniq")
        self.assertIn(b"HEAD /base/props?model=uniq", self.asked("px"))

    def test_admins(self) -> None:
        """A key that is for everything here passes as without keys."""
        self.begin("all", "POST", "/upstream/px/uniq/api/models/unload", named("x"))
        self.assertIn(b"POST /base/api/models/unload", self.asked("px"))


class QuotaTests(Asking):
    """A key whose tokens are spent gets no more, also when no answer has said what it cost."""

    def setUp(self) -> None:
        key = ApiKey(key="spender", name="spender", scopes=("inference",), quota=Quota(tokens=100))
        self.world = RelayWorld(replace(configuration_a(), api_keys=(key,)))
        self.world.allowances.follow((key,))
        self.world.ledger.subscribe(lambda ended: self.world.allowances.ended(ended, self.world.clock.seconds()))

    def check_spent(self, path: str = "/v1/chat/completions") -> None:
        self.world.ledger.settle()
        self.begin("spender", "POST", path, named("hid"))
        self.assertEqual(self.exchange.status, 429, path)

    def test_a_stream_that_does_not_tell(self) -> None:
        """As vLLM streams, unless a client asks for `stream_options.include_usage`: each event is a token at least."""
        self.begin("spender", "POST", "/v1/chat/completions", named("hid"))
        self.world.upstream("hid").answer(STREAM + EVENT * 200)
        self.world.upstream("hid").close()
        self.successResultOf(self.done)
        self.check_spent()

    def test_a_client_that_hangs_up(self) -> None:
        """Before the usage came, which stands at the end."""
        self.begin("spender", "POST", "/v1/chat/completions", named("hid"))
        self.world.upstream("hid").answer(STREAM + EVENT * 200)
        self.done.cancel()
        self.failureResultOf(self.done, CancelledError)
        self.check_spent()
