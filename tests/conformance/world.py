"""The configurations of http-api section 24, live, and how they are asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from tests.conformance import fake
from tests.support.live import PATIENCE, LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}
SETTLED = 1.0
"""Seconds after which what follows an answer must be seen (http-api section 24)."""


def command(name: str, port: str = "${PORT}", python: str = sys.executable) -> str:
    return f"{python} -I -S {fake.__file__} {port} {name}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks one server; targets are sent as they are given."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._always = dict(headers or {})

    def ask(
        self, method: str, target: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        with self.asking(method, target, body, headers) as response:
            return Reply(response.status, response.getheaders(), response.read())

    @contextmanager
    def asking(
        self, method: str, target: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[HTTPResponse]:
        """The answer, still to be read; leaving hangs up."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            lines = {**self._always, **(headers or {})}
            connection.putrequest(method, target, skip_host="Host" in lines, skip_accept_encoding=True)
            data = body.encode() if isinstance(body, str) else body
            if data is not None or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(data or b"")))
            for name, value in lines.items():
                connection.putheader(name, value)
            connection.endheaders(data)
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()

    def get(self, target: str, **headers: str) -> Reply:
        return self.ask("GET", target, headers=_named(headers))

    def post(self, target: str, value: object = None, **headers: str) -> Reply:
        """A JSON body; bytes are sent as they are."""
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", target, data, {**JSON, **_named(headers)})

    def chat(self, model: str, more: Mapping[str, Any] | None = None, **headers: str) -> Reply:
        return self.post(CHAT, {"model": model, **(more or {})}, **headers)

    def canned(self, model: str, body: object, target: str = CHAT, **told: Any) -> Reply:
        """`model` answers with `body`; `told` is what else X-Canned says."""
        text = body if isinstance(body, str) else json.dumps(body)
        headers = told.pop("with_headers", {})
        return self.post(target, {"model": model}, X_Canned=json.dumps({"body": text, **told}), **headers)

    # -- what follows an answer ----------------------------------------------------------------------------------

    def activity(self, query: str = "limit=999") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get(f"/api/metrics/activity?{query}").json()["data"]
        return rows

    def newest(self) -> int:
        """The greatest ID of an activity row so far; 0 without any."""
        rows = self.activity("limit=1")
        return int(rows[0]["id"]) if rows else 0

    def row_after(self, before: int) -> dict[str, Any]:
        """The first activity row after `before`; comes within a second."""
        for _ in eventually(patience=SETTLED):
            rows = self.activity(f"min_id={before + 1}&order=asc&limit=1")
            if rows:
                return rows[0]
        raise AssertionError("unreachable")

    def running(self) -> dict[str, str]:
        return {each["model"]: each["state"] for each in self.get("/running").json()["running"]}


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Sse:
    """The events of an open stream."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response

    def frame(self) -> list[str]:
        """The lines of the next message; comments are skipped."""
        lines: list[str] = []
        while True:
            line = self._response.readline()
            if not line:
                raise EOFError("the stream ended")
            text = line.decode().rstrip("\r\n")
            if text and not text.startswith(":"):
                lines.append(text)
            elif not text and lines:
                return lines

    def event(self) -> tuple[str, Any]:
        """The type and the value of the next message."""
        data = next(line for line in self.frame() if line.startswith("data:"))
        envelope = json.loads(data.removeprefix("data:"))
        return envelope["type"], json.loads(envelope["data"])

    def burst(self) -> list[tuple[str, Any]]:
        """The first six."""
        return [self.event() for _ in range(6)]

    def until(self, kind: str) -> Any:
        """The value of the next event of this type."""
        while True:
            found, value = self.event()
            if found == kind:
                return value


class Conformance(SynchronousTestCase):
    """A test of one of the configurations, which its class shares."""

    configuration: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}
    server: ClassVar[LiveServer]
    client: ClassVar[Client]
    folder: ClassVar[Path]
    peers: ClassVar[list[subprocess.Popen[bytes]]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp())
        first = free_ports(20)
        cls.peers = [subprocess.Popen(command("peer", str(first)).split(), stdout=subprocess.DEVNULL)]
        text = cls.configuration.format(start=first + 2, peer=first, dead=first + 1, folder=cls.folder)
        cls.server = LiveServer.of(text.replace("FAKE", command("NAME").removesuffix(" NAME")), cls.folder)
        cls.server.__enter__()
        cls.client = Client(cls.server.port, cls.headers)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()
        for peer in cls.peers:
            peer.kill()
            peer.wait()
        shutil.rmtree(cls.folder)
        super().tearDownClass()

    def check_error(self, reply: Reply, status: int, kind: str, code: str, keyword: str = "") -> None:
        """E(status, kind, code), with a message that holds `keyword`."""
        self.assertEqual(reply.status, status, reply.body)
        self.assertEqual(reply.header("Content-Type"), "application/json")
        told = reply.json()
        message = told["error"].pop("message")
        self.assertEqual(told, {"src": "llama-swap", "error": {"type": kind, "param": None, "code": code}})
        self.assertIn(keyword, message)

    def not_found(self, reply: Reply, keyword: str) -> None:
        self.check_error(reply, 404, "invalid_request_error", "not_found", keyword)

    def conflict(self, reply: Reply, keyword: str) -> None:
        self.check_error(reply, 409, "invalid_request_error", "conflict", keyword)

    def unload(self) -> None:
        self.assertEqual(self.client.get("/unload").status, 200)

    def no_row_for(self, *replies: Reply) -> None:
        """These, answered since `mark`, are in no row: one that comes after them has the next ID."""
        self.client.chat("hid")
        row = self.client.row_after(self.marked)
        self.assertEqual((row["model"], row["id"]), ("hid", self.marked + 1))

    def mark(self) -> None:
        """Remember which row is the newest one."""
        self.marked = self.client.newest()


class ConfigurationA(Conformance):
    """No keys, peers, selectors, a profile."""

    configuration = """
