"""One start of a model's command: the process, all that it starts in turn, and how they are brought to an end.

A child ends in two steps. *Exited*: the process itself was reaped. *Gone*: nothing is left in its session or group
either, nor anything that carries its mark (W-11, W-12). An ending that was asked for is polite until its grace is
over; what a process leaves behind that ended by itself is killed at once. What this means for the model is the
machine's business. Lifecycle sections 2.3, 2.5 and 2.7.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from llamaswap.backends.host import Host
from llamaswap.backends.launch import Command, environment, stop_command_line
from llamaswap.backends.process import Ending, Launched
from llamaswap.backends.processes import Seen, descendants, kill_all
from llamaswap.backends.spawning import spawn
from llamaswap.backends.stopper import StopCommand
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model

Output = Callable[[bytes], None]
"""Gets what the processes of a model write; nothing at all (`b""`) when one of them will write no more."""
FIRST_LOOK, LAST_LOOK = 0.01, 0.25
"""Seconds between two looks at what is left: the first pause, doubling up to the longest."""
LAST_WORDS = 0.5
"""Seconds for reading what a process has written that ended by itself."""
GIVE_UP = 10.0
"""Seconds after SIGKILL until a descendant that is still there (in the kernel's hands) holds us up no longer."""


class Child:
    """A command of `model`'s, whose entry may change while it runs.

    `on_exit` and then `on_gone` are called once each, if it was launched at all.
    """

    _log = Logger()

    def __init__(
        self,
        host: Host,
        model: Model,
        output: Output,
        on_exit: Callable[[Ending], None],
        on_gone: Callable[[], None],
    ) -> None:
        self._host = host
        self.model = model
        self._output = output
        self._on_exit = on_exit
        self._on_gone = on_gone
        self._mark = host.journal.mark()
        self._environ = environment(host.environ, model.env, self._mark)
        self._running: Waiters[None] = Waiters()
        self._process = Launched(host.clock, output, lambda: self._running.fire(None), self._exited)
        self.pid = 0
        """0 before the launch."""
        self.ended_by_itself = False
        """The process has ended, and nobody here had asked it to."""
        self._started = 0
        self._stopper: StopCommand | None = None
        self._grace: IDelayedCall | None = None
        self._forced_at: float | None = None
        self._group_asked = False
        self._asked: set[Seen] = set()
        self._nap: IDelayedCall | None = None
        self._pause = FIRST_LOOK
        self._blind = False

    # -- the beginning -------------------------------------------------------------------------------------------

    def launch(self, words: Sequence[str], executable: str) -> Deferred[None]:
        """Start the command; fires when it runs, and never when it cannot (`on_exit` is told the reason).

        Raises `NotSpawned` at once when there is no process at all.
        """
        running = self._running.add()
        self.pid = spawn(self._host.spawner, Command(words, executable, self._environ), self._process)
        with suppress(OSError):  # unknown, it is 0: then older processes are looked at as well
            self._started = self._host.processes.started(self.pid) or 0
        self._host.journal.born(self._mark, self.model.id, self.pid, self._started)
        return running

    def alive(self) -> bool:
        """The process itself has not ended, not even a moment ago, as far as can be seen."""
        try:
            return not self._process.reaped and self._host.processes.started(self.pid) is not None
        except OSError:
            return False

    # -- the end -------------------------------------------------------------------------------------------------

    def end(self, grace: float) -> None:
        """Ask everything to end, and make it after `grace` seconds. Again: only a shorter grace has an effect."""
        if self._forced_at is not None:
            return
        if self._grace is not None:
            if self._grace.getTime() > self._host.clock.seconds() + grace:
                self._grace.reset(grace)
            return
        self._grace = self._host.clock.callLater(grace, self._force)
        self._ask()

    def kill(self) -> None:
        """SIGKILL everything this instant; blocks for as long as one look at the process table takes."""
        self._force()
        try:
            kill_all(self._host.processes, self._left())
        except OSError as error:
            self._cannot_look(error)

    def _ask(self) -> None:
        words = stop_command_line(self.model.cmd_stop, self.pid)
        if not words:
            self._terminate()
            return
        self._stopper = StopCommand(self._host, words, self._environ, self._output)
        running = Deferred.fromCoroutine(self._stopper.run())
        running.addCallback(self._asked_in_its_way)
        running.addErrback(lambda failure: self._log.failure("cmdStop of {model}", failure, model=self.model.id))

    def _asked_in_its_way(self, problem: str | None) -> None:
        if problem is None:
            return
        self._log.error("{model}: stop command failed: {problem}", model=self.model.id, problem=problem)
        self._output(f"[ERROR] stop command failed: {problem}\n".encode())
        if self._forced_at is None:
            self._terminate()

    def _terminate(self) -> None:
        """SIGTERM to all of the group, the leader's children included."""
        if not self._process.reaped:
            self._group_asked = True
            self._host.processes.signal_group(self.pid, signal.SIGTERM)

    def _force(self) -> None:
        """The time for asking is over."""
        self._forced_at = self._host.clock.seconds()
        self._pause = FIRST_LOOK
        if self._grace is not None and self._grace.active():
            self._grace.cancel()
        if self._stopper is not None:
            self._stopper.give_up()
        if not self._process.reaped:
            self._host.processes.signal_group(self.pid, signal.SIGKILL)
        if self._nap is not None and self._nap.active():
            self._nap.reset(0)

    # -- what is left after it -----------------------------------------------------------------------------------

    def _exited(self, ending: Ending) -> None:
        self.ended_by_itself = self._grace is None and self._forced_at is None
        if self._grace is None:  # nobody asked it to: what it leaves behind has no business any more
            self._forced_at = self._host.clock.seconds()
        self._on_exit(ending)
        clearing = Deferred.fromCoroutine(self._clear())
        clearing.addErrback(
            lambda failure: self._log.failure("clearing up after {model}", failure, model=self.model.id)
        )

    async def _clear(self) -> None:
        """Wait for the last descendant, asking and then making it go."""
        while not await self._over():
            await self._sleep()
        if self.ended_by_itself:
            await self._hear_out()
        if self._grace is not None and self._grace.active():
            self._grace.cancel()
        self._host.journal.gone(self._mark)
        self._on_gone()

    async def _hear_out(self) -> None:
        """Its last words say why it ended. A stranger to whom it has handed its output must not hold us up for them."""
        with suppress(TimeoutError):
            await self._process.heard_out().addTimeout(LAST_WORDS, self._host.clock)

    async def _over(self) -> bool:
        """Look once, and press whoever is seen. A look that fails says nothing: it is for the next to tell."""
        try:
            left = await self._host.in_thread(self._left)
            if not left or self._hopeless(left):
                return True
            self._press(left)
        except OSError as error:
            self._cannot_look(error)
        return False

    def _cannot_look(self, error: OSError) -> None:
        if not self._blind:
            self._blind = True
            self._log.error("{model}: cannot look for what it left: {error}", model=self.model.id, error=error)

    def _left(self) -> list[Seen]:
        return descendants(self._host.processes, self.pid, self._mark, self._started)

    def _press(self, left: Sequence[Seen]) -> None:
        if self._forced_at is not None:
            kill_all(self._host.processes, left)
            return
        for seen in left:
            if seen not in self._asked and not self._has_been_asked(seen):
                self._host.processes.signal(seen, signal.SIGTERM)
            self._asked.add(seen)

    def _has_been_asked(self, seen: Seen) -> bool:
        """It got the group's SIGTERM, or it is the stop command at work."""
        return (self._group_asked and seen.group == self.pid) or (
            self._stopper is not None and seen.session == self._stopper.pid
        )

    def _hopeless(self, left: Sequence[Seen]) -> bool:
        if self._forced_at is None or self._host.clock.seconds() - self._forced_at < GIVE_UP:
            return False
        pids = ", ".join(str(seen.pid) for seen in left)
        self._log.warn("{model}: processes {pids} survive SIGKILL", model=self.model.id, pids=pids)
        return True

    def _sleep(self) -> Deferred[None]:
        """Fires when it is time for another look: soon, then less and less often; at once when the grace is over."""
        woken: Deferred[None] = Deferred()
        self._nap = self._host.clock.callLater(self._pause, woken.callback, None)
        self._pause = min(self._pause * 2, LAST_LOOK)
        return woken
