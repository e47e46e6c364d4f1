"""Who is served when: the scheduler as a pure value. Events go in, effects come out.

It never waits, logs, starts a timer or calls back, and knows neither processes nor sockets: time comes with the
events, and which models exclude each other is the eviction policy's secret. The rules (lifecycle sections 5 and 6):

- The unit of decision is the model. Requests for one model form one queue, in order of arrival; what happens to its
  head happens to those behind it, as far as there are places.
- A request is *granted* when its model is ready, nothing has to be evicted and a place is free. Otherwise a *swap*
  begins as soon as nothing that has to go is in use; it answers all that wait for its target by then.
- Of two operations (swaps, unloads, TTL stops) that touch the same model the later one waits; only an unload need not
  wait for an eviction. A load that nobody waits for any more is given up when another swap would have to wait for it.
- A load that ended for want of memory is tried once more if anybody who is idle can go for it, or if it began before
  memory was free that others had held: its requests stay in line until then, and both failures count as one (W-19).
- Those that were waiting when a model became ready are its *batch*. They are served before it can be evicted.
- A request that has waited `maxWait` seconds is *overdue*. It is then treated by all that arrived after it as though
  its swap were under way: they get no place on a model that it would evict, and begin no swap that touches what its
  own would touch or that gives it more to evict. The oldest overdue request leads; older ones are never held back by
  younger ones. Hence the bound: a request waits at most for `maxWait`, what is then being served or loaded, and one
  load and batch for each older request. Where a load is tried twice, what began beside the first try counts as well.
- Other settings take effect at the next decision. A model whose process they want started differently, or not at all,
  is held until that process has served, stopped and is gone (`renewal.py`).
"""

from __future__ import annotations

import math
from itertools import count, islice
from operator import attrgetter
from typing import assert_never

from llamaswap.config.schema import Settings
from llamaswap.errors import (
    LlamaSwapError,
    ModelRemoved,
    OutOfMemory,
    Refusal,
    ShuttingDown,
    StartFailed,
    TooManyRequests,
    Unloaded,
)
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
    Reconfigured,
    Refuse,
    Served,
    StopEnded,
    Swap,
    SwapEnded,
    Tick,
    Unload,
    WakeAt,
)
from llamaswap.schedule.line import Line
from llamaswap.schedule.outlook import Outlook, Plan
from llamaswap.schedule.renewal import Renewals
from llamaswap.schedule.ripening import Ripening
from llamaswap.schedule.station import UNCLAIMED, ActiveSwap, Station
from llamaswap.schedule.stops import Stops
from llamaswap.schedule.survey import Survey, survey
from llamaswap.stay import Progress, Stay


class NotHeld(LlamaSwapError):
    """A place was given back that nobody holds: a programming error (S-57)."""


