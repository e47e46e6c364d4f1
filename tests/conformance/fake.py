"""The model server of http-api section 24, a program: `python -I -S fake.py PORT NAME`.

`GET /health` answers 200, everything else an echo: {"up", "name", "method", "path", "headers", "body"}. A WebSocket
handshake is completed, and its bytes come back. A request's headers control the answer:

    X-Canned   {"status", "type", "headers", "body", "coding", "raw"} as JSON: that answer instead; "coding" gzip
               codes it, "raw" only says so
    X-Drip     n: an event stream of n events, one every 200 ms
    X-Hang     s: the answer comes after s seconds
    X-Reset    the connection is closed without an answer
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self.respond()

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if self._has_length() else self._chunks()
        if self.path == "/health":
            self.say(200, "text/plain", b"ok")
        elif self.headers.get("Upgrade", "").lower() == "websocket":
            self.tunnel()
        elif "X-Reset" in self.headers:
            self.close_connection = True
        elif "X-Drip" in self.headers:
            self.drip(int(self.headers["X-Drip"]))
        elif "X-Canned" in self.headers:
            self.canned(json.loads(self.headers["X-Canned"]))
        else:
            time.sleep(float(self.headers.get("X-Hang", "0")))
            self.echo(body)

    def _has_length(self) -> bool:
        return "chunked" not in self.headers.get("Transfer-Encoding", "")

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def echo(self, body: bytes) -> None:
        told = {
            "up": True,
            "name": NAME,
            "method": self.command,
            "path": self.path,
            "headers": [[name, value] for name, value in self.headers.items()],
            "body": body.decode("latin-1"),
        }
        self.say(200, "application/json", json.dumps(told).encode())

    def canned(self, answer: dict[str, Any]) -> None:
        body = answer.get("body", "").encode()
        headers = [tuple(line) for line in answer.get("headers", [])]
        if answer.get("coding") == "gzip":
            body = gzip.compress(body)
        if coding := answer.get("coding") or answer.get("raw"):
            headers.append(("Content-Encoding", coding))
        self.say(answer.get("status", 200), answer.get("type", "application/json"), body, headers)

    def say(self, status: int, kind: str, body: bytes, headers: Any = ()) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drip(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number in range(count):
                event = b'data: {"n": %d}\n\n' % number
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
                self.wfile.flush()
                time.sleep(0.2)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def tunnel(self) -> None:
        accept = base64.b64encode(hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + _GUID).digest())
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.close_connection = True
        while data := self.connection.recv(65536):
            self.connection.sendall(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    NAME = sys.argv[2]
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    print(f"model server {NAME} listens on port {sys.argv[1]}", flush=True)
    server.serve_forever()
