"""Configuration files: the one place of this package that reads them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from llamaswap.config.load import load
from llamaswap.config.schema import ROUTERS, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError, Problem


def load_file(
    path: str | Path, *, environ: Mapping[str, str] = os.environ, routers: Collection[str] = ROUTERS
) -> Settings:
    """`load` for the file at `path`; one that cannot be read is a `ConfigurationError` that names it."""
    return load([Source(str(path), _read(path))], environ=environ, routers=routers)


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        raise ConfigurationError((Problem("is not UTF-8 text", str(path), line, column),)) from error
    except OSError as error:
        raise ConfigurationError((Problem(f"cannot be read: {error.strerror}", str(path)),)) from error
    except ValueError as error:  # a NUL in the path
        raise ConfigurationError((Problem(f"cannot be read: {error}", str(path)),)) from error
