"""The one way in: http-api probes 1 to 14 and 74 to 80, and every route with and without a key."""

from __future__ import annotations

import json
from base64 import b64encode

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Limits
from llamaswap.web.answers import Answer
from llamaswap.web.routes import ROUTES, Access, Lane, Route
from tests.support import built
from tests.support.web import MemoryBody, MemoryExchange, World, model, settings_of

WRONG = {
    "no key": {},
    "wrong": {"Authorization": "Bearer wrong"},
    "hidden": {"Authorization": "Bearer x", "x-api-key": "k"},
}
RIGHT = (
    {"Authorization": "Bearer k"},
    {"Authorization": "Basic " + b64encode(b"u:k").decode()},
    {"X-API-KEY": "k"},
)


def example(route: Route) -> str:
    """A path of the row."""
    return route.path.decode() + ("m/x" if route.prefix else "")


def spellings(route: Route) -> list[str]:
    """Ways to write a path that mean the same to some parser."""
    path = example(route)
    last = path[-1]
    return [
        path,
        path + "?api_key=k",
        "/" + path,
        "/." + path,
        "/x/.." + path,
        path[:-1] + f"%{ord(last):02X}",
        path[:1] + f"%{ord(path[1:2] or '/'):02x}" + path[2:],
        path.replace("/", "%2F"),
        "/" + path[1:].replace("/", "%2f"),
        path.upper(),
        path + "%00",
        path + ";a",
    ]


def calls() -> list[tuple[Route, str]]:
    """Every row with every method it knows (one of any)."""
    methods = [(route, method.decode()) for route in ROUTES for method in sorted(route.methods) or (b"PATCH",)]
    return methods + [(route, "HEAD") for route, method in methods if method == "GET"]


def at_once(route: Route) -> int:
    """The status that the gate itself answers; 0: it is the resource tree's turn."""
    return route.answer.status if route.answer is not None else 0


def by_lane(route: Route) -> int:
    """The status that the route's lane answers to a request without a body, which a load test needs."""
    return 400 if route.endpoint == "load_test" else 200


class KeyTableTests(SynchronousTestCase):
    """Every route of both lanes x (no key, wrong key, right key), through `Front`."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m"), api_keys=("k", "other")))

    def test_without_a_key_only_open_routes_answer(self) -> None:
        """No route that needs a key is reached without one, whatever the path's spelling; no lane even hears of it."""
        for route, method in calls():
            for headers in WRONG.values():
                for path in spellings(route):
                    self.check_refused(route, method, path, headers)

    def check_refused(self, route: Route, method: str, path: str, headers: dict[str, str]) -> None:
        exchange = self.world.ask(method, path, headers)
        self.assertEqual(self.world.served, [], path)
        if exchange.status == 0:  # the resource tree's turn: then the path must be one that is open
            admitted = self.world.gate.admit(MemoryExchange(method, path, headers))
            assert isinstance(admitted, Route)
            self.assertIs(admitted.access, Access.OPEN, path)
        elif route.access is Access.KEY:
            self.assertIn(exchange.status, (307, 401, 404, 405), path)

    def test_plain_spelling_is_401(self) -> None:
        """Asked plainly without a right key, each keyed route says 401 with a challenge."""
        for route, method in calls():
            for headers in WRONG.values():
                exchange = self.world.ask(method, example(route), headers)
                if route.access is Access.OPEN:
                    self.assertEqual(exchange.status, at_once(route), example(route))
                else:
                    self.assertEqual(exchange.status, 401, example(route))
                    self.assertEqual(exchange.answered_header("WWW-Authenticate"), 'Basic realm="llama-swap"')

    def test_right_key_reaches_the_lane(self) -> None:
        """With a right key in any of its places the route's lane is asked, with the route; a stream begins."""
        self.world.feeds.close()
        for route, method in calls():
            for headers in RIGHT:
                self.world.served.clear()
                exchange = self.world.ask(method, example(route), headers)
                if route.lane is Lane.RESOURCE:
                    self.assertEqual(exchange.status, at_once(route), example(route))
                elif route.lane is Lane.FEED:
                    self.assertEqual(exchange.status, by_lane(route), example(route))
                else:
                    self.assertEqual([served for _, served in self.world.served], [route])

    def test_without_keys_everything_answers(self) -> None:
        """While no key is configured no route asks for one."""
        world = World(settings_of(model("m")))
        world.feeds.close()
        for route, method in calls():
            self.assertNotEqual(world.ask(method, example(route)).status, 401)

    def test_the_same_gate_stands_before_the_tree(self) -> None:
        """Over a connection, through the resource adapter: 401 without the key, an answer of the tree with it."""
        for route, method in calls():
            if route.lane is Lane.RESOURCE:
                closed = self.world.visit(example(route), WRONG["wrong"], method=method)
                self.assertEqual(closed.status == 401, route.access is Access.KEY, example(route))
                reached = self.world.visit(example(route), RIGHT[0], method=method)
                self.assertNotIn(reached.status, (401, 405, 500), example(route))


