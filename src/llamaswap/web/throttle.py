"""How often somebody may try to log in with a wrong key. Pure.

Failures count for the address that tries, and for nobody else: a count of all would let anybody keep everybody out. An
IPv6 client counts by its network of 64 bits, which it owns whole. The memory is bounded: the addresses that failed
longest ago are forgotten first.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from llamaswap.errors import TooManyLogins
from llamaswap.web.window import Window

PER = 60.0
"""Seconds."""
FOR_ONE = 10
"""Failures of one address in that time."""
MOST = 4096
"""Addresses that are remembered."""


class Throttle:
    """The failures of the last minute."""

    def __init__(self) -> None:
        self._each: OrderedDict[str, Window] = OrderedDict()

    def check(self, address: str, when: float) -> None:
        """Raise `TooManyLogins` when nobody at `address` may try now, not even with a good key."""
        window = self._each.get(_owner(address))
        if window is not None and (wait := window.wait(when)):
            raise TooManyLogins(retry_after=max(1, math.ceil(wait)))

    def failed(self, address: str, when: float) -> None:
        """Somebody at `address` has shown a wrong key."""
        owner = _owner(address)
        window = self._each.setdefault(owner, Window(FOR_ONE, PER))
        self._each.move_to_end(owner)
        window.add(1, when)
        if len(self._each) > MOST:
            self._each.popitem(last=False)


def _owner(address: str) -> str:
    """Whom an address belongs to."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""  # a Unix socket
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or int(parsed) >> 64)
