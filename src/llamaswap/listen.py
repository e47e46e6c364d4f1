"""Where the command line listens: the words of `--listen` become open ports, before anything else starts.

A word whose part before the first `:` is a known endpoint prefix is a Twisted endpoint string; any other is
`host:port`. An empty host means every address of both families. This module knows nothing of what is served.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpointStringParser
from twisted.plugin import getPlugins
from twisted.python.failure import Failure

from llamaswap.errors import LlamaSwapError

DEFAULT_LISTEN = "127.0.0.1:8080"
BUILT_IN_PREFIXES = frozenset({"tcp", "ssl", "unix"})
"""What `serverFromString` knows without a plugin."""
BACKLOG = 1024
NOT_ON_THIS_MACHINE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class CannotListen(LlamaSwapError):
    """An address cannot be listened on."""


def open_ports(reactor: Any, specs: Sequence[str], factory: IProtocolFactory) -> list[IListeningPort]:
    """Listen on every address of `specs`, at once. Raises `CannotListen`, naming the first that cannot be had.

    Connections wait in the kernel until the reactor runs.
    """
    ports: list[IListeningPort] = []
    for spec in specs:
        try:
            ports += _open(reactor, spec, factory)
        except CannotListen:
            for port in ports:
                port.stopListening()
            raise
    return ports


def _open(reactor: Any, spec: str, factory: IProtocolFactory) -> list[IListeningPort]:
    if is_endpoint(spec):
        return [_open_endpoint(reactor, spec, factory)]
    host, number = split_address(spec)
    try:
        sockets = bind(host, number)
    except OSError as error:
        raise CannotListen(f"cannot listen on {spec}: {_reason(error)}") from error
    return [_adopt(reactor, bound, factory) for bound in sockets]


def is_endpoint(spec: str) -> bool:
    """Whether `spec` is an endpoint string: it starts with a prefix that Twisted or one of its plugins knows."""
    prefix, colon, _ = spec.partition(":")
    if not colon or not prefix.isidentifier():  # an IP address: do not look through the plugins for it
        return False
    return prefix in BUILT_IN_PREFIXES or prefix.lower() in (
        plugin.prefix.lower() for plugin in getPlugins(IStreamServerEndpointStringParser)
    )


def split_address(spec: str) -> tuple[str, int]:
    """`host:port` in its two parts; brackets around an IPv6 host are taken off. Raises `CannotListen`."""
    host, colon, port = spec.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif "/" in spec or not colon:
        hint = f"; did you mean 127.0.0.1:{spec} or :{spec}?" if spec.isdecimal() else ""
        raise CannotListen(
            f"cannot listen on {spec!r}: expected host:port or an endpoint such as unix:/run/llamaswap{hint}"
        )
    elif ":" in host:
        raise CannotListen(f"cannot listen on {spec!r}: write an IPv6 address in brackets, as in [::1]:8080")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise CannotListen(
            f"cannot listen on {spec!r}: expected a port from 0 to 65535 after the last colon, not {port!r}"
        )
    return host, int(port)


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for `host`: one for both families when it is empty, else one for each of its addresses.

    Addresses of a family that this machine lacks are passed over, unless none is left. Raises `OSError`.
    """
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    for family, address, dual in _addresses(host, port):
        try:
            sockets.append(_listening(family, address, dual))
        except OSError as error:
            if error.errno not in NOT_ON_THIS_MACHINE:
                _close(sockets)
                raise
            absent = error
        else:
            if not host:
                break
    if not sockets:
        raise absent or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return sockets


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, Any, bool]]:
    """What to try: family, address, and whether the socket serves IPv4 as well."""
    if not host:
        if socket.has_dualstack_ipv6():
            yield socket.AF_INET6, ("", port), True
        yield socket.AF_INET, ("", port), False
        return
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        yield family, address, False


def _listening(family: socket.AddressFamily, address: Any, dual: bool) -> socket.socket:
    bound = socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    bound.setblocking(False)
    return bound


def _close(sockets: Sequence[socket.socket]) -> None:
    for bound in sockets:
        bound.close()


def _adopt(reactor: Any, bound: socket.socket, factory: IProtocolFactory) -> IListeningPort:
    with bound:  # the reactor duplicates it
        port: IListeningPort = reactor.adoptStreamPort(bound.fileno(), bound.family, factory)
    return port


def _open_endpoint(reactor: Any, spec: str, factory: IProtocolFactory) -> IListeningPort:
    """Listen on an endpoint. All that open ports do so at once; one that would have to wait cannot be had."""
    from twisted.internet.endpoints import serverFromString  # late: it is not small

    try:
        listening: Deferred[IListeningPort] = serverFromString(reactor, spec).listen(factory)
    except Exception as error:  # whatever a plugin's parser makes of its arguments
        raise CannotListen(f"cannot listen on {spec}: {error}") from error
    outcome: list[Any] = []
    listening.addBoth(outcome.append)
    if outcome and IListeningPort.providedBy(outcome[0]):
        return outcome[0]
    failed = outcome and isinstance(outcome[0], Failure)
    reason = _reason(outcome[0].value) if failed else "this endpoint does not open a port"
    raise CannotListen(f"cannot listen on {spec}: {reason}")


def _reason(error: BaseException) -> str:
    """What the system said, without the address (the message around it names that)."""
    cause = error.socketError if isinstance(error, CannotListenError) else error
    if isinstance(cause, socket.gaierror):
        return str(cause.strerror)
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return str(cause)


def own_lock(port: IListeningPort) -> None:
    """Put our process id into the lock file of a Unix socket that was opened before the program became a daemon.

    Otherwise a second server takes the socket for abandoned, and closing ours fails.
    """
    lock = getattr(port, "lockFile", None)
    if lock is not None and os.readlink(lock.name) != str(os.getpid()).encode():
        os.unlink(lock.name)
        lock.lock()


def describe(port: IListeningPort) -> str:
    """The address of `port` as the log shows it."""
    address = port.getHost()
    if isinstance(address, IPv6Address):
        return f"[{address.host}]:{address.port}"
    if isinstance(address, IPv4Address):
        return f"{address.host}:{address.port}"
    if isinstance(address, UNIXAddress):
        return f"unix:{os.fsdecode(address.name or b'')}"
    return str(address)


def is_public(port: IListeningPort) -> bool:
    """Whether other machines can reach `port`: a network address that is not a loopback one."""
    address = port.getHost()
    if not isinstance(address, IPv4Address | IPv6Address):
        return False
    return not ip_address(address.host.partition("%")[0]).is_loopback
