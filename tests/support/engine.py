"""The whole server on the real engine: its configuration, the clients people use, and what happens inside."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from llamaswap.demo.config import MODELS, demo_configuration, write_models
from llamaswap.demo.grammar import FOREST, SEA, TOWN, Voice
from tests.support.live import Live
from tests.support.ports import free_ports

ALICE, BOB, CAROL, EMBED, RERANK = "tiny-alice", "tiny-bob", "tiny-carol", "tiny-embed", "tiny-rerank"
VOICES: Mapping[str, Voice] = {ALICE: SEA, BOB: FOREST, CAROL: TOWN}

needs_engine = [
    pytest.mark.engine,
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp (extra `demo`) is missing"),
]


def configuration(folder: Path, **python: str) -> str:
    """The demo's configuration, with its files in `folder` and on ports of its own."""
    write_models(folder)
    return demo_configuration(folder, start_port=free_ports(len(MODELS)), **python)


def chat(model: str, **more: object) -> dict[str, object]:
    """The body of a short chat request."""
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16} | more


def long_stream(model: str, tokens: int = 3000) -> dict[str, object]:
    """The body of a chat request that is answered with so many tokens, one event each."""
    return chat(model, max_tokens=tokens, stream=True, ignore_eos=True)


def speaker(text: str) -> str:
    """The only model that can have said this."""
    (name,) = (name for name, voice in VOICES.items() if voice.spoke(text))
    return name


def engines(server: Live) -> dict[str, psutil.Process]:
    """The engines that run now, by the model's name."""
    found = {}
    for child in server.children():
        try:
            words: Sequence[str] = child.cmdline()
        except psutil.Error:
            continue
        if "--alias" in words:
            found[words[words.index("--alias") + 1]] = child
    return found


def states(server: Live) -> dict[str, str]:
    """What the server says about its models."""
    return {entry["model"]: entry["state"] for entry in server.ask("GET", "/running").json()["running"]}


def busy_slots(server: Live, model: str) -> int:
    """How many answers the model's engine is generating now."""
    return sum(slot["is_processing"] for slot in server.ask("GET", f"/upstream/{model}/slots").json())
