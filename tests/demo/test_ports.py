"""Finding ports for the demo's engines."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.demo.ports import free_block


class FreeBlockTests(SynchronousTestCase):
    """Only ports that nobody listens on are taken."""

    def test_block_with_a_busy_port_is_passed_over(self) -> None:
        """The block lies wholly beyond a port that somebody listens on."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        busy = listener.getsockname()[1]
        self.assertGreater(free_block(busy - 1, 3), busy)
