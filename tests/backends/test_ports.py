"""Is a port free? Asked of real sockets on loopback."""

from __future__ import annotations

import os
import socket

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.ports import occupied
from tests.support.ports import free_ports


class OccupiedTests(SynchronousTestCase):
    """W-02: who listens where a model is to listen?"""

    def listen(self, host: str, *, listening: bool = True) -> int:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.addCleanup(listener.close)
        listener.bind((host, 0))
        if listening:
            listener.listen()
        port = listener.getsockname()[1]
        assert isinstance(port, int)
        return port

    def test_a_free_port(self) -> None:
        """Nobody there: nothing to say."""
        self.assertIsNone(occupied("localhost", free_ports()))

    def test_a_listener_is_named_with_its_owner(self) -> None:
        """Here it is this very process."""
        port = self.listen("127.0.0.1")
        for host in ("localhost", "127.0.0.1"):
            self.assertIn(f"port {port} is already in use by ", str(occupied(host, port)))
            self.assertIn(f"(pid {os.getpid()})", str(occupied(host, port)))

    def test_a_listener_on_all_addresses_is_in_the_way_too(self) -> None:
        """It would answer the probe just as well."""
        self.assertIsNotNone(occupied("localhost", self.listen("0.0.0.0")))

    def test_one_that_has_bound_but_does_not_listen_is_in_the_way(self) -> None:
        """A server that is still loading cannot be seen by connecting."""
        self.assertIsNotNone(occupied("127.0.0.1", self.listen("127.0.0.1", listening=False)))

    def test_connections_of_an_earlier_run_are_not_in_the_way(self) -> None:
        """The side that closes first leaves the port in TIME_WAIT."""
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server, _ = listener.accept()
            server.close()
            listener.close()
            client.recv(1)
        self.assertIsNone(occupied("127.0.0.1", port))

    def test_another_machines_port_is_not_asked(self) -> None:
        """Its server may rightly be up; 192.0.2.0/24 is nobody's."""
        self.assertIsNone(occupied("192.0.2.1", 80))

    def test_a_name_that_means_nothing(self) -> None:
        """The start will fail with better words than ours."""
        self.assertIsNone(occupied("no such host.invalid", 80))
