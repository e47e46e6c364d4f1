"""Finding ports for the demo's engines."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.demo.ports import free_block, is_free


class FreeBlockTests(SynchronousTestCase):
    """Only ports that nobody listens on are taken."""

    def setUp(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.busy: int = listener.getsockname()[1]

    def test_busy_port_is_not_free(self) -> None:
        """A port with a listener is seen as busy."""
        self.assertFalse(is_free(self.busy))

    def test_block_with_a_busy_port_is_passed_over(self) -> None:
        """The block lies wholly beyond the busy port."""
        self.assertGreater(free_block(self.busy - 1, 3), self.busy)
