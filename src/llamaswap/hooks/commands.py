"""Commands that hooks run: bounded in time, and never outliving the server.

Each runs as a model's process does (`backends/child.py`): in a session of its own, with a mark in its environment, and
it is over when nothing is left of it, so that what it leaves running in the background ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, succeed

from llamaswap.backends.child import Child, Output
from llamaswap.backends.host import Host
from llamaswap.backends.launch import not_started
from llamaswap.backends.process import Ending
from llamaswap.backends.spawning import NotSpawned, find_executable
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId

KILL_AFTER = 2.0
"""Seconds between the polite end of a command that takes too long and the kill."""


class Commands:
    """Those that run on `host`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._running: set[_Running] = set()
        self._waiting: Waiters[None] = Waiters()

    async def run(
        self, words: Sequence[str], model: ModelId, variables: Sequence[str], output: Output, timeout: float
    ) -> str | None:
        """Run a command with these `NAME=value` variables beside the server's, for at most `timeout` seconds.

        Returns when nothing is left of it: what went wrong, or None. Cancelling ends it, and waits for nothing.
        """
        try:
            executable = await self._host.in_thread(partial(find_executable, words, self._host.environ))
            running = _Running(self._host, Model(id=model, env=tuple(variables)), output, self._over)
            running.launch(words, executable)
        except NotSpawned as problem:
            return _cannot_start(str(problem).removeprefix(not_started(words, "")))
        self._running.add(running)
        return await running.outcome(timeout)

    def kill(self) -> None:
        """SIGKILL all of them this instant."""
        for running in tuple(self._running):
            running.child.kill()

    def over(self) -> Deferred[None]:
        """Fires when none is left, at once or later."""
        return self._waiting.add() if self._running else succeed(None)

    def _over(self, running: _Running) -> None:
        self._running.discard(running)
        if not self._running:
            self._waiting.fire(None)


def _cannot_start(reason: str) -> str:
    """Without the words of the command: arguments may be secrets."""
    return f"cannot be started: {reason}"


class _Running:
    """One command under way. `over` is told when nothing is left of it."""

    def __init__(self, host: Host, model: Model, output: Output, over: Callable[[_Running], None]) -> None:
        self._clock = host.clock
        self._over = over
        self._gone: Deferred[None] = Deferred()
        self._late = False
        self._ending = Ending("it has not ended", clean=False)
        self.child = Child(host, model, output, self._exited, self._is_gone)

    def launch(self, words: Sequence[str], executable: str) -> None:
        """Start it. Raises `NotSpawned`."""
        self.child.launch(words, executable)

    async def outcome(self, timeout: float) -> str | None:
        """As `Commands.run`."""
        deadline = self._clock.callLater(timeout, self._too_late)
        try:
            await self._gone
        except CancelledError:
            self.child.end(KILL_AFTER)
            raise
        finally:
            if deadline.active():
                deadline.cancel()
        if self._late:
            return f"took longer than {timeout:g} s"
        if self._ending.not_run:
            return _cannot_start(self._ending.not_run)
        return None if self._ending.clean else self._ending.text

    def _too_late(self) -> None:
        self._late = True
        self.child.end(KILL_AFTER)

    def _exited(self, ending: Ending) -> None:
        self._ending = ending

    def _is_gone(self) -> None:
        self._over(self)
        if not self._gone.called:
            self._gone.callback(None)
