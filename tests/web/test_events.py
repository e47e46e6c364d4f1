"""`GET /api/events` (http-api section 12, probes 118 to 126 and 141)."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, Performance, Settings
from llamaswap.feeds.turns import HEARTBEAT_PERIOD
from llamaswap.ids import ModelId
from llamaswap.logs.ring import CAPACITY
from llamaswap.notices import ActivityStored, ModelChanged, PeerChanged, PeerState, ProfileChanged, State
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.events import LINGER
from llamaswap.wire.channel import ChannelFactory
from llamaswap.wire.lane import TreeLane
from tests.config.loading import settings as loaded
from tests.support.events import Event, EventReader, FakeEntry, View, Watcher
from tests.support.probes import configuration_a
from tests.support.relay import RelayWorld
from tests.support.web import World, model, settings_of
from tests.support.wire import MemoryTransport, request

CLIENTS = 300
BURST = ["logData", "logData", "modelStatus", "uiConfig", "profileChanged", "inflight", "schedule"]
DRIP = {"Content-Type": "application/json", "X-Session-ID": "S1", "X-Forwarded-For": "1.2.3.4, 5.6.7.8", "Cookie": "a"}


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


class EventsTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = self.make_world()

    def make_world(self) -> World:
        return World(configuration_a())

    def change(self, name: str, new: State) -> None:
        """A model comes to another state."""
        old, self.world.models.states[ModelId(name)] = self.world.models.state_of(ModelId(name)), new
        self.world.notices.publish(ModelChanged(ModelId(name), old, new, self.world.clock.seconds()))

    def state_of(self, models: list[Any], name: str) -> str:
        return str(next(each["state"] for each in models if each["id"] == name))

    def put(self, name: str | None) -> None:
        self.world.visit("/api/profiles/active", method="PUT", body=json.dumps({"name": name}).encode())

    def configure(self, new: Settings) -> None:
        self.world.feeds.configure(new, Resolver(new, RemoteNames(new.peers)))


class BeginningTests(EventsTestCase):
    def test_probe_118_head_and_first_messages(self) -> None:
        """The headers and the first six messages of the contract, each with an ID besides; then heartbeats."""
        transport = MemoryTransport()
        factory = ChannelFactory(
            self.world.front, TreeLane(self.world.tree), self.world.settings.limits, self.world.clock
        )
        channel = factory.buildProtocol(None)
        channel.makeConnection(transport)
        channel.dataReceived(request("GET /api/events"))
        head, _, body = transport.take().partition(b"\r\n\r\n")
        self.assertEqual(
            head.decode().split("\r\n"),
            [
                "HTTP/1.1 200 OK",
                "Content-Type: text/event-stream",
                "Cache-Control: no-cache",
                "X-Content-Type-Options: nosniff",
                "X-Accel-Buffering: no",
                "Connection: keep-alive",
                "Transfer-Encoding: chunked",
            ],
        )
        size, _, rest = body.partition(b"\r\n")
        events = EventReader().feed(rest[: int(size, 16)])
        self.assertEqual(types(events), BURST)
        place = events[-1].id
        self.assertEqual([event.id for event in events], [*(f"{place}.{part}" for part in range(1, 7)), place])
        self.world.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual(transport.take(), b"2\r\n:\n\r\n")
        channel.connectionLost()
        self.world.feeds.close()

    def test_probe_118_what_is_in_it(self) -> None:
        """Both histories, also an empty one; no profile; nothing under way."""
        self.world.logs.proxy.write(b"[INFO] a \xff\n")
        events = Watcher(self.world).heard()
        self.assertEqual(
            [event.data for event in events if event.type != "modelStatus"],
            [
                {"source": "proxy", "data": "[INFO] a \ufffd\n"},
                {"source": "upstream", "data": ""},
                {"activity": {"session_id": ["X-Session-ID", "X-Litellm-Session-Id"]}, "performance": True},
                {"active": None},
                {"operation": "snapshot", "requests": []},
                {
                    "at": self.world.clock.seconds(),
                    "models": [],
                    "queue": [],
                    "waiting": 0,
                    "swaps": [],
                    "gpus": [],
                    "ram": None,
                },
            ],
        )

    def test_probe_119_model_status(self) -> None:
        """All models here, by ID, then those of peers; no selectors, aliases or pins."""
        [models] = Watcher(self.world).of("modelStatus")
        ids = ["bad", "comfyui_auto", "hid", "m1", "one", "org/m2", "slow"]
        self.assertEqual([each["id"] for each in models], [*ids, "px/org/pm", "px/uniq", "dead/gone"])
        of = {each["id"]: each for each in models}
        self.assertEqual(
            of["m1"],
            {
                "id": "m1",
                "name": " One ",
                "description": "The first",
                "state": "stopped",
                "unlisted": False,
                "peerID": "",
                "aliases": ["al1", "think"],
                "capabilities": {"vision": True, "function_calling": True},
                "context_length": 32000,
            },
        )
        self.assertTrue(of["hid"]["unlisted"])
        self.assertEqual(of["bad"]["state"], "stopped")
        self.assertNotIn("capabilities", of["bad"])
        peer = {"id": "px/uniq", "name": "", "description": "", "state": "", "unlisted": False, "peerID": "px"}
        self.assertEqual(of["px/uniq"], peer)

    def test_probe_126_session_headers(self) -> None:
        """Trimmed, and each once."""
        self.world = World(loaded('ui: {activity: {session_id: [" X-Trace ", "x-trace", ""]}}'))
        self.assertEqual(
            Watcher(self.world).of("uiConfig"), [{"activity": {"session_id": ["X-Trace"]}, "performance": True}]
        )

    def test_head(self) -> None:
        """The same headers, and the end."""
        exchange = self.world.ask("HEAD", "/api/events")
        self.assertEqual((exchange.status, exchange.finished, exchange.answer), (200, True, b""))
        self.assertEqual(exchange.answered_header("Content-Type"), "text/event-stream")
        self.assertEqual(self.world.clock.getDelayedCalls(), [])


class ChangesTests(EventsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.watcher = Watcher(self.world)
        self.watcher.heard()

    def test_probe_124_profile(self) -> None:
        """A choice that changes nothing is not told; one that does, with the models."""
        self.put("p1")
        self.put("p1")
        events = [event for event in self.watcher.heard() if event.type != "logData"]
        self.assertEqual(types(events), ["profileChanged", "modelStatus"])
        self.assertEqual(events[0].data, {"active": "p1"})

    def test_probe_125_states(self) -> None:
        """Every state is told, when each has its turn."""
        self.change("m1", State.READY)
        self.watcher.heard()
        self.change("m1", State.STOPPING)
        [models] = self.watcher.of("modelStatus")
        self.assertEqual(self.state_of(models, "m1"), "stopping")
        self.change("m1", State.STOPPED)
        [models] = self.watcher.of("modelStatus")
        self.assertEqual(self.state_of(models, "m1"), "stopped")

    def test_changes_of_one_turn_are_one_message(self) -> None:
        """It tells what has come of all of them."""
        for name in ("m1", "hid", "one"):
            self.change(name, State.STARTING)
        self.world.notices.publish(PeerChanged("px", PeerState.UP, (), "", 0.0))
        [models] = self.watcher.of("modelStatus")
        self.assertEqual([self.state_of(models, name) for name in ("m1", "hid", "one")], ["starting"] * 3)

    def test_s12_logs(self) -> None:
        """What is written is told at once, then ten times a second."""
        self.world.logs.proxy.write(b"a\n")
        self.world.logs.model(ModelId("m1")).write(b"b")
        expected = [{"source": "proxy", "data": "a\n"}, {"source": "upstream", "data": "b"}]
        self.assertEqual(self.watcher.of("logData"), expected)
        self.world.logs.proxy.write(b"c")
        self.world.logs.proxy.write(b"d")
        self.assertEqual(self.watcher.of("logData"), [])
        self.world.clock.advance(0.1)
        self.assertEqual(self.watcher.of("logData"), [{"source": "proxy", "data": "cd"}])

    def test_who_comes_between_a_write_and_its_message(self) -> None:
        """It finds that in the history, and is not told of it again; so it is with requests that begin."""
        for text in (b"a", b"b", b"c"):
            self.world.logs.proxy.write(text)
            self.watcher.heard()
        self.world.inflight.add(FakeEntry("1"))
        late = Watcher(self.world)
        self.world.clock.advance(1)
        self.assertEqual([event.type for event in late.heard()], BURST)
        self.watcher.heard()
        self.assertEqual([each.view.logs["proxy"] for each in (late, self.watcher)], ["abc", "abc"])

    def test_a_clock_that_is_set_back(self) -> None:
        """By NTP, or when a virtual machine wakes up: news of every kind go on."""
        for tell, kind in (
            (lambda: self.put("p1"), "profileChanged"),
            (lambda: self.world.logs.upstream.write(b"two\n"), "logData"),
        ):
            self.setUp()
            self.world.logs.upstream.write(b"one\n")
            self.tick(1)
            watcher = Watcher(self.world)
            watcher.heard()
            self.world.logs.upstream.write(b"one\n")
            self.tick(1)
            self.assertEqual(len(watcher.of("logData")), 1)
            self.world.clock.rightNow -= 3600.0
            tell()
            self.tick(5)
            self.assertEqual(len(watcher.of(kind)), 1, kind)

    def tick(self, seconds: int) -> None:
        self.world.clock.pump([0.1] * 10 * seconds)

    def test_when_the_schedule_is_looked_at(self) -> None:
        """When a request comes, goes on to another phase and ends; not for what its answer brings."""
        entry = FakeEntry("1")

        def looks() -> int:
            before = self.world.looks
            self.tick(1)
            return self.world.looks - before

        self.world.inflight.add(entry)
        self.assertEqual(looks(), 1)
        for _ in range(3):
            entry.received += 9
            self.assertEqual(looks(), 0)
        self.assertEqual(self.watcher.of("inflight")[-1]["request"]["resp_bytes"], 27)
        entry.phase = "answering"
        self.world.inflight.begun(entry)
        self.assertEqual(looks(), 1)
        self.world.inflight.over(entry)
        self.assertEqual(looks(), 1)

    def test_activity(self) -> None:
        """A line of activity that can be read."""
        self.world.notices.publish(ActivityStored(7))
        self.assertEqual(self.watcher.of("activity"), [{"id": 7}])

    def test_probe_141_other_settings(self) -> None:
        """The stream goes on, and tells of the models there are now, and of the UI's settings."""
        self.configure(settings_of(model("new")))
        events = self.watcher.heard()
        self.assertEqual(types(events), ["uiConfig", "modelStatus"])
        self.assertEqual([each["id"] for each in events[1].data], ["new"])
        self.configure(settings_of(model("new"), session_id_headers=("X-Mine",)))
        events = self.watcher.heard()
        self.assertEqual(types(events), ["uiConfig", "modelStatus"])
        self.assertEqual(events[0].data, {"activity": {"session_id": ["X-Mine"]}, "performance": True})
        self.configure(
            settings_of(model("new"), session_id_headers=("X-Mine",), performance=Performance(disabled=True))
        )
        self.assertIs(self.watcher.of("uiConfig")[-1]["performance"], False)
        self.assertFalse(self.watcher.exchange.finished)

    def test_other_keys(self) -> None:
        """Then it ends, and who follows has to ask anew."""
        self.world.feeds.end_all()
        self.assertTrue(self.watcher.exchange.finished)
        again = Watcher(self.world, self.watcher.reader.last_id)
        self.assertFalse(again.exchange.finished)

    def test_s21_the_end_of_the_server(self) -> None:
        """Streams end, later ones as soon as they have begun, and nothing is left on the clock."""
        self.change("m1", State.READY)
        self.world.logs.proxy.write(b"a")
        self.world.feeds.close()
        later = Watcher(self.world)
        self.assertTrue(self.watcher.exchange.finished and later.exchange.finished)
        self.change("m1", State.STOPPED)
        self.world.inflight.add(FakeEntry("1"))
        self.assertEqual(self.world.clock.getDelayedCalls(), [])
        self.assertIsNone(self.watcher.exchange.producer)


