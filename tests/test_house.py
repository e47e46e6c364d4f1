"""The beginning of a server, and other settings for one that is there: what is decided when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import re2
from twisted.internet import reactor
from twisted.internet.error import ConnectionDone
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from llamaswap.config.schema import (
    ApiKey,
    Limits,
    Peer,
    Performance,
    Profile,
    Quota,
    RateLimit,
    Selector,
    Settings,
    Timeouts,
)
from llamaswap.errors import ConfigurationError
from llamaswap.house import House
from llamaswap.ids import ModelId
from llamaswap.metrics.opening import open_database
from llamaswap.metrics.queries import Query
from llamaswap.metrics.row import Finished, Tokens
from llamaswap.metrics.storage import StoreFailed
from llamaswap.notices import ActivityStored, ConfigurationChanged, ProfileChanged
from llamaswap.resolve.targets import Local
from llamaswap.schedule.policies import Found, Policies
from llamaswap.service import LlamaSwap
from llamaswap.shutdown import Shutdown
from tests.schedule.test_policies import TableMaker
from tests.support.activity import row
from tests.support.folders import folder_for
from tests.support.reactor import ThreadlessReactor
from tests.support.web import Reply, model, parsed, settings_of
from tests.support.wire import MemoryTransport, request


class BeginningTests(TestCase):
    """Made by one user, perhaps, and started as another."""

    async def test_nothing_is_written_before_the_start(self) -> None:
        """The journal's directory belongs to the user that the server runs as: privileges may be shed in between."""
        folder = folder_for(self)
        house = House(Settings(), reactor, {"XDG_STATE_HOME": str(folder)})
        self.assertEqual(list(folder.iterdir()), [])
        house.start()
        self.assertEqual([place.name for place in folder.iterdir()], ["llamaswap"])
        await Shutdown(house, reactor).begin()
        self.assertEqual(list((folder / "llamaswap").iterdir()), [])

    async def test_a_store_that_cannot_be_opened(self) -> None:
        """The server does not start, and nothing of it has begun."""
        folder = folder_for(self)
        settings = Settings(store_path=str(folder))
        house = House(settings, reactor, {"XDG_STATE_HOME": str(folder / "state")})
        with self.assertRaisesRegex(StoreFailed, "store.path: .* cannot be opened"):
            house.start()
        self.assertEqual(list(folder.iterdir()), [])
        await house.close()

    async def test_a_store(self) -> None:
        """It is opened at the start, and written to the end; other settings may move it, or fail to."""
        folder = folder_for(self)
        house = House(Settings(store_path=str(folder / "a.db")), reactor, {"XDG_STATE_HOME": str(folder / "state")})
        house.start()
        heard: list[int] = []
        house.notices.subscribe(ActivityStored, lambda notice: heard.append(notice.id))
        house._archive.store.add(row())
        before = house.settings
        with self.assertRaisesRegex(ConfigurationError, "cannot be opened"):
            house.apply(Settings(store_path=str(folder)))
        self.assertIs(house.settings, before)
        house.apply(Settings(store_path=str(folder / "b.db")))
        self.assertEqual(house._archive.store.add(row()), 1)
        house._archive.store.add(row())
        await Shutdown(house, reactor).begin()
        self.assertEqual(heard, [1, 1, 2])
        for name, rows in {"a.db": 1, "b.db": 2}.items():
            database = open_database(str(folder / name))
            self.assertEqual(database.page(Query()).total, rows)
            database.close()

    async def test_sampling_follows_the_settings(self) -> None:
        """From the start on: a reload switches it on; with the end of the server it ends."""
        folder = folder_for(self)
        off, on = Settings(performance=Performance(disabled=True)), Settings(performance=Performance(every=3600.0))
        house = House(off, reactor, {"XDG_STATE_HOME": str(folder)})
        sampler = house._machine.sampler
        house.apply(on)
        self.assertFalse(sampler.offered)
        house.apply(off)
        house.start()
        self.assertFalse(sampler.offered)
        house.apply(on)
        self.assertTrue(sampler.offered)
        await Shutdown(house, reactor).begin()  # a timer that was left would fail this test


