"""What a client sees when a real engine fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from pathlib import Path

import pytest

from tests.support.engine import ALICE, CAROL, chat, configuration, engines, long_stream, needs_engine, states
from tests.support.live import LiveServer, eventually

pytestmark = needs_engine


@pytest.fixture(scope="module")
def cramped(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose engines have room for few tokens."""
    text = configuration(models).replace("--alias", "--ctx-size 256 --alias")
    with LiveServer.of(text, tmp_path_factory.mktemp("cramped")) as server:
        yield server


def test_killed_engine_is_started_again(server: LiveServer) -> None:
    """After kill -9 of a model's process the next request is answered by a new one."""
    assert server.ask("POST", "/v1/chat/completions", chat(ALICE)).status == 200
    killed = engines(server)[ALICE]
    killed.kill()
    for _ in eventually():
        if not states(server):
            break
    assert server.ask("POST", "/v1/chat/completions", chat(ALICE)).status == 200
    assert engines(server)[ALICE].pid != killed.pid


def test_answer_cut_by_a_kill_does_not_look_complete(server: LiveServer) -> None:
    """When the engine dies in the middle of a stream, the client's connection breaks too."""
    with server.asking("POST", "/v1/chat/completions", long_stream(CAROL)) as response:
        response.readline()
        engines(server)[CAROL].kill()
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()


def test_overflow_of_the_context_comes_through(cramped: LiveServer) -> None:
    """The engine's error in the middle of a stream reaches the client as it is, and no [DONE] after it."""

    def body(_: int) -> bytes:
        return cramped.ask("POST", "/v1/chat/completions", long_stream(CAROL)).body

    with ThreadPoolExecutor(3) as pool:
        bodies = list(pool.map(body, range(3)))
    failed = [body for body in bodies if b"[DONE]" not in body]
    assert failed
    for body_of_one in failed:
        last = body_of_one.rstrip().rpartition(b"\n")[2]
        assert last.startswith(b'data: {"error":{"code":500')


def test_engine_that_cannot_start_is_explained(models: Path, tmp_path: Path) -> None:
    """A model whose file is missing is an error at once, and the others still work."""
    text = configuration(models).replace("tiny-alice-", "nowhere-")
    with LiveServer.of(text, tmp_path) as server:
        refused = server.ask("POST", "/v1/chat/completions", chat(ALICE))
        assert refused.status == 500
        assert "unspecific error" in refused.json()["error"]["message"]
        assert server.ask("POST", "/v1/chat/completions", chat(CAROL)).status == 200
