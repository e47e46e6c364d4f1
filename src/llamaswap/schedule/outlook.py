"""Which models run, and what does the eviction policy say about it?

Shows the policy the running models and remembers its answers for as long as its contract allows. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Running, SparingPolicy
from llamaswap.schedule.renewal import Renewals
from llamaswap.schedule.station import NO_BATCH, Station


class Plan(NamedTuple):
    """How a model can be made to run: who has to go, and why these."""

    victims: tuple[Station, ...]
    why: str


class Outlook:
    """The running models: those that are not stopped, targets of swaps included (lifecycle section 5.3)."""

    def __init__(self, policy: EvictionPolicy, renewals: Renewals) -> None:
        self.running: dict[ModelId, Station] = {}
        self._policy = policy
        self._renewals = renewals
        self._outdated = renewals.outdated
        self._now = 0.0
        self._shown: tuple[Running, ...] | None = None
        self._plans: dict[ModelId, Plan] = {}  # made of what is shown
        self._lasting: dict[ModelId, Plan] = {}  # for ready models, until a model changes its state

    def at(self, now: float) -> None:
        """Look again: it is `now`, and who waits or is served has changed."""
        self._now = now
        self._shown = None

    @property
    def policy(self) -> EvictionPolicy:
        """The rules that hold."""
        return self._policy

    def change(self, policy: EvictionPolicy) -> None:
        """Other rules hold, and some stations are outdated."""
        self._policy = policy
        self._shown = None
        self._lasting.clear()

    def enter(self, station: Station, state: State) -> None:
        """`station` is in another state from now on."""
        if station.state is state:
            return
        station.state = state
        self._shown = None
        self._lasting.clear()
        if state is State.STOPPED:
            del self.running[station.id]
            station.batch = NO_BATCH
        else:
            self.running[station.id] = station

    def plan(self, station: Station) -> Plan:
        """What has to be done so that the model may run."""
        stays = station.state is State.READY and not station.outdated
        if self._shown is None and not stays:
            self._show()
        plans = self._lasting if stays else self._plans
        plan = plans.get(station.model.id)
        if plan is None:
            verdict = self._policy.decide(station.id, self._seen_by(station, self._show()), self._now)
            victims = [self.running[model] for model in verdict.evict]
            if self._outdated and not stays:
                victims += [old for old in self._renewals.in_the_way(station, self._now) if old not in victims]
            plan = plans[station.id] = Plan(tuple(victims), verdict.why)
        return plan

    def with_more_room(self, station: Station) -> Plan:
        """The plan for a model that did not find memory enough: whoever is idle and may go for it goes as well.

        Who is needed by an older request that is overdue stays.
        """
        plan = self.plan(station)
        if not hasattr(self._policy, "spare"):
            return plan
        policy = cast(SparingPolicy, self._policy)
        spared = map(self.running.__getitem__, policy.spare(station.id, self._show(), self._now).evict)
        more = [other for other in spared if other.idle and other.claimed > station.head and other not in plan.victims]
        return Plan((*plan.victims, *more), f"second try, for want of memory; {plan.why}")

    def after(self, station: Station, victims: Iterable[Station]) -> Sequence[Running]:
        """What would be running, in no particular order, if `station` took the place of its `victims`."""
        state = State.READY if station.state is State.READY else State.STARTING
        gone = {victim.id for victim in victims}
        if station.state is not State.STOPPED:
            gone.add(station.id)
        others = [shown for shown in self._show() if shown.model not in gone] if gone else self._show()
        return (*others, station.shown(state))

    def would_evict(self, station: Station, running: Sequence[Running]) -> tuple[ModelId, ...]:
        """Who would have to go for it if those were `running`."""
        return self._policy.decide(station.id, self._seen_by(station, running), self._now).evict

    @staticmethod
    def _seen_by(station: Station, running: Sequence[Running]) -> Sequence[Running]:
        if station.state is State.STOPPED:
            return running
        if station.state is State.STOPPING or station.loading or station.outdated:
            # it has to come up anew: that it still runs is no reason to let it
            return [shown for shown in running if shown.model != station.id]
        return running

    def _show(self) -> Sequence[Running]:
        if self._shown is None:
            known = [station for _, station in sorted(self.running.items()) if not station.removed]
            self._shown = tuple([station.shown(station.state) for station in known])
            self._plans.clear()
        return self._shown
