"""Who is served when: the scheduler as a pure value. Events go in, effects come out.

It never waits, logs, starts a timer or calls back, and knows neither processes nor sockets: time comes with the
events, and which models exclude each other is the eviction policy's secret. The rules (lifecycle sections 5 and 6):

- The unit of decision is the model. Requests for one model form one queue, in order of arrival; what happens to its
  head happens to those behind it, as far as there are places.
- A request is *granted* when its model is ready, nothing has to be evicted and a place is free. Otherwise a *swap*
  begins as soon as nothing that has to go is in use; it answers all that wait for its target by then.
- Of two operations (swaps, unloads, TTL stops) that touch the same model the later one waits; only an unload need not
  wait for an eviction. A load that nobody waits for any more is given up when another swap would have to wait for it.
- Those that were waiting when a model became ready are its *batch*. They are served before it can be evicted.
- A request that has waited `maxWait` seconds is *overdue*. It is then treated by all that arrived after it as though
  its swap were under way: they get no place on a model that it would evict, and begin no swap that touches what its
  own would touch or that gives it more to evict. The oldest overdue request leads; older ones are never held back by
  younger ones. Hence the bound: a request waits at most for `maxWait`, what is then being served or loaded, and one
  load and batch for each older request.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import assert_never

from llamaswap.config.schema import Settings
from llamaswap.errors import LlamaSwapError, Refusal, ShuttingDown, StartFailed, TooManyRequests, Unloaded
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.claims import Claims
from llamaswap.schedule.events import (
    Arrived,
    BeginSwap,
    CancelSwap,
    Close,
    Died,
    Effect,
    Event,
    EvictionPolicy,
    Grant,
    Left,
    Refuse,
    Served,
    Stop,
    StopEnded,
    Swap,
    SwapEnded,
    Tick,
    Unload,
    UnloadDone,
    WakeAt,
)
from llamaswap.schedule.outlook import Outlook, Plan
from llamaswap.schedule.station import NO_BATCH, UNCLAIMED, ActiveStop, ActiveSwap, ActiveUnload, Station, in_batches


class NotHeld(LlamaSwapError):
    """A place was given back that nobody holds: a programming error (S-57)."""


class Core:
    """The state of the scheduler, and one method that changes it."""

    def __init__(self, settings: Settings, policy: EvictionPolicy) -> None:
        self._outlook = Outlook(policy)
        self._claims = Claims(self._outlook)
        self._router = settings.router
        self._max_wait = settings.max_wait or math.inf
        self._stations = {
            name: Station(model, settings.priorities.get(name, 0)) for name, model in settings.models.items()
        }
        self._places: dict[TicketId, Station] = {}
        self._queued: dict[ModelId, Station] = {}
        self._swaps: dict[SwapId, ActiveSwap] = {}
        self._stops: dict[SwapId, ActiveStop] = {}
        self._unloads: list[ActiveUnload] = []
        self._operations = 0
        self._closed = False

        self._ripening: deque[tuple[float, TicketId]] = deque()  # when requests that had to wait become overdue
        self._armed = NO_BATCH  # the last of them
        self._due = math.inf  # nothing depends on the time before that
        self._wish = math.inf  # what the last `WakeAt` asked for

        self._now = 0.0
        self._effects: list[Effect] = []
        self._moved: Station | None = None  # something may have changed for those that wait for this model …
        self._stirred = False  # … or for everybody

    # -- seen from outside ---------------------------------------------------------------------------------------

    @property
    def models(self) -> tuple[ModelId, ...]:
        """All it schedules."""
        return tuple(self._stations)

    def in_flight(self, model: ModelId) -> int:
        """How many requests for `model` are being served."""
        return len(self._stations[model].serving)

    def waiting(self, model: ModelId) -> int:
        """How many requests for `model` wait for their grant."""
        return len(self._stations[model].waiting)

    @property
    def serving(self) -> bool:
        """Somebody is being served."""
        return any(station.serving for station in self._stations.values())

    def feed(self, event: Event) -> list[Effect]:
        """Take in what happened; return what is to be done about it, in this order.

        Raises `NotHeld` for a `Served` of a ticket that holds no place; nothing has changed then.
        """
        self._now = event.when
        self._effects = []
        self._outlook.at(event.when)
        self._take_in(event)
        self._advance()
        return self._effects

    # -- what an event changes by itself -------------------------------------------------------------------------

    def _take_in(self, event: Event) -> None:
        match event:
            case Arrived():
                self._arrived(event)
            case Served():
                self._served(event)
            case Left():
                self._left(event)
            case SwapEnded():
                self._swap_ended(event)
            case StopEnded():
                self._stop_ended(event)
            case Died():
                self._died(event)
            case Unload():
                self._unload(event)
            case Tick():
                self._wish = math.inf
            case Close():
                self._close()
            case _:
                assert_never(event)

    def _arrived(self, event: Arrived) -> None:
        station = self._stations[event.model]
        if self._closed:
            self._effects.append(Refuse(event.ticket, self._shutting_down()))
        elif station.full:
            self._effects.append(Refuse(event.ticket, self._too_many(station)))
        else:
            station.waiting[event.ticket] = event.when
            self._places[event.ticket] = station
            self._queued[station.id] = station
            self._moved = station

    def _served(self, event: Served) -> None:
        station = self._places.get(event.ticket)
        if station is None or event.ticket not in station.serving:
            raise NotHeld(f"ticket {event.ticket} holds no place")
        del self._places[event.ticket]
        granted = station.serving.pop(event.ticket)
        station.last_used = event.when
        if event.completed:
            station.proven = True
            station.backoff.served()
            station.estimate.served(event.when - granted)
        if not station.serving:
            self._stirred = bool(self._queued)
        elif station.waiting:
            self._moved = station

    def _left(self, event: Left) -> None:
        station = self._places.get(event.ticket)
        if station is not None and event.ticket in station.waiting:
            self._withdraw(station, event.ticket)

    def _swap_ended(self, event: SwapEnded) -> None:
        active = self._swaps.pop(event.swap, None)
        if active is None:
            return
        target = active.target
        target.swap = None
        for victim in active.victims:
            victim.swap = None
            self._outlook.enter(victim, State.STOPPED)
        if event.error is None:
            self._swap_succeeded(active)
        else:
            self._swap_failed(active, event.error)
        for unload in [unload for unload in self._unloads if target in unload.awaited]:
            self._stop_members(unload, [target])
            self._proceed(unload)
        self._stirred = True

    def _swap_succeeded(self, active: ActiveSwap) -> None:
        target = active.target
        if target.state is not State.READY:
            target.became_ready(self._now)
            target.estimate.loaded(self._now - active.began)
            self._outlook.enter(target, State.READY)
            if target.model.ttl:
                self._alarm(self._now + target.model.ttl)
        if target.waiting and not target.holds:
            target.batch = next(reversed(target.waiting))
            self._serve(target)

    def _swap_failed(self, active: ActiveSwap, error: Refusal) -> None:
        target = active.target
        self._outlook.enter(target, State.STOPPED)
        if not active.given_up:
            cause = error.cause if isinstance(error, StartFailed) else str(error)
            target.backoff.failed(cause, self._now)
            self._refuse_all(target, error)

    def _stop_ended(self, event: StopEnded) -> None:
        stop = self._stops.pop(event.stop, None)
        if stop is None:
            return
        for station in stop.stations:
            self._outlook.enter(station, State.STOPPED)
            self._release(station, stop.unload)
        if stop.unload is not None:
            self._proceed(stop.unload)
        self._stirred = True

    def _died(self, event: Died) -> None:
        station = self._stations[event.model]
        if station.state is not State.READY:
            return  # a start or stop of it is under way, whose end is what counts
        if not station.proven:
            station.backoff.failed("upstream command exited unexpectedly", self._now)
        if station.swap is None:
            self._outlook.enter(station, State.STOPPED)
        else:  # the swap found it ready, and now has to start it
            self._outlook.enter(station, State.STARTING)
            if station.swap.given_up:
                self._effects.append(CancelSwap(station.swap.id))
        self._stirred = True

    def _close(self) -> None:
        self._closed = True
        for station in list(self._queued.values()):
            self._refuse_all(station, self._shutting_down())
        for active in self._swaps.values():
            self._give_up(active)

    # -- unloads and other stops ---------------------------------------------------------------------------------

    def _unload(self, event: Unload) -> None:
        stations = [self._stations[model] for model in dict.fromkeys(event.models)]
        for station in stations:
            station.holds += 1
            self._refuse_all(station, Unloaded(f"{self._router}: model unloaded"))
            if station.swap is not None and station.loading:
                self._give_up(station.swap)
        unload = ActiveUnload(event.request, in_batches(stations, event.grace))
        self._unloads.append(unload)
        self._proceed(unload)

    def _proceed(self, unload: ActiveUnload) -> None:
        """Go on to the next batch when the one before is gone, and finish after the last."""
        while not unload.awaited and unload.batches:
            unload.grace, members = unload.batches.popleft()
            unload.awaited = set(members)
            self._stop_members(unload, members)
        if not unload.awaited:
            self._unloads.remove(unload)
            self._effects.append(UnloadDone(unload.request))

    def _stop_members(self, unload: ActiveUnload, members: Iterable[Station]) -> None:
        """Stop those of the batch that run. One that is loading has to end that first: its swap was given up."""
        settled = [member for member in members if not member.loading]
        running = [member for member in settled if member.state is not State.STOPPED]
        for member in settled:
            if member.state is State.STOPPED:
                self._release(member, unload)
        if running:
            self._stop(running, unload.grace, "unload", unload)

    def _stop(self, stations: Sequence[Station], grace: float, why: str, unload: ActiveUnload | None) -> None:
        for station in stations:
            self._outlook.enter(station, State.STOPPING)
        stop = Stop(self._next_id(), tuple(station.id for station in stations), grace, why)
        self._stops[stop.id] = ActiveStop(tuple(stations), unload)
        self._effects.append(stop)

    def _release(self, station: Station, unload: ActiveUnload | None) -> None:
        station.holds -= 1
        if unload is not None:
            unload.awaited.discard(station)

    # -- time ----------------------------------------------------------------------------------------------------

    def _alarm(self, when: float) -> None:
        if when < self._due:
            self._due = when

    def _expire(self) -> None:
        """Do what the time asks for, and find out when it will ask again."""
        self._due = min(self._ripen(), self._end_long_waits(), self._stop_idle_models())

    def _ripen(self) -> float:
        """Stir when a request became overdue; return when the next one will."""
        while self._ripening:
            when, ticket = self._ripening[0]
            station = self._places.get(ticket)
            waits = station is not None and ticket in station.waiting
            if waits and when > self._now:
                return when
            self._ripening.popleft()
            self._stirred = self._stirred or waits
        return math.inf

    def _end_long_waits(self) -> float:
        """Refuse those that `queueTimeout` has caught; return when it will catch the next one."""
        following = math.inf
        for station in list(self._queued.values()):
            while station.model.queue_timeout and station.waiting:
                timeout = station.waiting[station.head] + station.model.queue_timeout
                if timeout > self._now:
                    following = min(following, timeout)
                    break
                self._refuse(station, station.head, self._too_many(station))
        return following

    def _stop_idle_models(self) -> float:
        """Stop what has been idle for longer than its `ttl`; return when the next one may have been (section 2.9)."""
        following = math.inf
        for station in list(self._outlook.running.values()):
            if not station.model.ttl or station.state is not State.READY:
                continue
            since = station.last_used if station.idle else self._now
            expires = since + station.model.ttl
            if self._now > expires:
                station.holds += 1
                self._stop([station], float(station.model.unload_timeout), "ttl", None)
            else:
                following = min(following, math.nextafter(expires, math.inf))
        return following

    # -- what follows from it ------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """After every event: find out whose turn it is now.

        A request that arrived, or gave back one of several places, moves its own model only, whatever waits elsewhere.
        """
        if self._now >= self._due and not self._closed:
            self._expire()
        station, self._moved = self._moved, None
        if station is not None and not self._stirred:
            self._consider(station)
        while self._stirred:
            self._stirred = False
            self._walk()
        if station is not None and station.waiting:
            self._arm(station)
        if self._due < self._wish and not self._closed:
            self._wish = self._due
            self._effects.append(WakeAt(self._due))

    def _walk(self) -> None:
        """Consider all that wait: overdue ones by age, then ready models, then by priority and age (section 5.6)."""
        self._claims.drop()
        queued = sorted(self._queued.values(), key=attrgetter("head"))
        overdue = [station for station in queued if self._overdue(station)]
        following = [*(station.head for station in overdue[1:]), UNCLAIMED]
        for station, younger in zip(overdue, following, strict=False):
            # behind its head there may be requests younger than the next overdue one, which is yet to claim
            self._consider(station, younger)
            if not station.joined and self._overdue(station):
                self._claims.add(station)
        for station in queued:
            if station.state is State.READY and station.free:
                self._serve(station)
        for station in sorted(queued, key=lambda station: -station.priority):
            if station.waiting and not station.claiming:
                self._consider(station)

    def _consider(self, station: Station, before: TicketId = UNCLAIMED) -> None:
        """Give those that wait for one model what they can have now (lifecycle section 5.3). `before`: see `_serve`."""
        if station.swap is not None:
            self._give_up_if_abandoned(station.swap)
        if not station.free:
            return
        if station.state is State.READY:
            self._serve(station, before)
            if not station.waiting or station.head <= station.batch or station.head > before:
                return
            if not self._outlook.plan(station).victims:
                return
        elif refusal := station.backoff.refusal(self._now):
            self._refuse_all(station, refusal)
            return
        self._swap_if_possible(station)

    def _serve(self, station: Station, before: TicketId = UNCLAIMED) -> None:
        """Grant the places of a ready model in order of arrival; only to requests older than `before`, if given."""
        places = station.model.concurrency_limit - len(station.serving)
        before = min(before, station.claimed)
        for ticket in list(islice(station.waiting, max(places, 0))):
            if ticket > station.batch and (ticket > before or self._outlook.plan(station).victims):
                break
            self._leave_queue(station, ticket)
            station.serving[ticket] = self._now
            self._outlook.at(self._now)
            self._effects.append(Grant(ticket, station.id))

    def _swap_if_possible(self, station: Station) -> None:
        """Begin the swap that the head of a free model needs, unless somebody is in the way."""
        plan = self._outlook.plan(station)
        blocked = False
        for victim in plan.victims:
            if victim.swap is not None:
                self._give_up_if_abandoned(victim.swap)
            if victim.in_use or not victim.free:
                blocked = True
        if not blocked and not self._claims.forbid(station, plan.victims):
            self._begin_swap(station, plan)

    def _begin_swap(self, station: Station, plan: Plan) -> None:
        active = ActiveSwap(self._next_id(), station, plan.victims, self._now)
        self._swaps[active.id] = active
        for victim in plan.victims:
            victim.swap = active
            self._outlook.enter(victim, State.STOPPING)
        station.swap = active
        if station.state is not State.READY:
            self._outlook.enter(station, State.STARTING)
        evict = tuple(victim.id for victim in plan.victims)
        self._effects.append(BeginSwap(Swap(active.id, station.id, evict, plan.why)))

    def _give_up_if_abandoned(self, active: ActiveSwap) -> None:
        """Somebody wants what `active` holds: reason enough to give it up if nobody waits for it (W-07)."""
        if active.abandoned:
            self._give_up(active)

    def _give_up(self, active: ActiveSwap) -> None:
        """See to it that the end of `active` answers nobody, and if it loads its target, that it does so no longer."""
        if not active.given_up:
            active.given_up = True
            if active.target.state is State.STARTING:
                self._effects.append(CancelSwap(active.id))

    # -- fairness ------------------------------------------------------------------------------------------------

    def _overdue(self, station: Station) -> bool:
        """Its oldest request has waited for longer than anybody should."""
        for since in station.waiting.values():
            return since + self._max_wait <= self._now
        return False

    def _arm(self, station: Station) -> None:
        """See to it that time is asked for when the newest request that waits here becomes overdue, or gives up."""
        newest = next(reversed(station.waiting))
        if newest > self._armed:
            self._armed = newest
            since = station.waiting[newest]
            if self._max_wait < math.inf:
                self._ripening.append((since + self._max_wait, newest))
                self._alarm(since + self._max_wait)
            self._alarm(since + (station.model.queue_timeout or math.inf))

    # -- small changes -------------------------------------------------------------------------------------------

    def _leave_queue(self, station: Station, ticket: TicketId) -> None:
        del station.waiting[ticket]
        if not station.waiting:
            del self._queued[station.id]
        if station.claiming or (station.loading and not station.waiting):
            self._stirred = True  # somebody may be held back no longer, or want a load that is abandoned now

    def _withdraw(self, station: Station, ticket: TicketId) -> None:
        self._leave_queue(station, ticket)
        del self._places[ticket]

    def _refuse(self, station: Station, ticket: TicketId, why: Refusal) -> None:
        self._withdraw(station, ticket)
        self._effects.append(Refuse(ticket, why))

    def _refuse_all(self, station: Station, why: Refusal) -> None:
        for ticket in list(station.waiting):
            self._refuse(station, ticket, why)

    def _too_many(self, station: Station) -> TooManyRequests:
        return TooManyRequests(retry_after=station.retry_after(self._now))

    def _shutting_down(self) -> ShuttingDown:
        return ShuttingDown(f"{self._router} is shutting down")

    def _next_id(self) -> SwapId:
        self._operations += 1
        return SwapId(self._operations)
