"""The server of the journeys: a real process with the models of web-ui section 6, driven by a blocking test."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import yaml

from tests.journeys.configurations import ROOT, changed, usual
from tests.journeys.gpus import write_cards
from tests.journeys.rows import write_past
from tests.journeys.upstream.scripts import PLAY, Script, written
from tests.support.engine import configuration as engine_configuration
from tests.support.live import Answer, Live, LiveServer, eventually
from tests.support.ports import free_ports

ROWS = 240
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Swap:
    """As a context manager it runs inside; it may be stopped, killed and started again on the same port meanwhile.

    `change` replaces sections of the usual configuration (`configurations.changed`). With `engine` it has the demo's
    models as well, on a real llama.cpp. With `key` all that is asked here is asked with that API key.
    """

    def __init__(
        self,
        folder: Path,
        change: Mapping[str, Any] = NOTHING,
        *,
        flags: Sequence[str] = (),
        key: str = "",
        rows: int = ROWS,
        gpus: bool = True,
        engine: bool = False,
    ) -> None:
        self.folder = folder
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self._flags, self._key, self._gpus = flags, key, gpus
        for name in ("scripts", "pids"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._peer_port = free_ports()
        self.configuration = changed(usual(folder, f"http://127.0.0.1:{self._peer_port}"), change)
        if engine:
            self._add_engine()
        self.write()
        if rows:
            write_past(folder / "activity.db", rows, time.time())
        self._live: LiveServer | None = None
        self._peer: Live | None = None

    def __enter__(self) -> Self:
        self._peer = _peer(self.folder, self._peer_port).__enter__()
        try:
            self.start()
        except BaseException:
            self._peer.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)
        if self._peer is not None:
            self._peer.close()

    # -- the process -------------------------------------------------------------------------------------------------

    @property
    def live(self) -> LiveServer:
        """The process that runs now."""
        assert self._live is not None, "the server does not run"
        return self._live

    def start(self) -> None:
        """Run, and become healthy."""
        path = os.environ["PATH"]
        environ = {"PATH": f"{write_cards(self.folder / 'bin', self.folder / 'pids')}:{path}"} if self._gpus else {}
        file = str(self.folder / "config.yaml")
        live = LiveServer("--config", file, *self._flags, folder=self.folder, port=self.port, **environ)
        self._live = live.__enter__()

    def stop(self) -> None:
        """End as on a SIGTERM, and be gone."""
        live, self._live = self.live, None
        live.stop()
        live.close()

    def kill(self) -> None:
        """Die at once, with all models."""
        live, self._live = self.live, None
        live.process.kill()
        live.close()

    def write(self, change: Mapping[str, Any] = NOTHING) -> None:
        """Write the configuration, with further changes; `reload` makes it known."""
        self.configuration = changed(self.configuration, change)
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.configuration, sort_keys=False))

    def reload(self) -> None:
        """Read the configuration again, and be done with it."""
        assert self.ask("POST", "/api/config/reload").status == 200

    # -- what it is asked --------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """One request; `body` is sent as JSON. Another client than the browser, for instance."""
        wanted = self._key if key is None else key
        headers = {"x-api-key": wanted} if wanted else {}
        with self.live.asking(method, path, body, headers) as response:
            return Answer(response.status, dict(response.headers), response.read())

    def chat(self, model: str, prompt: str, **more: object) -> Answer:
        """A conversation's first turn, answered whole."""
        turns = [{"role": "user", "content": prompt}]
        return self.ask("POST", "/v1/chat/completions", {"model": model, "messages": turns, **more})

    @contextmanager
    def under_way(self, model: str, prompt: str, **more: object) -> Iterator[HTTPConnection]:
        """A streamed conversation that has been asked for and is not read; leaving hangs up."""
        connection = HTTPConnection("127.0.0.1", self.port)
        turns = [{"role": "user", "content": prompt}]
        headers = {"Content-Type": "application/json"} | ({"x-api-key": self._key} if self._key else {})
        body = {"model": model, "messages": turns, "stream": True, **more}
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            yield connection
        finally:
            connection.close()

    def load(self, model: str) -> None:
        """Have it loaded, and wait until it is ready."""
        self.chat(model, "play hello")
        assert self.states()[model] == "ready"

    def states(self) -> dict[str, str]:
        """Of the models that are not stopped."""
        return {entry["model"]: entry["state"] for entry in self.ask("GET", "/running").json()["running"]}

    def rest(self) -> None:
        """Come to rest: it runs, no model is loaded, no profile is active."""
        if self._live is None:
            self.start()
        if "profiles" in self.configuration:
            self.ask("PUT", "/api/profiles/active", {"name": None})
        self.ask("POST", "/api/models/unload")
        for _ in eventually():
            if not self.states():
                return

    # -- what its models do ------------------------------------------------------------------------------------------

    def play(self, name: str, **script: Any) -> str:
        """Have models know a script of that name (fields of `upstream.scripts.Script`); returns what to tell them."""
        (self.folder / "scripts" / f"{name}.json").write_text(written(Script(**script)))
        return PLAY + name

    def seen(self, model: str) -> dict[str, Any]:
        """What the model's server was asked since it started (`requests`), and the `hangups`. It must be running."""
        port = urlsplit(self.configuration["models"][model]["proxy"]).port
        connection = HTTPConnection("127.0.0.1", port or 0, timeout=5)
        try:
            connection.request("GET", "/journey/seen")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found

    def pid(self, model: str) -> int:
        """Of the model's server, as it was started last."""
        return int((self.folder / "pids" / quote(model, safe="")).read_text())

    def _add_engine(self) -> None:
        demo = yaml.safe_load(engine_configuration(self.folder / "demo"))
        self.configuration["models"] |= {
            name: {**entry, "proxy": entry["proxy"].replace("${PORT}", str(port)), "cmd": _on(port, entry["cmd"])}
            for (name, entry), port in zip(demo["models"].items(), range(demo["startPort"], 2**16), strict=False)
        }
        self.configuration["groups"] |= demo["groups"]


def _on(port: int, command: str) -> str:
    return command.replace("${PORT}", str(port))


def _peer(folder: Path, port: int) -> Live:
    words = [
        "-m",
        "tests.journeys.upstream",
        "--port",
        str(port),
        "--name",
        "zed",
        "--scripts",
        str(folder / "scripts"),
    ]
    return Live([sys.executable, "-S", *words], port, env={**os.environ, "PYTHONPATH": str(ROOT)})
