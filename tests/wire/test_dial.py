"""Connecting to an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError, UserError
from twisted.internet.interfaces import IConnector, IReactorTCP
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.wire.dial import dial


class Plain(Protocol):
    """Tells that it is connected."""

    def __init__(self, made: Callable[[Plain], None]) -> None:
        self.connectionMade = lambda: made(self)  # type: ignore[method-assign]


class Connector:
    """A reactor that connects to nothing by itself, and its only connector: it reports a stop as Twisted's do."""

    def connectTCP(self, host: str, port: int, factory: ClientFactory, timeout: float, bindAddress: object) -> None:
        self.asked = host, port, timeout
        self.factory = factory
        factory.startedConnecting(cast(IConnector, self))

    def stopConnecting(self) -> None:
        self.factory.clientConnectionFailed(cast(IConnector, self), Failure(UserError()))


class DialTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.connector: Any = Connector()
        self.done: Deferred[Plain] = dial(cast(IReactorTCP, self.connector), "127.0.0.1", 9, Plain, 5)

    def test_it_fires_with_what_was_made(self) -> None:
        """Once that is connected."""
        protocol = self.connector.factory.buildProtocol(None)
        self.assertNoResult(self.done)
        protocol.makeConnection(None)
        self.assertIs(self.successResultOf(self.done), protocol)
        self.assertEqual(self.connector.asked, ("127.0.0.1", 9, 5))

    def test_it_fails_as_the_attempt_does(self) -> None:
        """With the error of the system."""
        self.connector.factory.clientConnectionFailed(self.connector, Failure(ConnectionRefusedError()))
        self.failureResultOf(self.done, ConnectionRefusedError)

    def test_cancelling_is_no_failure_to_connect(self) -> None:
        """Whoever tries the next address after one would otherwise go on."""
        self.done.cancel()
        self.failureResultOf(self.done, CancelledError)
