"""What clients of `/api/events` cost: memory for each, time for a message to all, and for heartbeats.

    python benchmarks/events.py [clients]

Starts a server of its own on 127.0.0.1:18990. Half a minute; not for a busy machine.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

import psutil

PORT = 18990
REQUEST = b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"


def main(count: int) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.yaml")
        file.write_text("models: {}\n")
        argv = (sys.executable, "-m", "twisted", "llamaswap", "--config", str(file), "--listen", f"127.0.0.1:{PORT}")
        server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            measure(psutil.Process(server.pid), count)
        finally:
            server.terminate()
            server.wait()


def measure(server: psutil.Process, count: int) -> None:
    first = connected()
    time.sleep(1)
    before = server.memory_info().rss
    clients = [connected() for _ in range(count)]
    time.sleep(2)
    print(f"{count} clients: {(server.memory_info().rss - before) / count / 1024:.1f} KiB each")
    cpu = used(server)
    for _ in range(10):
        drain([first, *clients])
        ask()
        time.sleep(1)
    each = (used(server) - cpu) / 10
    print(f"a message to all: {each * 1e3:.0f} ms, {each / count * 1e6:.1f} us each")
    cpu = used(server)
    time.sleep(20)
    print(f"heartbeats: {(used(server) - cpu) / 20:.2%} of a core")


def connected() -> socket.socket:
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", PORT))
        except ConnectionRefusedError:
            time.sleep(0.1)
            continue
        client.sendall(REQUEST)
        client.setblocking(False)
        return client


def ask() -> None:
    """A request, whose line in the log is told to all."""
    connection = HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", "/health")
    connection.getresponse().read()
    connection.close()


def drain(clients: list[socket.socket]) -> None:
    for client in clients:
        try:
            while client.recv(1 << 20):
                pass
        except BlockingIOError:
            continue


def used(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
