"""The directory in which a model's slots are kept. Everything here touches the disk and belongs in a thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from llamaswap.backends.slot_names import Kept, Names, names_of, surplus, weights
from llamaswap.config.schema import Model, Slots


def prepare(model: Model, slots: Slots) -> Names:
    """Make the directory, for its owner alone, and return what the files of `model` are called. Raises OSError."""
    Path(slots.save).mkdir(mode=0o700, parents=True, exist_ok=True)
    return names_of(model, _facts(weights(model)))


def kept_slots(slots: Slots, names: Names) -> list[int]:
    """The slots that have a file, in ascending order. Raises OSError."""
    found = (names.slot(file.name) for file in _files(slots))
    return sorted(slot for slot in found if slot is not None)


def all_there(slots: Slots, names: Iterable[str]) -> bool:
    """Each of these files is in the directory."""
    return all((Path(slots.save) / name).is_file() for name in names)


def remove(slots: Slots, names: Iterable[str]) -> None:
    """Delete these files, as far as they are there. Raises OSError."""
    for name in names:
        (Path(slots.save) / name).unlink(missing_ok=True)


def tidy(slots: Slots, names: Names, doubtful: Iterable[str]) -> None:
    """Delete what is `doubtful`, out of date, or beyond what may be kept. Raises OSError."""
    remove(slots, doubtful)
    remove(slots, surplus(list(_files(slots)), names, slots.max_bytes))


def _files(slots: Slots) -> Iterator[Kept]:
    with suppress(FileNotFoundError), os.scandir(slots.save) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    yield Kept(entry.name, found.st_size, found.st_mtime)


def _facts(paths: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        with suppress(OSError):
            found = os.stat(path)
            yield path, found.st_size, found.st_mtime_ns
