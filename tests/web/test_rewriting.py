"""What the model's server receives, for the configuration and the probes of http-api section 24.3."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Filters
from llamaswap.errors import TooManyRequests
from llamaswap.ids import ModelId
from llamaswap.notices import State
from tests.support.probes import configuration_a
from tests.support.relay import RelayWorld
from tests.support.web import MemoryExchange, model, settings_of
from tests.support.wire import MemoryUpstream

CHAT = "/v1/chat/completions"
JSON = {"Content-Type": "application/json", "Host": "h"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Host": "h"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def body_of(sent: bytes) -> bytes:
    """What follows the head, whose length must be right."""
    head, _, body = sent.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head, head
    return body


class WorldTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = RelayWorld(configuration_a())

    def upstream(self, name: str) -> MemoryUpstream:
        return self.world.peers.upstreams.get(name) or self.world.upstream(name)

    def sent(self, to: str, *args: Any) -> bytes:
        """What the model or peer `to` receives of a request; it answers, and nothing is held afterwards."""
        exchange, done = self.world.begin(*args)
        self.assertEqual(exchange.status, 0, exchange.answer)
        sent = self.upstream(to).received()
        self.upstream(to).answer(OK)
        self.successResultOf(done)
        self.assertEqual((exchange.status, self.world.leases.left), (200, []))
        return sent

    def chat(self, to: str, name: str, **more: Any) -> Any:
        return json.loads(body_of(self.sent(to, "POST", CHAT, JSON, json.dumps({"model": name, **more}).encode())))

    def refused(self, status: int, *args: Any) -> str:
        """The message of a request that is refused."""
        exchange, done = self.world.begin(*args)
        self.successResultOf(done)
        self.assertEqual(exchange.status, status, exchange.answer)
        return str(json.loads(exchange.answer)["error"]["message"])


class FilterTests(WorldTestCase):
    def test_probe_24_filters(self) -> None:
        """Stripped, set, and the model's name stays."""
        found = self.chat("m1", "m1", temperature=1, a={"b": 1, "c": 2})
        self.assertEqual(found, {"model": "m1", "a": {"c": 2}, "nested": {"z": 1}, "top_p": 0.9})

    def test_probe_25_parameters_of_a_name(self) -> None:
        """An alias that filters make has its own."""
        found = self.chat("m1", "think")
        self.assertEqual(found, {"model": "think", "nested": {"z": 1}, "top_p": 0.1, "thinking": True})

    def test_probe_26_bytes_stay(self) -> None:
        """But for the name."""
        body = b'{"model":"org/m2",  "x":[1,  2.50]}'
        sent = self.sent("org/m2", "POST", "/v1/completions", JSON, body)
        self.assertEqual(body_of(sent), body.replace(b"org/m2", b"real-name"))

    def test_s95_a_selector_with_an_alias_for_a_target(self) -> None:
        """The body names the alias, its parameters are applied, and the selector is on record."""
        self.assertEqual(self.chat("m1", "s-pin")["model"], "think")
        self.assertTrue(self.chat("m1", "s-pin")["thinking"])
        self.assertEqual({end.selector for end in self.world.ended}, {"s-pin"})

    def test_probe_43_filters_of_a_peer(self) -> None:
        """Its rules, and the name that it knows."""
        self.assertEqual(self.chat("px", "px/org/pm", temperature=1), {"model": "org/pm", "pp": 1})
        self.assertEqual(self.chat("px", "uniq", a=1), {"model": "uniq", "a": 1, "pp": 1})

    def test_probe_55_the_first_of_two_names(self) -> None:
        """It is served, and a body that nothing has to be changed in passes with both."""
        self.world.leases.upstreams.clear()
        body = b'{"model":"hid","model":"m1"}'
        self.assertEqual(body_of(self.sent("hid", "POST", CHAT, JSON, body)), body)

    def test_a_peer_that_has_listed_nothing_yet(self) -> None:
        """503 with the reason, by either way in: a client may try again."""
        self.assertIn(
            "peer auto has not listed its models yet", self.refused(503, "POST", CHAT, JSON, b'{"model":"auto/x"}')
        )
        self.assertIn("it sleeps", self.refused(503, "GET", "/upstream/auto%2Fx/y", {"Host": "h"}, b""))

    def test_q3_damaged_json_passes(self) -> None:
        """Rules are not applied to what cannot be taken apart; a renaming is."""
        body = b'{"model":"m1","temperature":1, oops'
        self.assertEqual(body_of(self.sent("m1", "POST", CHAT, JSON, body)), body)
        body = b'{"model":"px/uniq","temperature":1, oops'
        self.assertEqual(body_of(self.sent("px", "POST", CHAT, JSON, body)), body.replace(b"px/uniq", b"uniq"))

    def test_forms_are_not_filtered(self) -> None:
        """strip and set are for JSON (http-api section 6.5)."""
        sent = self.sent("m1", "POST", "/v1/embeddings", FORM, b"model=m1&temperature=1")
        self.assertEqual(body_of(sent), b"model=m1&temperature=1")

    def test_a_rule_that_cannot_be_applied(self) -> None:
        """500 with the key; no model is asked, nothing is held."""
        self.world = RelayWorld(settings_of(model("m", filters=Filters(strip_params=("a*",)))))
        message = self.refused(500, "POST", CHAT, JSON, b'{"model":"m"}')
        self.assertIn("error stripping parameter a*", message)
        self.assertEqual((self.world.leases.upstreams, self.world.ended), ({}, []))

    def test_long_bodies_are_filtered_in_a_thread(self) -> None:
        """The reactor goes on meanwhile; who leaves then holds nothing."""
        waiting: list[tuple[Deferred[Any], Any]] = []

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            waiting.append((Deferred(), work))
            return waiting[-1][0]

        self.world.threads = in_thread
        body = json.dumps({"model": "s-spill", "temperature": 1, "text": "x" * 20_000}).encode()
        for leaves in (True, False):
            _, done = self.world.begin("POST", CHAT, JSON, body)
            fires, work = waiting.pop()
            fires.callback(work())
            fires, work = waiting.pop()
            self.assertEqual(self.world.on_the_way("m1"), [1])
            if leaves:
                done.cancel()
                self.failureResultOf(done, CancelledError)
            else:
                fires.callback(work())
                self.assertNotIn(b"temperature", body_of(self.world.upstream("m1").received()))
            self.assertEqual(self.world.on_the_way("m1"), [0])


