"""What all backends of one server share: time, processes, the journal, and where state changes are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorProcess, IReactorTime

from llamaswap.backends.journal import Journal
from llamaswap.backends.processes import Processes
from llamaswap.config.schema import Timeouts
from llamaswap.notices import Notices
from llamaswap.threads import InThread
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The surroundings of a backend."""

    clock: IReactorTime
    spawner: IReactorProcess
    in_thread: InThread
    processes: Processes
    journal: Journal
    notices: Notices
    connect: Callable[[Origin, Timeouts], Upstream]
    environ: Mapping[str, str]
    """What children inherit."""
    health_check_timeout: Callable[[], float]
    """Seconds that a start which begins now may take."""
