"""A TCP connection to an IP address.

Twisted's endpoints do the same and more, but bring all of TLS into memory, and each piece of data passes a protocol of
theirs on its way to ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IConnector, IReactorTCP
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure

P = TypeVar("P", bound=Protocol)

Make = Callable[[Callable[[P], None]], P]
"""Makes a protocol that tells when it is connected."""


def dial(reactor: IReactorTCP, address: str, port: int, make: Make[P], timeout: float) -> Deferred[P]:
    """Fires with what was made, once it is connected. Fails with a `ConnectError`; cancelling gives up."""
    attempt = _Attempt(make)
    reactor.connectTCP(address, port, attempt, timeout, None)
    return attempt.done


class _Attempt(ClientFactory, Generic[P]):
    """One try to connect."""

    noisy = False

    def __init__(self, make: Make[P]) -> None:
        self._make = make
        self._connector: Any = None
        self.done: Deferred[P] = Deferred(self._give_up)

    def startedConnecting(self, connector: IConnector) -> None:
        self._connector = connector

    def buildProtocol(self, addr: IAddress | None) -> P:
        return self._make(self.done.callback)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        if not self.done.called:
            self.done.errback(reason)

    def _give_up(self, done: Deferred[P]) -> None:
        done.errback(CancelledError())  # first: the connector reports what follows as a failure to connect
        self._connector.stopConnecting()
