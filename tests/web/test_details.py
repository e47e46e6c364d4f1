"""What the configuration says of a model, and which may run together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import ApiKey, Group, Matrix
from llamaswap.config.source import Source
from llamaswap.ids import ModelId
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from tests.support.web import Client, World, model, settings_of

KEYS = (
    ApiKey(key="reader", name="r", scopes=("read",)),
    ApiKey(key="other", name="o", models=("b",)),
    ApiKey(key="admin", name="a"),
)

SECRETIVE = """
models:
  m:
    cmd: serve --key ${env.SECRET} --port ${PORT} --api-key sk-1234567890
    cmdStop: stop ${env.SECRET}
    proxy: http://user:password@h:${env.SHORT}/
    checkEndpoint: /health/${env.SECRET}
    env: ["A=${env.SECRET}", "B=plain-value"]
    metadata: {note: "${env.SECRET}", token: abc, owner: me}
"""


class DetailsTests(SynchronousTestCase):
    def setUp(self) -> None:
        a = model(
            "org/a",
            aliases=("x",),
            ttl=9,
            cmd="serve --name org/a",
            cmd_stop="bye",
            env=("HF_TOKEN=hf_secret", "N=1=2"),
            proxy="http://localhost:1",
            metadata={"k": [1]},
        )
        group = Group(id="g", members=(ModelId("org/a"), ModelId("b")), swap=False)
        self.settings = settings_of(a, model("b"), groups=(group,), preload=(ModelId("org/a"),))
        self.world = World(self.settings)

    def get(self, target: str, key: str = "") -> Any:
        reply = self.world.visit(target, {"x-api-key": key} if key else {})
        self.assertEqual(reply.status, 200, reply.body)
        return json.loads(reply.body)

    def status(self, target: str, key: str = "") -> int:
        return self.world.visit(target, {"x-api-key": key} if key else {}).status

    def test_j27_by_any_name(self) -> None:
        """An alias leads to its model, whether its slash is encoded or not."""
        for name in ("org/a", "org%2Fa", "x"):
            told = self.get(f"/api/models/detail/{name}")
            self.assertEqual((told["id"], told["aliases"], told["ttl"], told["preload"]), ("org/a", ["x"], 9, True))
            self.assertEqual(told["metadata"], {"k": [1]})
            self.assertEqual([group["id"] for group in told["groups"]], ["g"])
        for name in ("", "y", "%FF", "org"):
            self.assertEqual(self.status(f"/api/models/detail/{name}"), 404, name)

    def test_commands(self) -> None:
        """With the names of variables, and never their values."""
        told = self.get("/api/models/detail/x")
        self.assertEqual((told["cmd"], told["cmd_stop"], told["env"]), ("serve --name org/a", "bye", ["HF_TOKEN", "N"]))
        self.assertNotIn("hf_secret", json.dumps(told))

    def test_secrets(self) -> None:
        """Nobody is told what a variable of the environment held, nor what is called a secret."""
        environ = {"SECRET": "hunter22", "SHORT": "81"}
        self.settings = load([Source("c.yaml", SECRETIVE)], environ=environ)
        self.world = World(self.settings)
        told = self.get("/api/models/detail/m")
        self.assertRegex(told["cmd"], r"^serve --key .* --port \d+ --api-key ")
        self.assertEqual(told["cmd_stop"], "stop ${env.SECRET}")
        self.assertEqual((told["metadata"]["note"], told["metadata"]["owner"]), ("${env.SECRET}", "me"))
        self.assertEqual(told["env"], ["A", "B"])
        self.assertTrue(told["proxy"].endswith("@h:${env.SHORT}/"), told["proxy"])
        for secret in ("hunter22", "password", "sk-1234567890", "abc", "plain-value"):
            self.assertNotIn(secret, json.dumps(told))
        self.world = World(replace(self.settings, api_keys=KEYS))
        self.assertEqual(self.get("/api/models/detail/m", "reader")["metadata"], told["metadata"])

    def test_who_may_see_commands(self) -> None:
        """Admins; a key for other models sees nothing of this one."""
        self.world = World(replace(self.settings, api_keys=KEYS))
        self.assertIn("cmd", self.get("/api/models/detail/x", "admin"))
        told = self.get("/api/models/detail/x", "reader")
        self.assertFalse({"cmd", "cmd_stop", "env", "proxy"} & told.keys())
        self.assertEqual(self.status("/api/models/detail/x", "other"), 403)
        self.assertEqual(self.status("/api/models/detail/x"), 401)

    def test_groups(self) -> None:
        """As they are configured."""
        self.assertEqual(
            self.get("/api/models/groups"),
            {
                "router": "group",
                "groups": [
                    {"id": "g", "members": ["org/a", "b"], "swap": False, "exclusive": True, "persistent": False}
                ],
                "sets": [],
            },
        )

    def test_sets(self) -> None:
        """With all models that a set lets run."""
        matrix = Matrix(sets={"one": "(b | v)", "two": "b"}, vars={"v": ModelId("org/a")})
        self.world = World(replace(self.settings, groups=(), matrix=matrix, router="matrix"))
        told = self.get("/api/models/groups")["sets"]
        self.assertEqual(
            [(each["id"], sorted(each["members"])) for each in told], [("one", ["b", "org/a"]), ("two", ["b"])]
        )
        detail = self.get("/api/models/detail/x")
        self.assertEqual([each["id"] for each in detail["sets"]], ["one"])

    def test_sets_are_worked_out_once(self) -> None:
        """In a thread, for all who ask meanwhile; and again for other settings, also when those come meanwhile."""
        begun: list[Deferred[Any]] = []
        work: list[Callable[[], Any]] = []

        def in_thread(given: Callable[[], Any]) -> Deferred[Any]:
            work.append(given)
            begun.append(Deferred())
            return begun[-1]

        self.world = World(self.settings, in_thread=in_thread)
        clients = [Client(self.world.resource, self.world.clock) for _ in range(3)]
        for client in clients[:2]:
            client.send("/api/models/groups")
        other = replace(self.settings, router="other")
        self.world.details.configure(other, Resolver(other, RemoteNames({})))
        self.assertEqual(len(begun), 1)
        begun[0].callback(work[0]())
        self.assertEqual(json.loads(clients[0].reply.body)["router"], "group")
        clients[2].send("/api/models/groups")
        self.assertEqual(len(begun), 2)
        begun[1].callback(work[1]())
        self.assertEqual([json.loads(each.reply.body)["router"] for each in clients[1:]], ["other", "other"])
