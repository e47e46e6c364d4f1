"""Kill what a crashed server left running. Blocking, for some seconds at most: call it in a thread.

Which processes these are is `journal.py`'s word: those that carry the mark of a journal whose server is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from llamaswap.backends.journal import Found, Unreadable, find_journals
from llamaswap.backends.processes import Processes, Seen, kill_all

PATIENCE = 5.0
"""Seconds for what was killed to disappear."""
_LOOK_AGAIN = 0.02


@dataclass(slots=True)
class Swept:
    """What a sweep did, in sentences for the log."""

    killed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def sweep(
    places: Iterable[Path],
    processes: Processes,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Swept:
    """Kill the backends of every server that is gone, and delete its journal once nothing of them is left."""
    swept = Swept()
    deadline = now() + PATIENCE
    for found in find_journals(places):
        if isinstance(found, Unreadable):
            swept.problems.append(str(found))
        elif not _lives(found, processes):
            while left := _leftovers(found, processes):
                swept.killed += _kill(left, found, processes, swept.killed)
                if now() > deadline:
                    swept.problems.append(f"processes of {found.path} survive SIGKILL: {[seen.pid for seen in left]}")
                    break
                sleep(_LOOK_AGAIN)
            else:
                found.path.unlink(missing_ok=True)
    return swept


def _lives(found: Found, processes: Processes) -> bool:
    return found.boot == processes.boot and processes.started(found.pid) == found.started


def _leftovers(found: Found, processes: Processes) -> list[Seen]:
    if found.boot != processes.boot:
        return []
    prefix = found.name + "."
    return [seen for seen in processes.running(found.started) if seen.mark.startswith(prefix)]


def _kill(left: list[Seen], found: Found, processes: Processes, known: list[str]) -> list[str]:
    kill_all(processes, left)
    lines = (f"process {seen.pid} of {found.models.get(seen.mark, 'a model')}" for seen in left)
    return [line for line in lines if line not in known]
