"""Bodies of answers as engines write them, with what is to be read in each; the codings that answers come in.

Those of llama.cpp that are named `llamacpp-` and no more were recorded; the others are written after what the engines
send. A file is a head of lines `name: value`, an empty line, and the body, byte for byte.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import brotli
import zstandard

from llamaswap.metrics.answers import SHORT
from llamaswap.metrics.row import Tokens
from llamaswap.metrics.usage import Meter, Reading

FOLDER = Path(__file__).parent.parent / "metrics" / "bodies"


@dataclass(frozen=True, slots=True)
class Body:
    """One answer, and the reading that is right."""

    name: str
    status: int
    reason: str
    path: str
    content_type: str
    data: bytes
    reading: Reading

    def meter(self, coding: str = "", short: int | None = None) -> Meter:
        """A watcher for it."""
        kept = SHORT if short is None else short
        return Meter(self.status, self.reason, self.path, self.content_type, coding, short=kept)


def bodies() -> list[Body]:
    """All of them, by name."""
    return [_read(file) for file in sorted(FOLDER.glob("*.txt"))]


def coded(data: bytes, coding: str) -> bytes:
    """`data` in one of `CODINGS`."""
    return CODINGS[coding][1](data)


def _raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def _flushed(data: bytes) -> bytes:
    """In pieces that each can be read at once, as servers write events; two members."""
    half = len(data) // 2
    stream = zlib.compressobj(wbits=31)
    pieces = [stream.compress(data[at : at + 50]) + stream.flush(zlib.Z_SYNC_FLUSH) for at in range(0, half, 50)]
    return b"".join(pieces) + stream.flush() + gzip.compress(data[(half + 49) // 50 * 50 :], mtime=0)


CODINGS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", lambda data: data),
    "gzip": ("gzip", lambda data: gzip.compress(data, mtime=0)),
    "gzip in pieces": ("x-gzip", _flushed),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("Deflate", _raw_deflate),
    "br": ("br", lambda data: bytes(brotli.compress(data, quality=1))),
    "zstd": ("zstd", lambda data: zstandard.ZstdCompressor().compress(data)),
    "two frames of zstd": ("zstd", lambda data: zstandard.compress(data[:99]) + zstandard.compress(data[99:])),
    "two codings": ("gzip, identity, br", lambda data: bytes(brotli.compress(gzip.compress(data, mtime=0), quality=1))),
}
"""By a name of ours: Content-Encoding, and how it is done."""


def _read(file: Path) -> Body:
    head, _, data = file.read_bytes().partition(b"\n\n")
    said = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status, _, reason = said.get("status", "200 OK").partition(" ")
    return Body(file.stem, int(status), reason, said["path"], said["type"], data, _reading(said, data))


def _reading(said: Mapping[str, str], data: bytes) -> Reading:
    numbers = said.get("tokens", "0 0 0 0 0 0 0").split()
    tokens = Tokens(*map(int, numbers[:5]), *map(float, numbers[5:7]), *map(int, numbers[7:]))
    return Reading(tokens, int(said.get("took", "0")), said.get("error", ""), True, not data)
