"""What a crash of the server would leave behind, written down while it runs, and swept at the next start (W-24).

One file per server process in a directory only its user can write to: who the server is, and which backends live.
Every process of a backend also carries a *mark* in its environment, made of the journal's name and a number. A sweep
kills exactly the processes that carry the mark of a journal whose server is gone; the group, session, pid and start
time beside it say whose they were. So a second server's children, a recycled pid or a stranger are never touched.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from twisted.logger import Logger

from llamaswap.backends.processes import Processes
from llamaswap.ids import ModelId

_NAME = re.compile(r"([0-9a-f]{16})\.json")
_DRAFT = re.compile(r"[0-9a-f]{16}\.new")
_FORGOTTEN = 60.0
"""Seconds after which a draft is nobody's any more: it becomes a journal at once, or never."""
_SIZE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A backend that lives. Its leader began its own session and group, so that all three have one number."""

    mark: str
    model: str
    pid: int
    group: int
    session: int
    started: int


class Journal:
    """This server's own file, which is there before its first backend is started.

    Until it is opened, and without a usable directory, the marks still go out, and nothing is written.
    """

    _log = Logger()

    def __init__(self, processes: Processes) -> None:
        self.name = secrets.token_hex(8)
        self._path: Path | None = None
        self._processes = processes
        self._entries: dict[str, Entry] = {}
        self._last = 0

    def open(self, directory: Path | None) -> None:
        """Lie in `directory`. To be called before the first mark, by the user and the process that are to write."""
        self._path = None if directory is None else directory / f"{self.name}.json"

    def mark(self) -> str:
        """A new mark, for one start of one backend."""
        if not self._last:
            self._write()  # a crash right after the first spawn must not leave a mark that nobody knows
        self._last += 1
        return f"{self.name}.{self._last}"

    def born(self, mark: str, model: ModelId, pid: int, started: int) -> None:
        """The backend that carries `mark` has a process."""
        self._entries[mark] = Entry(mark, model, pid, pid, pid, started)
        self._write()

    def gone(self, mark: str) -> None:
        """Nothing carries `mark` any more."""
        if self._entries.pop(mark, None):
            self._write()

    def close(self) -> None:
        """An orderly end: nothing is left to sweep. Keeps the file when a backend is still in it."""
        if self._path is None or self._entries:
            return
        try:
            remove_journal(self._path)
        except OSError as error:
            self._log.warn("cannot remove the journal {path}: {error}", path=self._path, error=error)

    def _server(self) -> Mapping[str, object]:
        """Who we are: asked late, because a daemon is another process than the one that made it."""
        pid = os.getpid()
        return {"pid": pid, "started": self._processes.started(pid), "boot": self._processes.boot}

    def _write(self) -> None:
        """Replace the file in one step, so that no crash leaves half of it."""
        if self._path is None:
            return
        draft = _draft_of(self._path)
        try:
            content = {"server": self._server(), "backends": [asdict(entry) for entry in self._entries.values()]}
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file)
            draft.replace(self._path)
        except OSError as error:
            self._log.warn("cannot write the journal {path}: {error}", path=self._path, error=error)


def _draft_of(journal: Path) -> Path:
    return journal.with_suffix(".new")


def remove_journal(path: Path) -> None:
    """Delete a journal, and the draft that a crash, or a full disk, may have left beside it."""
    _draft_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


# -- where ------------------------------------------------------------------------------------------------------------


def state_directories(environ: Mapping[str, str]) -> list[Path]:
    """Where journals of this user may lie, the best place first."""
    home = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME") or "~", ".local", "state")
    places = [Path(home).expanduser() / "llamaswap", Path(tempfile.gettempdir()) / f"llamaswap-{os.geteuid()}"]
    return [place for place in places if place.is_absolute()]


def usable_directory(places: Iterable[Path]) -> Path | None:
    """The first of `places` that is ours alone, made if it is missing."""
    for place in places:
        with suppress(OSError):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_private(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    return None


def is_private(place: Path) -> bool:
    """A directory, no link to one, that only this user can write to."""
    try:
        found = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


# -- reading what others left -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """The journal of some server."""

    path: Path
    name: str
    pid: int
    started: int
    boot: str
    models: Mapping[str, str]
    """Mark to model."""


class Unreadable(Exception):
    """A file that is no journal of ours."""


def find_journals(places: Iterable[Path]) -> Iterator[Found | Unreadable]:
    """Every journal of this user, and a word about every file that looks like one and is not."""
    for place in places:
        if is_private(place):
            for path in sorted(place.iterdir()):
                if match := _NAME.fullmatch(path.name):
                    yield _read_journal(path, match[1])


def find_forgotten_drafts(places: Iterable[Path]) -> Iterator[Path]:
    """Drafts whose server is gone, or has given them up: perhaps before it had a journal at all."""
    for place in places:
        if is_private(place):
            for path in sorted(place.iterdir()):
                if _DRAFT.fullmatch(path.name) and _age(path) > _FORGOTTEN:
                    yield path


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:  # it has just become a journal
        return 0.0


def _read_journal(path: Path, name: str) -> Found | Unreadable:
    try:
        content = json.loads(_read_private(path))
        server = content["server"]
        models = {str(entry["mark"]): str(entry["model"]) for entry in content["backends"]}
        return Found(path, name, int(server["pid"]), int(server["started"]), str(server["boot"]), models)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, Unreadable) as error:
        return Unreadable(f"{path} is no journal: {error}")


def _read_private(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size > _SIZE_LIMIT:
            raise Unreadable("not a small file of our own")
        return file.read()
