"""Start and end of the whole program, with real engines under it."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.support.engine import ALICE, BOB, CAROL, EMBED, chat, engines, long_stream, needs_engine, speaker
from tests.support.live import LiveServer, eventually

pytestmark = needs_engine


def test_demo_needs_no_configuration(tmp_path: Path) -> None:
    """`--demo` alone serves models that answer differently, and keeps their files in the user's cache."""
    with LiveServer("--demo", folder=tmp_path) as server:
        for model in (ALICE, BOB, ALICE):
            answer = server.ask("POST", "/v1/chat/completions", chat(model)).json()
            assert speaker(answer["choices"][0]["message"]["content"]) == model
        assert list(tmp_path.glob("cache/llamaswap/tiny-bob-*.gguf"))
        assert server.stop() == 0


def test_sigterm_under_load_finishes_what_runs(own_server: LiveServer) -> None:
    """Running streams are completed, then the program ends with status 0 and leaves no process behind."""
    assert own_server.ask("POST", "/v1/embeddings", {"model": EMBED, "input": "x"}).status == 200
    with (
        ThreadPoolExecutor(3) as pool,
        own_server.asking("POST", "/v1/chat/completions", long_stream(CAROL, 300)) as one,
    ):
        first = one.readline()
        others = [pool.submit(own_server.ask, "POST", "/v1/chat/completions", chat(CAROL)) for _ in range(3)]
        assert all(other.result().status == 200 for other in others)
        children = own_server.children()
        assert len(engines(own_server)) == 2
        own_server.process.send_signal(signal.SIGTERM)
        assert (first + one.read()).endswith(b"data: [DONE]\n\n")
    assert own_server.process.wait(10) == 0
    assert not any(map(psutil.Process.is_running, children))


def test_second_signal_ends_everything_at_once(own_server: LiveServer) -> None:
    """Who signals twice does not wait for a stream: status 1, and no process left behind."""
    with own_server.asking("POST", "/v1/chat/completions", long_stream(CAROL)) as response:
        response.readline()
        children = own_server.children()
        own_server.process.send_signal(signal.SIGTERM)
        for _ in eventually():
            if refused(own_server):
                break
        assert own_server.stop(patience=2) == 1
    assert not any(map(psutil.Process.is_running, children))


def refused(server: LiveServer) -> bool:
    """Whether new connections are refused."""
    try:
        server.ask("GET", "/health")
    except OSError:
        return True
    return False


def test_killed_server_leaves_no_engine(own_server: LiveServer) -> None:
    """Engines do not outlive a server that was killed without warning."""
    assert own_server.ask("POST", "/v1/chat/completions", chat(ALICE)).status == 200
    children = own_server.children()
    assert own_server.stop(signal.SIGKILL) == -signal.SIGKILL
    for _ in eventually(patience=5):
        if not any(map(alive, children)):
            break


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that nobody has collected yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
