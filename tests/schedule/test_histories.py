"""Random histories: whatever happens in whatever order, the scheduler keeps its promises.

The promises themselves are checked at every step by `World`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import DEFAULT_GROUP, Group, Model, Settings
from llamaswap.errors import OutOfMemory, Refusal, StartFailed
from llamaswap.ids import ModelId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Stop, Swap
from tests.support.schedule import Evicts, TablePolicy, World
from tests.support.schedule import settings as configuration

T = TypeVar("T")
MODELS = "abcde"
QUICK = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def relation(groups: tuple[Group, ...]) -> Evicts:
    """Lifecycle section 6.2, once more and from the configuration alone."""
    of = {model: group for group in groups for model in group.members}

    def evicts(target: ModelId, other: ModelId) -> bool:
        mine, theirs = of[target], of[other]
        if target == other:
            return False
        return mine.swap if mine is theirs else mine.exclusive and not theirs.persistent

    return evicts


@st.composite
def groupings(draw: st.DrawFn) -> tuple[Group, ...]:
    """The models spread over up to three groups of any kind; often the default group only."""
    if draw(st.booleans()):
        return (Group(id=DEFAULT_GROUP, members=tuple(map(ModelId, MODELS))),)
    places = draw(st.lists(st.integers(0, 2), min_size=len(MODELS), max_size=len(MODELS)))
    members = {
        number: [ModelId(m) for m, place in zip(MODELS, places, strict=True) if place == number] for number in (0, 1, 2)
    }
    flags = st.booleans()
    return tuple(
        Group(id=f"g{number}", members=tuple(names), swap=draw(flags), exclusive=draw(flags), persistent=draw(flags))
        for number, names in members.items()
    )


@st.composite
def tables(draw: st.DrawFn) -> TablePolicy:
    """Any relation between the models, also such as no groups can express."""
    pairs = draw(st.sets(st.tuples(st.sampled_from(MODELS), st.sampled_from(MODELS)), max_size=12))
    return TablePolicy({target: " ".join(b for a, b in sorted(pairs) if a == target != b) for target in MODELS})


@dataclass(frozen=True)
class Configuration:
    """Settings, and which models exclude each other by them."""

    settings: Settings
    evicts: Evicts
    policy: EvictionPolicy | None = None
    """None: that of the settings' groups."""


CMDS = st.sampled_from(["x", "x", "x", "y"])
PORTS = st.sampled_from([None, None, 1, 2])


@st.composite
def configurations(draw: st.DrawFn, names: str = MODELS) -> Configuration:
    """Small numbers everywhere, so that limits, deadlines and collisions are met all the time."""
    models = [
        Model(
            id=ModelId(name),
            cmd=draw(CMDS),
            port=draw(PORTS),
            concurrency_limit=draw(st.integers(1, 3)),
            queue_size=draw(st.sampled_from([0, 2, 50])),
            queue_timeout=draw(st.sampled_from([0.0, 0.0, 6.0])),
            ttl=draw(st.sampled_from([0, 0, 4])),
            unload_timeout=draw(st.integers(1, 3)),
        )
        for name in names
    ]
    priorities = {"b": draw(st.integers(-1, 1)), "c": draw(st.integers(0, 2))}
    max_wait = draw(st.sampled_from([0.0, 3.0, 8.0, 3.0]))
    if draw(st.booleans()):
        table = draw(tables())
        return Configuration(configuration(models, max_wait=max_wait, priorities=priorities), table.evicts, table)
    groups = draw(groupings())
    found = configuration(models, groups=groups, max_wait=max_wait, priorities=priorities)
    return Configuration(found, relation(groups))


def worlds() -> st.SearchStrategy[World]:
    return configurations().map(lambda found: World(found.settings, found.evicts, found.policy))


@st.composite
def edits(draw: st.DrawFn) -> Configuration:
    """Other settings: some of the models may be gone, and those that are there are often started as they were."""
    return draw(configurations(names="".join(sorted(draw(st.sets(st.sampled_from(MODELS), min_size=2))))))


