"""The key `slots` of a model: where llama.cpp's conversations are kept while it is unloaded."""

from __future__ import annotations

from itertools import pairwise
from posixpath import normpath

from llamaswap.config.commands import split_command
from llamaswap.config.fields import At, Key, positive, read_keys, require, some_seconds, string
from llamaswap.config.schema import Model, Slots

OPTION = "--slot-save-path"
_NO_DIRECTORY = f"slots.save must name the directory that the engine's {OPTION} names"


def read_slots(at: At) -> Slots | None:
    """None where no directory can be read."""
    require(at, "save", _NO_DIRECTORY)
    given = read_keys(at, KEYS)
    return Slots(**given) if "save" in given else None


def check_slots(at: At, model: Model) -> None:
    """Warn at `at`, the section `slots`, when the command of `model` has the engine save nothing, or elsewhere."""
    place = at.child("save")
    if model.slots is None or place is None:
        return
    said = _engines_directory(model.cmd)
    if said is None:
        place.warn(f"`cmd` has no {OPTION}, without which llama-server saves nothing: add {OPTION} {model.slots.save}")
    elif normpath(said) != normpath(model.slots.save):
        place.warn(f"`cmd` says {OPTION} {said}: the engine saves there, and nothing will be found here")


def _engines_directory(cmd: str) -> str | None:
    """What `cmd` says of it; None when it says nothing."""
    words = [*split_command(cmd), ""]
    for word, following in pairwise(words):
        name, equals, value = word.partition("=")
        if name == OPTION:
            return value if equals else following
    return None


def _directory(at: At) -> str | None:
    path = string(at)
    if path is None:
        return None
    if not path.strip():
        at.error(_NO_DIRECTORY)
        return None
    if "\0" in path:
        at.error("holds the character NUL, which no path can")
        return None
    return path.strip()


KEYS = (
    Key("save", "save", _directory),
    Key("maxBytes", "max_bytes", positive),
    Key("timeout", "timeout", some_seconds),
)