class TransportTests(SynchronousTestCase):
    """Http-api section 24.1."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m1")))

    def test_probe_1_and_2_health(self) -> None:
        """Health is open and says OK; HEAD has the same headers and no body."""
        for path in ("/health", "/wol-health"):
            reply = self.world.visit(path)
            self.assertEqual((reply.status, reply.body), (200, b"OK"))
            self.assertEqual(reply.headers["content-type"], "text/plain; charset=utf-8")
        head = self.world.visit("/health", method="HEAD")
        self.assertEqual((head.status, head.headers["content-length"], head.body), (200, "2", b""))

    def test_probe_3_to_5_wrong_methods(self) -> None:
        """A known path with a wrong method is a plain 405 that lists the right ones."""
        for method, path, allow in (
            ("POST", "/health", "GET, HEAD"),
            ("DELETE", "/v1/audio/voices", "GET, HEAD, POST"),
            ("GET", "/v1/chat/completions", "POST"),
        ):
            exchange = self.world.ask(method, path)
            self.assertEqual((exchange.status, exchange.answered_header("Allow")), (405, allow))
            self.assert_plain(exchange)

    def test_probe_6_unknown_paths(self) -> None:
        """What is no route is a plain 404, not an envelope."""
        for path in ("/nope", "/health/", "/v1/models/", "/v1/models/m1", "/v/models", "/api/captures", "/V1/models"):
            exchange = self.world.ask("GET", path)
            self.assertEqual(exchange.status, 404, path)
            self.assert_plain(exchange)
        self.assertEqual(self.world.ask("GET", "*").status, 404)

    def assert_plain(self, exchange: MemoryExchange) -> None:
        self.assertEqual(exchange.answered_header("Content-Type"), "text/plain; charset=utf-8")
        self.assertEqual(exchange.answered_header("X-Content-Type-Options"), "nosniff")
        self.assertRaises(ValueError, json.loads, exchange.answer)

    def test_probe_7_path_is_cleaned(self) -> None:
        """A path that is not clean is redirected to the one that is, query kept, before the key is asked for."""
        world = World(settings_of(model("m"), api_keys=("k",)))
        for path, clean in {
            "//health?x=1": "/health?x=1",
            "/a/../running?": "/running?",
            "/upstream/m/./a%2F/b": "/upstream/m/a%2F/b",
            "//\\evil.example": "/%5Cevil.example",
            "///evil.example/..": "/",
        }.items():
            exchange = world.ask("POST", path)
            self.assertEqual((exchange.status, exchange.answered_header("Location")), (307, clean))

    def test_probe_8_and_9_way_to_the_ui(self) -> None:
        """The root leads to the UI, which has a slash at its end."""
        for method, path, status, location in (
            ("GET", "/", 302, "/ui"),
            ("GET", "/ui?x=1", 307, "/ui/?x=1"),
            ("GET", "/upstream", 302, "/ui/models"),
            ("HEAD", "/upstream", 302, "/ui/models"),
            ("POST", "/upstream?x", 307, "/upstream/?x"),
        ):
            reply = self.world.visit(path, method=method)
            self.assertEqual((reply.status, reply.headers["location"]), (status, location))

    def test_probe_13_preflight(self) -> None:
        """OPTIONS is answered for any path, without a key; requested headers are echoed if they can be headers."""
        world = World(settings_of(model("m"), api_keys=("k",)))
        headers = {"Access-Control-Request-Headers": "X-A, bad header, ,Content-Type"}
        for path in ("/anything", "//x", "*", "/running"):
            exchange = world.ask("OPTIONS", path, headers)
            self.assertEqual((exchange.status, exchange.answer), (204, b""))
            self.assertEqual(exchange.answered_header("Access-Control-Allow-Headers"), "X-A, Content-Type")
            self.assertEqual(exchange.answered_header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(exchange.answered_header("Access-Control-Max-Age"), "86400")

    def test_probe_14_preflight_is_not_forwarded(self) -> None:
        """OPTIONS below `/upstream/` never reaches a model."""
        exchange = self.world.ask("OPTIONS", "/upstream/m1/x")
        self.assertEqual(
            exchange.answered_header("Access-Control-Allow-Headers"),
            "Content-Type, Authorization, Accept, X-Requested-With",
        )
        self.assertEqual(
            exchange.answered_header("Access-Control-Allow-Methods"), "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        )
        self.assertEqual(self.world.served, [])

    def test_body_that_is_declared_too_large(self) -> None:
        """A body over the limit is refused before any of it is read."""
        world = World(settings_of(model("m"), limits=Limits(body_bytes=10)))
        self.assertEqual(
            world.ask("POST", "/v1/chat/completions", body=MemoryBody(length=11, complete=False)).status, 413
        )
        self.assertEqual(world.ask("POST", "/v1/chat/completions", body=b"0123456789").status, 200)


class AuthProbeTests(SynchronousTestCase):
    """Http-api section 24.5."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m1"), api_keys=("secret", "sk-two")))

    def test_probe_74_open_paths(self) -> None:
        """What is open with keys configured."""
        expected = {
            "/": 302,
            "/ui": 307,
            "/favicon.ico": built.FOUND,
            "/ui/": built.FOUND,
            "/health": 200,
            "/wol-health": 200,
            "/upstream": 302,
            "/nope": 404,
            "/v1/chat/completions": 405,
        }
        self.assertEqual({path: self.world.visit(path).status for path in expected}, expected)
        self.assertEqual(self.world.ask("OPTIONS", "/running").status, 204)

    def test_probe_75_keyed_paths(self) -> None:
        """What is not, with the envelope of section 2.1."""
        paths = ["/v1/models", "/running", "/unload", "/logs", "/logs/stream", "/api/version", "/comfyui"]
        calls = [("GET", path) for path in [*paths, "/upstream/zz", "/props?model=m1"]]
        for method, path in [*calls, ("POST", "/v1/chat/completions")]:
            reply = self.world.visit(path, method=method)
            error = json.loads(reply.body)["error"]
            found = (reply.status, error["type"], error["code"], reply.headers["www-authenticate"])
            self.assertEqual(found, (401, "authentication_error", "unauthorized", 'Basic realm="llama-swap"'))

    def test_probe_76_page(self) -> None:
        """A browser gets a page and the challenge, so that it can ask for the key."""
        reply = self.world.visit("/running", {"Accept": "text/html"})
        self.assertEqual((reply.status, reply.headers["content-type"]), (401, "text/html"))
        self.assertIn("www-authenticate", reply.headers)

    def test_the_page_asks_without_a_dialog(self) -> None:
        """Our own page, which has a form, is not interrupted by the browser's."""
        reply = self.world.visit("/running", {"X-Requested-With": "llama-swap-ui"})
        self.assertEqual(reply.status, 401)
        self.assertNotIn("www-authenticate", reply.headers)

    def test_probe_77_to_80_credentials(self) -> None:
        """Which forms of a key are taken, and which are not."""

        def basic(text: str) -> str:
            return "Basic " + b64encode(text.encode()).decode()

        good = {"x-api-key": "secret"}
        for status, headers in (
            (200, {"Authorization": basic("any:secret")}),
            (200, {"Authorization": "bEaReR sk-two"}),
            (200, {"X-API-KEY": "secret"}),
            (401, {"Authorization": "Bearer wrong", **good}),
            (200, {"Authorization": "Basic !!!", **good}),
            (200, {"Authorization": basic("any:"), **good}),
            (401, {"Authorization": "Bearer  secret"}),
            (401, {"Authorization": "secret"}),
        ):
            self.assertEqual(self.world.visit("/running", headers).status, status, headers)
        self.assertEqual(self.world.visit("/running?api_key=secret").status, 401)


