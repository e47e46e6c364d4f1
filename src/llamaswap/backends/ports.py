"""Is a port free for a model's server, and if not, who holds it? Blocking: call it in a thread.

A stale or foreign server on a model's port would answer the readiness probe in its place (W-02).
"""

from __future__ import annotations

import errno
import socket
from typing import Any

_CONNECT_TIMEOUT = 1.0


def occupied(host: str, port: int) -> str | None:
    """A sentence naming the port and, where known, its owner, when somebody listens where `host` means this machine.

    None when the port is free, and also when `host` is another machine's: that server may rightly be up.
    """
    if any(_taken(family, address) for family, address in _addresses(host, port)):
        owner = _owner(port)
        return f"port {port} is already in use" + (f" by {owner}" if owner else "")
    return None


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [(family, address) for family, _, _, _, address in found]


def _taken(family: socket.AddressFamily, address: Any) -> bool:
    try:
        problem = _bind(family, address)
    except OSError as error:
        problem = error.errno
    if problem in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):  # not this machine's
        return False
    return problem == errno.EADDRINUSE or _answers(family, address)


def _bind(family: socket.AddressFamily, address: Any) -> int | None:
    """Try the address as a server would. SO_REUSEADDR: connections of an earlier run in TIME_WAIT do not count."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)
    return None


def _answers(family: socket.AddressFamily, address: Any) -> bool:
    """Whether somebody accepts there although the address can be bound, as behind a forwarding rule."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT)
        try:
            probe.connect(address)
        except OSError:
            return False
        # inside the ephemeral range a socket may happen to connect to itself
        return bool(probe.getsockname() != probe.getpeername())


def _owner(port: int) -> str:
    import psutil  # late: only who cannot have a port asks

    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
