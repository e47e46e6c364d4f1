"""The launcher of the real engine, as a process of its own."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

import pytest

from llamaswap.demo.grammar import FOREST, SEA, Voice
from llamaswap.demo.model import TinyModel
from tests.support.engine import needs_engine
from tests.support.live import Live
from tests.support.ports import free_ports

pytestmark = needs_engine
HELLO = {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0, "max_tokens": 24}


class Engine(Live):
    """A tiny model with the given voice and seed, on the real engine."""

    def __init__(self, voice: Voice, seed: int, *options: str) -> None:
        port = free_ports()
        with tempfile.NamedTemporaryFile(suffix=".gguf", delete=False) as file:
            file.write(TinyModel(name="tiny", voice=voice, seed=seed).encode())
        self.file = Path(file.name)
        where = ("--model", file.name, "--port", str(port))
        super().__init__((sys.executable, "-m", "llamaswap.demo.engine", *where, *options), port)

    def close(self) -> None:
        super().close()
        self.file.unlink()

    def say(self) -> str:
        """What it answers to a greeting."""
        answer = self.ask("POST", "/v1/chat/completions", HELLO)
        return str(answer.json()["choices"][0]["message"]["content"])


def test_the_same_seed_says_the_same() -> None:
    """At temperature 0 a model's answer depends on its seed only, in whole words of its voice."""
    with Engine(SEA, 1) as engine, Engine(SEA, 1) as twin, Engine(SEA, 2) as sister:
        answer = engine.say()
        assert twin.say() == answer != sister.say()
        words = {f" {word}" for texts in SEA.words().values() for word in texts}
        assert all(f" {word}" in words for word in answer.replace(".", "").split())


def test_voices_can_be_told_apart() -> None:
    """Each model answers in its own words, under its alias."""
    with Engine(FOREST, 1, "--alias", "bob") as engine:
        answer = engine.ask("POST", "/v1/chat/completions", HELLO).json()
        assert answer["model"] == "bob"
        text = answer["choices"][0]["message"]["content"]
        assert FOREST.spoke(text) and not SEA.spoke(text)


def test_texts_alike_have_vectors_alike() -> None:
    """With --embedding, similar texts point the same way."""
    with Engine(SEA, 4, "--embedding") as engine:
        texts = ["hello world", "hello, world", "xyz 42"]
        data = engine.ask("POST", "/v1/embeddings", {"input": texts}).json()["data"]
        one, alike, other = (entry["embedding"] for entry in data)
        assert dot(one, alike) > dot(one, other) > 0


def dot(one: list[float], other: list[float]) -> float:
    """The cosine of two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_documents_are_ranked() -> None:
    """With --rerank, every document gets a score of its own."""
    with Engine(SEA, 5, "--rerank") as engine:
        documents = ["a boat", "a tree", "42"]
        results = engine.ask("POST", "/v1/rerank", {"query": "sea", "documents": documents}).json()["results"]
        assert len({entry["relevance_score"] for entry in results}) == 3


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_at_once_with_status_0(stop: signal.Signals) -> None:
    """It leaves within a second, also while it is in the middle of an answer."""
    with Engine(SEA, 1) as engine:
        endless = {**HELLO, "max_tokens": 4000, "ignore_eos": True, "stream": True}
        with engine.asking("POST", "/v1/chat/completions", endless) as response:
            assert response.readline().startswith(b"data: ")
            assert engine.stop(stop, patience=1.0) == 0


def test_long_load_is_imitated() -> None:
    """With --load-seconds it does not listen before, and a signal ends it meanwhile."""
    engine = Engine(SEA, 1, "--load-seconds", "60")
    try:
        with pytest.raises(OSError):
            engine.ask("GET", "/health")
        assert engine.stop() == -signal.SIGTERM
    finally:
        engine.close()


def test_bad_model_ends_it_with_status_1() -> None:
    """A file that is no model is an error at once, not a server that never gets ready."""
    engine = Engine(SEA, 1, "--model", "/nonexistent.gguf")
    try:
        assert engine.process.wait(10) == 1
    finally:
        engine.close()
