"""Running servers for other people's programs to ask. What they need is the extra `contracts`; tox installs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import configuration
from tests.support.live import LiveServer
from tests.support.ports import free_ports

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it looks when it is imported, and would ask its makers
KEY = "sk-contract"
ENGINE = f"apiKeys: [{KEY}]\n"
FILES = """
apiKeys: [{key}]
startPort: {port}
performance: {{every: 5s}}
models:
  m:
    name: A folder
    cmd: "'{python}' -m http.server ${{PORT}} --bind 127.0.0.1 --directory '{folder}'"
    checkEndpoint: /
    aliases: [al]
    capabilities: {{in: [text, image], out: [text], tools: true, context: 4096}}
  bad: {{cmd: "'{python}' -c 0", proxy: "http://127.0.0.1:{spare}"}}
peers: {{p: {{proxy: "http://127.0.0.1:{spare}", models: [q]}}}}
selectors: {{s: {{strategy: warm, targets: [m, bad]}}}}
profiles: {{night: {{description: Small ones, pins: {{x: m}}}}}}
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stands between a client and the loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Real models behind a server with a key."""
    text = configuration(tmp_path_factory.mktemp("models")) + ENGINE
    with LiveServer.of(text, tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with a key, whose model only knows files, and with a bit of everything else."""
    folder = tmp_path_factory.mktemp("server")
    with LiveServer.of(files_configuration(folder), folder) as running:
        yield running


def files_configuration(folder: Path) -> str:
    """Of `server`."""
    port, spare = free_ports(2), free_ports()
    return FILES.format(key=KEY, port=port, spare=spare, python=sys.executable, folder=folder)
