"""What the scheduler remembers: one `Station` for each model, and the operations under way between them.

Data, and questions that a look at one of them answers. Every decision, and every change that concerns more than one
station, is made in `core.py`. (A queue with its servers is a *station* in the words of queueing theory.)
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from llamaswap.config.schema import Model
from llamaswap.errors import OutOfMemory, Refusal, StartFailed
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.backoff import Backoff
from llamaswap.schedule.estimate import Estimate
from llamaswap.schedule.events import Running

UNCLAIMED = TicketId(sys.maxsize)
NO_BATCH = TicketId(-1)


@dataclass(slots=True, eq=False)
class Station:
    """One model: who waits for it, who is being served, and what is being done to it."""

    model: Model
    """What requests meet: the newest entry of the configuration, or the last there was."""
    priority: int = 0
    form: Model = field(init=False)
    """What its process was started with, or would be."""
    removed: bool = False
    """It is configured no more."""
    outdated: bool = False
    """Its form does not hold any more (`renewal.py`)."""
    state: State = State.STOPPED
    waiting: OrderedDict[TicketId, float] = field(default_factory=OrderedDict)
    """Requests without a grant and when they arrived, oldest first."""
    extras: dict[TicketId, int] = field(default_factory=dict)
    """What those of them add to the priority of the model that add anything."""
    serving: dict[TicketId, float] = field(default_factory=dict)
    """Requests in flight, and when they were granted."""
    batch: TicketId = NO_BATCH
    """The last of the requests that were waiting when the model became ready: up to it all are served first."""

    swap: ActiveSwap | None = None
    """The swap under way that makes this model ready or evicts it. Colliding swaps wait, so there is only one."""
    holds: int = 0
    """How many unloads and other stops have it in hand, and whether its form is outdated."""

    claimed: TicketId = UNCLAIMED
    """The oldest overdue request whose swap would touch this model; later ones leave it alone."""
    claiming: bool = False
    """An overdue request for this model stands among the claims."""

    short: OutOfMemory | None = None
    """Why its load has failed, for which those that wait have it tried once more, with more room."""

    ready_at: float = 0.0
    last_used: float = 0.0
    proven: bool = False
    """It has served a request since it became ready."""
    backoff: Backoff = field(default_factory=Backoff)
    estimate: Estimate = field(default_factory=Estimate)

    def __post_init__(self) -> None:
        self.form = self.model

    @property
    def id(self) -> ModelId:
        return self.model.id

    @property
    def head(self) -> TicketId:
        """The oldest request that waits; there must be one."""
        return next(iter(self.waiting))

    @property
    def urgency(self) -> int:
        """The priority of the most urgent request that waits."""
        if not self.extras:
            return self.priority
        return self.priority + max(self.extras.get(ticket, 0) for ticket in self.waiting)

    def in_turn(self, overdue: float) -> list[TicketId]:
        """Those that wait in the order in which they are served: who has waited since `overdue`, then by priority, then
        by age."""

        def turn(ticket: TicketId) -> tuple[bool, int, TicketId]:
            ripe = self.waiting[ticket] <= overdue
            return (not ripe, 0 if ripe else -self.extras.get(ticket, 0), ticket)

        return sorted(self.waiting, key=turn)

    @property
    def free(self) -> bool:
        """Nothing is being done to it."""
        return self.swap is None and not self.holds

    @property
    def loading(self) -> bool:
        """A swap under way makes it ready (or finds it so), given up or not."""
        return self.swap is not None and self.swap.target is self

    @property
    def joined(self) -> bool:
        """Its waiting requests will be answered by the end of a swap under way."""
        return self.swap is not None and self.swap.target is self and not self.swap.given_up

    @property
    def full(self) -> bool:
        """Another request would be one too many. Counts those that wait, for a load too (lifecycle section 5.2)."""
        reserved = len(self.waiting) + len(self.serving)
        return reserved >= self.model.concurrency_limit + self.model.queue_size

    @property
    def admits(self) -> bool:
        """It is ready and has a place, which nobody waits for, nor for it to go."""
        return (
            self.state is State.READY
            and not self.waiting
            and self.swap is None
            and not self.holds
            and not self.claiming
            and self.claimed == UNCLAIMED
            and len(self.serving) < self.model.concurrency_limit
        )

    @property
    def in_use(self) -> bool:
        """Somebody is being served, or was promised to be before the model goes."""
        return bool(self.serving) or (bool(self.waiting) and self.head <= self.batch)

    @property
    def idle(self) -> bool:
        """Ready, and nobody has or wants a place."""
        return self.state is State.READY and self.free and not self.serving and not self.waiting

    def shown(self, state: State) -> Running:
        """As the eviction policy sees it in that state."""
        return Running(
            model=self.model.id,
            state=state,
            in_flight=len(self.serving),
            waiting=len(self.waiting),
            ready_at=self.ready_at if state is State.READY else 0.0,
            last_used=self.last_used,
        )

    def became_ready(self, when: float) -> None:
        """Start its clocks anew: idle time counts from here (W-06)."""
        self.ready_at = self.last_used = when
        self.proven = False

    def retry_after(self, when: float) -> int:
        """The `Retry-After` of a request that finds no place."""
        loading = None if self.state is State.READY else when - self.swap.began if self.loading and self.swap else 0.0
        return self.estimate.retry_after(len(self.waiting), self.model.concurrency_limit, loading)


@dataclass(slots=True, eq=False)
class ActiveSwap:
    """A swap that was begun and has not ended."""

    id: SwapId
    target: Station
    victims: tuple[Station, ...]
    began: float
    given_up: bool = False
    """Nobody is answered by its end: those that wait for its target by then came later."""
    first: OutOfMemory | None = None
    """How the first try ended; None when this is the first."""

    def told(self, error: Refusal) -> Refusal:
        """`error`, which ended it, as those that waited are told of it."""
        if self.first is None or not isinstance(error, StartFailed):
            return error
        gone = ", ".join(victim.id for victim in self.victims)
        after = f" after evicting {gone}" if gone else ""
        return type(error)(f"{error.cause}; tried again{after}", retry_after=error.retry_after)

    @property
    def abandoned(self) -> bool:
        """It loads a model that nobody waits for any more (W-07). A target that is ready already is not loaded."""
        return self.target.state is State.STARTING and not self.target.waiting and not self.given_up


@dataclass(slots=True, eq=False)
class ActiveStop:
    """A batch of stops that has not ended, and the unload it is part of (None: nobody asked for it by hand)."""

    stations: tuple[Station, ...]
    unload: ActiveUnload | None


@dataclass(slots=True, eq=False)
class ActiveUnload:
    """An unload that is not done: batches that are stopped one after the other."""

    request: int
    batches: deque[tuple[float, tuple[Station, ...]]]
    """Grace and members of those that have not begun."""
    grace: float = 0.0
    awaited: set[Station] = field(default_factory=set)
    """Members of the batch under way that are not known to be gone."""


def in_batches(stations: Iterable[Station], grace: float | None) -> deque[tuple[float, tuple[Station, ...]]]:
    """Who is stopped together, in which order, with which grace (lifecycle section 5.8)."""
    if grace is not None:
        return deque([(grace, tuple(stations))])
    ordered = sorted(stations, key=_timeout)
    return deque((timeout, tuple(members)) for timeout, members in groupby(ordered, key=_timeout))


def _timeout(station: Station) -> float:
    return float(station.form.unload_timeout)
