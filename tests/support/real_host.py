"""Real surroundings of a backend: the reactor, the process table, a journal in a directory of the test's own.

Also a program: a server with one backend, to be killed. It prints `ready` once the backend is.

    python -m tests.support.real_host STATE_DIRECTORY COMMAND
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from llamaswap.backends.host import Host
from llamaswap.backends.journal import Journal
from llamaswap.backends.local import LocalBackend
from llamaswap.backends.processes import system_processes
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId
from llamaswap.notices import Notices
from llamaswap.wire.upstream import Upstream

T = TypeVar("T")
FAKE_UPSTREAM = [sys.executable, "-I", "-S", str(Path(__file__).with_name("fake_upstream.py"))]


def fail_loudly(error: Exception) -> None:
    """No listener of a test may raise."""
    raise AssertionError from error


def real_host(reactor: Any, state: Path, environ: Mapping[str, str], *, health_check_timeout: float = 15) -> Host:
    """A host on `reactor` whose journal lies in `state`."""
    processes = system_processes()
    journal = Journal(processes)
    journal.open(state)

    def in_thread(work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), work)

    return Host(
        clock=reactor,
        spawner=reactor,
        in_thread=in_thread,
        processes=processes,
        journal=journal,
        notices=Notices(fail_loudly),
        connect=lambda origin, timeouts: Upstream(reactor, origin, timeouts=timeouts),
        environ=environ,
        health_check_timeout=lambda: health_check_timeout,
    )


def main() -> None:
    """Be a server until somebody kills it."""
    from twisted.internet import reactor

    state, command = sys.argv[1:]
    model = Model(id=ModelId("m"), cmd=command, proxy="http://localhost:1", check_endpoint="none")
    backend = LocalBackend(model, real_host(reactor, Path(state), os.environ), lambda data: None)
    reactor.callWhenRunning(lambda: backend.ensure_ready().addCallback(lambda _: print("ready", flush=True)))
    reactor.run()


if __name__ == "__main__":
    main()
