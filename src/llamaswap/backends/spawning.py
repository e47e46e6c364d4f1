"""How a process of ours is made: through the launcher, on the parent's PATH, deaf to the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import cast

from twisted.internet.interfaces import IReactorProcess

from llamaswap.backends import launcher
from llamaswap.backends.launch import Command, launcher_line, not_started
from llamaswap.backends.process import OUTPUT, Launched
from llamaswap.errors import LlamaSwapError


class NotSpawned(LlamaSwapError):
    """The command could not be started."""


def find_executable(words: Sequence[str], parent: Mapping[str, str]) -> str:
    """The file that `words` run, by the *parent's* PATH. Raises `NotSpawned`. It touches the disk."""
    found = shutil.which(words[0], path=parent.get("PATH", os.defpath))
    if found is None:
        where = "" if os.sep in words[0] else " in PATH"
        raise NotSpawned(not_started(words, f"no executable {words[0]!r}{where}"))
    return found


def spawn(spawner: IReactorProcess, command: Command, process: Launched) -> int:
    """Start `command`; `process` is told how it goes. Returns the pid. Raises `NotSpawned`."""
    line = launcher_line(sys.executable, launcher.__file__, os.getpid(), command)
    null = os.open(os.devnull, os.O_RDWR)
    descriptors: dict[int, int | str] = {0: null, OUTPUT: "r", 2: null, launcher.STATUS: "r"}
    try:
        transport = spawner.spawnProcess(process, line[0], line, dict(command.environ), childFDs=descriptors)
    except (OSError, ValueError, TypeError) as error:  # the latter two: a NUL byte in an argument
        raise NotSpawned(not_started(command.words, str(error))) from error
    finally:
        os.close(null)
    return cast(int, transport.pid)