class RenamingTests(WorldTestCase):
    def test_probe_32_urlencoded(self) -> None:
        """Nothing changes where nothing is renamed."""
        self.assertEqual(body_of(self.sent("hid", "POST", "/v1/embeddings", FORM, b"model=hid&x=1")), b"model=hid&x=1")

    def test_probe_33_and_34_multipart(self) -> None:
        """The field is renamed, all others keep their bytes and heads."""
        form = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: audio/wav\r\n\r\n'
            b"\x00\xff\r\n--b\r\nContent-Disposition: form-data; name=model\r\n\r\n%b\r\n--b--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Host": "h"}
        for name, to, written in (("org/m2", "org/m2", "real-name"), ("hid", "hid", "hid"), ("s-pin", "m1", "think")):
            sent = self.sent(to, "POST", "/v1/audio/transcriptions", headers, form % name.encode())
            self.assertEqual(body_of(sent), form % written.encode())

    def test_probe_39_a_query(self) -> None:
        """The name in it is replaced, whatever else stands there."""
        sent = self.sent("m1", "GET", "/v1/audio/voices?z=%2f&model=s-pin&a", {"Host": "h"})
        self.assertTrue(sent.startswith(b"GET /base/v1/audio/voices?z=%2f&model=think&a HTTP/1.1\r\n"), sent)
        sent = self.sent("org/m2", "GET", "/props?model=org%2Fm2&z=a%20b", {"Host": "h"})
        self.assertTrue(sent.startswith(b"GET /base/props?model=org%2Fm2&z=a%20b HTTP/1.1\r\n"), sent)

    def test_a_body_of_another_kind_with_a_query(self) -> None:
        """The name stands in the query, and there it is renamed."""
        sent = self.sent("px", "POST", "/v1/audio/voices?model=px%2Forg%2Fpm", {"Host": "h"}, b"abc")
        self.assertTrue(sent.startswith(b"POST /base/v1/audio/voices?model=org%2Fpm HTTP/1.1\r\n"), sent)
        self.assertEqual(body_of(sent), b"abc")

    def test_q2_a_urlencoded_selector(self) -> None:
        """Probe 54: the original loses the new name and answers 404; here it works."""
        sent = self.sent("m1", "POST", "/v1/embeddings", FORM, b"a=+&model=s-pin")
        self.assertEqual(body_of(sent), b"a=+&model=think")

    def test_prefixes_and_queries_together(self) -> None:
        """The path loses its prefix, the query keeps its bytes."""
        sent = self.sent("hid", "POST", "/v/embeddings?a=%2F", JSON, b'{"model":"hid"}')
        self.assertTrue(sent.startswith(b"POST /base/embeddings?a=%2F HTTP/1.1\r\n"), sent)


