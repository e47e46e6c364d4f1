"""The HTTP side: one thread for each connection."""

from __future__ import annotations

import json
import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.journeys.upstream.asked import last_words, prompt_tokens
from tests.journeys.upstream.dialects import DIALECTS, Dialect
from tests.journeys.upstream.media import ENDPOINTS
from tests.journeys.upstream.scripts import PLAY, Script, Shelf

STEPS = 5
"""How often a load tells how far it is."""
REMEMBERED = 200


class Upstream(ThreadingHTTPServer):
    """A model's server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, name: str, ready: float, shelf: Shelf) -> None:
        self.name = name
        self.shelf = shelf
        self.seen: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self.hangups = 0
        self.is_ready = threading.Event()
        self._seconds = ready
        super().__init__(("127.0.0.1", port), Handler)

    def run(self) -> None:
        """Load and serve, for ever."""
        threading.Thread(target=self._load, daemon=True).start()
        self.serve_forever()

    def say(self, *lines: str) -> None:
        """To the log."""
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def _load(self) -> None:
        for step in range(1, STEPS + 1):
            time.sleep(self._seconds / STEPS)
            self.say(f"{self.name}: loading tensors, {100 * step // STEPS} %")
        self.say(f"\x1b[32m{self.name}\x1b[0m: server is listening on http://127.0.0.1:{self.server_port}")
        self.is_ready.set()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Upstream
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/health":
            self._health()
        elif path == "/journey/seen":
            self._json(200, {"requests": list(self.server.seen), "hangups": self.server.hangups})
        elif path in ENDPOINTS:
            script = self.server.shelf.find(PLAY + path.rpartition("/")[2])
            self._whole(200, *ENDPOINTS[path]({})) if script.status == 200 else self._refuse(script)
        else:
            page = f"<!doctype html><title>{self.server.name}</title><h1>{self.server.name}'s own page</h1>"
            self._whole(200, "text/html", page.encode())

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self._body()
        self.server.seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
        if path in DIALECTS:
            self._chat(DIALECTS[path], body)
        elif path in ENDPOINTS:
            script = self.server.shelf.find(str(body.get("prompt", body.get("input", ""))))
            time.sleep(script.before)
            self._whole(200, *ENDPOINTS[path](body)) if script.status == 200 else self._refuse(script)
        else:
            self._json(404, {"error": {"message": f"{path} is not known here"}})

    def _health(self) -> None:
        if self.server.is_ready.is_set():
            self._json(200, {"status": "ok"})
        else:
            self._json(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})

    def _chat(self, dialect: type[Dialect], body: Mapping[str, Any]) -> None:
        script = self.server.shelf.find(last_words(body))
        self.server.say(*script.log, *(f"line {n} of {script.burst}" for n in range(1, script.burst + 1)))
        time.sleep(script.before)
        answer = dialect(self.server.name, script, prompt_tokens(body))
        if script.status != 200:
            self._refuse(script)
        elif body.get("stream"):
            self._stream(answer, script)
        else:
            self._json(200, answer.whole())

    def _refuse(self, script: Script) -> None:
        self._json(script.status, {"error": {"code": script.status, "message": script.error}})

    def _stream(self, answer: Dialect, script: Script) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for name, data in answer.events():
                text = data if isinstance(data, str) else json.dumps(data)
                self._chunk((f"event: {name}\n" if name else "") + f"data: {text}\n\n")
                self._pause(script.pause)
        except OSError:
            self.server.hangups += 1
            self.close_connection = True
            return
        if script.cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> None:
        """Wait; raises `ConnectionError` as soon as the client is gone."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise ConnectionError("the client has hung up")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _body(self) -> dict[str, Any]:
        """As JSON; a form is known by its size only."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            value = json.loads(data)
        except ValueError:
            return {"bytes": len(data)}
        return value if isinstance(value, dict) else {}

    def _json(self, status: int, value: object) -> None:
        self._whole(status, "application/json", json.dumps(value).encode())

    def _whole(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are no news."""
