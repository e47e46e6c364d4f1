"""Where are enough neighbouring ports free for the demo's engines, so that two demos can run side by side?"""

from __future__ import annotations

import socket


def free_block(start: int, count: int) -> int:
    """The first of `count` neighbouring ports that nobody listens on now, looking from `start` upwards."""
    for first in range(start, 65536 - count, count):
        if all(map(is_free, range(first, first + count))):
            return first
    return start


def is_free(port: int) -> bool:
    """Whether one could listen on this port of the loopback address now; connections that ended do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
