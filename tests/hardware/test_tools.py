"""Tools that do what they are for, and tools that do not. Real processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from llamaswap.hardware.tools import MOST, ToolFailed, output_of


def say(program: str, seconds: float = 20.0) -> str:
    return output_of((sys.executable, "-I", "-S", "-c", program), seconds)


def test_what_it_prints() -> None:
    """Standard output only; bytes that are no UTF-8 do no harm; no input, no language but C."""
    assert say("print('x')") == "x\n"
    assert say("import sys; sys.stderr.write('e' * 10**6)") == ""
    assert say("import sys; sys.stdout.buffer.write(b'\\xff1')") == "\ufffd1"
    assert say("import sys, os; print(sys.stdin.read() == '', os.environ['LC_ALL'])") == "True C\n"


def test_failures() -> None:
    """Not there, not a program, or ended with a status of its own or by a signal."""
    with pytest.raises(ToolFailed, match="not on PATH"):
        output_of(("no-such-tool",), 1)
    with pytest.raises(ToolFailed, match="status 3"):
        say("print('x'); raise SystemExit(3)")
    with pytest.raises(ToolFailed, match="status -9"):
        say("import os; os.kill(os.getpid(), 9)")


def test_no_program(tmp_path: Path) -> None:
    """A file that claims to be one."""
    (tmp_path / "tool").write_bytes(b"\x7fELFnot really")
    (tmp_path / "tool").chmod(0o755)
    with pytest.raises(ToolFailed, match="cannot be started"):
        output_of((str(tmp_path / "tool"),), 1)


def test_too_much() -> None:
    """What floods is ended; what prints as much as is read is not."""
    with pytest.raises(ToolFailed, match="prints too much"):
        say("while True: print('y' * 10000)")
    assert len(say(f"print('y' * {MOST - 1})")) == MOST


@contextmanager
def started(folder: Path) -> Iterator[Path]:
    """A file in which a process writes its pid; the process must have gone in the end."""
    yield folder / "pid"
    pid = int((folder / "pid").read_text())
    end = monotonic() + 20
    with suppress(ProcessLookupError):
        while monotonic() < end:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        raise AssertionError("it still runs")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_one_that_hangs(tmp_path: Path) -> None:
    """It is killed, with what it has started and left its output to: also when it has ended itself."""
    for rest in ("input()", "time.sleep(1000)"):
        wait = "import os, time; open({0!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
        program = (
            f"import subprocess, sys, time; child = {wait.format(str(tmp_path / 'pid'))!r};"
            f"subprocess.Popen([sys.executable, '-I', '-S', '-c', child]); {rest}"
        )
        with started(tmp_path), pytest.raises(ToolFailed, match="takes too long"):
            say(f"{program if rest != 'input()' else program.rpartition(';')[0]}", 1.0)


def test_one_that_closes_its_output() -> None:
    """And goes on: it has no more time than others."""
    with pytest.raises(ToolFailed, match="takes too long"):
        say("import os, time; os.close(1); time.sleep(1000)", 0.5)