class UnwatchedTests(EventsTestCase):
    def hears(self) -> tuple[bool, int, int]:
        """Whether anything listens to what happens."""
        notices = self.world.notices
        return notices.hears(PeerChanged), self.world.logs.proxy.followers, self.world.logs.upstream.followers

    def test_nothing_listens(self) -> None:
        """Before anybody comes, and when the last has gone for a while."""
        before = self.hears()
        self.assertFalse(before[0])
        watcher = Watcher(self.world)
        watcher.heard()
        self.assertTrue(self.hears()[0])
        watcher.leave()
        self.world.clock.advance(LINGER / 2)
        Watcher(self.world).leave()
        self.world.clock.advance(LINGER - 1)
        self.assertTrue(self.hears()[0])
        self.world.clock.advance(1)
        self.assertEqual((self.hears(), self.world.clock.getDelayedCalls()), (before, []))

    def test_comes_again(self) -> None:
        """Soon: it is told what it missed. Later: everything."""
        watcher = Watcher(self.world)
        watcher.heard()
        watcher.leave()
        self.change("m1", State.READY)
        self.world.clock.advance(1)
        again = Watcher(self.world, watcher.reader.last_id)
        self.assertEqual(types(again.heard()), ["modelStatus", "timeline", "schedule"])
        again.leave()
        self.world.clock.advance(LINGER)
        self.change("m1", State.STOPPING)
        late = Watcher(self.world, again.reader.last_id)
        self.assertEqual(types(late.heard()), BURST)
        self.assertEqual(self.state_of(late.view.models, "m1"), "stopping")


