"""The OpenAPI description says what the table of routes says, and is sound in itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Profile
from llamaswap.notices import State
from llamaswap.web.openapi import METHODS, document, operations
from llamaswap.web.routes import ROUTES, Access, Lane, Route, RouteTable
from tests.support.web import World, model, settings_of


def table_path(path: str) -> bytes:
    """The row's path for a path of the description: what stands before its first parameter."""
    return path.partition("{")[0].encode()


def described_methods(route: Route) -> set[str]:
    """Which operations a row must have; for any method, the usual ones."""
    return {method.decode().lower() for method in route.methods} or set(METHODS)


class TableTests(SynchronousTestCase):
    """Both say the same; generated from both."""

    def setUp(self) -> None:
        self.described = document("1.2")
        self.table = RouteTable(ROUTES)

    def rows(self) -> Iterator[tuple[str, str, dict[str, Any], Route]]:
        """Every operation with its row."""
        for path, method, operation in operations(self.described):
            methods = self.table.find(table_path(path))
            route = methods.get(method.upper().encode()) if methods else None
            assert route is not None, f"{method} {path} is no route"
            yield path, method, operation, route

    def test_every_route_is_described(self) -> None:
        """With each of its methods."""
        for route in ROUTES:
            found = {
                method
                for path, method, _ in operations(self.described)
                if table_path(path) == route.path and ("{" in path) == route.prefix
            }
            self.assertLessEqual(described_methods(route), found, route.path)

    def test_every_operation_is_a_route(self) -> None:
        """Of a row that is a prefix exactly where the path has parameters."""
        for path, _, _, route in self.rows():
            self.assertEqual((route.path, route.prefix), (table_path(path), "{" in path))

    def test_who_may_ask(self) -> None:
        """Open, with a key, and whether pages of other hosts may."""
        for path, method, operation, route in self.rows():
            is_open = operation.get("security") == []
            self.assertEqual(is_open, route.access is Access.OPEN, (method, path))
            self.assertEqual(operation.get("x-guarded", False), route.guarded, (method, path))
            self.assertEqual("x-scope" in operation, not is_open, (method, path))
            if not is_open:
                self.assertEqual(set(operation["x-scope"]), route.scopes, (method, path))
            self.assertTrue(is_open or {"401", "403"} <= operation["responses"].keys(), (method, path))

    def test_what_is_relayed(self) -> None:
        """What a model answers is marked so."""
        for path, method, operation, route in self.rows():
            relayed = route.lane in (Lane.MODEL, Lane.PASSTHROUGH) and path != "/comfyui"
            self.assertEqual("default" in operation["responses"], relayed, (method, path))


def routes_table() -> str:
    """The routes as `docs/api.md` lists them: a row for a path, or for paths that say the same."""
    described = document("")
    rows: dict[tuple[str, str, str], list[str]] = {}
    for path, item in described["paths"].items():
        methods = [method for method in METHODS if method in item]
        first = item[methods[0]]
        scope = " or ".join(f"`{name}`" for name in first.get("x-scope", ())) or "none"
        summary = item.get("summary") or first["summary"]
        allowed = "any" if len(methods) == len(METHODS) else ", ".join(sorted(method.upper() for method in methods))
        rows.setdefault((allowed, scope, summary), []).append(f"`{path}`")
    lines = [
        f"| {allowed} | {' '.join(paths)} | {scope} | {summary} |" for (allowed, scope, summary), paths in rows.items()
    ]
    return "\n".join(["| method | path | scope | what |", "| --- | --- | --- | --- |", *lines, ""])


class DocumentationTests(SynchronousTestCase):
    def test_the_table_of_routes(self) -> None:
        """`docs/api.md` has it as it is made here."""
        text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
        self.assertIn(f"\n{routes_table()}\n", text)


