"""Which ports of this machine are free? Asked by tests with real sockets."""

from __future__ import annotations

import random

from llamaswap.demo.ports import free_block

RANGE = range(20000, 30000)
"""Below the ports that systems hand out by themselves, so that no connection takes one in the meantime."""


def free_ports(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nobody listens on, somewhere, so that parallel runs do not meet."""
    return free_block(random.choice(RANGE), count)
