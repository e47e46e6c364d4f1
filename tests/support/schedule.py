"""Stand-ins around the scheduler: a driver that plays the dispatcher, a world that checks every step, recording swaps.

`Driver` feeds the core and keeps what it answered, for scenario tests. `World` is a driver that also knows, from the
effects alone, what every model and request is doing, and fails at the first step that breaks a promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from llamaswap.config.difference import launched_alike
from llamaswap.config.schema import Group, Matrix, Model, Settings
from llamaswap.errors import ModelRemoved, OutOfMemory, Refusal, StartFailed, TooManyRequests
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.core import Core
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
    Renew,
    Running,
    Served,
    Stop,
    StopEnded,
    Swap,
    SwapEnded,
    Tick,
    Unload,
    UnloadDone,
    Verdict,
    WakeAt,
)
from llamaswap.schedule.eviction import make_policy


def settings(
    models: str | Iterable[Model],
    *,
    groups: Sequence[Group] = (),
    matrix: Matrix | None = None,
    max_wait: float = 30.0,
    priorities: Mapping[str, int] | None = None,
    **every: Any,
) -> Settings:
    """A configuration of `models` (names, or complete entries); `every` are settings that all named models share."""
    if isinstance(models, str):
        models = [Model(id=ModelId(name), **every) for name in models.split()]
    return Settings(
        models=MappingProxyType({model.id: model for model in models}),
        groups=tuple(groups),
        matrix=matrix,
        router="matrix" if matrix else "group",
        max_wait=max_wait,
        priorities=MappingProxyType({ModelId(name): value for name, value in (priorities or {}).items()}),
    )


def edited(before: Settings, *models: Model, removed: str = "", **others: Any) -> Settings:
    """`before` with these entries in place of those of the same name, or beside them, and without the `removed`."""
    kept = {id: model for id, model in before.models.items() if id not in removed.split()}
    entries = kept | {model.id: model for model in models}
    return replace(before, models=MappingProxyType(dict(sorted(entries.items()))), **others)


def group(id: str, members: str, *, swap: bool = True, exclusive: bool = True, persistent: bool = False) -> Group:
    """A group of the models named in `members`."""
    names = tuple(ModelId(name) for name in members.split())
    return Group(id=id, members=names, swap=swap, exclusive=exclusive, persistent=persistent)


class TablePolicy:
    """Evicts what a table says: for each target, the models that cannot run beside it. Satisfies `EvictionPolicy`."""

    def __init__(self, table: Mapping[str, str] | None = None) -> None:
        self._table = {target: evicted.split() for target, evicted in (table or {}).items()}
        self.asked: list[ModelId] = []

    def evicts(self, target: ModelId, other: ModelId) -> bool:
        return other in self._table.get(target, ())

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        self.asked.append(target)
        return Verdict(evict=tuple(shown.model for shown in running if self.evicts(target, shown.model)), why="table")

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        return Verdict(evict=tuple(shown.model for shown in running if shown.model != target), why="table")


class Driver:
    """Plays the dispatcher: numbers tickets, keeps the time and what the core answered."""

    def __init__(self, settings: Settings, policy: EvictionPolicy | None = None) -> None:
        self.settings = settings
        self.core = Core(settings, policy or make_policy(settings))
        self.now = 0.0
        self.wish: float | None = None
        self.tickets = 0
        self.requests = 0
        self.granted: list[TicketId] = []
        self.refused: dict[TicketId, Refusal] = {}
        self.begun: list[Swap] = []
        self.swaps: dict[ModelId, Swap] = {}
        """The swaps under way, by target."""
        self.cancelled: list[SwapId] = []
        self.stops: list[Stop] = []
        """The stops under way."""
        self.unloaded: list[int] = []
        self.renewed: list[Renew] = []

    # -- what happens ----------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> list[Effect]:
        effects = self.core.feed(event)
        for effect in effects:
            self.follow(effect)
        return effects

    def arrive(self, model: str, priority: int = 0) -> TicketId:
        self.tickets += 1
        ticket = TicketId(self.tickets)
        self.feed(Arrived(ticket, ModelId(model), self.now, priority))
        return ticket

    def arrivals(self, models: str) -> list[TicketId]:
        return [self.arrive(model) for model in models.split()]

    def leave(self, ticket: TicketId) -> None:
        self.feed(Left(ticket, self.now))

    def serve(self, *tickets: TicketId, completed: bool = True) -> None:
        for ticket in tickets:
            self.feed(Served(ticket, self.now, completed))

    def end_swap(self, model: str, error: Refusal | None = None) -> None:
        swap = self.swaps.pop(ModelId(model))
        self.feed(SwapEnded(swap.id, self.now, error))

    def end_stop(self, stop: Stop) -> None:
        self.stops.remove(stop)
        self.feed(StopEnded(stop.id, self.now))

    def die(self, model: str) -> None:
        self.feed(Died(ModelId(model), self.now))

    def unload(self, models: str, grace: float | None = None) -> int:
        self.requests += 1
        names = tuple(ModelId(name) for name in models.split())
        self.feed(Unload(self.requests, names, self.now, grace))
        return self.requests

    def reconfigure(self, settings: Settings, policy: EvictionPolicy | None = None) -> list[Effect]:
        self.settings = settings
        return self.feed(Reconfigured(settings, policy or make_policy(settings), self.now))

    def close(self) -> None:
        self.feed(Close(self.now))

    def advance(self, seconds: float) -> None:
        """Let time pass, and the timer that the core asked for go off."""
        until = self.now + seconds
        while self.wish is not None and self.wish <= until:
            self.now, self.wish = max(self.wish, self.now), None
            self.feed(Tick(self.now))
        self.now = until

    def run(self, model: str) -> None:
        """Have `model` ready, with nobody using it."""
        ticket = self.arrive(model)
        if ModelId(model) in self.swaps:
            self.end_swap(model)
        self.serve(ticket)

    # -- what the core answered ------------------------------------------------------------------------------------

    def follow(self, effect: Effect) -> None:
        match effect:
            case Grant():
                self.granted.append(effect.ticket)
            case Refuse():
                self.refused[effect.ticket] = effect.why
            case BeginSwap():
                self.begun.append(effect.swap)
                self.swaps[effect.swap.target] = effect.swap
            case CancelSwap():
                self.cancelled.append(effect.swap)
            case Stop():
                self.stops.append(effect)
            case Renew():
                self.renewed.append(effect)
            case UnloadDone():
                self.unloaded.append(effect.request)
            case WakeAt():
                self.wish = effect.when

    @property
    def targets(self) -> list[str]:
        """What was loaded, in order."""
        return [swap.target for swap in self.begun]

    def why(self, ticket: TicketId) -> str:
        return str(self.refused[ticket])


@dataclass(eq=False)
class Request:
    """A request as the world sees it."""

    ticket: TicketId
    model: ModelId
    arrived: float
    priority: int = 0
    granted: float = math.inf
    ended: float = math.inf
    batch: Load | None = None
    """The swap whose end it was waiting for when the model became ready."""
    orphan: bool = False
    """What served it was removed and is gone; of that it has yet to hear."""


@dataclass(eq=False)
class Load:
    """A swap as the world sees it."""

    swap: Swap
    leader: Request
    """The oldest request that waited for it when it began."""
    began: float
    ended: float = math.inf
    cancelled: bool = False
    error: Refusal | None = None


def _words(effects: Iterable[Effect]) -> list[Any]:
    """Effects as they can be compared: refusals are equal when they say the same."""
    return [(effect.ticket, repr(effect.why)) if isinstance(effect, Refuse) else effect for effect in effects]


Evicts = Callable[[ModelId, ModelId], bool]
"""Whether loading the first model evicts the second, wherever it runs."""


@dataclass(eq=False)
class World(Driver):
    """A driver that holds every effect against the promises of the scheduler."""

    configuration: Settings
    evicts: Evicts
    policy: EvictionPolicy | None = None
    last_rules: dict[ModelId, tuple[Evicts, frozenset[ModelId]]] = field(default_factory=dict)
    """Of removed models: those that knew them, and which others they knew."""
    requests_seen: dict[TicketId, Request] = field(default_factory=dict)
    waiting: dict[TicketId, Request] = field(default_factory=dict)
    serving: dict[TicketId, Request] = field(default_factory=dict)
    states: dict[ModelId, State] = field(default_factory=dict)
    loads: dict[SwapId, Load] = field(default_factory=dict)
    """Under way."""
    past: list[Load] = field(default_factory=list)
    stopping: dict[SwapId, Stop] = field(default_factory=dict)
    forms: dict[ModelId, Model] = field(default_factory=dict)
    """What each model that is known was started with, or will be."""
    forgotten: set[tuple[SwapId, ModelId]] = field(default_factory=set)
    """Stops of a model that was removed and is gone: what has its name by now is another."""
    unloading: dict[int, set[ModelId]] = field(default_factory=dict)
    """For each unload, the models that were not seen stopped since."""
    idle_since: dict[ModelId, float] = field(default_factory=dict)
    stop_times: list[tuple[float, float]] = field(default_factory=list)
    stop_began: dict[SwapId, float] = field(default_factory=dict)
    quick: int = 0
    """Events that the core had not to be told of."""
    disturbed: bool = False
    """Models died, were unloaded by hand or edited: the wait bound does not speak of that."""

    def __post_init__(self) -> None:
        super().__init__(self.configuration, self.policy)
        self.twin: Core | None = Core(self.configuration, self.policy or make_policy(self.configuration))
        self.forms = dict(self.configuration.models)
        self.states = dict.fromkeys(self.forms, State.STOPPED)

    # -- what happens ----------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> list[Effect]:
        """Tell the core in the shortest way there is, and hold its answer against one that is told at length."""
        effects = self._quick(event)
        if effects is None:
            effects = self.core.feed(event)
        if self.twin is not None:
            told, twin = _words(effects), _words(self.twin.feed(event))
            assert told == twin, f"the short way leads elsewhere: {told} for {twin}"
        for effect in effects:
            self.follow(effect)
        self._check_forms()
        return effects

    def _quick(self, event: Event) -> list[Effect] | None:
        """What `Dispatcher` does without telling of an event; None: it tells."""
        if isinstance(event, Arrived) and (
            stay := self.core.admit(event.ticket, event.model, event.when, event.priority)
        ):
            self.quick += 1
            return [Grant(event.ticket, event.model, stay.priority, stay.waited)]
        if isinstance(event, Served) and self.core.discharge(event.ticket, event.completed, event.when):
            self.quick += 1
            return []
        return None

    def change(self, configuration: Settings, evicts: Evicts, policy: EvictionPolicy | None) -> None:
        """Other settings are in force."""
        self.disturbed = True
        removed = self.settings.models.keys() - configuration.models.keys()
        self.last_rules |= dict.fromkeys(removed, (self.evicts, frozenset(self.settings.models)))
        self.evicts = evicts
        for model in configuration.models:
            self.states.setdefault(model, State.STOPPED)
        self.reconfigure(configuration, policy)

    def arrive(self, model: str, priority: int = 0) -> TicketId:
        request = Request(TicketId(self.tickets + 1), ModelId(model), self.now, priority)
        self.waiting[request.ticket] = self.requests_seen[request.ticket] = request
        return super().arrive(model, priority)

    def leave(self, ticket: TicketId) -> None:
        self.waiting.pop(ticket, None)
        super().leave(ticket)

    def serve(self, *tickets: TicketId, completed: bool = True) -> None:
        for ticket in tickets:
            request = self.serving.pop(ticket)
            request.ended = self.idle_since[request.model] = self.now
            super().serve(ticket, completed=completed)

    def end_swap(self, model: str, error: Refusal | None = None) -> None:
        load = self.loads.pop(self.swaps[ModelId(model)].id)
        load.ended, load.error = self.now, error
        self.past.append(load)
        for victim in load.swap.evict:
            self._gone(victim)
        if error is not None:
            self._gone(load.swap.target)
        elif self.states[load.swap.target] is not State.READY:
            self.states[load.swap.target] = State.READY
            self.idle_since[load.swap.target] = self.now
        if error is None:
            for request in self._waiting_for(load.swap.target):
                request.batch = load
        super().end_swap(model, error)

    def end_stop(self, stop: Stop) -> None:
        self.stop_times.append((self.stop_began.pop(stop.id), self.now))
        del self.stopping[stop.id]
        for model in stop.models:
            if (stop.id, model) not in self.forgotten:
                self._gone(model)
        super().end_stop(stop)

    def die(self, model: str) -> None:
        self.disturbed = True
        loading = any(load.swap.target == model for load in self.loads.values())
        if loading:
            self.states[ModelId(model)] = State.STARTING
        else:
            self._gone(ModelId(model))
        super().die(model)

    def unload(self, models: str, grace: float | None = None) -> int:
        self.disturbed = True
        named = {ModelId(name) for name in models.split()}
        running = {name for name in named if self.states[name] is not State.STOPPED}
        self.unloading[self.requests + 1] = running
        return super().unload(models, grace)

    def _gone(self, model: ModelId) -> None:
        self.states[model] = State.STOPPED
        for request in self._waiting_for(model):
            request.batch = None
        for awaited in self.unloading.values():
            awaited.discard(model)

    # -- what the core answers -------------------------------------------------------------------------------------

    def follow(self, effect: Effect) -> None:
        super().follow(effect)
        match effect:
            case Grant():
                self._check_grant(effect)
            case Refuse():
                self._check_refusal(effect)
            case BeginSwap():
                self._check_swap(effect.swap)
            case CancelSwap():
                self._check_cancel(effect.swap)
            case Stop():
                self._check_stop(effect)
            case Renew():
                self._check_renewal(effect)
            case UnloadDone():
                assert not self.unloading.pop(effect.request), "reported unloaded, but never stopped"
            case WakeAt():
                assert effect.when > self.now, "wants to be woken in the past"

    def _check_grant(self, grant: Grant) -> None:
        request = self.waiting.pop(grant.ticket)  # KeyError: answered twice, or to a client that left
        assert request.model == grant.model
        assert not self._outdated(grant.model), "granted a place on an outdated process"
        assert self.states[grant.model] is State.READY, "granted a place on a model that is not ready"
        busy = self._in_flight(grant.model)
        assert busy < self.settings.models[grant.model].concurrency_limit, "more places than there are"
        older = [other for other in self._waiting_for(grant.model) if other.ticket < request.ticket]
        ahead = [other for other in older if self._turn(other) < self._turn(request)]
        assert not ahead, "requests for one model are served by priority and age, overdue ones by age"
        for overdue in self._overdue_before(request):
            allowed = request.batch is not None or not self.evicts(overdue.model, grant.model)
            assert allowed, "granted a place that an older overdue request waits to see free"
        self.serving[request.ticket] = request
        request.granted = self.now
        self._check_wait(request)

    def _turn(self, request: Request) -> tuple[bool, int, TicketId]:
        ripe = request.arrived + (self.settings.max_wait or math.inf) <= self.now
        return not ripe, 0 if ripe else -request.priority, request.ticket

    def _check_refusal(self, refuse: Refuse) -> None:
        request = self.waiting.pop(refuse.ticket)
        request.ended = self.now
        model = self.settings.models.get(request.model)
        assert (model is None) == isinstance(refuse.why, ModelRemoved)
        if model is not None and isinstance(refuse.why, TooManyRequests):
            reserved = len(self._waiting_for(request.model)) + self._in_flight(request.model)
            full = reserved >= model.concurrency_limit + model.queue_size
            late = model.queue_timeout and self.now >= request.arrived + model.queue_timeout
            assert full or late, "refused without reason"
            assert refuse.why.retry_after in range(1, 61)

    def _check_swap(self, swap: Swap) -> None:
        assert swap.target not in self._in_operation(), "begun on a model that something is being done to"
        assert self.states[swap.target] in (State.STOPPED, State.READY)
        for victim in swap.evict:
            assert victim not in self._in_operation(), "two operations touch one model"
            assert self.states[victim] is State.READY
            assert not self._in_flight(victim), "a busy model is evicted"
            assert not any(request.batch for request in self._waiting_for(victim)), "evicted before its batch is served"
        waiting = self._waiting_for(swap.target)
        assert waiting, "a load that nobody waits for"
        assert not self._outdated(swap.target), "an outdated model is started"
        for other, state in self.states.items():
            if other != swap.target and other not in swap.evict and state is not State.STOPPED:
                self._check_pair(swap.target, other)
        self._check_fairness(swap, waiting[0])
        for victim in swap.evict:
            self.states[victim] = State.STOPPING
        if self.states[swap.target] is State.STOPPED:
            self.states[swap.target] = State.STARTING
        self.loads[swap.id] = Load(swap, waiting[0], self.now)

    def _check_pair(self, target: ModelId, other: ModelId) -> None:
        """Both run from now on. For a removed model the last rules hold that knew it."""
        evicts, known = self.evicts, frozenset(self.settings.models)
        if other not in known:
            evicts, known = self.last_rules[other]
        if other in self.settings.models or self.states[target] is State.STOPPED:
            assert target in known and not evicts(target, other), "models that exclude each other run together"
        if self._outdated(other) and self.states[target] is State.STOPPED:
            port = self.forms[target].port
            assert port is None or port != self.forms[other].port, "started on the port of an old process"

    def _check_fairness(self, swap: Swap, leader: Request) -> None:
        for overdue in self._overdue_before(leader):
            assert not self.evicts(overdue.model, swap.target), "begun although an overdue request would evict it"
            assert overdue.model not in swap.evict, "evicts what an overdue request waits for"
            assert not any(self.evicts(overdue.model, victim) for victim in swap.evict), "in an overdue one's way"

    def _check_cancel(self, swap: SwapId) -> None:
        load = self.loads[swap]
        assert not load.cancelled, "given up twice"
        assert self.states[load.swap.target] is State.STARTING, "a ready model is not given up"
        load.cancelled = True

    def _check_stop(self, stop: Stop) -> None:
        targets = {load.swap.target for load in self.loads.values()}
        for model in stop.models:
            assert model not in targets, "stopped while it loads"
            assert self.states[model] is not State.STOPPED
            assert stop.why == "unload" or not self._in_flight(model), "a stop that cuts those who are served"
            if stop.why == "reload":
                assert self._outdated(model), "stopped without reason"
                assert stop.grace == self.forms[model].unload_timeout
            if stop.why == "ttl":
                assert not self._in_flight(model) and not self._waiting_for(model), "an idle stop of a model in use"
                assert self.now > self.idle_since[model] + self.settings.models[model].ttl, "stopped too early"
            self.states[model] = State.STOPPING
        self.stopping[stop.id] = stop
        self.stop_began[stop.id] = self.now

    # -- other settings --------------------------------------------------------------------------------------------

    def _outdated(self, model: ModelId) -> bool:
        """What runs of it, or is left, is not what the settings want."""
        wanted, form = self.settings.models.get(model), self.forms.get(model)
        return form is not None and (wanted is None or not launched_alike(form, wanted))

    def _check_renewal(self, renew: Renew) -> None:
        assert renew.form == self.settings.models.get(renew.model), "renewed to what nobody wants"
        old = self.forms.pop(renew.model, None)
        if renew.form is None:
            self.forgotten |= {(stop, renew.model) for stop in self.stopping}
            for request in self.serving.values():
                request.orphan = request.orphan or request.model == renew.model
        else:
            self.forms[renew.model] = renew.form
        if old is None or renew.form is None or not launched_alike(old, renew.form):
            assert self.states[renew.model] is State.STOPPED, "renewed while something of the old form is left"

    def _check_forms(self) -> None:
        """After every step: what can be of its new form is, and what cannot is being stopped or used."""
        assert all(request.model in self.settings.models for request in self.waiting.values()), "waits for nothing"
        assert self.settings.models.keys() <= self.forms.keys()
        for model, form in self.forms.items():
            if self._outdated(model):
                assert self.states[model] is not State.STOPPED, "could be renewed"
                busy = self._in_flight(model) or model in self._in_operation()
                assert self.states[model] is not State.READY or busy, "could be stopped"
            else:
                assert form == self.settings.models[model], "of a form that could be adapted"

    # -- the wait bound --------------------------------------------------------------------------------------------

    def _check_wait(self, request: Request) -> None:
        """Past `maxWait` it waited for something allowed at every moment.

        Allowed: what was being served or loaded by then, with the batches of those loads; requests older than it, the
        loads that these led, and their batches; its own load; a stop that ends by itself. No request leads two loads,
        unless the first ended for want of memory, so that is one load and batch for each older request, and the sum of
        these times is the bound. What began during a first try that ended so counts as what was there by then.
        """
        due = request.arrived + (self.settings.max_wait or math.inf)
        if self.now <= due or self.disturbed:
            return
        covered = due
        for began, ended in sorted(self._allowed(request, due)):
            if began <= covered:
                covered = max(covered, min(ended, self.now))
        assert covered >= self.now, f"waited for nothing allowed after {covered} (due {due}, granted {self.now})"
        tried = (load for load in (*self.past, *self.loads.values()) if not isinstance(load.error, OutOfMemory))
        leaders = [load.leader for load in tried]
        assert len(leaders) == len(set(leaders)), "one request led two loads"

    def _allowed(self, request: Request, due: float) -> Iterable[tuple[float, float]]:
        tries = (load for load in self.past if isinstance(load.error, OutOfMemory) and load.ended > due)
        own = (load.ended for load in tries if load.leader.ticket <= request.ticket)
        due = max((due, *own))

        def ahead(load: Load) -> bool:
            return load.began <= due or load.leader.ticket <= request.ticket or load.swap.target == request.model

        for load in (*self.past, *self.loads.values()):
            if ahead(load):
                yield load.began, load.ended
        for other in self.requests_seen.values():
            served = other.granted <= due or other.ticket < request.ticket or (other.batch and ahead(other.batch))
            if other is not request and other.granted < math.inf and served:
                yield other.granted, other.ended
        yield from self.stop_times
        for began in self.stop_began.values():
            yield began, math.inf

    # -- at the end ------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything under way end, and see that nothing and nobody is left."""
        for _ in range(10_000):
            if self.serving:
                self.serve(next(iter(self.serving)))
            elif self.swaps:
                self.now += 1
                target = next(iter(self.swaps))
                cancelled = self.loads[self.swaps[target].id].cancelled
                self.end_swap(target, StartFailed("aborted") if cancelled else None)
            elif self.stops:
                self.now += 1
                self.end_stop(self.stops[0])
            else:
                break
        assert not self.waiting, f"forgotten: {list(self.waiting)}"
        assert not self.unloading, "an unload that was never done"
        for model in self.states:
            assert self.core.in_flight(model) == self.core.waiting(model) == 0, "a place was lost"
        assert not self.core.serving
        assert self.forms == dict(self.settings.models), "never renewed"

    # -- looking ---------------------------------------------------------------------------------------------------

    def _waiting_for(self, model: ModelId) -> list[Request]:
        return [request for request in self.waiting.values() if request.model == model]

    def _in_flight(self, model: ModelId) -> int:
        return sum(request.model == model and not request.orphan for request in self.serving.values())

    def _in_operation(self) -> set[ModelId]:
        swapping = {model for load in self.loads.values() for model in (load.swap.target, *load.swap.evict)}
        stopping = {(id, model) for id, stop in self.stopping.items() for model in stop.models}
        return swapping | {model for _, model in stopping - self.forgotten}

    def _overdue_before(self, request: Request) -> list[Request]:
        """Overdue requests for other models that arrived before it, and whose own load is not under way."""
        horizon = self.now - (self.settings.max_wait or math.inf)
        loading = {load.swap.target for load in self.loads.values() if not load.cancelled}
        older = [other for other in self.waiting.values() if other.ticket < request.ticket and other.arrived <= horizon]
        return [other for other in older if other.model != request.model and other.model not in loading]


class RecordingSwaps:
    """Swaps that end when the test says so. Satisfies `Swaps`."""

    def __init__(self) -> None:
        self.begun: dict[ModelId, Swap] = {}
        self.cancelled: list[SwapId] = []
        self.stops: list[Stop] = []
        self.renewed: list[Renew] = []

    def begin(self, swap: Swap) -> None:
        self.begun[swap.target] = swap

    def cancel(self, swap: SwapId) -> None:
        self.cancelled.append(swap)

    def stop(self, stop: Stop) -> None:
        self.stops.append(stop)

    def renew(self, renew: Renew) -> None:
        self.renewed.append(renew)
