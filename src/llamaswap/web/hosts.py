"""Which requests a web page of somebody else may have sent, and are refused where they could do harm.

Two rules for the operators' routes. A page of another host must not reach them, whatever key the browser would send
along (its `Origin` gives it away). And while no key is set, a page whose name was pointed at the loopback address
after it was loaded (DNS rebinding) must not either: then `Host` is that page's name. A request without `Host` comes
from no browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from llamaswap.errors import Forbidden
from llamaswap.exchange import Exchange

_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:/?#@\\\[\]]*))(?::[0-9]{0,5})?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


class HostRule:
    """What `Origin` and `Host` must be."""

    def __init__(self, *, has_keys: bool, allowed_hosts: Iterable[str]) -> None:
        self._any_host = has_keys
        self._allowed = _lowered(allowed_hosts)

    def check(self, exchange: Exchange) -> None:
        """Raise `Forbidden` when the request may be a foreign page's."""
        host = (exchange.header(b"host") or b"").decode("latin-1").lower()
        origin = exchange.header(b"origin")
        if origin is not None and not same_host(origin.decode("latin-1"), host):
            raise Forbidden("forbidden: the request's Origin is a page of another host")
        if not self._any_host and host and not self._accepts(host) and is_loopback(exchange.local):
            raise Forbidden(
                f"forbidden: Host {host!r} is no name of this machine's loopback address; "
                "add it to `allowedHosts` in the configuration, or set `apiKeys`"
            )

    def _accepts(self, host: str) -> bool:
        name = host_name(host)
        return _is_loopback_name(name) or name in self._allowed or host in self._allowed


def is_own_name(host: str, allowed: Iterable[str]) -> bool:
    """`host`, a header's value, is a name of this server that no other page can have made to lead here: an address, a
    name of the loopback address, or one that is `allowed`."""
    name, accepted = host_name(host), _lowered(allowed)
    return _is_loopback_name(name) or _is_address(name) or not accepted.isdisjoint((name, host.lower()))


def same_origin(address: str, host: str) -> bool:
    """The URL `address` names the host and port that `host` names; a proxy may leave the port out of that."""
    try:
        port = urlsplit(address).port or _PORTS.get(urlsplit(address).scheme)
        expected = urlsplit(f"//{host}").port
    except ValueError:
        return False
    return same_host(address, host) and expected in (None, port)


def host_name(host: str) -> str:
    """The name or address in the value of a `Host` header: no port, no brackets, lower case. "" for what is no host."""
    found = _HOST.fullmatch(host)
    if found is None:
        return ""
    return (found["address"] or found["name"].removesuffix(".")).lower()


@lru_cache(maxsize=64)
def nearest(peer: str, forwarded: bytes | None) -> str:
    """The address of who asks, to count what it asks. `forwarded` is the value of `X-Forwarded-For`.

    A proxy on this machine says whom it stands for, and others before it may say what they like.
    """
    told = (forwarded or b"") if is_loopback(peer) else b""
    return told.decode("latin-1").rpartition(",")[2].strip() or peer


def is_loopback(address: str) -> bool:
    """`address` is one of 127.0.0.0/8 or `::1`, also when an IPv6 socket shows it in its mapped form."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def _lowered(hosts: Iterable[str]) -> frozenset[str]:
    return frozenset(host.strip().lower() for host in hosts) - {""}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def same_host(origin: str, host: str) -> bool:
    """`origin` (a header's value, perhaps `null`) names the host that `host` names; ports are not compared."""
    try:
        name = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return name != "" and name.removesuffix(".") == host_name(host)