startPort: {start}
logLevel: info
captureBuffer: 5
performance: {{every: 5s}}
models:
  m1:
    cmd: FAKE m1
    name: " One "
    description: The first
    ttl: 300
    aliases: [al1]
    metadata: {{k: 1, context_length: 9}}
    capabilities: {{in: [text, image], out: [text], tools: true, context: 32000}}
    filters:
      stripParams: temperature, model, a.b
      setParams: {{top_p: 0.9, nested: {{z: 1}}}}
      setParamsByID: {{think: {{thinking: true, top_p: 0.1}}}}
  org/m2: {{cmd: "FAKE m2", useModelName: real-name}}
  hid: {{cmd: "FAKE hid", unlisted: true}}
  one: {{cmd: "FAKE one", concurrencyLimit: 1, queueSize: 0}}
  bad: {{cmd: 'sh -c "exit 3" ${{PORT}}'}}
  slow: {{cmd: 'sh -c "sleep 2; exec FAKE slow"', sendLoadingState: true}}
  comfyui_auto: {{cmd: "FAKE comfy"}}
groups:
  all: {{swap: false, members: [m1, org/m2, hid, one, bad, slow, comfyui_auto]}}
peers:
  px:
    proxy: http://127.0.0.1:{peer}
    apiKey: peerkey
    models: [org/pm, uniq]
    filters: {{stripParams: temperature, setParams: {{pp: 1}}}}
  dead: {{proxy: "http://127.0.0.1:{dead}", models: [gone]}}
selectors:
  s-pin: {{strategy: pin, targets: [think, uniq], name: Sel}}
  s-warm: {{strategy: warm, targets: [m1, hid]}}
  s-spill: {{strategy: spillover, targets: [m1, hid], settings: {{spillover: 1}}}}
profiles:
  p1: {{description: D, pins: {{pub: think, "off": null, m1: hid, psel: s-pin}}}}
"""


class ConfigurationB(Conformance):
    """Keys, a store on disk, no performance sampling."""

    configuration = """
startPort: {start}
apiKeys: [secret, sk-two]
includeAliasesInList: true
performance: {{disabled: true}}
store: {{path: "{folder}/activity.db"}}
metricsMaxInMemory: 5
models:
  m1: {{cmd: "FAKE m1", aliases: [al]}}
peers:
  p: {{proxy: "http://127.0.0.1:{peer}", models: [pm]}}
"""
    headers: ClassVar[Mapping[str, str]] = {"Authorization": "Bearer secret"}


class ConfigurationC(Conformance):
    """Small odd settings."""

    configuration = """
startPort: {start}
captureBuffer: 0
metricsMaxInMemory: 3
logToStdout: none
ui: {{activity: {{session_id: [" X-Trace ", "x-trace", ""]}}}}
upstream: {{ignorePaths: ["^/static/"]}}
hooks: {{on_startup: {{preload: [m1]}}}}
groups: {{all: {{swap: false, members: [m1, m2]}}}}
models:
  m1: {{cmd: "FAKE m1"}}
  m2: {{cmd: "FAKE m2"}}
"""