class Core:
    """The state of the scheduler, and one method that changes it."""

    def __init__(self, settings: Settings, policy: EvictionPolicy) -> None:
        self._renewals = Renewals()
        self._outdated = self._renewals.outdated
        self._outlook = Outlook(policy, self._renewals)
        self._claims = Claims(self._outlook)
        self._router = settings.router
        self._retries = settings.memory_retry
        self._stations, _ = self._renewals.follow(settings, {}, policy)
        self._places: dict[TicketId, Station] = {}
        self._queued: dict[ModelId, Station] = {}
        self._swaps: dict[SwapId, ActiveSwap] = {}
        self._ids = map(SwapId, count(1))
        self._effects: list[Effect] = []
        self._stops = Stops(self._outlook, self._effects.append, self._ids.__next__)
        self._closed = False

        self._ripening = Ripening(settings.max_wait)
        self._line = Line(self._queued, self._outlook, self._ripening)
        self._due = math.inf  # nothing depends on the time before that
        self._wish = math.inf  # what the last `WakeAt` asked for

        self._now = 0.0
        self._moved: Station | None = None  # something may have changed for those that wait for this model …
        self._stirred = False  # … or for everybody

    # -- seen from outside ---------------------------------------------------------------------------------------

    @property
    def models(self) -> tuple[ModelId, ...]:
        """All it schedules, and those that were removed of which something is left."""
        return (*self._stations, *(model for model in self._outdated if model not in self._stations))

    def in_flight(self, model: ModelId) -> int:
        """How many requests for `model` are being served."""
        station = self._find(model)
        return len(station.serving) if station else 0

    def waiting(self, model: ModelId) -> int:
        """How many requests for `model` wait for their grant."""
        station = self._find(model)
        return len(station.waiting) if station else 0

    def position(self, ticket: TicketId) -> int:
        """1 for the request that is served next; 0 for one whose load is under way, and one that does not wait."""
        station = self._waits_at(ticket)
        return self._line.position(station, ticket) if station else 0

    def progress(self, ticket: TicketId, when: float) -> Progress:
        """How far a request has come; of one that does not wait there is nothing to say."""
        station = self._waits_at(ticket)
        return self._line.progress(station, ticket, when) if station else Progress()

    def head(self, model: ModelId) -> TicketId | None:
        """The oldest request that waits for `model`."""
        station = self._find(model)
        return station.head if station is not None and station.waiting else None

    def loading(self, model: ModelId) -> bool:
        """The load under way answers those that wait for `model`."""
        station = self._stations.get(model)
        return station is not None and station.joined

    def survey(self, when: float, most: int) -> Survey:
        """All there is to see at `when`, with the first `most` of those that wait. Changes nothing."""
        stations = [*self._stations.values(), *(old for id, old in self._outdated.items() if id not in self._stations)]
        joined = [station for station in self._queued.values() if station.joined]
        return survey(stations, joined, self._line, self._outlook, when, most)

    def outdated(self, model: ModelId) -> bool:
        """What is left of `model` is on its way out, and serves nobody new."""
        return model in self._outdated

    @property
    def serving(self) -> bool:
        """Somebody is being served."""
        return len(self._places) > sum(len(station.waiting) for station in self._queued.values())

    def feed(self, event: Event) -> list[Effect]:
        """Take in what happened; return what is to be done about it, in this order.

        Raises `NotHeld` for a `Served` of a ticket that holds no place; nothing has changed then.
        """
        self._now = event.when
        self._effects.clear()
        self._outlook.at(event.when)
        self._take_in(event)
        arrived = self._moved
        plain = isinstance(event, Arrived) and not (arrived is not None and arrived.extras)
        if not self._advance() and plain and self._only_waits(event):
            self._line.grown(event.when, arrived)
        else:
            self._line.changed(event.when)
        return self._effects.copy()

    def admit(self, ticket: TicketId, model: ModelId, when: float, priority: int = 0) -> Stay | None:
        """Take in that a request arrived, if its grant is all that follows: then `feed` would answer its `Arrived` with
        that `Grant` and nothing else. Otherwise None is returned, nothing has changed, and `feed` is to be told.

        This and `discharge` are what most requests meet, at a fifth of the price.
        """
        station = self._stations.get(model)
        if station is None or not self._is_quiet(when) or not station.admits or self._outlook.plan(station).victims:
            return None
        station.serving[ticket] = when
        self._places[ticket] = station
        self._pass(when)
        return Stay(station.priority + priority)

    def discharge(self, ticket: TicketId, completed: bool, when: float) -> bool:
        """Take in that a request was served, if nothing follows from it. Otherwise nothing has changed, and `feed` is
        to be told."""
        station = self._places.get(ticket)
        if station is None or ticket not in station.serving or self._queued or not self._is_quiet(when):
            return False
        self._free(station, ticket, completed, when)
        self._pass(when)
        return True

    def _is_quiet(self, when: float) -> bool:
        """No time has come for anything, and no model is on its way to another form."""
        return when < self._due and not self._outdated and not self._closed

    def _pass(self, when: float) -> None:
        """Note that something has happened that concerns nobody who waits."""
        self._now = when
        self._outlook.at(when)
        self._line.changed(when)

    def _only_waits(self, event: Event) -> bool:
        """What follows from an arrival is that it waits, or is refused: nobody who waits sees anything of that."""
        ticket = event.ticket if isinstance(event, Arrived) else None
        for effect in self._effects:
            if not isinstance(effect, WakeAt) and not (isinstance(effect, Refuse) and effect.ticket == ticket):
                return False
        return True

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
                self._stops.ended(event.stop)
                self._stirred = True
            case Died():
                self._died(event)
            case Unload():
                self._unload(event)
            case Reconfigured():
                self._reconfigured(event)
            case Tick():
                self._wish = math.inf
            case Close():
                self._close()
            case _:
                assert_never(event)

    def _arrived(self, event: Arrived) -> None:
        station = self._stations.get(event.model)
        if self._closed:
            self._effects.append(Refuse(event.ticket, self._shutting_down()))
        elif station is None:
            self._effects.append(Refuse(event.ticket, ModelRemoved(event.model)))
        elif station.full:
            self._effects.append(Refuse(event.ticket, self._too_many(station)))
        else:
            station.waiting[event.ticket] = event.when
            if event.priority:
                station.extras[event.ticket] = event.priority
            self._places[event.ticket] = station
            self._queued[station.id] = station
            self._moved = station

    def _served(self, event: Served) -> None:
        station = self._places.get(event.ticket)
        if station is None or event.ticket not in station.serving:
            raise NotHeld(f"ticket {event.ticket} holds no place")
        self._free(station, event.ticket, event.completed, event.when)
        if not station.serving:
            self._stirred = bool(self._queued)
        elif station.waiting:
            self._moved = station

    def _free(self, station: Station, ticket: TicketId, completed: bool, when: float) -> None:
        """Take back the place that `ticket` holds."""
        del self._places[ticket]
        granted = station.serving.pop(ticket)
        station.last_used = when
        if completed:
            station.proven = True
            station.backoff.served()
            station.estimate.served(when - granted)

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
        self._stops.settled(target)
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
        if active.given_up:
            if active.first is not None:
                target.backoff.failed(active.first.cause, self._now)
        elif isinstance(error, OutOfMemory) and self._worth_another(active, error):
            target.short = error
        else:
            error = active.told(error)
            target.backoff.failed(error.cause if isinstance(error, StartFailed) else str(error), self._now)
            self._refuse_all(target, error)

    def _worth_another(self, active: ActiveSwap, error: OutOfMemory) -> bool:
        """It found no memory, and there is some on its way, or something that could go for it."""
        wanted = self._retries and active.first is None and bool(active.target.waiting)
        return wanted and (error.unsettled or bool(self._outlook.with_more_room(active.target).victims))

    def _died(self, event: Died) -> None:
        station = self._outlook.running.get(event.model)
        if station is None or station.state is not State.READY:
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

    def _unload(self, event: Unload) -> None:
        stations = [station for model in dict.fromkeys(event.models) if (station := self._find(model))]
        for station in stations:
            self._refuse_all(station, Unloaded(f"{self._router}: model unloaded"))
            if station.swap is not None and station.loading:
                self._give_up(station.swap)
        self._stops.unload(event.request, stations, event.grace)

    # -- other settings ------------------------------------------------------------------------------------------

    def _reconfigured(self, event: Reconfigured) -> None:
        """What is not outdated keeps all it has; the rules that hold from now on are asked anew about everything."""
        if self._closed:
            return
        self._router, self._retries = event.settings.router, event.settings.memory_retry
        self._stations, renewed = self._renewals.follow(event.settings, self._stations, self._outlook.policy)
        self._effects += renewed
        for station in self._outdated.values():
            if station.removed:
                self._refuse_all(station, ModelRemoved(station.id))
            if station.swap is not None and station.loading:
                self._give_up(station.swap)
        self._outlook.change(event.policy)
        waiting = [since for station in self._queued.values() for since in station.waiting.items()]
        self._ripening.restart(event.settings.max_wait, waiting)
        self._due = -math.inf
        self._stirred = True

    def _renew(self) -> None:
        """Stop what is outdated and serves nobody any more, and renew that of which nothing is left."""
        for station in list(self._outdated.values()):
            if station.state is State.STOPPED:
                self._effects.append(self._renewals.renew(station))
                self._stirred = True
            elif station.state is State.READY and station.swap is None and not station.serving:
                self._stops.alone(station, "reload")

    # -- time ----------------------------------------------------------------------------------------------------

    def _alarm(self, when: float) -> None:
        if when < self._due:
            self._due = when

    def _expire(self) -> None:
        """Do what the time asks for, and find out when it will ask again."""
        self._due = min(self._ripen(), self._end_long_waits(), self._stop_idle_models())

    def _ripen(self) -> float:
        """Stir when a request became overdue; return when the next one will."""
        ripe, following = self._ripening.ripen(self._places, self._now)
        self._stirred = self._stirred or ripe
        return following

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
                self._stops.alone(station, "ttl")
            else:
                following = min(following, math.nextafter(expires, math.inf))
        return following

    # -- what follows from it ------------------------------------------------------------------------------------

    def _advance(self) -> bool:
        """After every event: find out whose turn it is now. Returns whether all that wait were considered.

        A request that arrived, or gave back one of several places, moves its own model only, whatever waits elsewhere.
        """
        if self._outdated and not self._closed:
            self._renew()
        if self._now >= self._due and not self._closed:
            self._expire()
        station, self._moved = self._moved, None
        if station is not None and not self._stirred:
            self._consider(station)
        walked = False
        while self._stirred:
            self._stirred, walked = False, True
            self._walk()
        if station is not None and station.waiting:
            self._arm(station)
        if self._due < self._wish and not self._closed:
            self._wish = self._due
            self._effects.append(WakeAt(self._due))
        return walked

    def _walk(self) -> None:
        """Consider all that wait: overdue ones by age, then ready models, then by priority and age (section 5.6)."""
        self._claims.drop()
        queued = sorted(self._queued.values(), key=attrgetter("head"))
        is_overdue, now = self._ripening.overdue, self._now
        overdue = [station for station in queued if is_overdue(station, now)]
        following = [*(station.head for station in overdue[1:]), UNCLAIMED]
        for station, younger in zip(overdue, following, strict=False):
            # behind its head there may be requests younger than the next overdue one, which is yet to claim
            self._consider(station, younger)
            if not station.joined and is_overdue(station, now):
                self._claims.add(station)
        for station in queued:
            if station.state is State.READY and station.free:
                self._serve(station)
        for station in sorted(queued, key=lambda station: -station.urgency):
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
        """Grant the places of a ready model in turn; only to requests older than `before`, if given."""
        places = station.model.concurrency_limit - len(station.serving)
        before = min(before, station.claimed)
        for ticket in self._next(station, max(places, 0), before):
            if ticket > station.batch and (ticket > before or self._outlook.plan(station).victims):
                break
            priority = station.priority + station.extras.get(ticket, 0)
            since = self._leave_queue(station, ticket)
            station.serving[ticket] = self._now
            self._outlook.at(self._now)
            self._effects.append(Grant(ticket, station.id, priority, max(self._now - since, 0.0)))

    def _next(self, station: Station, places: int, before: TicketId) -> list[TicketId]:
        """The first of those that wait: in order of arrival, unless some of them are more urgent than others."""
        if not station.extras:
            return list(islice(station.waiting, places))
        eligible = station.batch if self._outlook.plan(station).victims else max(before, station.batch)
        in_turn = station.in_turn(self._ripening.overdue_since(self._now))
        return [ticket for ticket in in_turn if ticket <= eligible][:places]

    def _swap_if_possible(self, station: Station) -> None:
        """Begin the swap that the head of a free model needs, unless somebody is in the way."""
        plan = self._outlook.with_more_room(station) if station.short else self._outlook.plan(station)
        if station.short and not station.short.unsettled and not plan.victims:
            self._refuse_all(station, station.short)  # who could have gone for it is in use by now
            return
        blocked = False
        for victim in plan.victims:
            if victim.swap is not None:
                self._give_up_if_abandoned(victim.swap)
            if victim.in_use or not victim.free:
                blocked = True
        if not blocked and not self._claims.forbid(station, plan.victims):
            self._begin_swap(station, plan)

    def _begin_swap(self, station: Station, plan: Plan) -> None:
        active = ActiveSwap(next(self._ids), station, plan.victims, self._now, first=station.short)
        station.short = None
        self._swaps[active.id] = active
        for victim in plan.victims:
            victim.swap = active
            self._outlook.enter(victim, State.STOPPING)
        station.swap = active
        if station.state is not State.READY:
            self._outlook.enter(station, State.STARTING)
        evict = tuple(victim.id for victim in plan.victims)
        drained = 0.0 if active.first else max(self._now - station.waiting[station.head], 0.0)
        self._effects.append(BeginSwap(Swap(active.id, station.id, evict, plan.why, drained)))

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

    # -- small changes -------------------------------------------------------------------------------------------

    def _arm(self, station: Station) -> None:
        """See to it that time is asked for when the newest request that waits here becomes overdue, or gives up."""
        newest = next(reversed(station.waiting))
        if not self._ripening.knows(newest):
            since = station.waiting[newest]
            self._alarm(self._ripening.add(newest, since))
            self._alarm(since + (station.model.queue_timeout or math.inf))

    def _leave_queue(self, station: Station, ticket: TicketId) -> float:
        """Returns since when it has waited."""
        since = station.waiting.pop(ticket)
        station.extras.pop(ticket, None)
        if not station.waiting:
            del self._queued[station.id]
            if station.short is not None:  # nobody is left who would have it tried again
                station.backoff.failed(station.short.cause, self._now)
                station.short = None
        if station.claiming or (station.loading and not station.waiting):
            self._stirred = True  # somebody may be held back no longer, or want a load that is abandoned now
        return since

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

    def _waits_at(self, ticket: TicketId) -> Station | None:
        station = self._places.get(ticket)
        return station if station is not None and ticket in station.waiting else None

    def _find(self, model: ModelId) -> Station | None:
        return self._stations.get(model) or self._outdated.get(model)
