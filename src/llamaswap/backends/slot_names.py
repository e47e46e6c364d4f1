"""How the files are called in which a model's slots are kept, and which of them must go.

Pure. A name says whose state it is and of which launch: what another command line has computed is never restored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256

from llamaswap.config.commands import split_command
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId

_OURS = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*-[0-9a-f]{16}-[0-9]{1,4}\.bin")
_LONGEST_STEM = 80
MOST_SLOTS = 1000
"""What counts as a slot's number at most: more than any engine has."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the directory."""

    name: str
    size: int
    written: float
    """When; any clock that all of them share."""


@dataclass(frozen=True, slots=True)
class Names:
    """The files of one model, launched in one way."""

    stem: str
    launch: str
    """A digest of how it was launched."""

    def of(self, slot: int) -> str:
        """The file of a slot."""
        return f"{self.stem}-{self.launch}-{slot}.bin"

    def slot(self, name: str) -> int | None:
        """Which slot a file is of; None: it is none of these."""
        found = re.fullmatch(rf"{re.escape(self.stem)}-{self.launch}-([0-9]{{1,4}})\.bin", name)
        return int(found[1]) if found else None

    def outdated(self, name: str) -> bool:
        """It is of the same model, launched in another way."""
        found = re.fullmatch(rf"{re.escape(self.stem)}-([0-9a-f]{{16}})-[0-9]{{1,4}}\.bin", name)
        return found is not None and found[1] != self.launch


def names_of(model: Model, files: Iterable[tuple[str, int, int]]) -> Names:
    """The names for `model` as it is launched now; `files` says what its words name: path, size, time of change."""
    words = ["${PORT}" if word == str(model.port) else word for word in split_command(model.cmd)]
    told = json.dumps([model.id, words, model.env, model.check_endpoint, sorted(files)])
    return Names(stem(model.id), sha256(told.encode()).hexdigest()[:16])


def weights(model: Model) -> list[str]:
    """The words of its command that may be files of weights: others at the same path are another model."""
    return [word for word in split_command(model.cmd) if word.lower().endswith(".gguf")]


def stem(model: ModelId) -> str:
    """The ID as a piece of a file's name. What had to be changed, or cut, is told apart by a digest."""
    safe = re.sub(r"[^A-Za-z0-9_.-]|\.(?=\.)|^[.-]|\.$", "_", model)[:_LONGEST_STEM] or "_"
    return safe if safe == model else f"{safe}-{sha256(model.encode(errors='surrogatepass')).hexdigest()[:8]}"


def surplus(files: Collection[Kept], names: Names, max_bytes: int) -> list[str]:
    """The files that must go: those of other launches of the model, and the oldest beyond `max_bytes`.

    Files that are called otherwise than ours are nobody's business here.
    """
    ours = [file for file in files if _OURS.fullmatch(file.name)]
    gone = [file for file in ours if names.outdated(file.name) or file.size > max_bytes]
    kept = sorted((file for file in ours if file not in gone), key=lambda file: (file.written, file.name))
    total = sum(file.size for file in kept)
    while total > max_bytes:
        gone.append(kept.pop(0))
        total -= gone[-1].size
    return [file.name for file in gone]
