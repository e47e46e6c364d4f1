"""Several real models that take turns on one machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.engine import (
    ALICE,
    BOB,
    CAROL,
    EMBED,
    RERANK,
    busy_slots,
    chat,
    configuration,
    engines,
    long_stream,
    needs_engine,
    speaker,
    states,
)
from tests.support.live import LiveServer, eventually

pytestmark = needs_engine

ONLY_ONE = """\
import fcntl, os, sys

held = os.open({lock!r}, os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.set_inheritable(held, True)
os.execv({python!r}, [{python!r}, *sys.argv[1:]])
"""
"""An interpreter that fails unless it is the only one, for as long as the program in it lives."""


@pytest.fixture
def one_at_a_time(models: Path, tmp_path: Path) -> Iterator[LiveServer]:
    """A server whose engines cannot start while another one is alive."""
    script, python = tmp_path / "only_one.py", tmp_path / "python"
    script.write_text(ONLY_ONE.format(lock=str(tmp_path / "lock"), python=sys.executable))
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    python.chmod(0o700)
    with LiveServer.of(configuration(models, python=str(python)), tmp_path) as server:
        yield server


def said(server: LiveServer, model: str) -> str:
    """Who answered, when `model` was asked."""
    answer = server.ask("POST", "/v1/chat/completions", chat(model))
    assert answer.status == 200, answer.body
    return speaker(answer.json()["choices"][0]["message"]["content"])


def test_models_take_turns(server: LiveServer) -> None:
    """A, B, A: each answers, each time in a process of its own, and the former one is gone."""
    pids = []
    for model in (ALICE, BOB, ALICE):
        assert said(server, model) == model
        assert states(server) == {model: "ready"}
        running = engines(server)
        assert list(running) == [model]
        pids.append(running[model].pid)
    assert len(set(pids)) == 3


def test_helpers_stay_while_chat_models_swap(own_server: LiveServer) -> None:
    """Embedding and rerank run beside each other and beside whatever chat model is loaded."""
    for model, path, body in (
        (EMBED, "/v1/embeddings", {"input": "x"}),
        (RERANK, "/v1/rerank", {"query": "x", "documents": ["y"]}),
    ):
        assert own_server.ask("POST", path, {"model": model} | body).status == 200
    before = engines(own_server)
    for model in (ALICE, BOB):
        assert said(own_server, model) == model
    assert engines(own_server) == {**before, BOB: engines(own_server)[BOB]}


def test_swap_under_load(one_at_a_time: LiveServer) -> None:
    """Concurrent requests for three models are all answered, by the right one, and no two engines ever live at once."""
    wanted = [ALICE, BOB, CAROL] * 12
    with ThreadPoolExecutor(len(wanted)) as pool:
        assert list(pool.map(lambda model: said(one_at_a_time, model), wanted)) == wanted


def test_running_answer_is_finished_before_the_swap(one_at_a_time: LiveServer) -> None:
    """A stream in progress is complete although another model is waited for."""
    with ThreadPoolExecutor(1) as pool:
        with one_at_a_time.asking("POST", "/v1/chat/completions", long_stream(CAROL, 300)) as response:
            first = response.readline()
            other = pool.submit(said, one_at_a_time, ALICE)
            body = first + response.read()
        assert body.endswith(b"data: [DONE]\n\n")
        assert body.count(b'"content":"') == 300
        assert other.result() == ALICE


def test_hung_up_client_frees_the_model(server: LiveServer) -> None:
    """The engine stops generating as soon as its client is gone, and another model can take its place."""
    with server.asking("POST", "/v1/chat/completions", long_stream(CAROL)) as response:
        response.readline()
        assert busy_slots(server, CAROL) == 1
    for _ in eventually(patience=2):
        if busy_slots(server, CAROL) == 0:
            break
    assert said(server, ALICE) == ALICE


def test_unload_stops_the_engine(server: LiveServer) -> None:
    """Once /unload has answered, no engine is left, and the next request starts one again."""
    assert said(server, BOB) == BOB
    assert server.ask("GET", "/unload").status == 200
    assert (states(server), engines(server)) == ({}, {})
    assert said(server, BOB) == BOB


def test_model_can_be_loaded_ahead(server: LiveServer) -> None:
    """POST /api/models/load/{id} answers when the model is ready."""
    assert server.ask("POST", f"/api/models/load/{CAROL}").status == 200
    assert states(server) == {CAROL: "ready"}
