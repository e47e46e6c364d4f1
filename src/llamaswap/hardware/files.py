"""The small files in which Linux tells of itself. One that is not there, or cannot be read now, tells nothing."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

MOST = 1 << 20
"""Bytes that are read of one file."""
_PIECE = 1 << 13


def text(path: Path) -> str:
    """What stands in the file, without blanks around it; empty when nothing can be read."""
    try:
        with path.open("rb", buffering=0) as file:
            return _read(file).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:  # among them what a driver answers while its device sleeps
        return ""


def _read(file: FileIO) -> bytearray:
    """Piece by piece: most are small, and who asks for much is given the room at once."""
    found = bytearray()
    while len(found) < MOST and (piece := file.read(min(_PIECE, MOST - len(found)))):
        found += piece
    return found


def integer(path: Path) -> int | None:
    """The number that the file holds, decimal or with `0x`; None when it holds none."""
    try:
        return int(text(path), 0)
    except ValueError:
        return None


def listed(path: Path, pattern: str) -> list[Path]:
    """The entries of the directory that match, numbers in the names in their order."""
    try:
        found = list(path.glob(pattern))
    except OSError:
        return []
    return sorted(found, key=lambda each: (len(str(each)), str(each)))
