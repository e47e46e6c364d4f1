"""Whether a file can be what `store.path` names (configuration section 7).

It looks at the disk, so `load` is handed it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

_BEGINNING = b"SQLite format 3\0"


def store_fault(path: str) -> str | None:
    """Why the activity cannot be stored at `path`; None when it can. Nothing is created."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        folder = os.path.dirname(path) or os.curdir
        writable = os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
        return None if writable else f"store.path is not writable: there is no folder {folder} to write to"
    except (OSError, ValueError) as error:  # the latter: a NUL in it
        return f"store.path cannot be used: {error.strerror if isinstance(error, OSError) else error}"
    if stat.S_ISDIR(mode):
        return "store.path is a directory: name a file in it"
    if not os.access(path, os.W_OK):
        return "store.path is not writable"
    return None if _may_be_a_database(path, mode) else "store.path is not an SQLite database: name another file"


def _may_be_a_database(path: str, mode: int) -> bool:
    """It begins as one, or is empty; what is wrong further inside is found when it is opened."""
    if not stat.S_ISREG(mode):
        return False
    with suppress(OSError), open(path, "rb") as file:
        return file.read(len(_BEGINNING)) in (b"", _BEGINNING)
    return True
