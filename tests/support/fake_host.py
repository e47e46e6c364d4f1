"""The surroundings of a backend in memory: a clock, a fake system, probes that the test answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from twisted.internet.defer import Deferred, execute, fail, succeed
from twisted.internet.task import Clock

from llamaswap.backends.host import Host
from llamaswap.backends.journal import Journal
from llamaswap.config.schema import Timeouts
from llamaswap.errors import UpstreamFailed
from llamaswap.notices import ModelChanged, Notices
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream
from tests.support.fake_system import FakeSystem

T = TypeVar("T")


class FakeUpstream:
    """Answers probes with `answers` in turn: a status, None for a refused connection, ... for no answer at all."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.answers: list[object] = [None]
        self.probes: list[str] = []
        self.closed = False

    def probe(self, path: str) -> Deferred[int]:
        self.probes.append(path)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is ...:
            return Deferred()
        return succeed(answer) if isinstance(answer, int) else fail(UpstreamFailed("refused"))

    def configure(self, timeouts: Timeouts) -> None:
        self.timeouts = timeouts

    def close(self) -> None:
        self.closed = True


class FakeHost:
    """Makes a `Host`, and remembers what happened on it. `slow_threads`: the test runs the work by `run_threads()`."""

    def __init__(self, *, health_check_timeout: float = 15, slow_threads: bool = False) -> None:
        self.health_check_timeout = health_check_timeout
        self.clock = Clock()
        self.system = FakeSystem()
        self.upstreams: list[FakeUpstream] = []
        self.answers: list[object] = [200]
        """What the next upstreams answer."""
        self.changes: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self._slow = slow_threads
        self._work: list[Callable[[], object]] = []
        self.errors: list[Exception] = []
        self.notices = Notices(self.errors.append)
        self.notices.subscribe(ModelChanged, self._changed)
        self.host = Host(
            clock=self.clock,
            spawner=self.system,
            in_thread=self._in_thread,
            processes=self.system,
            journal=Journal(self.system),
            notices=self.notices,
            connect=self._connect,
            environ={"PATH": "/bin:/usr/bin", "HOME": "/nowhere"},
            health_check_timeout=lambda: self.health_check_timeout,
        )

    def run_threads(self) -> None:
        """Let the threads finish what they have."""
        work, self._work = self._work, []
        for piece in work:
            piece()

    def _in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        if not self._slow:
            return execute(work)
        result: Deferred[T] = Deferred()
        self._work.append(lambda: execute(work).chainDeferred(result))
        return result

    def _connect(self, origin: Origin, timeouts: Timeouts) -> Upstream:
        upstream = FakeUpstream(origin)
        upstream.configure(timeouts)
        upstream.answers = list(self.answers)
        self.upstreams.append(upstream)
        return cast(Upstream, upstream)

    def _changed(self, notice: ModelChanged) -> None:
        self.changes.append((notice.old.value, notice.new.value))
        self.reasons.append(notice.reason)
