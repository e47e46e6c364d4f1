"""Which of a selector's targets answers a request (lifecycle section 10.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llamaswap.notices import State
from llamaswap.resolve.targets import Target

_UP = (State.READY, State.STARTING)
_ON_ITS_WAY_OUT = (State.STOPPING, State.SHUTDOWN)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a target."""

    target: Target
    busy: int
    """Requests that it has, or that are under way to it."""
    state: State | None = None
    """None for the model of a peer."""

    @property
    def usable(self) -> bool:
        return self.state not in _ON_ITS_WAY_OUT

    @property
    def active(self) -> bool:
        return self.state in _UP or self.busy > 0


def warm(standings: Sequence[Standing]) -> Standing:
    """The first that is ready, else the first that is starting, else the first."""
    for wanted in _UP:
        for standing in standings:
            if standing.state is wanted:
                return standing
    return standings[0]


def spillover(standings: Sequence[Standing], limit: int, last: Target | None) -> Standing | None:
    """An active target while one has less than `limit` to do, else a cold one, else the least busy.

    Of several that have equally little to do, the next after `last`, the one that was chosen the time before. None:
    none of them is usable.
    """
    usable = [standing for standing in standings if standing.usable]
    active = [standing for standing in usable if standing.active]
    cold = [standing for standing in usable if not standing.active]
    least = min((standing.busy for standing in active), default=limit)
    if cold and least >= limit:
        return cold[0]
    idle = [standing for standing in active if standing.busy == least]
    return _next(idle, standings, last) if idle else None


def _next(those: Sequence[Standing], order: Sequence[Standing], last: Target | None) -> Standing:
    """The first of `those` that stands behind `last` in `order`, and round."""
    names = [standing.target.name for standing in order]
    seam = names.index(last.name) + 1 if last is not None and last.name in names else 0
    behind = {name: place for place, name in enumerate((*names[seam:], *names[:seam]))}
    return min(those, key=lambda standing: behind[standing.target.name])
