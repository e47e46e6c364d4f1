"""Which models does the demo serve, what do they need, and where are their files?

Knows nothing of the server: it hands over the text of an ordinary configuration.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shlex import quote

from llamaswap.demo.grammar import FOREST, SEA, TOWN
from llamaswap.demo.model import TinyModel
from llamaswap.demo.ports import free_block
from llamaswap.errors import LlamaSwapError

GENERATION = 2
"""Raised whenever the same `TinyModel` gives other bytes than before: cached files of older ones are not used."""
START_PORT = 18100
"""Not the usual 5800, so that the demo can run beside a real configuration; further up where another demo runs."""

NO_ENGINE = "the demo needs the package xllamacpp: run pip install '.[demo]' in the checkout"
NO_OPENMP = (
    "the demo's engine needs the system library libgomp.so.1; install the package libgomp1 (Debian, Ubuntu: "
    "apt-get install libgomp1) or libgomp (Fedora: dnf install libgomp, Alpine: apk add libgomp)"
)


class DemoUnavailable(LlamaSwapError):
    """Something that the demo needs is not installed, or its files cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoModel:
    """One entry of the demo's configuration."""

    id: str
    description: str
    content: TinyModel
    task: str = ""
    """The engine's option for what it answers; empty for chat."""

    @property
    def file_name(self) -> str:
        """The name of the model's file; another one for every other content."""
        digest = sha256(f"{GENERATION} {self.content!r}".encode()).hexdigest()
        return f"{self.id}-{digest[:16]}.gguf"


CHAT = (
    DemoModel(
        id="tiny-alice",
        description="Chats about nothing but the sea.",
        content=TinyModel(name="Alice", voice=SEA, seed=1),
    ),
    DemoModel(
        id="tiny-bob",
        description="Chats about nothing but the forest.",
        content=TinyModel(name="Bob", voice=FOREST, seed=2),
    ),
    DemoModel(
        id="tiny-carol",
        description="Chats about nothing but the town, deeper and therefore slower: watch the words arrive.",
        content=TinyModel(name="Carol", voice=TOWN, seed=3, layers=48),
    ),
)
HELPERS = (
    DemoModel(
        id="tiny-embed",
        description="Turns texts into vectors, for /v1/embeddings.",
        content=TinyModel(name="Embed", voice=SEA, seed=4),
        task="--embedding",
    ),
    DemoModel(
        id="tiny-rerank",
        description="Sorts documents by a query, for /v1/rerank.",
        content=TinyModel(name="Rerank", voice=SEA, seed=5),
        task="--rerank",
    ),
)
MODELS = (*CHAT, *HELPERS)

HEAD = """\
# The demo: tiny generated models on a real llama.cpp.
startPort: {start_port}
groups:
  chat:       # one at a time: a request for another one swaps
    members: [{chat}]
  helpers:    # beside each other and beside the chat models
    members: [{helpers}]
    swap: false
    exclusive: false
    persistent: true
models:
"""
ENTRY = """\
  {model.id}:
    name: {model.content.name}
    description: "{model.description}"
    proxy: http://127.0.0.1:${{PORT}}
    cmd: |
      {python} -P -m llamaswap.demo.engine
      --model {file}
      --alias {model.id} --port ${{PORT}}{options}
"""


def prepare() -> str:
    """Everything the demo needs, then its configuration; raises `DemoUnavailable`. Takes a tenth of a second at most.

    The models are generated on first use and kept in the user's cache folder.
    """
    check_requirements()
    folder = cache_folder()
    write_models(folder)
    return demo_configuration(folder, start_port=free_block(START_PORT, len(MODELS)))


def check_requirements(
    find: Callable[[str], object] = importlib.util.find_spec,
    load: Callable[[str], object] = ctypes.CDLL,
    platform: str = sys.platform,
) -> None:
    """Raises `DemoUnavailable`, naming what to install. The engine itself is not loaded into this process."""
    if find("xllamacpp") is None:
        raise DemoUnavailable(NO_ENGINE)
    if platform == "linux":
        try:
            load("libgomp.so.1")
        except OSError as error:
            raise DemoUnavailable(NO_OPENMP) from error


def cache_folder() -> Path:
    """`llamaswap` in the user's cache folder, by the XDG rules: a relative `XDG_CACHE_HOME` counts for nothing."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".cache") / "llamaswap"
    except RuntimeError as error:
        raise DemoUnavailable("there is no home folder to keep the demo's models in; set XDG_CACHE_HOME") from error


def write_models(folder: Path) -> None:
    """Generate the files that `folder` lacks; raises `DemoUnavailable` when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for model in MODELS:
            path = folder / model.file_name
            if not path.exists():
                _write_whole(path, model.content.encode())
    except OSError as error:
        raise DemoUnavailable(f"the demo's models cannot be written: {error}; set XDG_CACHE_HOME") from error


def _write_whole(path: Path, data: bytes) -> None:
    """Under another name first, so that nobody ever sees half a file."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def demo_configuration(folder: Path, python: str = sys.executable, start_port: int = START_PORT) -> str:
    """The text of the configuration, for model files in `folder` and the engine under the interpreter `python`."""
    head = HEAD.format(
        start_port=start_port,
        chat=", ".join(model.id for model in CHAT),
        helpers=", ".join(model.id for model in HELPERS),
    )
    entries = (
        ENTRY.format(
            model=model,
            python=quote(python),
            file=quote(str(folder / model.file_name)),
            options=f" {model.task}" if model.task else "",
        )
        for model in MODELS
    )
    return head + "".join(entries)
