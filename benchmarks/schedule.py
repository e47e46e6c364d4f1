"""How long may one step of the scheduler take, and what does a warm request cost?

    PYTHONPATH=src python benchmarks/schedule.py

1,000 configured models in 70 groups, one model of each running and busy, 5,000 requests queued for the others; then
everything that can happen happens: places become free, swaps begin, end and fail, requests become overdue, clients
leave, models are unloaded and edited. Prints the longest step for each kind of event; a step must stay below 20 ms,
and should below 5 ms. The position of a request is asked for when it has arrived. Then the CPU time of one `lease()`
of a ready model, and of the two events it feeds to the core.
"""

from __future__ import annotations

import gc
import random
import time
from collections import defaultdict
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from llamaswap.config.schema import Group, Model, Settings
from llamaswap.errors import StartFailed
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import (
    Arrived,
    BeginSwap,
    CancelSwap,
    Died,
    Effect,
    Event,
    Grant,
    Left,
    Reconfigured,
    Renew,
    Served,
    Stop,
    StopEnded,
    Swap,
    SwapEnded,
    Tick,
    Unload,
)
from llamaswap.schedule.eviction import make_policy
from llamaswap.wire.upstream import Upstream

MODELS, GROUPS, QUEUED = 1000, 70, 5000


def many_models(exclusive: bool) -> Settings:
    """Models spread evenly over groups that swap; the first group may exclude the others."""
    names = [ModelId(f"m{number:04}") for number in range(MODELS)]
    groups = tuple(
        Group(id=f"g{number}", members=tuple(names[number::GROUPS]), exclusive=exclusive and number == 0)
        for number in range(GROUPS)
    )
    return Settings(models=MappingProxyType({name: Model(id=name) for name in names}), groups=groups)


class Load:
    """A core under load, and the longest step for each kind of event."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = list(settings.models)
        self.core = Core(settings, make_policy(settings))
        self.now = 0.0
        self.tickets = 0
        self.waiting: list[TicketId] = []
        self.serving: list[TicketId] = []
        self.swaps: list[SwapId] = []
        self.stops: list[SwapId] = []
        self.longest: dict[str, float] = defaultdict(float)
        self.steps: dict[str, int] = defaultdict(int)
        self.positions: list[float] = []

    def feed(self, event: Event) -> None:
        began = time.thread_time()
        effects = self.core.feed(event)
        took = time.thread_time() - began
        kind = type(event).__name__
        self.longest[kind] = max(self.longest[kind], took)
        self.steps[kind] += 1
        for effect in effects:
            self.follow(effect)

    def follow(self, effect: Effect) -> None:
        match effect:
            case Grant(ticket):
                self.serving.append(ticket)
            case BeginSwap(swap):
                self.swaps.append(swap.id)
            case Stop(stop):
                self.stops.append(stop)
            case CancelSwap(swap_id):
                assert swap_id in self.swaps
            case _:
                pass

    def arrive(self, model: ModelId) -> None:
        self.tickets += 1
        self.waiting.append(TicketId(self.tickets))
        self.feed(Arrived(TicketId(self.tickets), model, self.now))
        began = time.thread_time()
        self.core.position(TicketId(self.tickets))
        self.positions.append(time.thread_time() - began)

    def fill(self) -> None:
        """One busy model in each group, then a long queue for all the others."""
        for model in self.models[:GROUPS]:
            self.arrive(model)
        self.end_swaps()
        for number in range(QUEUED):
            self.now += 0.001
            self.arrive(self.models[GROUPS + number % (MODELS - GROUPS)])

    def edit(self, model: ModelId) -> None:
        """One model is to be started differently."""
        models = {**self.settings.models, model: Model(id=model, cmd=str(self.now))}
        self.settings = replace(self.settings, models=MappingProxyType(models))
        self.feed(Reconfigured(self.settings, make_policy(self.settings), self.now))

    def end_swaps(self) -> None:
        while self.swaps:
            self.feed(SwapEnded(self.swaps.pop(0), self.now))

    def churn(self, rounds: int, chance: random.Random) -> None:
        """What a busy quarter of an hour brings."""
        for number in range(rounds):
            self.now += 0.1
            if number % 100 == 99:
                self.edit(self.models[number % MODELS])
            self.feed(Tick(self.now))
            if self.serving:
                self.feed(Served(self.serving.pop(chance.randrange(len(self.serving))), self.now))
            if self.swaps:
                error = StartFailed("no luck") if chance.random() < 0.1 else None
                self.feed(SwapEnded(self.swaps.pop(0), self.now, error))
            if self.stops:
                self.feed(StopEnded(self.stops.pop(0), self.now))
            self.arrive(chance.choice(self.models))
            if chance.random() < 0.2:
                self.feed(Left(chance.choice(self.waiting), self.now))
            if chance.random() < 0.02:
                self.feed(Died(chance.choice(self.models), self.now))
                self.feed(Unload(0, (chance.choice(self.models),), self.now))


class InstantSwaps:
    """Swaps that have ended when `begin` returns."""

    dispatcher: Dispatcher

    def begin(self, swap: Swap) -> None:
        self.dispatcher.tell(SwapEnded(swap.id, 0.0))

    def cancel(self, swap: SwapId) -> None: ...

    def stop(self, stop: Stop) -> None: ...

    def renew(self, renew: Renew) -> None: ...


def longest_steps(title: str, exclusive: bool) -> None:
    load = Load(many_models(exclusive))
    gc.collect()
    gc.freeze()
    load.fill()
    filling = load.positions[:]
    load.churn(1500, random.Random(0))
    print(f"\n{title}")
    for kind, took in sorted(load.longest.items(), key=lambda item: -item[1]):
        print(f"  {kind:12} {took * 1e3:7.2f} ms, the longest of {load.steps[kind]}")
    mean, most = sum(filling) / len(filling), max(load.positions)
    print(f"  position     {most * 1e3:7.2f} ms, the longest; {mean * 1e6:.0f} µs on average while only arrivals come")


def warm_requests(rounds: int = 50_000) -> None:
    settings = many_models(exclusive=False)
    core, swaps = Core(settings, make_policy(settings)), InstantSwaps()
    swaps.dispatcher = dispatcher = Dispatcher(core, swaps, lambda _: cast(Upstream, object()), Clock())
    model = ModelId("m0000")

    async def lease_often() -> None:
        for _ in range(rounds):
            async with dispatcher.lease(model):
                pass

    began = time.process_time()
    Deferred.fromCoroutine(lease_often())
    print(f"\nlease() of a ready model: {(time.process_time() - began) / rounds * 1e6:.1f} µs")
    began = time.process_time()
    for number in range(rounds):
        ticket = TicketId(rounds + number + 1)
        core.feed(Arrived(ticket, model, 0.0))
        core.feed(Served(ticket, 0.0))
    print(f"Arrived and Served, core alone: {(time.process_time() - began) / rounds * 1e6:.1f} µs")


if __name__ == "__main__":
    longest_steps("70 groups, each swaps on its own", exclusive=False)
    longest_steps("the same, and one of them excludes all others", exclusive=True)
    warm_requests()
