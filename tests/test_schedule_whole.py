"""The picture of the scheduler, over a real server with real processes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.support.live import Answer, LiveServer, eventually

SERVER = """
import http.server, sys, time
time.sleep(float(sys.argv[2]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("schedule")
    program = folder / "server.py"
    program.write_text(SERVER)
    python = f"{sys.executable} -I -S"
    failing = folder / "failing.py"
    failing.write_text("import sys; sys.exit('line one\\nline two')")
    configuration = f"""
models:
  alpha: {{cmd: "{python} {program} ${{PORT}} 0"}}
  beta: {{cmd: "{python} {program} ${{PORT}} 60"}}
  gamma: {{cmd: "{python} {failing}", proxy: "http://127.0.0.1:1"}}
"""
    with LiveServer.of(configuration, folder) as live:
        yield live


def told(server: LiveServer, model: str) -> Any:
    models = server.ask("GET", "/api/schedule").json()["models"]
    return next((each for each in models if each["id"] == model), None)


def entries(server: LiveServer, model: str, kind: str) -> list[Any]:
    kept = server.ask("GET", "/api/timeline").json()["entries"]
    return [entry for entry in kept if entry["model"] == model and entry["kind"] == kind]


def test_a_life(server: LiveServer) -> None:
    """Loaded and unloaded by hand."""
    assert server.ask("POST", "/api/models/load/alpha").status == 200
    ready = told(server, "alpha")
    assert (ready["state"], ready["serving"], ready["failure"]) == ("ready", 0, None)
    assert server.ask("POST", "/api/models/unload/alpha").status == 200
    changes = [(entry["to"], entry["cause"]) for entry in entries(server, "alpha", "state")]
    assert changes == [(to, "manual") for to in ("starting", "ready", "stopping", "stopped")]
    [swap] = entries(server, "alpha", "swap")
    assert (swap["outcome"], swap["cause"]) == ("loaded", "manual")
    assert {"start", "ready"} <= swap["stages"].keys()


def test_j17_a_load_is_cancelled_by_somebody_else(server: LiveServer) -> None:
    """Whoever began it: it is stopped, the process is gone, and who waited for it is told."""
    answers: list[Answer] = []

    def begin() -> None:
        answers.append(server.ask("POST", "/api/models/load/beta"))

    client = threading.Thread(target=begin)
    client.start()
    for _ in eventually():
        starting = told(server, "beta")
        if starting and starting["stage"] == "start" and children(server):
            break
    [process] = children(server)
    [waiting] = server.ask("GET", "/api/schedule").json()["queue"]
    assert (waiting["model"], waiting["position"], waiting["why"], waiting["request"]) == ("beta", 1, "loading", None)
    assert server.ask("POST", "/api/models/unload/beta").status == 200
    assert not process.is_running()
    client.join()
    assert answers[0].status == 500
    assert server.ask("GET", "/api/schedule").json()["queue"] == []
    assert [entry["cause"] for entry in entries(server, "beta", "state")] == ["manual", "cancelled"]
    assert [entry["outcome"] for entry in entries(server, "beta", "swap")] == ["abandoned"]


def children(server: LiveServer) -> list[psutil.Process]:
    """The processes of models."""
    return [child for child in server.children() if "server.py" in " ".join(child.cmdline())]


def test_j18_a_load_that_fails(server: LiveServer) -> None:
    """Why, with which exit code, and what it said."""
    assert server.ask("POST", "/api/models/load/gamma").status == 500
    failed = told(server, "gamma")
    failure = failed["failure"]
    assert (failed["state"], failure["exit_code"]) == ("stopped", 1)
    assert failure["lines"] == ["line one", "line two"]
    assert "exit code 1" in failure["why"]
    assert entries(server, "gamma", "state")[-1]["cause"] == "failed"
