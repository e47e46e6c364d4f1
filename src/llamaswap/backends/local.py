"""A model whose server is a child process of ours: one `Backend`.

The machine decides and the child does; here stand those who wait, what each step of the machine means, and who is
told of it. Lifecycle section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.child import Child, Output
from llamaswap.backends.health import wait_until_healthy
from llamaswap.backends.host import Host
from llamaswap.backends.last_words import last_words
from llamaswap.backends.launch import command_line, not_started
from llamaswap.backends.machine import ABORTED, Inputs, Machine
from llamaswap.backends.ports import occupied
from llamaswap.backends.process import Ending
from llamaswap.backends.shortage import TAIL, shortage
from llamaswap.backends.spawning import NotSpawned, find_executable
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model
from llamaswap.config.secrets import GONE, HIDDEN, without_secrets
from llamaswap.errors import OutOfMemory, ShuttingDown, StartFailed
from llamaswap.logs.ring import Ring
from llamaswap.notices import ModelChanged, State
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

PREMATURE = "upstream command exited prematurely"
UNEXPECTED = "upstream process exited unexpectedly"


class LocalBackend:
    """`model`, run on `host`; what its processes write goes to `output`. Satisfies `Backend`."""

    def __init__(self, model: Model, host: Host, output: Output) -> None:
        self._body = _LocalBody(model, host, output)
        self._machine = Machine(self._body)

    @property
    def form(self) -> Model:
        return self._body.model

    @property
    def state(self) -> State:
        return self._body.state

    @property
    def upstream(self) -> Upstream | None:
        return self._body.upstream if self.state is State.READY else None

    @property
    def pid(self) -> int | None:
        return self._body.child.pid if self._body.child is not None else None

    def adapt(self, form: Model) -> None:
        self._body.adapt(form)

    def ensure_ready(self) -> Deferred[Upstream]:
        if self.state is State.SHUTDOWN:
            return fail(self._body.shut_error())
        if self.upstream is not None:
            return succeed(self.upstream)
        ready = self._body.joiners.add()
        self._machine.start()
        return ready

    def stop(self, grace: float) -> Deferred[None]:
        if self._body.idle:
            return succeed(None)
        stopped = self._body.stoppers.add()
        self._machine.stop(grace)
        return stopped

    def close(self, grace: float) -> Deferred[None]:
        if self._body.idle and self.state is State.SHUTDOWN:
            return succeed(None)
        stopped = self._body.stoppers.add()
        self._machine.close(grace)
        return stopped

    def kill(self) -> None:
        if self._body.child is not None:
            self._body.child.kill()
        self._machine.close(0.0)


class _Attempt:
    """A start under way."""

    def __init__(self, work: Deferred[None]) -> None:
        self._work = work

    def abandon(self) -> None:
        self._work.cancel()


class _LocalBody:
    """What the machine moves: a child, the connections to it, and those who wait."""

    _log = Logger()

    def __init__(self, model: Model, host: Host, output: Output) -> None:
        self.model = model
        self._host = host
        self._output = output
        self.state = State.STOPPED
        self.upstream: Upstream | None = None
        self.child: Child | None = None
        self.joiners: Waiters[Upstream] = Waiters()
        """Those who want it ready and have no start of their own: the one under way will do, if it succeeds."""
        self._starters: Waiters[Upstream] = Waiters()
        """Those whose start is under way, and who fail with it."""
        self.stoppers: Waiters[None] = Waiters()
        self._last_ending: Ending | None = None
        self._said = Ring(TAIL)
        """The last that its processes have written since their start."""
        self._early_end: Ending | None = None
        """How the process of a start has ended by itself."""
        self._last_probe = ""

    def adapt(self, form: Model) -> None:
        """Be of this form, with the process and the connections that there are."""
        self.model = form
        if self.child is not None:
            self.child.model = form
        if self.upstream is not None:
            self.upstream.configure(form.timeouts)

    @property
    def idle(self) -> bool:
        """Nothing of it is left, and nothing is being started."""
        return self.child is None and self.state in (State.STOPPED, State.SHUTDOWN)

    def shut_error(self) -> ShuttingDown:
        return ShuttingDown(f"[{self.model.id}] shutdown")

    # -- steps of the machine ----------------------------------------------------------------------------------------

    def enter(self, state: State, reason: str = "") -> None:
        self._enter(state, reason, None)

    def _enter(self, state: State, reason: str, ending: Ending | None) -> None:
        """`reason`: why it did so by itself, and `ending`: how its process has, if it has."""
        old, self.state = self.state, state
        code = ending.code if ending is not None else None
        said = last_words(bytes(self._said)) if reason else ()
        when = self._host.clock.seconds()
        self._host.notices.publish(ModelChanged(self.model.id, old, state, when, reason, code, said))

    def attempt(self, machine: Inputs) -> _Attempt:
        self._starters.take(self.joiners)
        self._said, self._early_end = Ring(TAIL), None
        self.enter(State.STARTING)
        patience = self._host.health_check_timeout()
        work = Deferred.fromCoroutine(self._start(machine))
        work.addTimeout(patience, self._host.clock)
        work.addCallbacks(lambda _: machine.healthy(), partial(self._judge, machine, patience))
        work.addErrback(lambda failure: self._log.failure("starting {model}", failure, model=self.model.id))
        return _Attempt(work)

    def end(self, machine: Inputs, grace: float) -> None:
        if self.child is None:
            machine.gone()
        else:
            self.child.end(grace)

    def serve(self) -> None:
        assert self.upstream is not None  # the exit of the child takes it away, and would have ended the start
        self.enter(State.READY)
        self._starters.fire(self.upstream)
        self.joiners.fire(self.upstream)

    def crash(self) -> None:
        how = self._last_ending.text if self._last_ending is not None else "?"
        self._log.warn("{model}: {what} ({how})", model=self.model.id, what=UNEXPECTED, how=how)
        self._enter(State.STOPPED, UNEXPECTED, self._last_ending)

    def disappoint(self, why: str) -> None:
        error = self._verdict(why)
        self._enter(State.STOPPED, "" if why == ABORTED else error.cause, self._early_end)
        self._starters.fail(error)

    def rest(self, machine: Inputs) -> None:
        self.child = None
        self.stoppers.fire(None)
        if self.joiners:
            machine.start()

    def shut(self) -> None:
        self.enter(State.SHUTDOWN)
        self._starters.fail(self.shut_error())
        self.joiners.fail(self.shut_error())

    # -- a start -----------------------------------------------------------------------------------------------------

    async def _start(self, machine: Inputs) -> None:
        """From nothing to a server that says it is well. Raises `StartFailed`, `NotSpawned`."""
        self._last_probe = ""
        origin = self._origin()
        words = command_line(self.model.cmd)
        executable = await self._host.in_thread(partial(self._look_around, origin, words))
        child = Child(self._host, self.model, self._hear, partial(self._exited, machine, words), machine.gone)
        running = child.launch(words, executable)
        self.child = child
        self.upstream = upstream = self._host.connect(origin, self.model.timeouts)
        await running
        endpoint = self.model.check_endpoint.strip()
        if endpoint != "none":
            probe = partial(upstream.probe, endpoint)
            await wait_until_healthy(probe, child.alive, self._host.clock, partial(setattr, self, "_last_probe"))

    def _origin(self) -> Origin:
        if not self.model.proxy:
            raise StartFailed("upstream proxy missing")
        try:
            return Origin.parse(self.model.proxy)
        except ValueError as error:
            problem = without_secrets(f"invalid proxy URL {self.model.proxy!r}: {error}")
            raise StartFailed(problem.replace(GONE, HIDDEN)) from error

    def _look_around(self, origin: Origin, words: Sequence[str]) -> str:
        """In a thread: is the port free where it is ours (W-02), and which file are we to run?"""
        if self.model.port is not None and (problem := occupied(origin.host, self.model.port)):
            raise StartFailed(problem)
        return find_executable(words, self._host.environ)

    def _judge(self, machine: Inputs, patience: float, failure: Failure) -> None:
        """Tell the machine why the start has failed; an abandoned one has been judged already."""
        if failure.check(CancelledError):
            return
        if failure.check(TimeoutError):
            met = f"; the last probe of {self.model.check_endpoint} met: {self._last_probe}" if self._last_probe else ""
            machine.failed(f"health check timed out after {patience:g}s{met}")
        elif isinstance(failure.value, StartFailed):
            machine.failed(failure.value.cause)
        elif failure.check(NotSpawned):
            machine.failed(str(failure.value))
        else:
            self._log.failure("starting {model}", failure, model=self.model.id)
            machine.failed(repr(failure.value))

    # -- what the child tells ----------------------------------------------------------------------------------------

    def _exited(self, machine: Inputs, words: Sequence[str], ending: Ending) -> None:
        if self.upstream is not None:
            self.upstream.close()
            self.upstream = None
        self._last_ending = ending
        if self.child is not None and self.child.ended_by_itself and not ending.not_run:
            self._early_end = ending
        machine.exited(not_started(words, ending.not_run) if ending.not_run else self._premature(ending))

    def _hear(self, data: bytes) -> None:
        self._said.append(data)
        self._output(data)

    def _verdict(self, why: str) -> StartFailed:
        """Why a start has failed. Only now has all been read that its processes wrote before they ended."""
        if self._early_end is None:
            return StartFailed(why)
        proof = shortage(self._early_end.signal, bytes(self._said))
        return StartFailed(why) if proof is None else OutOfMemory(f"out of memory, for {proof}; {why}")

    def _premature(self, ending: Ending) -> str:
        return f"{PREMATURE} ({ending.text}); what it printed is at /logs/stream/{quote(self.model.id)}"
