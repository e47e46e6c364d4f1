"""A small real model server for tests: fixture U of lifecycle section 16. A program, never imported by what it tests.

    python -I -S tests/support/fake_upstream.py --port 5800 --name a

Standard library only, so that it listens some 40 ms after its start (`-I -S` saves the half of that). Options:

    --port N               listen here (on --host, default 127.0.0.1)
    --name TEXT            comes back in every echo, so that a test sees which server answered
    --listen-delay S       open the port only after S seconds
    --health-delay S       /health answers 503 until S seconds after the start
    --health-status A,B,…  /health answers these in turn, the last one for ever (default 200)
    --health-hang          /health never answers
    --ignore-sigterm       SIGTERM has no effect
    --sigterm-delay S      exit S seconds after SIGTERM (default at once)
    --sigterm-marker PATH  write "SIGTERM" into PATH when (and if) the SIGTERM delay has passed
    --exit-after S         exit by itself S seconds after the start, with --exit-code (default 0)
    --chatter N            write lines 1..N alternately to stdout ("out 1") and stderr ("err 2"), then listen
    --descendant KIND      fork a descendant that ignores SIGTERM and sleeps for ever; may be given several times.
                           plain: in our group, holding our output; quiet: in our group, output closed;
                           session: in a session of its own, output closed
    --daemonise            fork: the parent exits 0 at once, the rest happens in the child (same group and output)
    --pid-dir DIR          write our pid to DIR/<name>.pid, a descendant's to DIR/<name>.<kind>.pid, once it is set up

Endpoints, found by the end of the path, so that any base path will do. Where an option is named below it is read from
the query, else from the top level of a JSON body (for model routes, whose query may be nobody's):

    /health                as the options say; the body is the name
    /slow ?n=5&ms=100      a chunked text/plain stream: n chunks "chunk <i> of <n>\n", ms milliseconds apart
    /sse  ?n=5&ms=100      the same as text/event-stream: n events 'data: {"i": …, "name": …}', then "data: [DONE]"
    /cut  ?bytes=7         promises Content-Length: 100 and closes after so many bytes of body
          ?chunked=1       the same in chunked framing: one whole chunk of so many bytes, no end
          ?bytes=-1        closes before any head
    /status?code=418       answers that status
    /ws                    WebSocket echo of text and binary messages, answers ping and close
    /process               {"pid","ppid","pgid","sid","cwd","stdin","env"}: stdin is what was read there ("" at EOF)
    /seen                  {"requests": paths so far, "hangups": streams that the client cut short, "open": connections}
    anything else          echo: {"name","pid","method","path","query","headers":[[name, value],…],"body"}
          ?ms=300          … after so many milliseconds
          "stream": true   … as /sse instead (so /v1/chat/completions streams as an OpenAI client asks it to)
          "cut": 7         … as /cut?bytes=7 instead

HTTP/1.1 keep-alive, Content-Length and chunked request bodies, `Expect: 100-continue`; HEAD answers have no body.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

STARTED = time.monotonic()
FLAGS = {"health-hang", "ignore-sigterm", "daemonise"}
OPTIONS = {
    "host": "127.0.0.1",
    "port": "",
    "name": "fake",
    "listen-delay": "0",
    "health-delay": "0",
    "health-status": "200",
    "sigterm-delay": "0",
    "sigterm-marker": "",
    "exit-after": "",
    "exit-code": "0",
    "chatter": "0",
    "pid-dir": "",
}


class Options:
    """The command line; `argparse` alone would double the time to start."""

    def __init__(self, arguments: list[str]) -> None:
        self.values = dict(OPTIONS)
        self.flags: set[str] = set()
        self.descendants: list[str] = []
        rest = iter(arguments)
        for argument in rest:
            self._take(argument.removeprefix("--"), rest)

    def _take(self, name: str, rest: Iterator[str]) -> None:
        if name in FLAGS:
            self.flags.add(name)
        elif name == "descendant":
            self.descendants.append(next(rest))
        elif name in OPTIONS:
            self.values[name] = next(rest)
        else:
            sys.exit(f"fake_upstream: unknown option {name!r}")

    def number(self, name: str) -> float:
        return float(self.values[name] or 0)


class Hangup(Exception):
    """The client is gone, or is to be dropped."""


class Request:
    """One request, read whole."""

    def __init__(self, stream: BinaryIO, answer_100: Any) -> None:
        line = stream.readline()
        if not line.strip():
            raise Hangup
        self.method, self.target, self.version = line.decode("latin-1").split()
        self.path, _, self.query = self.target.partition("?")
        self.headers: list[tuple[str, str]] = []
        while (line := stream.readline()) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.headers.append((name, value.strip()))
        if "100-continue" in self.header("expect").lower():
            answer_100()
        self.body = self._read_body(stream)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def option(self, name: str, default: str) -> str:
        """A wish from the query, else from the JSON body."""
        query = dict(parse_qsl(self.query))
        return str(query.get(name, self._json().get(name, default)))

    def _json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def _read_body(self, stream: BinaryIO) -> bytes:
        if "chunked" not in self.header("transfer-encoding").lower():
            return stream.read(int(self.header("content-length") or 0))
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size)
            stream.readline()
        while stream.readline() not in (b"\r\n", b""):
            pass
        return body


class Server:
    """Answers connections, each in a thread of its own."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.name = options.values["name"]
        self.statuses = [int(status) for status in options.values["health-status"].split(",")]
        self.seen: list[str] = []
        self.hangups = 0
        self.open = 0

    def run(self) -> None:
        """Listen and serve for ever."""
        time.sleep(self.options.number("listen-delay"))
        family = socket.AF_INET6 if ":" in self.options.values["host"] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.options.values["host"], int(self.options.number("port"))))
        listener.listen(256)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open += 1
        try:
            with connection, connection.makefile("rb") as stream:
                while True:
                    request = Request(stream, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
                    self.seen.append(request.target)
                    Answer(self, request, connection, stream).send()
                    if request.header("connection").lower() == "close" or request.version == "HTTP/1.0":
                        return
        except (Hangup, OSError, ValueError):
            return
        finally:
            self.open -= 1


class Answer:
    """What one request gets."""

    def __init__(self, server: Server, request: Request, connection: socket.socket, stream: BinaryIO) -> None:
        self.server = server
        self.request = request
        self.connection = connection
        self.stream = stream

    def send(self) -> None:
        """Find the endpoint by the last segment of the path."""
        request = self.request
        endpoint = getattr(self, f"_{unquote(request.path).rsplit('/', 1)[-1]}", None)
        known = {"health", "slow", "sse", "cut", "status", "ws", "process", "seen"}
        if endpoint is not None and endpoint.__name__.removeprefix("_") in known:
            endpoint()
        elif request.option("cut", ""):
            self._cut(int(request.option("cut", "7")))
        elif request.option("stream", "") == "True":
            self._sse()
        else:
            self._echo()

    # -- endpoints ---------------------------------------------------------------------------------------------------

    def _health(self) -> None:
        options, statuses = self.server.options, self.server.statuses
        if "health-hang" in options.flags:
            threading.Event().wait()
        if time.monotonic() - STARTED < options.number("health-delay"):
            return self._whole(503, b"loading")
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        location = [("Location", "/elsewhere")] if 300 <= status < 400 else []
        return self._whole(status, self.server.name.encode(), extra=location)

    def _slow(self) -> None:
        count = int(self.request.option("n", "5"))
        self._stream("text/plain", [f"chunk {i} of {count}\n" for i in range(1, count + 1)])

    def _sse(self) -> None:
        count = int(self.request.option("n", "5"))
        events = [json.dumps({"i": i, "name": self.server.name}) for i in range(1, count + 1)]
        self._stream("text/event-stream", [f"data: {event}\n\n" for event in [*events, "[DONE]"]])

    def _cut(self, count: int | None = None) -> None:
        count = int(self.request.option("bytes", "7")) if count is None else count
        if count >= 0 and self.request.option("chunked", ""):
            self._head(200, [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")])
            self.connection.sendall(b"%x\r\n%s\r\n" % (count, b"x" * count))
        elif count >= 0:
            self._head(200, [("Content-Type", "text/plain"), ("Content-Length", "100")])
            self.connection.sendall(b"x" * count)
        raise Hangup

    def _status(self) -> None:
        self._whole(int(self.request.option("code", "200")), self.server.name.encode())

    def _process(self) -> None:
        about = {
            "pid": os.getpid(),
            "ppid": os.getppid(),
            "pgid": os.getpgrp(),
            "sid": os.getsid(0),
            "cwd": os.getcwd(),
            "stdin": os.read(0, 100).decode(),
            "env": dict(os.environ),
        }
        self._json(about)

    def _seen(self) -> None:
        self._json({"requests": self.server.seen, "hangups": self.server.hangups, "open": self.server.open})

    def _echo(self) -> None:
        time.sleep(float(self.request.option("ms", "0")) / 1000)
        request = self.request
        about = {"name": self.server.name, "pid": os.getpid(), "method": request.method, "path": request.path}
        body = request.body.decode("utf-8", "replace")
        self._json(about | {"query": request.query, "headers": request.headers, "body": body})

    def _ws(self) -> None:
        from base64 import b64encode
        from hashlib import sha1

        key = self.request.header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = b64encode(sha1(key.encode()).digest()).decode()
        self._head(101, [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)])
        while True:
            opcode, payload = self._read_frame()
            self._send_frame({9: 10}.get(opcode, opcode), payload)
            if opcode == 8:
                raise Hangup

    # -- framing -----------------------------------------------------------------------------------------------------

    def _head(self, status: int, headers: list[tuple[str, str]]) -> None:
        lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.connection.sendall("\r\n".join(lines).encode())

    def _whole(self, status: int, body: bytes, kind: str = "text/plain", extra: list[tuple[str, str]] = []) -> None:  # noqa: B006
        bodiless = self.request.method == "HEAD" or status in (204, 304)
        length = [] if status in (204, 304) else [("Content-Length", str(len(body)))]
        self._head(status, [("Content-Type", kind), *length, *extra])
        self.connection.sendall(b"" if bodiless else body)

    def _json(self, value: object) -> None:
        self._whole(200, json.dumps(value).encode(), "application/json")

    def _stream(self, kind: str, pieces: list[str]) -> None:
        pause = float(self.request.option("ms", "100")) / 1000
        self._head(200, [("Content-Type", kind), ("Transfer-Encoding", "chunked")])
        try:
            for number, piece in enumerate(pieces):
                self._pause(pause if number else 0)
                self.connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece.encode()))
        except (OSError, Hangup):
            self.server.hangups += 1
            raise Hangup from None
        self.connection.sendall(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> None:
        """Wait, but notice the client's end at once."""
        self.connection.settimeout(max(seconds, 0.000001))
        try:
            if not self.connection.recv(1, socket.MSG_PEEK):
                raise Hangup
            time.sleep(seconds)  # a pipelined request waits its turn
        except TimeoutError:
            pass
        finally:
            self.connection.settimeout(None)

    def _read_frame(self) -> tuple[int, bytes]:
        head = self.stream.read(2)
        if len(head) < 2:
            raise Hangup
        size = head[1] & 127
        if size >= 126:
            size = int.from_bytes(self.stream.read(2 if size == 126 else 8), "big")
        mask = self.stream.read(4)
        return head[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.stream.read(size)))

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        length = length if size < 1 << 16 else b"\x7f" + size.to_bytes(8, "big")
        self.connection.sendall(bytes([0x80 | opcode]) + length + payload)