class SoundnessTests(SynchronousTestCase):
    """What a reader of OpenAPI relies on."""

    def setUp(self) -> None:
        self.described = document("1.2")

    def test_references(self) -> None:
        """Each leads somewhere."""
        for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(self.described)):
            place: Any = self.described
            for name in reference.removeprefix("#/").split("/"):
                place = place[name]

    def test_everything_is_used(self) -> None:
        """No component is left over."""
        text = json.dumps(self.described)
        for kind in ("parameters", "requestBodies", "responses", "schemas"):
            for name in self.described["components"][kind]:
                self.assertIn(f'"#/components/{kind}/{name}"', text)

    def test_operations(self) -> None:
        """Names are unique, tags known, and every answer has a description."""
        tags = {tag["name"] for tag in self.described["tags"]}
        names = []
        for path, method, operation in operations(self.described):
            names.append(operation["operationId"])
            self.assertLessEqual(set(operation["tags"]), tags)
            for status, answer in operation["responses"].items():
                self.assertRegex(status, r"\A([2-5]\d\d|default)\Z")
                self.assertTrue("$ref" in answer or answer["description"], (method, path, status))
        self.assertEqual(len(names), len(set(names)))

    def test_parameters_of_paths(self) -> None:
        """Exactly those that the path names, and required."""
        for path, item in self.described["paths"].items():
            for method in METHODS:
                given = [*item.get("parameters", ()), *item.get(method, {}).get("parameters", ())]
                found = [self.resolved(parameter) for parameter in given]
                in_path = {each["name"] for each in found if each["in"] == "path" and each["required"]}
                if method in item:
                    self.assertEqual(in_path, set(re.findall(r"{(\w+)}", path)), (method, path))

    def resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        name = value.get("$ref", "").rpartition("/")[2]
        found: dict[str, Any] = self.described["components"]["parameters"][name] if name else value
        return found

    def test_schemas(self) -> None:
        """Each is JSON Schema of the draft that OpenAPI 3.1 stands on."""
        for schema in self.described["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)

    def test_version(self) -> None:
        """The document says of which server it is, and to which version of OpenAPI it keeps."""
        self.assertEqual((self.described["info"]["version"], self.described["openapi"]), ("1.2", "3.1.0"))
        self.assertNotIn("x-shared", self.described)


class AnswerTests(SynchronousTestCase):
    """What is really answered, in memory; `tests/contracts/` asks a running server."""

    def setUp(self) -> None:
        self.world = World(
            settings_of(
                model("m", name="M", aliases=("a",)), model("n"), profiles={"p": Profile(name="p", pins={"x": "m"})}
            )
        )
        self.world.models.states["m"] = State.READY  # type: ignore[index]

    def conforms(self, method: str, path: str, described: str | None = None, body: bytes = b"") -> None:
        """The answer is one that the description knows, and has its shape."""
        reply = self.world.visit(path, method=method, body=body)
        operation = self.described["paths"][described or path][method.lower()]
        answer = self.followed(operation["responses"][str(reply.status)])
        content = answer.get("content", {})
        kind = reply.headers.get("content-type", "").partition(";")[0]
        if kind != "application/json":
            self.assertTrue(not reply.body or kind in content, (path, kind))
            return
        schema = {**content[kind]["schema"], "components": self.described["components"]}
        Draft202012Validator(schema).validate(json.loads(reply.body))

    def followed(self, value: dict[str, Any]) -> dict[str, Any]:
        name = value.get("$ref", "").rpartition("/")[2]
        found: dict[str, Any] = self.described["components"]["responses"][name] if name else value
        return found

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.world.visit("/api/openapi.json").body)
        return found

    def test_it_is_served(self) -> None:
        """As JSON, to HEAD as well, and the same each time."""
        first, second = (self.world.visit("/api/openapi.json") for _ in range(2))
        self.assertEqual((first.status, first.headers["content-type"]), (200, "application/json"))
        self.assertEqual(first.body, second.body)
        self.assertEqual(json.loads(first.body), document("1.2"))
        self.assertEqual(self.world.visit("/api/openapi.json", method="HEAD").body, b"")

    def test_it_needs_a_key(self) -> None:
        """As everything else that tells of this server."""
        world = World(settings_of(api_keys=("secret",)))
        self.assertEqual(world.visit("/api/openapi.json").status, 401)
        self.assertEqual(world.visit("/api/openapi.json", {"x-api-key": "secret"}).status, 200)

    def test_answers(self) -> None:
        """Those of the operators' routes."""
        for path in (
            "/v1/models",
            "/models",
            "/running",
            "/api/profiles",
            "/api/config",
            "/api/peers",
            "/api/version",
            "/health",
            "/",
        ):
            self.conforms("GET", path)
        self.conforms("POST", "/api/models/unload/m", "/api/models/unload/{model}")
        self.conforms("POST", "/api/models/load/n", "/api/models/load/{model}")
        self.conforms("POST", "/api/models/load/n?wait=no", "/api/models/load/{model}")
        self.conforms("POST", "/api/models/load/n?wait=maybe", "/api/models/load/{model}")
        self.conforms("POST", "/api/models/unload")
        self.conforms("POST", "/api/config/reload")
        self.conforms("PUT", "/api/profiles/active", body=b'{"name": "p"}')

    def test_sessions(self) -> None:
        """A login, a look and a logout."""
        self.conforms("GET", "/api/session")
        self.conforms("POST", "/api/login", body=b'{"key": "x"}')
        self.conforms("POST", "/api/login", body=b"key=x")
        self.conforms("POST", "/api/login", body=b"{}")
        self.conforms("POST", "/api/logout")

    def test_refusals(self) -> None:
        """Those too."""
        self.conforms("POST", "/api/config/check", body=b"{}")
        self.conforms("PUT", "/api/config/files/x", "/api/config/files/{id}", body=b"{}")
        self.conforms("POST", "/api/models/unload/zzz", "/api/models/unload/{model}")
        self.conforms("PUT", "/api/profiles/active", body=b'{"name": "zzz"}')
        self.conforms("PUT", "/api/profiles/active", body=b"[]")
        self.conforms("GET", "/logs/stream/zzz", "/logs/stream/{source}")
