"""Conversations on real engines that go on after their model was unloaded in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.engine import ALICE, BOB, configuration, engines, needs_engine
from tests.support.live import LiveServer

pytestmark = needs_engine


@contextmanager
def keeping(models: Path, folder: Path, *, slots: bool, **more: object) -> Iterator[LiveServer]:
    """The demo's models, which exclude each other; with `slots` those of the chat models are kept in `folder`."""
    settings = yaml.safe_load(configuration(models))
    if slots:
        for model in (ALICE, BOB):
            entry = settings["models"][model]
            entry["cmd"] += f" --slot-save-path {folder / 'slots'}"
            entry["slots"] = {"save": str(folder / "slots"), **more}
    with LiveServer.of(yaml.safe_dump(settings), folder) as server:
        yield server


class Conversation:
    """A chat whose history grows; it remembers how much of each prompt the engine had in its cache."""

    def __init__(self, server: LiveServer, model: str) -> None:
        self._server = server
        self._model = model
        self._history: list[dict[str, str]] = []
        self.cached: list[int] = []

    def say(self, text: str) -> None:
        """One turn."""
        self._history.append({"role": "user", "content": text})
        body = {"model": self._model, "messages": self._history, "max_tokens": 16, "temperature": 0}
        answer: Any = self._server.ask("POST", "/v1/chat/completions", body).json()
        self._history.append(answer["choices"][0]["message"])
        self.cached.append(answer["usage"]["prompt_tokens_details"]["cached_tokens"])


@pytest.mark.parametrize("slots", [True, False])
def test_conversation_goes_on_after_an_eviction(models: Path, tmp_path: Path, slots: bool) -> None:
    """A, B, A: the second turn on A finds the first one's tokens in the cache, if they were kept."""
    with keeping(models, tmp_path, slots=slots) as server:
        chat = Conversation(server, ALICE)
        chat.say("Tell me of the sea, of the wind and of the boats")
        Conversation(server, BOB).say("Hello")
        assert list(engines(server)) == [BOB]
        chat.say("And what of the harbour?")
    first, second = chat.cached
    assert first == 0
    assert (second > 40) is slots, chat.cached
    assert (second == 0) is not slots


def test_conversation_goes_on_after_a_restart_of_the_server(models: Path, tmp_path: Path) -> None:
    """The end of the server saves too, and another port is no other launch; the files are for their owner only."""
    cached = []
    for _ in range(2):
        with keeping(models, tmp_path, slots=True) as server:
            chat = Conversation(server, ALICE)
            chat.say("Tell me of the sea, of the wind and of the boats")
            cached += chat.cached
            assert server.stop() == 0
    assert cached[0] == 0 and cached[1] > 40
    folder = tmp_path / "slots"
    assert folder.stat().st_mode & 0o077 == 0
    assert len(list(folder.iterdir())) == 1


def test_what_is_too_large_is_not_kept(models: Path, tmp_path: Path) -> None:
    """Beyond `maxBytes` nothing stays, and the next turn computes everything again."""
    with keeping(models, tmp_path, slots=True, maxBytes=1000) as server:
        chat = Conversation(server, ALICE)
        chat.say("Tell me of the sea, of the wind and of the boats")
        Conversation(server, BOB).say("Hello")
        assert list((tmp_path / "slots").iterdir()) == []
        chat.say("And what of the harbour?")
    assert chat.cached == [0, 0]


def test_a_damaged_file(models: Path, tmp_path: Path) -> None:
    """It is dropped with a line in the log, and the model loads."""
    with keeping(models, tmp_path, slots=True) as server:
        chat = Conversation(server, ALICE)
        chat.say("Tell me of the sea, of the wind and of the boats")
        Conversation(server, BOB).say("Hello")
        for file in (tmp_path / "slots").iterdir():
            file.write_bytes(b"junk" * 100)
        chat.say("And what of the harbour?")
        assert chat.cached[1] == 0
        assert f"{ALICE}: slots that could not be restored are dropped: POST /slots/" in server.output()
        assert not any(file.name.startswith(ALICE) for file in (tmp_path / "slots").iterdir())
