"""Whether memory stays flat while streamed answers pass, with captures and without.

    python benchmarks/memory.py [GB, default 2]

A model server that streams events of 200 bytes as fast as they go is asked until so many gigabytes have passed, over
eight connections, first with `captureBuffer: 0`, then with 5 MiB. Prints the server's memory (RSS) on the way; the
status is 1 when it grew by more than 10 MiB, or 10 MiB and the capture buffer.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import psutil

CONNECTIONS = 8
EVENT = b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % (b"token " * 22)
CHUNKS = (b"%x\r\n%b\r\n" % (len(EVENT), EVENT)) * 500
ANSWER = 32_000_000
"""Bytes of one answer, about."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b'data: {"usage":{"prompt_tokens":1,"completion_tokens":22}}\n\n'
END = b"%x\r\n%b\r\n0\r\n\r\n" % (len(LAST), LAST)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def model(port: int) -> None:
    """The model server."""
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
        while request := lines.readline():
            length = 0
            while (line := lines.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            lines.read(length)
            if request.startswith(b"GET"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                continue
            connection.sendall(HEAD)
            for _ in range(ANSWER // len(CHUNKS)):
                connection.sendall(CHUNKS)
            connection.sendall(END)


def ask(port: int, answers: int) -> None:
    """One client: so many answers, one after the other."""
    for _ in range(answers):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps({"model": "m", "stream": True})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        while response.read1(1 << 20):
            pass
        connection.close()


def wait_for(port: int) -> None:
    for _ in range(400):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server does not answer")


def measure(gigabytes: float, capture_buffer: int, folder: Path) -> bool:
    """Whether memory stayed within its bounds."""
    backend, port = free_port(), free_port()
    file = folder / "config.yaml"
    settings = {"logLevel": "warn", "captureBuffer": capture_buffer}
    file.write_text(
        json.dumps({**settings, "models": {"m": {"cmd": "sleep 3600", "proxy": f"http://127.0.0.1:{backend}"}}})
    )
    command = [sys.executable, "-c", "from llamaswap.cli import main; main()"]
    models = multiprocessing.Process(target=model, args=(backend,), daemon=True)
    models.start()
    server = subprocess.Popen(  # whose log is not of interest
        [*command, "--config", str(file), "--listen", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(port)
        ask(port, 1)
        watched = psutil.Process(server.pid)
        first = watched.memory_info().rss
        per_client = max(1, round(gigabytes * 1e9 / ANSWER / CONNECTIONS))
        clients = [multiprocessing.Process(target=ask, args=(port, per_client)) for _ in range(CONNECTIONS)]
        began = time.monotonic()
        for client in clients:
            client.start()
        most = first
        while any(client.is_alive() for client in clients):
            time.sleep(0.2)
            most = max(most, watched.memory_info().rss)
        seconds = time.monotonic() - began
        last = watched.memory_info().rss
    finally:
        server.terminate()
        server.wait()
        models.kill()
    passed = per_client * CONNECTIONS * ANSWER / 1e9
    print(
        f"captureBuffer {capture_buffer}: {passed:.1f} GB in {seconds:.0f} s; RSS after one answer {first / 2**20:.1f},"
        f" at most {most / 2**20:.1f}, at the end {last / 2**20:.1f} MiB"
    )
    return (most - first) / 2**20 <= 10 + capture_buffer


def main() -> int:
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with tempfile.TemporaryDirectory() as folder:
        good = [measure(gigabytes, buffer, Path(folder)) for buffer in (0, 5)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
