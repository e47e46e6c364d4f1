"""Which ports of this machine are free? Asked by tests with real sockets."""

from __future__ import annotations

import os
import random

from llamaswap.demo.ports import free_block

RANGE = range(20000, 30000)
"""Below the ports that systems hand out by themselves, so that no connection takes one in the meantime."""
_SHARES = 8


class _Share:
    """The ports of one of several processes that test at the same time; each is handed out once in a long while."""

    def __init__(self, worker: str) -> None:
        size = len(RANGE) // _SHARES
        number = int(worker.removeprefix("gw") or 0) % _SHARES
        self._ports = RANGE[number * size : (number + 1) * size]
        self._next = random.randrange(size)

    def take(self, count: int) -> int:
        if self._next + 2 * count > len(self._ports):
            self._next = 0
        first = free_block(self._ports[self._next], count)
        self._next = first + count - self._ports[0]
        return first


_share = _Share(os.environ.get("PYTEST_XDIST_WORKER", ""))


def free_ports(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nobody listens on, and that nobody else was given lately."""
    return _share.take(count)
