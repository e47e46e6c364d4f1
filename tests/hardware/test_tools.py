"""Tools that do what they are for, and tools that do not. Real processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from llamaswap.hardware.tools import MOST, ToolFailed, ToolLate, Tools
from tests.support.live import PATIENCE, eventually


def say(program: str, seconds: float = 20.0) -> str:
    return Tools()((sys.executable, "-I", "-S", "-c", program), seconds)


def test_what_it_prints() -> None:
    """Standard output only; bytes that are no UTF-8 do no harm; no input, no language but C."""
    assert say("print('x')") == "x\n"
    assert say("import sys; sys.stderr.write('e' * 10**6)") == ""
    assert say("import sys; sys.stdout.buffer.write(b'\\xff1')") == "\ufffd1"
    assert say("import sys, os; print(sys.stdin.read() == '', os.environ['LC_ALL'])") == "True C\n"


def test_failures() -> None:
    """Not there, not a program, or ended with a status of its own or by a signal."""
    with pytest.raises(ToolFailed, match="not on PATH"):
        Tools()(("no-such-tool",), 1)
    with pytest.raises(ToolFailed, match="status 3"):
        say("print('x'); raise SystemExit(3)")
    with pytest.raises(ToolFailed, match="status -9"):
        say("import os; os.kill(os.getpid(), 9)")


def test_no_program(tmp_path: Path) -> None:
    """A file that claims to be one."""
    (tmp_path / "tool").write_bytes(b"\x7fELFnot really")
    (tmp_path / "tool").chmod(0o755)
    with pytest.raises(ToolFailed, match="cannot be started"):
        Tools()((str(tmp_path / "tool"),), 1)


def test_too_much() -> None:
    """What floods is ended; what prints as much as is read is not."""
    with pytest.raises(ToolFailed, match="prints too much"):
        say("while True: print('y' * 10000)")
    assert len(say(f"print('y' * {MOST - 1})")) == MOST


WAITS = "import os, time; open({0!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
"""Writes its pid into a file, and hangs."""


@contextmanager
def gone_in_the_end(pid_file: Path) -> Iterator[None]:
    """Whoever has written its pid there must not run any more."""
    yield
    pid = int(pid_file.read_text())
    for _ in eventually():
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return


@pytest.mark.parametrize("goes_on", [True, False])
def test_one_that_hangs(tmp_path: Path, goes_on: bool) -> None:
    """It is killed, with what it has started and left its output to: also when it has ended itself."""
    child = WAITS.format(str(tmp_path / "pid"))
    program = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}])"
    with gone_in_the_end(tmp_path / "pid"), pytest.raises(ToolLate, match="takes too long"):
        say(f"{program}; child.wait()" if goes_on else program, 1.0)


def test_one_that_closes_its_output() -> None:
    """And goes on: it has no more time than others."""
    with pytest.raises(ToolLate, match="takes too long"):
        say("import os, time; os.close(1); time.sleep(1000)", 0.5)


def test_the_end(tmp_path: Path) -> None:
    """What runs is killed, and its caller hears so at once; nothing is run any more."""
    tools, file = Tools(), tmp_path / "pid"
    with ThreadPoolExecutor(1) as pool, gone_in_the_end(file):
        waiting = pool.submit(tools, (sys.executable, "-c", WAITS.format(str(file))), 1000.0)
        for _ in eventually():
            if file.exists() and file.read_text():
                break
        tools.end()
        with pytest.raises(ToolFailed, match="status -9"):
            waiting.result(PATIENCE)
    with pytest.raises(ToolFailed, match="not needed"):
        tools((sys.executable, "-c", "print(1)"), 1.0)
