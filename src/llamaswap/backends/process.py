"""What Twisted tells of one process that was started through our launcher, in the words of the rest.

It turns descriptor callbacks into "it runs", "it said this", "it is gone", and refuses to know what any of it means
for a model. Gone is when the pid is gone: the output pipe may be held open by anybody, so it is only read on for a
while (lifecycle section 2.7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IProcessTransport, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from llamaswap.backends.launcher import STATUS
from llamaswap.backends.waiters import Waiters

OUTPUT = 1
DRAIN_LIMIT = 10.0
"""Seconds after the exit before the output pipe is closed under whoever still holds it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended."""

    text: str
    """For people: `exit code 1`, `signal 9`."""
    clean: bool
    """With exit code 0."""
    not_run: str | None = None
    """Why the launcher could not become the command; None when it could."""
    signal: int | None = None
    """That ended it."""
    code: int | None = None
    """The exit code, of one that was not ended by a signal."""


class Launched(ProcessProtocol):
    """One process: `running` once the command has replaced the launcher, `exited` once it was reaped.

    `exited` is called once, and `running` before it or never. `output` gets what the process writes, in order, and
    at last `b""`: no more will come.
    """

    def __init__(
        self,
        clock: IReactorTime,
        output: Callable[[bytes], None],
        running: Callable[[], None],
        exited: Callable[[Ending], None],
    ) -> None:
        self._clock = clock
        self._output = output
        self._running = running
        self._exited = exited
        self._complaint = b""
        self._status_open = True
        self._ending: Ending | None = None
        self._drain: IDelayedCall | None = None
        self._output_open = True
        self._listeners: Waiters[None] = Waiters()

    @property
    def reaped(self) -> bool:
        """Its pid is gone."""
        return self._ending is not None

    def heard_out(self) -> Deferred[None]:
        """Fires when everything has been read that was written, which may be after the end; cancelling is harmless."""
        return self._listeners.add() if self._output_open else succeed(None)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        if childFD == STATUS:
            self._complaint += data
        else:
            self._output(data)

    def childConnectionLost(self, childFD: int) -> None:
        if childFD == STATUS:
            self._status_lost()
        else:
            self._output_open = False
            self._output(b"")
            self._listeners.fire(None)

    def _status_lost(self) -> None:
        self._status_open = False
        if self._ending is not None:
            self._report(self._ending)
        elif not self._complaint:
            self._running()

    def processExited(self, reason: Failure) -> None:
        self._ending = read_ending(reason)
        self._drain = self._clock.callLater(DRAIN_LIMIT, self._close_output)
        if not self._status_open:  # else the reason why it could not run may still be in the pipe
            self._report(self._ending)

    def processEnded(self, reason: Failure) -> None:
        if self._drain is not None and self._drain.active():
            self._drain.cancel()

    def _report(self, ending: Ending) -> None:
        complaint = self._complaint.decode("utf-8", "replace")
        self._exited(replace(ending, not_run=complaint or None))

    def _close_output(self) -> None:
        cast(IProcessTransport, self.transport).closeChildFD(OUTPUT)


def read_ending(reason: Failure) -> Ending:
    """What Twisted says of the end of a process."""
    if isinstance(reason.value, ProcessTerminated):
        number = reason.value.signal
        code = reason.value.exitCode if number is None else None
        text = f"exit code {code}" if number is None else f"signal {number}"
        return Ending(text, clean=False, signal=number, code=code)
    return Ending("exit code 0", clean=True, code=0)