class ProfileTests(WorldTestCase):
    def test_probe_115_pins(self) -> None:
        """Of the literal name; disabled ones are no model."""
        self.world.active.choose("p1")
        self.assertEqual(self.chat("m1", "pub")["model"], "think")
        self.assertEqual(self.chat("hid", "m1")["model"], "hid")
        self.assertEqual(self.chat("m1", "al1")["model"], "al1")
        self.assertEqual(self.chat("m1", "psel")["model"], "think")
        self.assertIn("no model id", self.refused(404, "POST", CHAT, JSON, b'{"model":"off"}'))


class SelectorTests(WorldTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world.leases.states = {ModelId("m1"): State.READY, ModelId("hid"): State.READY}

    def begin(self) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("POST", CHAT, JSON, b'{"model":"s-spill"}')

    def on_the_way(self) -> list[int]:
        return self.world.on_the_way("m1", "hid")

    def test_probe_53_two_at_once_get_two_models(self) -> None:
        """And a third the one that is free again; each is on record with its selector."""
        _, first = self.begin()
        _, second = self.begin()
        self.assertEqual(sorted(self.world.leases.held), ["hid", "m1"])
        self.world.upstream("m1").answer(OK)
        self.successResultOf(first)
        self.begin()
        self.assertEqual(sorted(self.world.leases.held), ["hid", "m1"])
        self.world.upstream("hid").answer(OK)
        self.successResultOf(second)
        self.assertEqual([end.selector for end in self.world.ended], ["s-spill"] * 2)
        self.assertEqual(self.on_the_way(), [0, 0])

    def test_s94_while_a_long_body_is_looked_at(self) -> None:
        """A request counts until it arrives, also while a thread finds out whether it asks for a stream."""
        settings = self.world.settings
        models = [replace(model, send_loading_state=True) for model in settings.models.values()]
        self.world = RelayWorld(replace(settings, models={model.id: model for model in models}))
        self.world.leases.states = {ModelId("m1"): State.STARTING, ModelId("hid"): State.STARTING}
        looks: list[Deferred[None]] = []

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            looks.append(Deferred())
            return looks[-1].addCallback(lambda _: work())

        self.world.threads = in_thread
        body = b'{"model":"s-spill","stream":true,"x":"' + b"x" * 20_000 + b'"}'
        for _ in range(2):
            self.world.begin("POST", CHAT, JSON, body)
        while looks:
            counted = sum(self.on_the_way()) + len(self.world.leases.held)
            looks.pop(0).callback(None)
        self.assertEqual(counted, 2)
        self.assertEqual(sorted(self.world.leases.held), ["hid", "m1"])

    def test_nothing_is_kept_whatever_goes_wrong(self) -> None:
        """Refused, broken off, or gone while it waits: it does not count."""
        self.world.leases.refusal = TooManyRequests()
        exchange, done = self.begin()
        self.successResultOf(done)
        self.assertEqual((exchange.status, self.on_the_way()), (429, [0, 0]))
        self.world.leases.refusal, self.world.leases.pending = None, Deferred()
        _, done = self.begin()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual((self.on_the_way(), self.world.leases.left), ([0, 0], []))

    def test_no_target(self) -> None:
        """503 with the words of the spec."""
        self.world.leases.states = {ModelId("m1"): State.STOPPING, ModelId("hid"): State.SHUTDOWN}
        self.assertIn("no available spillover targets", self.refused(503, "POST", CHAT, JSON, b'{"model":"s-spill"}'))
