"""Refusals by API key, as Prometheus is shown them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, Quota, RateLimit, Settings
from llamaswap.errors import BadRequest, Forbidden, Unauthorized
from llamaswap.exchange import Caller
from llamaswap.web.refused import Refused
from tests.support.web import World, model, settings_of

CHAT = ("POST", "/v1/chat/completions")


def shown(refused: Refused) -> Mapping[tuple[str, ...], float]:
    [family] = refused.families()
    return {labels: value for labels, value in family.samples if isinstance(value, float)}


class RefusedTests(SynchronousTestCase):
    def test_series(self) -> None:
        """There is one, at 0, for what can happen to a key; without keys there is none."""
        refused = Refused()
        refused.follow(())
        self.assertEqual(shown(refused), {})
        limits: dict[str, Any] = {"rate_limit": RateLimit(requests=1), "quota": Quota(tokens=1)}
        refused.follow(
            [ApiKey(key="k", name="all"), ApiKey(key="l", name="some", models=("m",), scopes=("read",), **limits)]
        )
        expected = [("", "unauthorized"), *(("some", reason) for reason in ("model", "quota", "rate", "scope"))]
        self.assertEqual(shown(refused), dict.fromkeys(expected, 0.0))

    def test_reload(self) -> None:
        """Keys of the same name go on; those that are gone are forgotten."""
        refused, keys = Refused(), [ApiKey(key="k", name=name, models=("m",)) for name in ("a", "b")]
        refused.follow(keys)
        for name in ("a", "b"):
            refused.count(Forbidden(reason="model"), Caller(name))
        refused.follow(keys[:1])
        self.assertEqual(shown(refused), {("", "unauthorized"): 0.0, ("a", "model"): 1.0})

    def test_others(self) -> None:
        """What is refused to everybody is nobody's."""
        refused = Refused()
        for refusal in (BadRequest(), Forbidden()):
            refused.count(refusal, Caller("a"))
        refused.count(Unauthorized(), None)
        self.assertEqual(shown(refused), {("", "unauthorized"): 1.0})


class WorldTests(SynchronousTestCase):
    """Wherever it happens."""

    def setUp(self) -> None:
        limits: dict[str, Any] = {"rate_limit": RateLimit(requests=1), "quota": Quota(tokens=1)}
        keys = (
            ApiKey(key="k", name="limited", scopes=("inference",), **limits),
            ApiKey(key="o", name="other", models=("x",)),
        )
        self.world = World(settings_of(model("m"), api_keys=keys))

    def counted(self) -> Mapping[tuple[str, ...], float]:
        return {labels: value for labels, value in shown(self.world.refused).items() if value}

    def test_gate(self) -> None:
        """Before any lane is asked."""
        for given in ({}, {"x-api-key": "wrong"}):
            self.world.ask(*CHAT, given)
        for target in (("GET", "/running"), CHAT, CHAT):
            self.world.ask(*target, {"x-api-key": "k"})
        self.world.allowances.spend("limited", 1, self.world.clock.seconds())
        self.world.ask(*CHAT, {"x-api-key": "k"})
        expected = {("limited", "scope"): 1, ("limited", "rate"): 1, ("limited", "quota"): 1, ("", "unauthorized"): 2}
        self.assertEqual(self.counted(), expected)

    def test_endpoints(self) -> None:
        """Those of operators, and the login."""
        self.world.visit("/api/models/load/m", {"x-api-key": "o"}, method="POST")
        self.world.visit("/api/login", method="POST", body=b"key=x")
        self.assertEqual(self.counted(), {("other", "model"): 1, ("", "unauthorized"): 1})


class ModelTests(SynchronousTestCase):
    def test_lanes(self) -> None:
        """A request for a model that is not the key's is counted here, and not by its `rateLimit`."""
        from tests.support.probes import configuration_a
        from tests.support.relay import RelayWorld
        from tests.web.test_permits import JSON, named

        key = ApiKey(key="k", name="some", models=("m1",), rate_limit=RateLimit(requests=1))
        settings: Settings = configuration_a()
        world = RelayWorld(settings_of(*settings.models.values(), api_keys=(key,)))
        given = {"x-api-key": "k", **JSON}
        for _ in range(3):
            self.assertEqual(world.begin(*CHAT, given, named("hid"))[0].status, 403)
            self.assertEqual(world.begin("GET", "/upstream/hid/page", given)[0].status, 403)
        world.begin(*CHAT, given, named("m1"))
        self.assertEqual(world.leases.held, ["m1"])
        self.assertEqual(world.ask("GET", "/upstream/hid/page", given).status, 403)
        self.assertEqual(world.ask(*CHAT, given, named("m1")).status, 429)
        self.assertEqual(shown(world.refused)["some", "model"], 7.0)
