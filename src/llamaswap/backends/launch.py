"""What is run for a model: arguments and environment, out of its configuration.

Pure. Where an executable lies, whether a port is free and how a process is made are other modules' questions.
Lifecycle sections 2.3 and 2.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llamaswap.config.commands import split_command
from llamaswap.errors import StartFailed

MARK = "LLAMASWAP_MARK"
"""Environment variable that every process of a backend carries; its value is `Journal.mark()`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run, found and complete."""

    words: Sequence[str]
    executable: str
    environ: Mapping[str, str]


def command_line(text: str) -> list[str]:
    """The words of `cmd`. Raises `StartFailed` when there are none."""
    words = split_command(text)
    if not words:
        raise StartFailed("unable to get sanitized command: empty command")
    return words


def stop_command_line(text: str, pid: int) -> list[str]:
    """The words of `cmdStop` for the process `pid`; none at all means SIGTERM."""
    return split_command(text.replace("${PID}", str(pid)))


def environment(parent: Mapping[str, str], entries: Sequence[str], mark: str) -> dict[str, str]:
    """The parent's environment, then the model's `NAME=value` entries, then our mark; the later wins."""
    own = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return {**parent, **own, MARK: mark}


def launcher_line(interpreter: str, launcher: str, parent: int, command: Command) -> list[str]:
    """The arguments of `launcher.py` that make it become `command`; `parent` is our pid."""
    # The interpreter may set LC_CTYPE for itself; the launcher puts back what the command is to see.
    locale = command.environ.get("LC_CTYPE", "")
    return [interpreter, "-I", "-S", launcher, str(parent), locale, command.executable, *command.words]


def not_started(words: Sequence[str], reason: str) -> str:
    """The error text of a command that could not be run."""
    return f"failed to start command '{' '.join(words)}': {reason}"
