"""Where are enough neighbouring ports free for the demo's engines, so that two demos can run side by side?"""

from __future__ import annotations

from llamaswap.backends.ports import occupied


def free_block(start: int, count: int) -> int:
    """The first of `count` neighbouring loopback ports that nobody listens on now, looking from `start` upwards."""
    for first in range(start, 65536 - count, count):
        if not any(occupied("127.0.0.1", port) for port in range(first, first + count)):
            return first
    return start