class UnderWayTests(EventsTestCase):
    """The requests under way, with the real routes (probes 120 to 123)."""

    world: RelayWorld

    def make_world(self) -> RelayWorld:
        return RelayWorld(configuration_a())

    def setUp(self) -> None:
        super().setUp()
        self.watcher = Watcher(self.world)
        self.watcher.heard()

    def chat(self) -> tuple[Any, Any]:
        return self.world.begin("POST", "/v1/chat/completions", DRIP, b'{"model":"m1"}')

    def drip(self, text: bytes) -> None:
        self.world.upstream("m1").answer(b"%x\r\n%b\r\n" % (len(text), text))

    def begin_answer(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: x=y\r\n"
        self.world.upstream("m1").answer(head + b"Transfer-Encoding: chunked\r\n\r\n")

    def cancel(self, id: str) -> tuple[int, Any]:
        reply = self.world.visit(f"/api/inflight/{id}/cancel", method="POST")
        return reply.status, json.loads(reply.body)

    def test_probe_120_from_the_beginning_to_the_end(self) -> None:
        """Told at the start, with the head, four times a second while bytes pass, and at the end."""
        _, done = self.chat()
        [first] = self.watcher.of("inflight")
        request = first["request"]
        self.assertEqual((first["operation"], request["resp_headers"], request["resp_bytes"]), ("upsert", {}, 0))
        self.assertEqual((request["id"], request["model"], request["remote_ip"]), ("1", "m1", "1.2.3.4"))
        self.assertEqual((request["method"], request["req_path"]), ("POST", "/v1/chat/completions"))
        shown = request["req_headers"]
        self.assertEqual((shown["X-Session-Id"], shown["Cookie"], "Host" in shown), ("S1", "[REDACTED]", False))
        self.assertEqual(request["timestamp"], "2023-11-14T22:13:20.000Z")
        self.begin_answer()
        [head] = self.watcher.of("inflight")
        self.assertEqual(head["request"]["resp_headers"]["Content-Type"], "text/event-stream")
        self.assertEqual(head["request"]["resp_headers"]["Set-Cookie"], "[REDACTED]")
        told = []
        for _ in range(10):
            self.drip(b"data: x\n\n")
            self.world.clock.advance(0.1)
            told += [each["request"] for each in self.watcher.of("inflight")]
        self.assertIn(len(told), (3, 4))
        self.assertTrue(all(0 < one["resp_bytes"] < two["resp_bytes"] for one, two in pairwise(told)))
        self.assertGreaterEqual(told[-1]["elapsed_ms"], 700)
        self.world.upstream("m1").answer(b"0\r\n\r\n")
        self.successResultOf(done)
        self.assertEqual(self.watcher.of("inflight"), [{"operation": "remove", "id": "1"}])

    def test_in_the_snapshot(self) -> None:
        """Who comes later is told of it."""
        self.chat()
        self.world.clock.advance(3)
        [snapshot] = Watcher(self.world).of("inflight")
        self.assertEqual([request["elapsed_ms"] for request in snapshot["requests"]], [3000])

    def test_s11_passed_through(self) -> None:
        """What counts as a request to a model is seen, by what follows the model; a page is not."""
        self.world.begin("GET", "/upstream/m1/page")
        self.world.begin("POST", "/upstream/m1/v1/chat/completions?a=b", {}, b"{}")
        [told] = self.watcher.of("inflight")
        self.assertEqual(told["request"]["req_path"], "/v1/chat/completions")

    def test_probe_121_cancel_a_stream(self) -> None:
        """Answered at once; the stream ends, and that is told."""
        exchange, done = self.chat()
        self.begin_answer()
        self.drip(b"data: x\n\n")
        self.watcher.heard()
        self.assertEqual(self.cancel("1"), (200, {"msg": "ok"}))
        self.assertTrue(exchange.aborted)
        self.assertNoResult(self.watcher.exchange.task)
        self.assertEqual(self.watcher.of("inflight"), [{"operation": "remove", "id": "1"}])
        done.addErrback(lambda _: None)

    def test_probe_122_cancel_before_the_head(self) -> None:
        """The client is told with a 502."""
        exchange, done = self.chat()
        self.assertEqual(self.cancel("1"), (200, {"msg": "ok"}))
        self.successResultOf(done)
        self.assertEqual((exchange.status, json.loads(exchange.answer)["src"]), (502, "llama-swap"))

    def test_probe_123_unknown(self) -> None:
        """404, also for one that is over; other paths are none of ours."""
        for id in ("1", "x", "%31", "-1"):
            status, error = self.cancel(id)
            self.assertEqual((status, error["error"]["code"]), (404, "not_found"))
            self.assertEqual(error["error"]["message"], "inflight request not found")
        for path in (
            "/api/inflight/",
            "/api/inflight/1",
            "/api/inflight/1/",
            "/api/inflight//cancel",
            "/api/inflight/1/x",
        ):
            self.assertIn(self.world.visit(path, method="POST").status, (404, 307), path)
        self.assertEqual(self.world.visit("/api/inflight/1/cancel").status, 405)


class CostTests(EventsTestCase):
    def test_what_a_client_costs(self) -> None:
        """Some KiB, with all that its connection needs."""
        lane = TreeLane(self.world.tree)
        factory = ChannelFactory(self.world.front, lane, self.world.settings.limits, self.world.clock)
        for _ in range(50):
            self.world.logs.proxy.write(b"x" * 1024)
        self.connect(factory)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            clients = [self.connect(factory) for _ in range(CLIENTS)]
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertLess((after - before) / len(clients), 15 * 1024)

    def connect(self, factory: ChannelFactory) -> MemoryTransport:
        """A client that has read what it was sent."""
        transport = MemoryTransport()
        channel = factory.buildProtocol(None)
        channel.makeConnection(transport)
        channel.dataReceived(request("GET /api/events"))
        transport.take()
        return transport


ACTION = st.sampled_from(
    "model profile log flood add progress over many settings turn tenth second pause resume leave minute".split()
)


class HistoryTests(SynchronousTestCase):
    """Whatever happens in whatever order, who reads again knows how things are."""

    @given(st.lists(ACTION, max_size=40))
    @settings(max_examples=150, deadline=None)
    def test_a_client_knows_how_things_are(self, actions: list[str]) -> None:
        """It pauses, reads on, leaves and comes again with the last ID that it saw, or is told everything anew."""
        world = World(settings_of(model("m1"), model("m2"), profiles=configuration_a().profiles))
        history = _History(world)
        for action in actions:
            getattr(history, action)()
        history.settle()
        view = history.view
        self.assertEqual(view.inflight.keys(), {entry.id for entry in world.inflight.snapshot()})
        self.assertEqual(
            {id: shown["resp_bytes"] for id, shown in view.inflight.items()},
            {entry.id: entry.received for entry in world.inflight.snapshot()},
        )
        fresh = Watcher(world)
        fresh.heard()
        self.assertEqual(
            (view.models, view.config, view.profile), (fresh.view.models, fresh.view.config, fresh.view.profile)
        )
        for source, text in history.text.items():
            self.assertTrue(view.logs[source].endswith(text[-CAPACITY // 2 :]), (source, view.logs[source][-50:]))
        world.feeds.close()
        self.assertEqual((world.clock.getDelayedCalls(), world.faults), ([], []))


class _History:
    """What happens, and one client through all of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.count = 0
        self.text = {"proxy": "", "upstream": ""}
        self.entries: list[FakeEntry] = []
        self.watcher: Watcher | None = Watcher(world)
        self.last_id = ""
        self.view: View = self.watcher.view

    def settle(self) -> None:
        """It comes, or reads again, and time passes."""
        self.resume()
        self.second()
        self.second()

    def model(self) -> None:
        self.count += 1
        name, new = ModelId(f"m{self.count % 2 + 1}"), list(State)[self.count % 3]
        old, self.world.models.states[name] = self.world.models.state_of(name), new
        self.world.notices.publish(ModelChanged(name, old, new, 0.0))

    def profile(self) -> None:
        name = None if self.world.active.name else "p1"
        old = self.world.active.name
        self.world.active.choose(name)
        self.world.notices.publish(ProfileChanged(old, name, 0.0))

    def log(self) -> None:
        self.count += 1
        self.write("proxy", f"{self.count}€\n".encode())
        self.write("upstream", "€".encode())

    def flood(self) -> None:
        self.write("upstream", b"x" * (CAPACITY - 5))

    def write(self, source: str, data: bytes) -> None:
        monitor = self.world.logs.proxy if source == "proxy" else self.world.logs.upstream
        for byte in (data[:1], data[1:]):
            monitor.write(byte)
        self.text[source] += data.decode()

    def add(self) -> None:
        self.count += 1
        self.entries.append(FakeEntry(str(self.count)))
        self.world.inflight.add(self.entries[-1])

    def progress(self) -> None:
        for entry in self.entries:
            entry.received += 1

    def over(self) -> None:
        if self.entries:
            self.world.inflight.over(self.entries.pop(0))

    def many(self) -> None:
        for _ in range(100):
            self.add()
            self.world.inflight.begun(self.entries[-1])
            self.over()

    def settings(self) -> None:
        self.count += 1
        before = self.world.settings
        self.world.settings = now = replace(before, session_id_headers=(f"X-{self.count}",))
        self.world.feeds.configure(now, Resolver(now, RemoteNames({})))

    def turn(self) -> None:
        self.world.clock.advance(0)
        self.read()

    def tenth(self) -> None:
        self.world.clock.advance(0.1)
        self.read()

    def second(self) -> None:
        self.world.clock.advance(1)
        self.read()

    def minute(self) -> None:
        self.world.clock.advance(LINGER + 1)
        self.read()

    def read(self) -> None:
        if self.watcher is not None:
            self.watcher.heard()

    def pause(self) -> None:
        if self.watcher is not None:
            self.watcher.pause()

    def resume(self) -> None:
        if self.watcher is not None:
            self.watcher.resume()
        else:
            self.watcher = Watcher(self.world, self.last_id)
            self.watcher.view = self.view

    def leave(self) -> None:
        if self.watcher is not None:
            self.watcher.leave()
            self.read()
            self.last_id = self.watcher.reader.last_id
            self.watcher = None


class DiscreetTests(SynchronousTestCase):
    """A key that is for a look, and no admin's."""

    def setUp(self) -> None:
        keys = (ApiKey(key="reader", name="r", scopes=("read",)), ApiKey(key="admin", name="a"))
        self.world = World(replace(configuration_a(), api_keys=keys))

    def test_no_logs(self) -> None:
        """It is told everything but the log, from the beginning on and when it comes again."""
        reader = Watcher(self.world, **{"x-api-key": "reader"})
        admin = Watcher(self.world, **{"x-api-key": "admin"})
        for watcher, burst in ((reader, BURST[2:]), (admin, BURST)):
            self.assertEqual(types(watcher.heard()), burst)
        self.world.logs.output(ModelId("m1"))(b"a secret\n")
        self.world.notices.publish(ActivityStored(7))
        told = [set(types([event for _ in range(20) for event in self.later(each)])) for each in (reader, admin)]
        self.assertEqual(told, [{"activity"}, {"activity", "logData"}])
        reader.leave()
        again = Watcher(self.world, reader.reader.last_id, **{"x-api-key": "reader"})
        self.assertNotIn("logData", types(again.heard()))

    def test_who_reads_the_log_elsewhere(self) -> None:
        """It is told everything but the log; what is quoted of that, only if it might read it."""
        told = {
            key: Watcher(self.world, target="/api/events?logs=no", **{"x-api-key": key}) for key in ("reader", "admin")
        }
        admin = Watcher(self.world, target="/api/events?logs=yes", **{"x-api-key": "admin"})
        for watcher, burst in ((told["reader"], BURST[2:]), (told["admin"], BURST[2:]), (admin, BURST)):
            self.assertEqual(types(watcher.heard()), burst)
        self.world.logs.output(ModelId("m1"))(b"a secret\n")
        m1, when = ModelId("m1"), self.world.clock.seconds()
        self.world.notices.publish(ModelChanged(m1, State.READY, State.STOPPED, when, "exited", 1, ("a secret",)))
        heard = {key: [event for _ in range(20) for event in self.later(each)] for key, each in told.items()}
        for key, events in heard.items():
            self.assertEqual(set(types(events)), {"modelStatus", "timeline", "schedule"}, key)
        lines = {key: self.lines(each.view.schedule) for key, each in told.items()}
        self.assertEqual(lines, {"reader": [], "admin": ["a secret"]})
        late = Watcher(self.world, target="/api/events?logs=no", **{"x-api-key": "admin"})
        late.heard()
        self.assertEqual(self.lines(late.view.schedule), ["a secret"])
        told["admin"].leave()
        again = Watcher(
            self.world, told["admin"].reader.last_id, target="/api/events?logs=no", **{"x-api-key": "admin"}
        )
        self.assertEqual(again.heard(), [])

    def test_what_else_may_be_asked(self) -> None:
        """Nothing that the log could be taken for."""
        exchange = self.world.ask("GET", "/api/events?logs=maybe", {"x-api-key": "admin"})
        self.assertEqual(
            (exchange.status, json.loads(exchange.answer)["error"]["message"]), (400, "logs must be yes or no")
        )

    def lines(self, schedule: Any) -> list[str]:
        """What the last model that has failed said."""
        return list(schedule["models"][0]["failure"]["lines"])

    def later(self, watcher: Watcher) -> list[Event]:
        self.world.clock.advance(0.1)
        return watcher.heard()
