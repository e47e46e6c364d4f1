"""`llama-swap top` and `llama-swap logs`, and the server itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.contracts.conftest import KEY
from tests.support.live import PATIENCE, LiveServer


def ran(server: LiveServer, *words: str) -> str:
    """What the command prints."""
    command = (sys.executable, "-c", "from llamaswap.cli import main; main()", *words, "--url", server.url)
    environ = {**os.environ, "LLAMASWAP_API_KEY": KEY, "COLUMNS": "120"}
    return subprocess.run(command, env=environ, capture_output=True, timeout=PATIENCE, check=True, text=True).stdout


def test_top(server: LiveServer) -> None:
    """It shows the server's models."""
    with server.asking("POST", "/api/models/load/m", headers={"x-api-key": KEY}) as response:
        assert response.status == 200
    told = json.loads(ran(server, "top", "--json"))
    assert {model["id"]: model["state"] for model in told["models"]}["m"] == "ready"
    assert [model["peer"] for model in told["models"]][-1] == "p"
    assert "1 of 2 models ready" in ran(server, "top")


def test_logs(server: LiveServer) -> None:
    """It prints what the server says, and what a model says."""
    with server.asking("GET", "/api/version", headers={"x-api-key": KEY}) as response:
        response.read()
    assert '"GET /api/version HTTP/1.1" 200' in ran(server, "logs")
    with server.asking("GET", "/upstream/al/", headers={"x-api-key": KEY}) as response:
        response.read()
    assert '"GET / HTTP/1.1" 200' in ran(server, "logs", "m")