@dataclass(frozen=True)
class Wish:
    """A request to come: how long after the one before, for whom, how long it is served and how patient it is."""

    gap: int
    model: str
    service: int
    patience: int | None
    priority: int = 0


WISHES = st.lists(
    st.builds(
        Wish,
        gap=st.sampled_from([0, 0, 0, 1, 1, 2, 5]),
        model=st.sampled_from(MODELS),
        service=st.integers(0, 6),
        patience=st.sampled_from([None, None, None, 1, 4]),
        priority=st.sampled_from([0, 0, 0, 0, 3, -2]),
    ),
    max_size=40,
)
LOADS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=8)
"""How long the next loads take, and a number that makes one in ten fail and another one want memory."""
FAILURES: Mapping[int, Refusal] = {0: StartFailed("bad luck"), 9: OutOfMemory("no memory")}


class History:
    """Simulated time: clients, loads and stops that take their time, over a world."""

    def __init__(self, world: World, loads: list[tuple[int, int]]) -> None:
        self.world = world
        self._loads = cycle(loads)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._services: dict[TicketId, int] = {}
        self._known: set[int] = set()
        self._cancelled: set[int] = set()

    def at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (when, next(self._number), what))

    def expect(self, wishes: list[Wish]) -> None:
        when = 0
        for wish in wishes:
            when += wish.gap
            self.at(when, partial(self.come, wish))

    def edit(self, edits: list[tuple[int, Configuration]]) -> None:
        """Have the settings changed, each so many seconds after the one before."""
        when = 0
        for gap, found in edits:
            when += gap
            self.at(when, partial(self.world.change, found.settings, found.evicts, found.policy))

    def play(self) -> None:
        """Until nothing is left to happen."""
        while self._agenda:
            when = self._agenda[0][0]
            if self.world.wish is not None and self.world.wish <= when:
                self.world.advance(max(self.world.wish - self.world.now, 0))
            else:
                self.world.now = when
                heapq.heappop(self._agenda)[2]()
            self._follow_up()

    def come(self, wish: Wish) -> None:
        """A request arrives now."""
        ticket = self.world.arrive(wish.model, wish.priority)
        self._services[ticket] = wish.service
        if wish.patience is not None:
            self.at(self.world.now + wish.patience, partial(self.world.leave, ticket))

    def _follow_up(self) -> None:
        """Put the end of everything that began on the agenda."""
        now = self.world.now
        for ticket in self.world.serving.keys() & self._services.keys():
            self.at(now + self._services.pop(ticket), partial(self.world.serve, ticket))
        for swap in list(self.world.swaps.values()):
            if swap.id not in self._known:
                self._known.add(swap.id)
                seconds, luck = next(self._loads)
                self.at(now + seconds, partial(self._end_swap, swap, FAILURES.get(luck)))
        for load in self.world.loads.values():
            if load.cancelled and load.swap.id not in self._cancelled:
                self._cancelled.add(load.swap.id)
                self.at(now + 1, partial(self._end_swap, load.swap, StartFailed("aborted")))
        for stop in self.world.stops:
            if stop.id not in self._known:
                self._known.add(stop.id)
                self.at(now + 1, partial(self.world.end_stop, stop))

    def _end_swap(self, swap: Swap, error: Refusal | None) -> None:
        if self.world.swaps.get(swap.target) is swap:  # else it was given up, and ended earlier
            self.world.end_swap(swap.target, error)


