"""The model's own way to stop: `cmdStop` instead of SIGTERM (lifecycle section 2.5, W-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import Deferred

from llamaswap.backends.host import Host
from llamaswap.backends.launch import Command, not_started
from llamaswap.backends.process import Ending, Launched
from llamaswap.backends.spawning import NotSpawned, find_executable, spawn


class StopCommand:
    """One run of `cmdStop`. It carries the backend's mark, so whoever ends the backend by force ends this with it."""

    def __init__(
        self, host: Host, command: Sequence[str], environ: dict[str, str], output: Callable[[bytes], None]
    ) -> None:
        self._host = host
        self._words = command
        self._environ = environ
        self._output = output
        self.pid = 0
        """Leader of its own session; 0 until it is started."""
        self._given_up = False

    def give_up(self) -> None:
        """Do not start it any more; one that runs is left alone."""
        self._given_up = True

    async def run(self) -> str | None:
        """Start the command and wait for its end. Returns what went wrong, or None; never raises."""
        try:
            find = partial(find_executable, self._words, self._host.environ)
            executable = await self._host.in_thread(find)
            ending = await self._spawn(Command(self._words, executable, self._environ))
        except NotSpawned as problem:
            return str(problem)
        if ending.not_run:
            return not_started(self._words, ending.not_run)
        return None if ending.clean else ending.text

    def _spawn(self, command: Command) -> Deferred[Ending]:
        if self._given_up:
            raise NotSpawned(not_started(self._words, "the grace is over"))
        ended: Deferred[Ending] = Deferred()
        process = Launched(self._host.clock, self._output, lambda: None, ended.callback)
        self.pid = spawn(self._host.spawner, command, process)
        return ended
