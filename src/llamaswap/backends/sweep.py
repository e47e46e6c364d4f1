"""Kill what a crashed server left running. Blocking, for some seconds at most: call it in a thread.

Which processes these are is `journal.py`'s word: those that carry the mark of a journal whose server is gone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twisted.logger import Logger

from llamaswap.backends.journal import Found, Unreadable, find_forgotten_drafts, find_journals, remove_journal
from llamaswap.backends.processes import Processes, Seen, kill_all

_log = Logger()

PATIENCE = 5.0
"""Seconds for what was killed to disappear."""
_LOOK_AGAIN = 0.02


@dataclass(slots=True)
class Swept:
    """What a sweep did, in sentences for the log."""

    killed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def sweep(places: Sequence[Path], processes: Processes) -> Swept:
    """Kill the backends of every server that is gone, and delete its journal once nothing of them is left."""
    swept = Swept()
    for found in find_journals(places):
        if isinstance(found, Unreadable):
            swept.problems.append(str(found))
        elif not _lives(found, processes):
            _clear(found, processes, swept)
    for draft in find_forgotten_drafts(places):
        draft.unlink(missing_ok=True)
    return swept


def log_sweep(swept: Swept) -> None:
    """Say in the log what a sweep did."""
    for line in swept.killed:
        _log.warn("killed {line}, left running by a server that is gone", line=line)
    for line in swept.problems:
        _log.warn("{line}", line=line)


def _lives(found: Found, processes: Processes) -> bool:
    return found.boot == processes.boot and processes.started(found.pid) == found.started


def _clear(found: Found, processes: Processes, swept: Swept) -> None:
    killed: set[Seen] = set()
    deadline = time.monotonic() + PATIENCE
    while (left := _leftovers(found, processes)) and time.monotonic() < deadline:
        kill_all(processes, left)
        killed.update(left)
        time.sleep(_LOOK_AGAIN)
    swept.killed += [f"process {seen.pid} of {found.models.get(seen.mark, 'a model')}" for seen in killed]
    if left:
        swept.problems.append(f"{found.path}: processes {[seen.pid for seen in left]} survive SIGKILL")
    else:
        remove_journal(found.path)


def _leftovers(found: Found, processes: Processes) -> list[Seen]:
    if found.boot != processes.boot:
        return []
    prefix = found.name + "."
    return [seen for seen in processes.running(found.started) if seen.mark.startswith(prefix)]
