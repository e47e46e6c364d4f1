"""Both commands as their users start them, against a server that says what a test wants."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.live import PATIENCE, eventually
from tests.support.ports import free_ports
from tests.terminal.telling import BURST, PERFORMANCE, envelope, row

COMMAND = (sys.executable, "-c", "from llamaswap.cli import main; main()")
EVENTS = "".join(f"event:message\nid:{id}\ndata:{envelope(*each)}\n\n" for id, each in enumerate(BURST)).encode()
LOG = b"[INFO] \xff one\n[INFO] two\n"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server does; streams end with the test."""

    over = threading.Event()

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if self.headers["Authorization"] != "Bearer k":
            self.reply(401, b'{"error":{"message":"unauthorized"}}')
        elif path == "/api/events":
            self.reply(200, EVENTS, stream=True)
        elif path.startswith("/logs/stream"):
            self.reply(200, LOG, stream=query != "no-follow")
        elif path == "/api/performance":
            self.reply(200, json.dumps(PERFORMANCE).encode())
        else:
            self.reply(200, json.dumps({"data": [row(1, "m", 41.25)]}).encode())

    def reply(self, status: int, body: bytes, *, stream: bool = False) -> None:
        self.send_response(status)
        if not stream:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        while stream and not self.over.wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                break

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of a server with the key `k`."""
    Handler.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            Handler.over.set()
            server.shutdown()
            thread.join()


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    return {**kept, "LLAMASWAP_API_KEY": "k", **more}


def ran(*words: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run((*COMMAND, *words), env=environment(**environ), capture_output=True, timeout=PATIENCE * 2)


@contextmanager
def running(*words: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen((*COMMAND, *words), env=environment(TERM="xterm"), **streams)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_top_without_a_terminal(url: str) -> None:
    """Once, as plain text."""
    done = ran("top", "--url", url, COLUMNS="100")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"1 of 3 models ready" in done.stdout
    assert b"41.2" in done.stdout
    assert b"GPU 0 90 %" in done.stdout
    assert b"\x1b" not in done.stdout


def test_top_as_json(url: str) -> None:
    """One object."""
    told = json.loads(ran("top", "--json", "--url", url).stdout)
    assert told["profile"] == "night"
    assert [model["id"] for model in told["models"]] == ["m", "a", "z", "p/q"]
    assert told["models"][0]["tokens_per_second"] == 41.25


def test_top_on_a_terminal(url: str) -> None:
    """Live, on a screen of its own, until ^C; then the terminal is as before."""
    ours, theirs = pty.openpty()
    with running("top", "--url", url, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = until(ours, b"answering")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        shown += rest(ours)
    os.close(ours)
    assert shown.startswith(b"\x1b[?1049h")
    assert b"\x1b[?1049l" in shown
    assert b"Traceback" not in shown


def test_logs(url: str) -> None:
    """The history, byte by byte, and then the end."""
    done = ran("logs", "--url", url)
    assert (done.returncode, done.stdout, done.stderr) == (0, LOG, b"")


def test_logs_followed(url: str) -> None:
    """Until ^C, which is no failure and says nothing."""
    with running("logs", "-f", "m", "--url", url, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() + process.stdout.readline() == LOG
        process.send_signal(signal.SIGINT)
        rest_out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest_out, err) == (0, b"", b"")


def test_a_wrong_key(url: str) -> None:
    """It is said how to give the right one."""
    for command in ("top", "logs"):
        done = ran(command, "--url", url, "--key", "wrong")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"does not know this key: give one with --key, or in the variable LLAMASWAP_API_KEY" in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_nobody_there() -> None:
    """It is said what may be wrong, in one line."""
    for command in ("top", "logs"):
        done = ran(command, "--url", f"127.0.0.1:{free_ports()}")
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
        assert b"refused" in done.stderr
        assert b"--url" in done.stderr


def test_wrong_words() -> None:
    """Status 2; --help is 0 and shows the options."""
    assert ran("top", "--nope").returncode == 2
    done = ran("logs", "--help")
    assert (done.returncode, b"--follow" in done.stdout) == (0, True)


def until(file: int, text: bytes) -> bytes:
    """What comes from a terminal, up to `text`."""
    seen = b""
    for _ in eventually():
        if text in seen:
            break
        if select.select([file], [], [], 0.1)[0]:
            seen += os.read(file, 65536)
    return seen


def rest(file: int) -> bytes:
    """All that still comes from a terminal whose program has ended."""
    seen = b""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            data = os.read(file, 65536)
        except OSError:  # Linux' word for the end
            break
        if not data:
            break
        seen += data
    return seen
