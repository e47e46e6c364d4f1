"""The files of the UI as they were built: what there is, and what a browser is told of each (http-api section 20).

Nothing but what was found in the directory can be asked for, so no spelling of a path leads out of it. It reads the
disk: call `find` and `read` in a thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

INDEX = "index.html"
CODINGS = {"br": ".br", "gzip": ".gz"}
"""Of the compressed copies beside a file, the best first, and how their names end."""
_HASHED = re.compile(r"assets/(?:.*/)?[^/]+[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+")
_FOREVER = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"
_TYPES = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "mjs": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "txt": b"text/plain; charset=utf-8",
    "json": b"application/json",
    "map": b"application/json",
    "webmanifest": b"application/manifest+json",
    "wasm": b"application/wasm",
    "svg": b"image/svg+xml",
    "ico": b"image/x-icon",
    "png": b"image/png",
    "jpg": b"image/jpeg",
    "webp": b"image/webp",
    "woff": b"font/woff",
    "woff2": b"font/woff2",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was read."""

    content: bytes
    tag: str
    """Of this very content, for an `ETag`."""


def find(root: Path) -> Mapping[str, Path]:
    """Every file below `root`, by its path there with `/` between. Empty without a `root`.

    Links are left out, and what begins with a dot.
    """
    found: dict[str, Path] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                found[path.relative_to(root).as_posix()] = path
    return found


def read(path: Path) -> Kept:
    """Raises `OSError`."""
    return kept(path.read_bytes())


def kept(content: bytes) -> Kept:
    """`content` with its tag."""
    return Kept(content, blake2b(content, digest_size=12).hexdigest())


def named(rest: str | None, files: Collection[str]) -> str | None:
    """The file for what a path says below `/ui/`; None when there is none.

    A path of the UI's own making shows the page, also one with a dot in its last segment, as names of models have it
    (Q20); but not where a file is meant: directly below `/ui/`, or in a folder of the build.
    """
    if rest is None:
        return None
    plain = not rest.endswith(tuple(CODINGS.values()))
    if rest in files and plain:
        return rest
    folder, slash, last = rest.rpartition("/")
    top = folder.partition("/")[0]
    if "." in last and (not slash or any(name.startswith(f"{top}/") for name in files)):
        return None
    return INDEX if INDEX in files else None


def cache_rule(name: str) -> bytes:
    """The `Cache-Control` of a file: one whose name holds a hash of its content never changes."""
    return _FOREVER if _HASHED.fullmatch(name) else _ASK


def kind_of(name: str) -> bytes:
    """The `Content-Type` of a file, compressed or not."""
    return _TYPES.get(name.rpartition(".")[2].lower(), b"application/octet-stream")
