"""The files that a configuration was read from, as somebody looks at them and edits them. Its methods block.

They are known by IDs, and only those exist that the command line names, or that are in the directory that it names: no
word of a client ever becomes a path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from llamaswap.config import rewriting
from llamaswap.config.files import Files
from llamaswap.errors import BadRequest, BodyTooLarge, ConfigurationFileNotFound, FileChanged, Forbidden

MOST = 4 * 1024 * 1024
"""Bytes of a file that may be edited here."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One of the files."""

    id: str
    name: str
    path: str
    size: int
    modified: float
    """Epoch seconds."""
    hash: str
    """Of its content; empty where that cannot be read, or is too long."""
    writable: bool
    reason: str = ""
    """Why not, in words that follow a colon."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a file holds."""

    id: str
    path: str
    text: str
    hash: str


class Originals:
    """The files that `files` names now."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kept: dict[str, str] = {}
        """The hashes of the backups that were written here, by the path of what they are backups of."""

    def facts(self) -> list[Facts]:
        """All of them, in their order."""
        return [_facts(id, path) for id, path in self._paths().items()]

    def text(self, id: str) -> Text:
        """What the file holds. Raises `ConfigurationFileNotFound`, and `Forbidden` for what can only be read, or not
        even that: links and texts that are none."""
        path = self._path(id)
        found = _content(path)
        return Text(id, path, _decoded(found.data), found.hash)

    def paths(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The same texts, by path instead of ID. Raises `ConfigurationFileNotFound`."""
        return {self._path(id): text for id, text in texts.items()}

    def check(self, id: str, hash: str) -> None:
        """Raise `FileChanged` where the file does not hold what has this `hash`."""
        if _content(self._path(id)).hash != hash:
            raise FileChanged()

    def write(self, id: str, text: str, hash: str) -> str:
        """Let the file hold `text`, if it holds what has this `hash` (`rewriting.rewrite`). Returns the new hash."""
        path, data = self._path(id), encoded(text)
        try:
            rewriting.rewrite(path, data, hash=hash, most=MOST, kept=self._kept.get(path, ""))
        except OSError as error:
            raise _refused(error) from error
        new = rewriting.digest(data)
        if new != hash:
            self._kept[path] = hash
        return new

    def _path(self, id: str) -> str:
        path = self._paths().get(id)
        if path is None:
            raise ConfigurationFileNotFound()
        return path

    def _paths(self) -> dict[str, str]:
        return {_id(path): path for path in self._files.paths()}


def encoded(text: str) -> bytes:
    """`text` as a file holds it. Raises `BadRequest`, and `BodyTooLarge`."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise BadRequest("the text is not valid Unicode") from None
    if len(data) > MOST:
        raise BodyTooLarge(f"the text is longer than {MOST >> 20} MiB")
    return data


def _id(path: str) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:16]


def _facts(id: str, path: str) -> Facts:
    name, hash, reason = os.path.basename(path), "", rewriting.obstacle(path)
    try:
        status = os.lstat(path)
    except OSError as error:
        return Facts(id, name, path, 0, 0.0, "", writable=False, reason=reason or _said(error))
    try:
        hash = _content(path).hash
    except Forbidden as error:
        reason = reason or str(error).rpartition(": ")[2]
    return Facts(id, name, path, status.st_size, status.st_mtime, hash, writable=not reason, reason=reason)


def _content(path: str) -> rewriting.Content:
    try:
        found = rewriting.content(path, MOST)
    except OSError as error:
        raise _refused(error) from error
    if len(found.data) > MOST:
        raise Forbidden(f"forbidden: the file cannot be written here: it is larger than {MOST >> 20} MiB")
    return found


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Forbidden("forbidden: the file is not UTF-8 text") from None


def _refused(error: OSError) -> Forbidden:
    return Forbidden(f"forbidden: the file cannot be opened and written here: {_said(error)}")


def _said(error: OSError) -> str:
    return error.strerror or str(error)
