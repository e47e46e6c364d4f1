"""The first program of every backend: it arranges what only the child itself can, then becomes the model's command.

Run as `python -I -S launcher.py PARENT LC_CTYPE EXECUTABLE ARGV0 [ARG …]`; standard library only and as little of it
as can be, because every start waits for it. The pid stays the same throughout.

- a session (and so a process group) of its own, so that one signal reaches all that the command starts;
- stdout and stderr on one pipe, so that their order is kept;
- on Linux, SIGKILL when the server dies, which covers the command itself and nothing that it starts in turn;
- the signal dispositions and the locale variable that the interpreter has changed for itself, as they were.

Descriptor 3 is a pipe to the server. It closes when the command runs; a reason on it says why it does not.
"""

from __future__ import annotations

import os
import sys

STATUS = 3
PR_SET_PDEATHSIG = 1
SIGKILL = 9
SIGPIPE = 13
SIGXFSZ = 25
SIG_DFL = 0


def become(parent: int, locale: str, executable: str, words: list[str]) -> None:
    """Turn into the command; returns only by raising OSError."""
    os.set_inheritable(STATUS, False)
    os.setsid()
    os.dup2(1, 2)
    call_libc(parent)
    os.environ.pop("LC_CTYPE", None)
    if locale:
        os.environ["LC_CTYPE"] = locale
    os.execve(executable, words, os.environ)


def call_libc(parent: int) -> None:
    """Die with the parent (Linux); let SIGPIPE and SIGXFSZ, which Python ignores, act again."""
    try:
        import ctypes
    except ImportError:  # an interpreter built without it: the journal still finds the children of a crash
        return
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal(SIGPIPE, SIG_DFL)
    libc.signal(SIGXFSZ, SIG_DFL)
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request was made
            os._exit(127)


def main() -> None:
    """Read the arguments, become the command, or say why not."""
    parent, locale, executable, *words = sys.argv[1:]
    try:
        become(int(parent), locale, executable, words)
    except OSError as error:
        os.write(STATUS, (error.strerror or str(error)).encode())
    os._exit(127)


if __name__ == "__main__":
    main()