class Life(RuleBasedStateMachine):
    """Anything may happen at any moment."""

    world: World

    @initialize(world=worlds())
    def begin(self, world: World) -> None:
        self.world = world

    @rule(model=st.sampled_from(MODELS), priority=st.sampled_from([0, 0, 0, 2, -1]))
    def arrive(self, model: str, priority: int) -> None:
        self.world.arrive(model, priority)

    @rule(seconds=st.sampled_from([0.5, 1, 3, 5]))
    def time_passes(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(seconds=st.sampled_from([1, 4]))
    def timer_is_late(self, seconds: float) -> None:
        self.world.now += seconds

    @precondition(lambda self: self.world.waiting)
    @rule(number=st.integers(0))
    def leave(self, number: int) -> None:
        self.world.leave(_pick(self.world.waiting, number))

    @precondition(lambda self: self.world.serving)
    @rule(number=st.integers(0), completed=st.booleans())
    def finish(self, number: int, completed: bool) -> None:
        self.world.serve(_pick(self.world.serving, number), completed=completed)

    @precondition(lambda self: self.world.swaps)
    @rule(number=st.integers(0), luck=st.sampled_from([1, 1, 1, 0, 9]))
    def swap_ends(self, number: int, luck: int) -> None:
        self.world.end_swap(_pick(self.world.swaps, number), FAILURES.get(luck))

    @precondition(lambda self: self.world.stops)
    @rule(number=st.integers(0))
    def stop_ends(self, number: int) -> None:
        stops: dict[Stop, None] = dict.fromkeys(self.world.stops)
        self.world.end_stop(_pick(stops, number))

    @precondition(lambda self: State.READY in self.world.states.values())
    @rule(number=st.integers(0))
    def die(self, number: int) -> None:
        ready = {model: None for model, state in self.world.states.items() if state is State.READY}
        self.world.die(_pick(ready, number))

    @rule(models=st.sets(st.sampled_from(MODELS), min_size=1), grace=st.sampled_from([None, 1.0]))
    def unload(self, models: set[str], grace: float | None) -> None:
        self.world.unload(" ".join(sorted(models)), grace)

    @rule(edit=edits())
    def reconfigure(self, edit: Configuration) -> None:
        self.world.change(edit.settings, edit.evicts, edit.policy)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()


def _pick(among: Mapping[T, object], number: int) -> T:
    return list(among)[number % len(among)]


class HistoryTests(SynchronousTestCase):
    @settings(QUICK, max_examples=2000)
    @given(worlds(), WISHES, LOADS)
    def test_simulated_time(self, world: World, wishes: list[Wish], loads: list[tuple[int, int]]) -> None:
        """Nobody is answered twice or never, none busy is evicted, none excluded overlap, and the wait bound holds."""
        history = History(world, loads)
        history.expect(wishes)
        history.play()
        world.settle()

    @settings(QUICK, max_examples=1000)
    @given(worlds(), WISHES, LOADS, st.lists(st.tuples(st.integers(0, 8), edits()), min_size=1, max_size=6))
    def test_edits(
        self, world: World, wishes: list[Wish], loads: list[tuple[int, int]], edits: list[tuple[int, Configuration]]
    ) -> None:
        """Whatever is edited when: no place on an outdated process, none of a new form beside one of the old, …"""
        history = History(world, loads)
        history.expect(wishes)
        history.edit(edits)
        history.play()
        world.settle()

    @settings(QUICK, max_examples=500)
    @given(st.permutations("abcde" * 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 3))
    def test_one_load_each(self, order: list[str], limit: int, load: int, service: int) -> None:
        """However requests for models that exclude each other are mixed, each model is loaded once within maxWait."""
        models = [Model(id=ModelId(name), concurrency_limit=limit) for name in MODELS]
        everything = 5 * load + 15 * service + 1
        groups = (Group(id=DEFAULT_GROUP, members=tuple(map(ModelId, MODELS))),)
        world = World(configuration(models, groups=groups, max_wait=everything), relation(groups))
        history = History(world, [(load, 1)])
        history.expect([Wish(0, model, service, None) for model in order])
        history.play()
        world.settle()
        self.assertEqual(sorted(world.targets), sorted(MODELS))
        self.assertEqual(len(world.granted), len(order))

    def test_any_order_of_events(self) -> None:
        """Late timers, deaths, unloads and failures at any moment: everybody is answered once, nothing is left."""
        run_state_machine_as_test(Life, settings=settings(QUICK, max_examples=800, stateful_step_count=40))