# -- the process --------------------------------------------------------------------------------------------------


def write_pid(options: Options, kind: str = "") -> None:
    """Say who we are, in one step, so that no reader sees half of it."""
    if directory := options.values["pid-dir"]:
        path = os.path.join(directory, options.values["name"] + kind + ".pid")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        os.replace(path + ".new", path)


def fork_descendant(options: Options, kind: str) -> None:
    """Leave a process behind that only SIGKILL ends."""
    if os.fork():
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if kind == "session":
        os.setsid()
    if kind != "plain":
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
    write_pid(options, f".{kind}")
    while True:
        time.sleep(3600)


def arm_sigterm(options: Options) -> None:
    """Do on SIGTERM what the options say."""
    if "ignore-sigterm" in options.flags:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return

    def end() -> None:
        time.sleep(options.number("sigterm-delay"))
        if marker := options.values["sigterm-marker"]:
            with open(marker, "w", encoding="ascii") as file:
                file.write("SIGTERM")
        os._exit(0)

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end).start())


def exit_later(options: Options) -> None:
    """End by ourselves after `--exit-after` seconds."""
    time.sleep(max(0.0, options.number("exit-after") - (time.monotonic() - STARTED)))
    os._exit(int(options.number("exit-code")))


def main() -> None:
    """Become what the command line says and serve."""
    options = Options(sys.argv[1:])
    if "daemonise" in options.flags and os.fork():
        os._exit(0)
    arm_sigterm(options)
    for kind in options.descendants:
        fork_descendant(options, kind)
    write_pid(options)
    for number in range(1, int(options.number("chatter")) + 1):
        os.write(2 - number % 2, f"{'out' if number % 2 else 'err'} {number}\n".encode())
    if options.values["exit-after"]:
        threading.Thread(target=exit_later, args=(options,), daemon=True).start()
    if options.values["port"]:
        Server(options).run()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
