"""An operating system in memory: spawns, signals, sessions, marks and zombies, without a process."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.interfaces import IAddress, IProcessProtocol, IProcessTransport, IReactorProcess
from twisted.python.failure import Failure
from zope.interface import implementer

from llamaswap.backends.launch import MARK
from llamaswap.backends.launcher import STATUS
from llamaswap.backends.processes import Seen


@dataclass(eq=False)
class FakeProcess:
    """A process in the table."""

    system: FakeSystem
    seen: Seen
    deaf: bool = False
    """SIGTERM has no effect on it."""
    received: list[int] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self in self.system.table

    def receive(self, number: int) -> None:
        """Take a signal; nothing but SIGKILL ends a deaf process."""
        self.received.append(number)
        if number == signal.SIGKILL or not self.deaf:
            self.die(number)

    def die(self, number: int) -> None:
        self.system.table.remove(self)


class FakeChild(FakeProcess):
    """A process that was spawned: the test says when the command runs, what it writes and how it ends."""

    protocol: IProcessProtocol
    arguments: list[str]
    environ: Mapping[str, str]
    transport: FakeTransport
    output_held = False
    """Somebody else holds its output: it stays open when the process ends."""
    _output_open = True

    @property
    def command(self) -> list[str]:
        """What the launcher becomes."""
        return self.arguments[7:]

    def run(self) -> FakeChild:
        """The launcher has become the command, in a session of its own."""
        pid = self.seen.pid
        self.seen = replace(self.seen, group=pid, session=pid)
        self.protocol.childConnectionLost(STATUS)
        return self

    def refuse(self, reason: bytes) -> None:
        """The launcher could not become the command."""
        self.protocol.childDataReceived(STATUS, reason)
        self.exit(127)
        self.protocol.childConnectionLost(STATUS)

    def say(self, data: bytes) -> None:
        self.protocol.childDataReceived(1, data)

    def fork(self, *, deaf: bool = False, session: bool = False, marked: bool = True) -> FakeProcess:
        """Leave a descendant, which may have a session of its own."""
        pid = self.system.next_pid()
        place = pid if session else self.seen.pid
        seen = Seen(pid, self.system.tick(), place, place, self.seen.mark if marked else "")
        return self.system.add(FakeProcess(self.system, seen, deaf))

    def exit(self, code: int = 0) -> None:
        """It ends by itself."""
        self._reap(Failure(ProcessTerminated(code) if code else ProcessDone(0)))

    def die(self, number: int) -> None:
        self._reap(Failure(ProcessTerminated(None, signal=number)))

    def close_output(self) -> None:
        """Nobody holds the pipe any more."""
        if self._output_open:
            self._output_open = False
            self.protocol.childConnectionLost(1)
            self.protocol.processEnded(Failure(ProcessDone(0)))

    def _reap(self, reason: Failure) -> None:
        self.system.table.remove(self)
        self.protocol.processExited(reason)
        if not self.output_held:
            self.close_output()


@implementer(IProcessTransport)
class FakeTransport:
    """The server's end of a child's pipes."""

    disconnecting = False

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.closed: list[object] = []

    def closeChildFD(self, descriptor: int) -> None:
        self.closed.append(descriptor)

    def closeStdin(self) -> None:
        self.closeChildFD(0)

    def closeStdout(self) -> None:
        self.closeChildFD(1)

    def closeStderr(self) -> None:
        self.closeChildFD(2)

    def loseConnection(self) -> None:
        self.closed.append("all")

    def writeToChild(self, childFD: int, data: bytes) -> None:
        raise AssertionError("a backend's stdin is the null device")

    def signalProcess(self, signalID: str | int) -> None:
        raise AssertionError("signals go through the process table")

    def write(self, data: bytes) -> None:
        self.writeToChild(0, data)

    def writeSequence(self, data: Any) -> None:
        self.writeToChild(0, b"".join(data))

    def getPeer(self) -> IAddress:
        raise AssertionError("a process has no address")

    def getHost(self) -> IAddress:
        raise AssertionError("a process has no address")


@implementer(IReactorProcess)
class FakeSystem:
    """Spawner and process table in one. `deaf` is what new children are to SIGTERM."""

    boot = "this boot"

    def __init__(self) -> None:
        self.table: list[FakeProcess] = []
        self.children: list[FakeChild] = []
        self.deaf = False
        self.full = False
        """No more processes can be made."""
        self.blind = False
        """The table cannot be looked at."""
        self._pids = itertools.count(100)
        self._ticks = itertools.count(1000)

    @property
    def last(self) -> FakeChild:
        return self.children[-1]

    def next_pid(self) -> int:
        return next(self._pids)

    def tick(self) -> int:
        return next(self._ticks)

    def add(self, process: FakeProcess) -> FakeProcess:
        self.table.append(process)
        return process

    # -- IReactorProcess ---------------------------------------------------------------------------------------------

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str],
        env: Any = None,
        path: bytes | str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool | tuple[int, int, str] = False,
        childFDs: Mapping[int, int | str] | None = None,
    ) -> IProcessTransport:
        if self.full:
            raise OSError(11, "Resource temporarily unavailable")
        assert childFDs is not None and childFDs[1] == childFDs[STATUS] == "r"
        pid = self.next_pid()
        child = FakeChild(self, Seen(pid, self.tick(), 1, 1, env[MARK]), self.deaf)
        child.protocol, child.arguments, child.environ = processProtocol, [str(word) for word in args], env
        child.transport = FakeTransport(pid)
        self.add(child)
        self.children.append(child)
        processProtocol.makeConnection(child.transport)
        return child.transport

    # -- Processes ---------------------------------------------------------------------------------------------------

    def started(self, pid: int) -> int | None:
        self._look()
        return next((process.seen.started for process in self.table if process.seen.pid == pid), None)

    def running(self, since: int = 0) -> list[Seen]:
        self._look()
        return [process.seen for process in self.table if process.seen.started >= since]

    def _look(self) -> None:
        if self.blind:
            raise OSError(24, "Too many open files")

    def signal(self, process: Seen, number: int) -> None:
        self._look()
        for candidate in tuple(self.table):
            if (candidate.seen.pid, candidate.seen.started) == (process.pid, process.started):
                candidate.receive(number)

    def signal_group(self, leader: int, number: int) -> None:
        members = [process for process in self.table if process.seen.group == leader]
        alone = [process for process in self.table if process.seen.pid == leader]
        for process in sorted(members or alone, key=lambda process: process.seen.pid == leader):
            process.receive(number)  # its leader last: all have it before anybody is told of an end
