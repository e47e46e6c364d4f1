"""What the files of a configuration look like from outside, and whether a change of that is one (configuration
section 19). It reads no file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from llamaswap.config.files import Files, matching

LONGEST_CHAIN = 40
"""Symbolic links that are followed from one path; the kernel's own limit."""


class Mark(NamedTuple):
    """What a file has that changes when its content does; links are followed."""

    mtime_ns: int
    size: int
    device: int
    inode: int


class Place(NamedTuple):
    """A directory or a file where something may happen that changes what a path leads to. No link is in its path."""

    path: str
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Look:
    """The files at one moment."""

    file: Mark | None = None
    """The single file; None while there is none."""
    entries: Mapping[str, Mark | None] = field(default_factory=dict)
    """The files of the directory by name; None for a link that leads nowhere."""
    places: frozenset[Place] = frozenset()
    """Where to listen for a change of all this."""


def fires(before: Look, after: Look) -> bool:
    """Whether there is something new to load: what disappears is none, what appears again is."""
    file = after.file is not None and after.file != before.file
    directory = any(after.entries.values()) and after.entries != before.entries
    return file or directory


def look(files: Files) -> Look:
    """How `files` look now. Blocks; never fails, since what cannot be seen counts as missing."""
    files = files.absolute()
    inside = {name: os.path.join(files.config_dir, name) for name in _names(files.config_dir)}
    paths = [path for path in (files.config, files.config_dir, *inside.values()) if path]
    return Look(
        file=_mark(files.config) if files.config else None,
        entries={name: _mark(path) for name, path in inside.items()},
        places=frozenset(_places({place for path in paths for place in _trail(path)})),
    )


def _names(directory: str) -> list[str]:
    try:
        return matching(directory) if directory else []
    except OSError:
        return []


def _mark(path: str) -> Mark | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return Mark(seen.st_mtime_ns, seen.st_size, seen.st_dev, seen.st_ino)


def _places(paths: Iterable[str]) -> Iterator[Place]:
    for path in paths:
        mark = _mark(path)
        if mark is not None:  # else it is gone since, and the next look sees another trail
            yield Place(path, mark.device, mark.inode)


def _trail(path: str) -> Iterator[str]:
    """The directories in which a name decides where the absolute `path` leads, and its end.

    These are those that hold a link on the way (`..data` of a Kubernetes ConfigMap), the one that lacks the next name
    (whatever is missing will appear there), and the one that holds the file. A bind-mounted file may change without
    a word to its directory, so the file is part of it as well.
    """
    here, names, links = "/", _names_of(path), 0
    while names:
        name = names.pop()
        step = os.path.dirname(here) if name == ".." else os.path.join(here, name)
        target = _link(step)
        if target is None:
            here = step
            continue
        yield here
        links += 1
        if not target or links > LONGEST_CHAIN:
            return
        names += _names_of(target)
        here = "/" if target.startswith("/") else here
    if not os.path.isdir(here):
        yield os.path.dirname(here)
    yield here


def _names_of(path: str) -> list[str]:
    """The names in `path`, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _link(path: str) -> str | None:
    """Where the link at `path` leads; None when it is no link, empty when nothing is to be seen there."""
    try:
        return os.readlink(path)
    except OSError as error:
        return None if error.errno == errno.EINVAL else ""
