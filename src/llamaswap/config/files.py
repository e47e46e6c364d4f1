"""Where a configuration is, and its texts (configuration section 3): the one place of this package that reads files."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llamaswap.config.certificates import read_certificates
from llamaswap.config.load import PACKAGE, load
from llamaswap.config.routers import Routers
from llamaswap.config.schema import NOTHING, Settings
from llamaswap.config.source import Source
from llamaswap.config.store import store_fault
from llamaswap.errors import ConfigurationError, Problem

LARGEST = 16 * 1024 * 1024
"""Bytes of a file. A larger one is something else than a configuration."""
SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Files:
    """A file, a directory of files, or both. Its methods block."""

    config: str = ""
    """The file that comes first."""
    config_dir: str = ""
    """The directory whose `*.yml` and `*.yaml` follow."""

    def absolute(self) -> Files:
        """The same, wherever the process goes from here: `twistd` may change its directory."""
        return Files(_absolute(self.config), _absolute(self.config_dir))

    def load(
        self,
        *,
        environ: Mapping[str, str] = os.environ,
        routers: Routers = PACKAGE,
        previous: Settings | None = None,
        instead: Mapping[str, str] = NOTHING,
    ) -> Settings:
        """`load` for what the files say now, or would say with the texts `instead`, by path.

        Raises `ConfigurationError`, and nothing else.
        """
        return load(
            self.read(instead),
            environ=environ,
            routers=routers,
            previous=previous,
            store_fault=store_fault,
            read_certificates=read_certificates,
        )

    def read(self, instead: Mapping[str, str] = NOTHING) -> list[Source]:
        """The texts, in the order in which they are merged: one at least. Those of `instead` are not read.

        Raises `ConfigurationError` that names everything which cannot be read.
        """
        paths, problems = self._paths()
        found = [Source(path, instead[path]) if path in instead else _read(path) for path in paths]
        problems += [each for each in found if isinstance(each, Problem)]
        if problems:
            raise ConfigurationError(tuple(problems))
        return [each for each in found if isinstance(each, Source)]

    def paths(self) -> list[str]:
        """Every file, in its order, whatever is wrong with the choice."""
        return self._paths()[0]

    def _paths(self) -> tuple[list[str], list[Problem]]:
        """Every file in its order, and what is wrong with the choice."""
        first = [self.config] if self.config else []
        if not self.config_dir:
            return first, [] if first else [Problem("no configuration: give a file, a directory, or both", "")]
        try:
            names = matching(self.config_dir)
        except (OSError, ValueError) as error:
            return first, [_unreadable(self.config_dir, error)]
        inside = [os.path.join(self.config_dir, name) for name in names]
        if self.config and os.path.abspath(self.config) in map(os.path.abspath, inside):
            advice = (
                f"is in the configuration directory {self.config_dir} as well: give one of the two, or move the file"
            )
            return inside, [Problem(advice, self.config)]
        if not first and not inside:
            return [], [
                Problem("no configuration sources found: no file here is named *.yml or *.yaml", self.config_dir)
            ]
        return first + inside, []


def load_file(path: str | Path, *, environ: Mapping[str, str] = os.environ, routers: Routers = PACKAGE) -> Settings:
    """`Files.load` for a single file."""
    return Files(config=str(path)).load(environ=environ, routers=routers)


def _absolute(path: str) -> str:
    """With no `..` taken out, which need not lead back when a link stands before it."""
    return os.path.join(os.getcwd(), path) if path and not os.path.isabs(path) else path


def matching(directory: str) -> list[str]:
    """The names of the files in `directory` that belong to a configuration, in their order. Raises `OSError`.

    Hidden files count. A link counts whatever it leads to, so that one which leads nowhere is seen when it is read.
    """
    with os.scandir(directory) as entries:
        wanted = (entry for entry in entries if entry.name.endswith(SUFFIXES))
        return sorted((entry.name for entry in wanted if not entry.is_dir(follow_symlinks=False)), key=os.fsencode)


def _read(path: str) -> Source | Problem:
    try:
        data, pipe = _content(path)
        if len(data) > LARGEST:
            return Problem(f"is larger than {LARGEST >> 20} MiB, which no configuration is", path)
        if pipe and not data:  # or reading a pipe again would mean a configuration without models
            return Problem("gave no text: a pipe can be read only once, give a file", path)
        return Source(path, data.decode())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        return Problem("is not UTF-8 text", path, line, column)
    except (OSError, ValueError) as error:
        return _unreadable(path, error)


def _content(path: str) -> tuple[bytes, bool]:
    """What is in the file, a little more than the limit at most, and whether it is a pipe."""
    with open(path, "rb", opener=_open) as file:
        os.set_blocking(file.fileno(), True)
        return file.read(LARGEST + 1), stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # or a named pipe would wait for its writer for ever


def _unreadable(path: str, error: OSError | ValueError) -> Problem:
    """`ValueError`: a NUL in the path."""
    return Problem(f"cannot be read: {error.strerror if isinstance(error, OSError) else error}", path)
