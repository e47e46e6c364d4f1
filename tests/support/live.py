"""Real programs that serve HTTP on loopback: started, asked, watched and always stopped.

For blocking tests only: nothing here runs beside a reactor.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import psutil

from tests.support.ports import free_ports

PATIENCE = 20.0
"""Seconds after which something that should have happened counts as never happening."""
PAUSE = 0.005
LAST_WORDS = 8000
"""How many characters of a program's output are worth showing when a test fails."""


def eventually(*, patience: float = PATIENCE) -> Iterator[None]:
    """Loop over this until what you wait for is true; it raises `TimeoutError` once patience is at its end."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        yield
        time.sleep(PAUSE)
    raise TimeoutError(f"not within {patience} seconds")


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Live:
    """A running program that listens on `port`; as a context manager it is healthy inside and gone after."""

    def __init__(self, argv: Sequence[str], port: int, *, env: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
        )

    def __enter__(self) -> Self:
        try:
            self._become_healthy()
        except BaseException:
            print(self.output()[-LAST_WORDS:])
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.output()[-LAST_WORDS:])
        self.close()

    def close(self) -> None:
        """End the program and all that it started, however they feel about it."""
        children = self.children()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                children += self.children()
                self.process.kill()
                self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        self._output.close()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, *, patience: float = PATIENCE) -> int:
        """Send the signal and wait for the end; the exit status, negative for a death by signal."""
        self.process.send_signal(with_signal)
        return self.process.wait(patience)

    def children(self) -> list[psutil.Process]:
        """Every process that it started, and theirs."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def output(self) -> str:
        """What it printed so far, both streams."""
        file = self._output.fileno()
        text = os.pread(file, os.fstat(file).st_size, 0)  # not read(): the program shares our place in the file
        return text.decode(errors="replace")

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Answer:
        """One request on a connection of its own; `body` is sent as JSON."""
        with self.asking(method, path, body, headers) as response:
            return Answer(response.status, dict(response.headers), response.read())

    @contextmanager
    def asking(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[HTTPResponse]:
        """The answer to one request, still to be read; leaving hangs up."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            data = None if body is None else json.dumps(body)
            kind = {"Content-Type": "application/json"} if data else {}
            connection.request(method, path, data, {**kind, **headers})
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()

    def _become_healthy(self) -> None:
        for _ in eventually():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with status {self.process.returncode}: {self.output()}")
            try:
                if self.ask("GET", "/health").status == 200:
                    return
            except OSError:
                continue


class LiveServer(Live):
    """The server as users start it, `twist llamaswap` with `options`, on an address and with folders of its own."""

    def __init__(self, *options: str, folder: Path, port: int = 0, **environ: str) -> None:
        port = port or free_ports()
        command = (sys.executable, "-m", "twisted", "--log-format", "text", "llamaswap", *options)
        kept = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state")}
        super().__init__((*command, "--listen", f"127.0.0.1:{port}"), port, env={**os.environ, **kept, **environ})

    @classmethod
    def of(cls, configuration: str, folder: Path, **environ: str) -> Self:
        """The server with this configuration, kept as a file in `folder`, and with these variables."""
        file = folder / "config.yaml"
        file.write_text(configuration)
        return cls("--config", str(file), folder=folder, port=0, **environ)
