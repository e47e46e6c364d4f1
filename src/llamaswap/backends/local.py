"""A model whose server is a child process of ours: one `Backend`.

The machine decides, the child does; this module holds those who wait, says what each step of the machine means, and
tells everybody else. Lifecycle section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.child import Child
from llamaswap.backends.health import wait_until_healthy
from llamaswap.backends.host import Host
from llamaswap.backends.launch import command_line, not_started
from llamaswap.backends.machine import ABORTED, Inputs, Machine
from llamaswap.backends.ports import occupied
from llamaswap.backends.process import Ending
from llamaswap.backends.spawning import NotSpawned, find_executable
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model
from llamaswap.errors import ShuttingDown, StartFailed
from llamaswap.notices import ModelChanged, State
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

PREMATURE = "upstream command exited prematurely"
UNEXPECTED = "upstream process exited unexpectedly"


class LocalBackend:
    """`model`, run on `host`; what its processes write goes to `output`."""

    _log = Logger()

    def __init__(self, model: Model, host: Host, output: Callable[[bytes], None]) -> None:
        self.model = model.id
        self._settings = model
        self._host = host
        self._output = output
        self._state = State.STOPPED
        self._starters: Waiters[Upstream] = Waiters()
        """They wait for the start under way."""
        self._joiners: Waiters[Upstream] = Waiters()
        """They came later: the start under way will do if it succeeds, else they want one of their own."""
        self._stoppers: Waiters[None] = Waiters()
        self._child: Child | None = None
        self._last_ending = ""
        self._upstream: Upstream | None = None
        self._machine = Machine(self._body())
'''