class Connection:
    """A client on a port of the house."""

    def __init__(self, house: House) -> None:
        self._transport = MemoryTransport()
        self._channel = house.factory.buildProtocol(None)
        self._channel.makeConnection(self._transport)

    def ask(self, line: str, *headers: str, body: bytes = b"") -> Reply:
        """The answer to one request; it must be complete."""
        self._transport.take()
        self._channel.dataReceived(request(line, *headers, body=body))
        return parsed(self._transport.take(), line.partition(" ")[0])

    def begin(self, line: str, *headers: str) -> None:
        """Send a request that is not answered at once."""
        self._channel.dataReceived(request(line, *headers))

    def heard(self) -> bytes:
        return self._transport.take()


class PolicyTests(SynchronousTestCase):
    """A house whose router comes from another package."""

    def house(self, maker: TableMaker) -> House:
        policies = Policies(lambda: Found({"table": maker}))
        return House(settings_of(model("a"), router="table"), ThreadlessReactor(), {}, policies=policies)

    def test_settings_it_does_not_take(self) -> None:
        """They raise what is wrong with them, and nothing has changed."""
        maker = TableMaker()
        house = self.house(maker)
        before = house.settings
        maker.error = ValueError("n must be 1")
        with self.assertRaisesRegex(ValueError, "n must be 1"):
            house.apply(settings_of(model("b"), router="table", router_settings={"n": 2}))
        self.assertIs(house.settings, before)

    def test_one_that_fails(self) -> None:
        """The log says so once, with the traceback; the model is loaded all the same."""

        class Failing:
            def decide(self, *asked: object) -> None:
                raise KeyError(asked)

        house = self.house(TableMaker(made=Failing()))
        client = Connection(house)
        with capturedLogs() as events:
            client.begin("POST /api/models/load/a")
            client.begin("POST /api/models/load/a")
        said = [formatEvent(event) for event in events]
        self.assertEqual(sum("the policy table has failed in `decide`" in each for each in said), 1, said)
        self.assertEqual(
            sum("loading a, evicting nothing (the policy table has failed" in each for each in said), 1, said
        )
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)


