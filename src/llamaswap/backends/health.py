"""When is a freshly started server ready? A loop of probes, quick at first (W-01).

Lifecycle section 2.4. It knows neither processes nor states; who runs it gives it a deadline and cancels it.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from llamaswap.errors import UpstreamFailed

PROBE_DEADLINE = 5.0
"""Seconds one probe may take: a server that accepts and never answers must not hold up the rest."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.003, 0.1


def pause_after(waited: float) -> float:
    """Seconds until the next probe: a hundredth of the time waited, so that nobody notices when it was too late."""
    return min(max(waited / 100, SHORTEST_PAUSE), LONGEST_PAUSE)


async def wait_until_healthy(
    probe: Callable[[], Deferred[int]],
    alive: Callable[[], bool],
    clock: IReactorTime,
    tell: Callable[[str], None],
) -> None:
    """Returns when a probe was answered with status 200 exactly and the process is still `alive` after it.

    A dead one's answer came from somebody else (W-02); its exit will end this wait from outside. `tell` hears what
    each probe met, for whoever has to explain a wait that was too long.
    """
    began = clock.seconds()
    while not (await _is_well(probe, clock, tell) and alive()):
        await deferLater(clock, pause_after(clock.seconds() - began))


async def _is_well(probe: Callable[[], Deferred[int]], clock: IReactorTime, tell: Callable[[str], None]) -> bool:
    try:
        status = await probe().addTimeout(PROBE_DEADLINE, clock)
    except TimeoutError:
        tell(f"no answer within {PROBE_DEADLINE:g}s")
    except UpstreamFailed as error:
        tell(str(error))
    else:
        tell(f"status {status}")
        return status == 200
    return False
