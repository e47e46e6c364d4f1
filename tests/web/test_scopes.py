"""Every route x every scope x (no key, a wrong one, a right one), as the table of routes says, on both lanes."""

from __future__ import annotations

import json
from itertools import chain, combinations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import SCOPES, ApiKey, RateLimit
from llamaswap.web.routes import ROUTES, Access, Lane, Route
from tests.support.web import Client, World, model, settings_of
from tests.web.test_gate import by_lane, calls, example

SETS = tuple(chain.from_iterable(combinations(SCOPES, size) for size in (1, 2, 3)))
KEYS = {f"sk-{'-'.join(scopes)}": scopes for scopes in SETS}


def world() -> World:
    """One with a key for every set of scopes."""
    keys = [ApiKey(key=key, name=key, scopes=scopes) for key, scopes in KEYS.items()]
    return World(settings_of(model("m"), api_keys=tuple(keys)))


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = world()
        self.world.feeds.close()

    def status(self, route: Route, method: str, headers: dict[str, str]) -> int:
        """Of the answer; 0 when the request is admitted."""
        exchange = self.world.ask(method, example(route), headers)
        admitted = self.world.served or route.lane is Lane.FEED or route.answer is not None
        return 0 if exchange.status == by_lane(route) and admitted else exchange.status

    def test_who_is_admitted(self) -> None:
        """A right key of a right scope, and nobody else; open routes ask for nothing."""
        for route, method in calls():
            is_open = route.access is Access.OPEN
            for wrong in ({}, {"Authorization": "Bearer wrong"}, {"x-api-key": "sk-"}, {"x-api-key": ""}):
                self.assertEqual(self.status(route, method, wrong), 0 if is_open else 401, (route.path, wrong))
            for key, scopes in KEYS.items():
                good = is_open or not route.scopes.isdisjoint(scopes)
                self.assertEqual(self.status(route, method, {"x-api-key": key}), 0 if good else 403, (route.path, key))
            self.world.served.clear()

    def test_mounted(self) -> None:
        """So it is where `twisted.web` is in front."""
        for route, method in calls():
            if route.access is Access.OPEN or method == "HEAD":
                continue
            for headers, allowed in ((({}), 401), *(({"x-api-key": k}, self.expected(route, k)) for k in KEYS)):
                client = Client(self.world.resource, self.world.clock, method=method)
                client.send(example(route), headers)
                status = int(client.transport.value().split()[1])
                if allowed:
                    self.assertEqual(status, allowed, (route.path, headers))
                else:
                    self.assertNotIn(status, (401, 403), (route.path, headers))
                client.hang_up()

    def expected(self, route: Route, key: str) -> int:
        return 403 if route.scopes.isdisjoint(KEYS[key]) else 0

    def test_what_is_missing_is_named(self) -> None:
        """Whoever is refused learns which scope would do."""
        exchange = self.world.ask("POST", "/api/config/reload", {"x-api-key": "sk-inference-read"})
        error = json.loads(exchange.answer)["error"]
        self.assertEqual((exchange.status, error["type"], error["code"]), (403, "authentication_error", "forbidden"))
        self.assertIn("an API key with the scope admin", error["message"])
        self.assertIn("inference or read", self.world.ask("GET", "/models", {"x-api-key": "sk-admin"}).answer.decode())

    def test_the_caller_is_known(self) -> None:
        """Also of one that is refused; not on an open route."""
        for path, key, name in (("/running", "sk-read", "sk-read"), ("/running", "sk-admin", "sk-admin")):
            caller = self.world.ask("GET", path, {"x-api-key": key}).caller
            self.assertEqual(caller and caller.name, name)
        self.assertIsNone(self.world.ask("GET", "/health", {"x-api-key": "sk-read"}).caller)

    def test_every_route_says_it(self) -> None:
        """No row of the table is without a scope, and all of them are scopes."""
        for route in ROUTES:
            self.assertTrue(route.scopes, route.path)
            self.assertLessEqual(route.scopes, set(SCOPES), route.path)


class RateTests(SynchronousTestCase):
    def setUp(self) -> None:
        key = ApiKey(key="k", name="laptop", rate_limit=RateLimit(requests=2))
        self.world = World(settings_of(model("m"), api_keys=(key,)))

    def ask(self, method: str, path: str, **headers: str) -> int:
        self.last = self.world.ask(method, path, {"x-api-key": "k", **headers})
        return self.last.status

    def test_requests_to_models(self) -> None:
        """They count, whatever else the key does; the answer is the envelope, whatever is accepted, and says when."""
        for _ in range(5):
            self.assertEqual(self.ask("GET", "/running"), 0)
            self.assertEqual(self.ask("GET", "/upstream/m/page.html"), 200)
        self.assertEqual([self.ask("POST", "/v1/chat/completions") for _ in range(3)], [200, 200, 429])
        self.assertEqual(self.ask("POST", "/upstream/m/x", Accept="text/html"), 429)
        error = json.loads(self.last.answer)["error"]
        self.assertEqual((error["type"], error["code"]), ("rate_limit_error", "rate_limit_exceeded"))
        self.assertEqual(self.last.answered_header("Retry-After"), "60")
        self.assertEqual(self.ask("GET", "/props?model=m"), 429)
        self.assertEqual(self.ask("GET", "/upstream/m/ws", Upgrade="websocket"), 429)
        self.assertEqual(self.ask("GET", "/running"), 0)
        self.world.clock.advance(61)
        self.assertEqual(self.ask("POST", "/v1/chat/completions"), 200)

    def test_a_request_that_is_refused_before_does_not_count(self) -> None:
        """Only what is let through."""
        for _ in range(5):
            self.assertEqual(self.ask("DELETE", "/v1/chat/completions"), 405)
        self.assertEqual([self.ask("POST", "/v1/chat/completions") for _ in range(2)], [200, 200])

    def test_lanes(self) -> None:
        """Requests of both relayed lanes share one limit."""
        self.assertEqual(self.world.served, [])
        self.ask("POST", "/upstream/m/x")
        self.ask("POST", "/v1/messages")
        self.assertEqual({route.lane for _, route in self.world.served}, {Lane.MODEL, Lane.PASSTHROUGH})
        self.assertEqual(self.ask("POST", "/comfyui/x"), 429)
