"""A reverse proxy in front of a server: it serves it below a prefix, says so as proxies do, and may stop the flow.

One request for each connection, relayed in threads; enough for a browser, and for nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

PIECE = 1 << 16
HOPPING = frozenset(("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"))


@dataclass(slots=True)
class Asked:
    """One request that came, and what it was answered."""

    path: str
    when: float
    """By the monotonic clock."""
    status: int = 0
    size: int = 0
    """Bytes of the answer's body so far, as they passed."""


class Gateway(ThreadingHTTPServer):
    """As a context manager it serves inside. `url` has the prefix, without a slash at its end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: int, prefix: str = "") -> None:
        self.target = target
        self.prefix = prefix
        self.asked: list[Asked] = []
        """What was asked for, as it came."""
        self.outside: list[str] = []
        """Those of them that are not below the prefix; they were answered 404."""
        self._flow = Flow()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}{prefix}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flow.end()
        self.shutdown()
        self.server_close()

    @property
    def flow(self) -> Flow:
        """Of the connections that are made now."""
        return self._flow

    def times(self, path: str) -> list[float]:
        """When `path` (without the prefix) was asked for."""
        return [asked.when for asked in self.asked if asked.path.partition("?")[0] == self.prefix + path]

    def stall(self) -> None:
        """No byte comes any more on the connections that are open now, and none of them is closed."""
        self._flow.stop()
        self._flow = Flow()


class Flow:
    """Whether bytes pass."""

    def __init__(self) -> None:
        self._stopped = False
        self._over = threading.Event()

    def stop(self) -> None:
        """No more."""
        self._stopped = True

    def end(self) -> None:
        """Nobody waits any longer."""
        self._over.set()

    def pass_on(self) -> None:
        """Wait as long as it is stopped, which is for ever."""
        if self._stopped:
            self._over.wait()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Gateway
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _relay(self) -> None:
        flow, gateway = self.server.flow, self.server
        self.close_connection = True
        asked = Asked(self.path, time.monotonic())
        gateway.asked.append(asked)
        if not self.path.startswith(gateway.prefix + "/"):
            gateway.outside.append(self.path)
            self.send_error(404)
            return
        connection = HTTPConnection("127.0.0.1", gateway.target)
        try:
            self._ask(connection)
            with connection.getresponse() as response:
                self._answer(response, flow, asked)
        except OSError:
            return
        finally:
            connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _relay

    def _ask(self, connection: HTTPConnection) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPPING}
        headers["X-Forwarded-For"] = self.client_address[0]
        if self.server.prefix:
            headers["X-Forwarded-Prefix"] = self.server.prefix
        connection.request(self.command, self.path.removeprefix(self.server.prefix), body, headers)

    def _answer(self, response: HTTPResponse, flow: Flow, asked: Asked) -> None:
        flow.pass_on()
        asked.status = response.status
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOPPING:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in _pieces(response):
            flow.pass_on()
            asked.size += len(piece)
            self.wfile.write(piece)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are no news."""


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(PIECE):
        yield piece
