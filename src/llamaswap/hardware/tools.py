"""Other people's programs, asked for what they print. A program that hangs, floods or fails costs its time and no more.

No shell is asked, and what a tool starts ends with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from time import monotonic

from llamaswap.errors import LlamaSwapError

MOST = 1 << 20
"""Bytes of output that are read."""
_PIECE = 1 << 16
_LAST_MOMENT = 1.0
"""Seconds that a process which was killed may take to go; what sits in a driver may not go at all."""

Run = Callable[[Sequence[str], float], str]
"""`Tools`, or what stands in for it."""


class ToolFailed(LlamaSwapError):
    """A tool is not there, or does not do what it is for."""


class ToolLate(ToolFailed):
    """A tool has not done in time what it is for."""


class Tools:
    """Runs tools, from any thread, until the `end`. Satisfies `Run`."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def __call__(self, argv: Sequence[str], seconds: float) -> str:
        """What the tool `argv` prints on its standard output; bytes that are no UTF-8 are replaced. Blocks.

        Raises `ToolFailed`: it is not on PATH, takes more than `seconds`, prints more than `MOST` bytes, or fails.
        """
        process = _started(argv)
        self._running.add(process)
        try:
            if self._over:
                raise ToolFailed(f"{argv[0]} is not needed any more")
            return _finish(process, argv[0], monotonic() + seconds).decode("utf-8", "replace")
        finally:
            self._running.discard(process)
            _end(process)

    def end(self) -> None:
        """Kill those that run; none runs from now on. Who waits for one hears that it has failed. Does not block."""
        self._over = True
        for process in tuple(self._running):
            _kill(process)


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    path = shutil.which(argv[0])
    if path is None:
        raise ToolFailed(f"{argv[0]} is not on PATH")
    try:
        return subprocess.Popen(
            [path, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise ToolFailed(f"{argv[0]} cannot be started: {error.strerror}") from error


def _finish(process: subprocess.Popen[bytes], name: str, end: float) -> bytes:
    """All it prints. It is gone then, and so is whatever it started and left its output to."""
    said = _read(process, name, end)
    try:
        status = process.wait(max(0.0, end - monotonic()))
    except subprocess.TimeoutExpired as error:
        raise ToolLate(f"{name} takes too long") from error
    if status:
        raise ToolFailed(f"{name} failed with status {status}")
    return said


def _read(process: subprocess.Popen[bytes], name: str, end: float) -> bytes:
    assert process.stdout is not None
    said = bytearray()
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        while True:
            left = end - monotonic()
            if left <= 0 or not selector.select(left):
                raise ToolLate(f"{name} takes too long")
            piece = os.read(process.stdout.fileno(), _PIECE)
            if not piece:
                return bytes(said)
            said += piece
            if len(said) > MOST:
                raise ToolFailed(f"{name} prints too much")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it unless it has ended by itself."""
    if process.returncode is None:
        _kill(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_MOMENT)
    if process.stdout is not None:
        process.stdout.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """And all of its group. Until it is waited for, its number is nobody else's."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
