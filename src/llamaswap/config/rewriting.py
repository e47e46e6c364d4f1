"""Putting another text into a file, in one step and without ever following a link.

Whoever reads the file meanwhile, also after a crash, finds the old text or the new one, and nothing in between. Mode
and owner stay. All of it blocks.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from llamaswap.errors import FileChanged, Forbidden

BACKUP = ".bak"
"""Behind the name of a file: what it held before it was written last. No file of a directory is named so."""
MOST_ASIDE = 99
"""Files that were backups of somebody else, or of an earlier process, and have got a number behind their name."""
_LINKED = "it has another name (a hard link), which would keep the old text"
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file, and what it is."""

    data: bytes
    status: os.stat_result

    @property
    def hash(self) -> str:
        """Of the content: sha256, in hexadecimal."""
        return digest(self.data)


def digest(data: bytes) -> str:
    """What says which version of a file this is."""
    return sha256(data).hexdigest()


def content(path: str, most: int) -> Content:
    """What is in the regular file `path`, `most` bytes and one at most. Raises `OSError`, also for a link, and
    `Forbidden` for what is no file."""
    with _directory(path) as (directory, name):
        return _content(directory, name, most)


def rewrite(path: str, data: bytes, *, hash: str, most: int, kept: str = "") -> None:
    """Let the file hold `data`, and another beside it, with `BACKUP` at its name, what it held.

    A file that has the backup's name is replaced if it has the hash `kept`, that of the backup which was written last;
    any other gets a number behind its name. Nothing is written where the file holds `data` already. Raises
    `FileChanged` where it does not hold what has this `hash`, and `Forbidden` or `OSError` where it cannot be written
    with the mode, owner and names that it has.
    """
    with _directory(path) as (directory, name):
        old = _content(directory, name, most)
        if old.hash != hash:
            raise FileChanged()
        if old.data == data:
            return
        if old.status.st_nlink > 1:
            raise Forbidden(f"forbidden: the file cannot be written here: {_LINKED}")
        if _holds_other(directory, name + BACKUP, {kept, old.hash}, most):
            _set_aside(directory, name + BACKUP, old.status)
        _put(directory, name + BACKUP, old.data, old.status)
        with _beside(directory, data, old.status) as new:
            now = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if _identity(now) != _identity(old.status):
                raise FileChanged()
            os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)
        os.fsync(directory)


def obstacle(path: str) -> str:
    """Why `rewrite` could not do that, as far as one sees without trying, in words that follow a colon; else empty."""
    folder, name = os.path.split(path)
    try:
        status = os.lstat(path)
        longest = os.pathconf(folder or ".", "PC_NAME_MAX")
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISREG(status.st_mode):
        return "it is a link" if stat.S_ISLNK(status.st_mode) else "it is no regular file"
    if status.st_nlink > 1:
        return _LINKED
    if len(os.fsencode(f"{name}{BACKUP}.{MOST_ASIDE}")) > longest:
        return "its name is too long for a backup beside it"
    if os.geteuid() not in (0, status.st_uid):
        return "it belongs to another user than the server's"
    return "" if os.access(folder or ".", os.W_OK | os.X_OK) else "the server's user may not write to its directory"


@contextmanager
def _directory(path: str) -> Iterator[tuple[int, str]]:
    """The directory that `path` is in, held open, so that it stays the same one; and the name there."""
    folder, name = os.path.split(path)
    directory = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield directory, name
    finally:
        os.close(directory)


def _content(directory: int, name: str, most: int) -> Content:
    with open(os.open(name, _FLAGS, dir_fd=directory), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Forbidden("forbidden: this is no regular file")
        return Content(file.read(most + 1), status)


def _holds_other(directory: int, name: str, known: Collection[str], most: int) -> bool:
    """A file of that name holds, or may hold, what has none of these hashes."""
    try:
        return _content(directory, name, most).hash not in known
    except PermissionError:
        return True
    except (OSError, Forbidden):  # there is none, or a link
        return False


def _set_aside(directory: int, name: str, like: os.stat_result) -> None:
    """Put a number behind the name of a file. Who may not read what is `like` that one may not read it there either."""
    with suppress(OSError), open(os.open(name, _FLAGS, dir_fd=directory), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode & like.st_mode
        os.fchmod(file.fileno(), stat.S_IMODE(mode))
    for number in range(1, MOST_ASIDE + 1):
        free = f"{name}.{number}"
        if not _exists(directory, free):
            return os.rename(name, free, src_dir_fd=directory, dst_dir_fd=directory)
    raise Forbidden(f"forbidden: too many old backups lie beside the file, {name}.1 to {free}: take some of them away")


def _exists(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _put(directory: int, name: str, data: bytes, like: os.stat_result) -> None:
    """Let `name` be a file with `data`, whatever it was before: a link that stood there is gone, and not followed."""
    with _beside(directory, data, like) as new:
        os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)


@contextmanager
def _beside(directory: int, data: bytes, like: os.stat_result) -> Iterator[str]:
    """A new file with `data`, safe on the disk, with the mode and owner of `like`; gone in the end if it is not
    renamed."""
    new = f".llamaswap-{token_hex(8)}.tmp"
    try:
        with open(os.open(new, _NEW, 0o600, dir_fd=directory), "wb") as file:
            _adopt(file.fileno(), like)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield new
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=directory)


def _adopt(file: int, like: os.stat_result) -> None:
    """Take over owner, group and mode; the mode comes last, as a change of owners takes bits away."""
    mine = os.fstat(file)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(file, like.st_uid, like.st_gid)
    os.fchmod(file, stat.S_IMODE(like.st_mode))


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