class ApplyTests(SynchronousTestCase):
    """Other settings for a house of which nothing runs."""

    def setUp(self) -> None:
        self.reactor = ThreadlessReactor()
        self.house = House(settings_of(model("a", aliases=("x",)), model("b")), self.reactor, {})
        self.client = Connection(self.house)

    def listed(self, *headers: str) -> list[str]:
        reply = self.client.ask("GET /v1/models", *headers)
        self.assertEqual(reply.status, 200, reply.body)
        return [record["id"] for record in json.loads(reply.body)["data"]]

    def status(self, line: str, *headers: str, body: bytes = b"") -> int:
        return self.client.ask(line, *headers, body=body).status

    def test_difference(self) -> None:
        """It is returned, told in the log, and to whoever listens; the settings in force are the new ones."""
        heard: list[ConfigurationChanged] = []
        self.house.notices.subscribe(ConfigurationChanged, heard.append)
        new = settings_of(model("b", cmd="new"), model("c"), model("d"))
        with capturedLogs() as events:
            found = self.house.apply(new)
        self.assertEqual((found.added, found.removed, found.changed), (("c", "d"), ("a",), ("b",)))
        self.assertEqual([notice.difference for notice in heard], [found])
        self.assertEqual(
            [formatEvent(event) for event in events], ["configuration applied: added c, d; removed a; changed b"]
        )
        self.assertIs(self.house.settings, new)

    def test_nothing_restarts(self) -> None:
        """The log says so, also when there are new models."""
        with capturedLogs() as events:
            self.house.apply(settings_of(model("a"), model("b", ttl=4)))
            self.house.apply(settings_of(model("a"), model("b"), model("c")))
        edited, added = (formatEvent(event).removeprefix("configuration applied: ") for event in events)
        self.assertTrue(edited.endswith("no model restarts"), edited)
        self.assertTrue(added.startswith("added c; ") and added.endswith("no model restarts"), added)

    def test_models(self) -> None:
        """Who asks next finds the new models and names; what is gone is not found, on every way in."""
        self.house.apply(settings_of(model("a", aliases=("y",)), model("c"), model("u", unlisted=True)))
        self.assertEqual(self.listed(), ["a", "c"])
        for name, status in {"x": 404, "b": 404, "y": 200, "a": 200}.items():
            self.assertEqual(self.status(f"POST /api/models/unload/{name}"), status)
        self.assertEqual(self.status("GET /upstream/b/x"), 404)
        self.assertEqual(self.status("GET /upstream/y"), 301)
        json_type = "Content-Type: application/json"
        self.assertEqual(self.status("POST /v1/chat/completions", json_type, body=b'{"model": "b"}'), 404)
        self.assertEqual(self.status("GET /logs/stream/b"), 400)

    def test_ignored_paths(self) -> None:
        """What never loads a model is decided by the new patterns."""
        self.assertEqual(self.status("GET /upstream/a/x.css"), 409)
        self.house.apply(replace(self.house.settings, ignore_paths=("page",)))
        self.assertEqual(self.status("GET /upstream/a/page"), 409)

    def test_keys(self) -> None:
        """They hold from the next request on, on connections that are open too."""
        self.assertEqual(self.listed(), ["a", "b"])
        self.house.apply(replace(self.house.settings, api_keys=(ApiKey(key="secret", name="secret"),)))
        self.assertEqual(self.status("GET /v1/models"), 401)
        self.assertEqual(self.listed("X-Api-Key: secret"), ["a", "b"])
        self.house.apply(replace(self.house.settings, api_keys=(ApiKey(key="other", name="other"),)))
        self.assertEqual(self.status("GET /v1/models", "X-Api-Key: secret"), 401)

    def test_requests_of_a_key(self) -> None:
        """They end when it is taken out, and not when another is."""
        old = (ApiKey(key="k", name="k"), ApiKey(key="l", name="l"))
        self.house.apply(replace(self.house.settings, api_keys=old))
        others = Connection(self.house)
        self.client.begin("GET /upstream/a/x", "X-Api-Key: k")
        others.begin("GET /upstream/a/x", "X-Api-Key: l")
        self.house.apply(replace(self.house.settings, api_keys=(old[1], ApiKey(key="new", name="k"))))
        self.reactor.advance(0)
        self.assertIn(b" 401 ", self.client.heard().partition(b"\r\n")[0])
        self.assertEqual(others.heard(), b"")

    def test_sessions(self) -> None:
        """Who has logged in stays so while the key is there, and no longer; a limit goes on with the key's name."""
        limited = ApiKey(key="secret", name="laptop", rate_limit=RateLimit(requests=1))
        self.house.apply(replace(self.house.settings, api_keys=(limited,)))
        login = self.client.ask("POST /api/login", body=b'{"key": "secret"}')
        cookie = f"Cookie: {login.headers['set-cookie'].partition(';')[0]}"
        ours = "X-Requested-With: llama-swap-ui"
        self.assertEqual(self.listed(cookie), ["a", "b"])
        chat = ("POST /v1/chat/completions", cookie, ours)
        self.assertEqual((self.status(*chat), self.status(*chat)), (404, 429))
        self.house.apply(replace(self.house.settings, api_keys=(limited, ApiKey(key="k", name="k"))))
        self.assertEqual((self.listed(cookie), self.status(*chat)), (["a", "b"], 429))
        [refused] = self.house._doors._refused.families()
        self.assertIn((("laptop", "rate"), 2.0), list(refused.samples))
        self.assertIn(refused, list(self.house._doors.prometheus.families()))
        self.house.apply(replace(self.house.settings, api_keys=(ApiKey(key="k", name="laptop"),)))
        self.assertEqual(self.status("GET /v1/models", cookie), 401)
        self.assertEqual(self.status("POST /v1/chat/completions", "x-api-key: k"), 404)

    def test_quota(self) -> None:
        """What requests have cost counts when they are worked off."""
        key = ApiKey(key="k", name="k", quota=Quota(tokens=5))
        self.house.apply(replace(self.house.settings, api_keys=(key,)))
        allowances = self.house._doors._allowances
        allowances.ended([Finished("a", "", "", "k", 200, 0, 0.1, 0.2, Tokens(3, 2), True, 5)], 0.0)
        self.assertEqual(self.status("POST /v1/chat/completions", "x-api-key: k"), 429)
        self.assertEqual(self.status("GET /running", "x-api-key: k"), 200)

    def test_peers(self) -> None:
        """Each has the times and the key that its entry gives; lists are asked for once the server has started."""
        timeouts = Timeouts(connect=7, response_header=0)
        spare = Peer(id="q", proxy="http://10.0.0.2:82", models=(), refresh=9)
        peers = {"p": Peer(id="p", proxy="http://10.0.0.1:81/b", models=("x",), timeouts=timeouts), "q": spare}
        self.house.apply(replace(self.house.settings, peers=peers))
        reactor: Any = self.house._reactor
        self.assertEqual((reactor.tcpClients, reactor.getDelayedCalls()), ([], []))
        self.client.begin("GET /upstream/p/x/y")
        self.assertEqual((*reactor.tcpClients[-1][:2], reactor.tcpClients[-1][3]), ("10.0.0.1", 81, 7))
        reply = Connection(self.house).ask("GET /api/peers")
        states = [(peer["id"], peer["proxy"], peer["state"]) for peer in json.loads(reply.body)["peers"]]
        self.assertEqual(states, [("p", "http://10.0.0.1:81/b", "unknown"), ("q", "http://10.0.0.2:82", "unknown")])

    def test_s92_the_end_of_requests_to_peers(self) -> None:
        """They are waited for like all others, new ones are refused, and what is left is cut."""
        peers = {"p": Peer(id="p", proxy="http://10.0.0.1:81", models=("x",))}
        self.house.apply(replace(self.house.settings, peers=peers))
        self.client.begin("GET /upstream/p/x/y")
        late = Connection(self.house)
        self.house.refuse_waiting()
        reply = late.ask("GET /upstream/p/x/y")
        self.assertEqual(
            (reply.status, json.loads(reply.body)["error"]["message"]), (500, "peer proxy is shutting down")
        )
        drained = self.house._peers.drained()
        self.assertNoResult(drained)
        self.house.cut()
        self.assertTrue(self.house._doors._ledger.stopping)
        self.client._channel.connectionLost(Failure(ConnectionDone()))
        self.successResultOf(drained)

    def test_limits(self) -> None:
        """A smaller body is all that is taken; a longer head is taken on new connections."""
        limits = Limits(body_bytes=4, header_bytes=4096)
        self.house.apply(replace(self.house.settings, limits=limits))
        self.assertEqual(self.status("POST /v1/chat/completions", body=b"12345"), 413)
        long = f"X: {'x' * 8000}"
        self.assertEqual(Connection(self.house).ask("GET /health", long).status, 431)

    def test_open_streams_stay_open(self) -> None:
        """Who follows a log goes on following it."""
        stream = Connection(self.house)
        stream.begin("GET /logs/stream/a")
        self.house.apply(settings_of(model("a", cmd="new")))
        self.house.apply(settings_of(model("b")))
        self.house.apply(settings_of(model("a")))
        stream.heard()
        self.house._logs.output(ModelId("a"))(b"still here")
        self.assertIn(b"still here", stream.heard())

    def test_probe_141_events_go_on(self) -> None:
        """They tell of the new settings, and end with the keys that let them in, as with the server."""
        stream = Connection(self.house)
        stream.begin("GET /api/events")
        stream.heard()
        self.house.apply(settings_of(model("new"), session_id_headers=("X-Mine",)))
        self.turn()
        told = stream.heard()
        self.assertEqual([b"X-Mine" in told, b"new" in told, b"modelStatus" in told], [True, True, True])
        self.house.apply(settings_of(model("new"), api_keys=("k",)))
        self.assertTrue(stream.heard().endswith(b"0\r\n\r\n"))
        self.house.apply(settings_of(model("new")))
        stream.begin("GET /api/events")
        self.assertIn(b"modelStatus", stream.heard())
        self.house.end_feeds()
        self.assertTrue(stream.heard().endswith(b"0\r\n\r\n"))

    def turn(self) -> None:
        """What was put off to the next turn happens."""
        self.house._reactor.advance(0)

    def test_settings_that_cannot_be_used(self) -> None:
        """Whatever is wrong with them is raised, and all is as before."""
        before = self.house.settings
        wrong: list[dict[str, Any]] = [{"router": "nobody's"}, {"ignore_paths": ("(",)}, {"api_keys": ("\ud800",)}]
        for others in wrong:
            with self.assertRaises((ValueError, re2.error)):
                self.house.apply(settings_of(model("c"), **others))
            self.assertIs(self.house.settings, before)
            self.assertEqual(self.listed(), ["a", "b"])

    def test_nothing_changes_once_the_end_has_begun(self) -> None:
        """A reload that comes too late, for a graceful end or for a kill, does nothing and says so."""
        for end in (House.stop_accepting, House.kill_models):
            self.setUp()
            before = self.house.settings
            end(self.house)
            with capturedLogs() as events:
                self.assertTrue(self.house.apply(settings_of(model("c"))).empty)
            said = [formatEvent(event) for event in events]
            self.assertEqual(said, ["the server is stopping: the new configuration is not applied"])
            self.assertIs(self.house.settings, before)

    def test_w16_profile(self) -> None:
        """The active one stays as long as the settings know it; with it go its pins, and that is told."""

        def with_pins(**pins: str) -> Settings:
            profiles = {"p": Profile(name="p", pins=pins)} if pins else {}
            return settings_of(model("a"), model("b"), profiles=profiles)

        heard: list[ProfileChanged] = []
        self.house.notices.subscribe(ProfileChanged, heard.append)
        self.house.apply(with_pins(x="a"))
        self.assertEqual(self.status("PUT /api/profiles/active", body=b'{"name": "p"}'), 200)
        self.assertEqual(self.status("GET /upstream/x"), 301)
        self.house.apply(with_pins(y="b"))
        self.assertEqual((self.status("GET /upstream/x"), self.status("GET /upstream/y")), (404, 301))
        self.assertEqual(self.listed(), ["a", "b", "y"])
        with capturedLogs() as events:
            self.house.apply(with_pins())
        self.assertIn("active profile: none (was p)", [formatEvent(event) for event in events])
        self.assertEqual([(notice.old, notice.new) for notice in heard], [(None, "p"), ("p", None)])
        self.assertEqual((self.status("GET /upstream/y"), self.listed()), (404, ["a", "b"]))

    def test_w16_turns(self) -> None:
        """A reload does not forget whose turn it is, unless the selector is gone."""
        selector = Selector(id="s", strategy="spillover", targets=("a", "b"))
        settings = settings_of(model("a"), model("b"), selectors={"s": selector})
        self.house.apply(settings)
        tally = self.house._doors._tally
        tally.remember("s", Local(settings.models[ModelId("a")], "a"))
        self.house.apply(replace(settings, api_keys=(ApiKey(key="k", name="k"),)))
        self.assertIsNotNone(tally.last("s"))
        self.house.apply(settings_of(model("a"), model("b")))
        self.assertIsNone(tally.last("s"))

    def test_patience(self) -> None:
        """The end waits for models as long as the new settings say."""
        self.assertEqual(self.house.patience, 10.0)
        self.house.apply(settings_of(model("a", unload_timeout=45)))
        self.assertEqual(self.house.patience, 45.0)


class EmbeddedTests(SynchronousTestCase):
    """`LlamaSwap`, for other applications."""

    def test_reconfigure(self) -> None:
        """It says what changed, and which settings are in force."""
        llamaswap = LlamaSwap(settings_of(model("a")), ThreadlessReactor())
        new = settings_of(model("a"), model("b"))
        self.assertEqual(llamaswap.reconfigure(new).added, ("b",))
        self.assertIs(llamaswap.settings, new)