class ForeignPageTests(SynchronousTestCase):
    def test_operators_routes(self) -> None:
        """A page of another host, or with a rebound name, reaches no operators' route, and every other one."""
        world = World(settings_of(model("m")))
        foreign = {"Host": "127.0.0.1:8080", "Origin": "http://evil.example"}
        rebound = {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"}
        for route, method in calls():
            for headers in (foreign, rebound):
                exchange = world.ask(method, example(route), headers, local="127.0.0.1")
                self.assertEqual(exchange.status == 403, route.guarded, example(route))

    def test_message_names_the_key(self) -> None:
        """Who is refused for the Host learns which setting allows it."""
        world = World(settings_of(model("m"), allowed_hosts=("box.lan",)))
        exchange = world.ask("GET", "/logs", {"Host": "other.lan"}, local="127.0.0.1")
        self.assertIn("allowedHosts", json.loads(exchange.answer)["error"]["message"])
        self.assertEqual(json.loads(exchange.answer)["error"]["code"], "forbidden")
        self.assertEqual(world.ask("GET", "/logs", {"Host": "box.lan"}, local="127.0.0.1").status, 0)

    def test_the_page_can_tell_why(self) -> None:
        """What the UI asks first is refused in JSON, with the setting, so that it can say that instead of a login."""
        world = World(settings_of(model("m")))
        headers = {"Host": "llm.lan:8080", "Accept": "application/json", "X-Requested-With": "llama-swap-ui"}
        exchange = world.ask("GET", "/api/session", headers, local="127.0.0.1")
        self.assertEqual((exchange.status, exchange.answered_header("Content-Type")), (403, "application/json"))
        error = json.loads(exchange.answer)["error"]
        self.assertEqual(error["code"], "forbidden")
        self.assertIn("'llm.lan:8080'", error["message"])
        self.assertIn("`allowedHosts`", error["message"])

    def test_answers_of_the_gate_are_whole(self) -> None:
        """What the gate answers itself needs no lane."""
        world = World(settings_of(model("m")))
        self.assertIsInstance(world.gate.admit(MemoryExchange("GET", "/nope")), Answer)
