"""Which models run, and what does the eviction policy say about it?

Shows the policy the running models and remembers its answers for as long as its contract allows. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict
from llamaswap.schedule.station import NO_BATCH, Station


class Outlook:
    """The running models: those that are not stopped, targets of swaps included (lifecycle section 5.3)."""

    def __init__(self, policy: EvictionPolicy) -> None:
        self.running: dict[ModelId, Station] = {}
        self._policy = policy
        self._now = 0.0
        self._shown: tuple[Running, ...] | None = None
        self._verdicts: dict[ModelId, Verdict] = {}  # on what is shown
        self._lasting: dict[ModelId, Verdict] = {}  # on ready targets, until a model changes its state

    def at(self, now: float) -> None:
        """Look again: it is `now`, and who waits or is served has changed."""
        self._now = now
        self._shown = None

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

    def verdict(self, station: Station) -> Verdict:
        """What has to go so that the model may run."""
        if station.state is State.READY:
            memory = self._lasting
        else:
            self._show()
            memory = self._verdicts
        verdict = memory.get(station.id)
        if verdict is None:
            verdict = memory[station.id] = self._decide(station, self._show())
        return verdict

    def victims(self, station: Station) -> tuple[Station, ...]:
        """The stations of its verdict."""
        return tuple([self.running[model] for model in self.verdict(station).evict])

    def after(self, station: Station, victims: Iterable[Station]) -> Sequence[Running]:
        """What would be running if `station` took the place of its `victims`."""
        gone = {victim.id for victim in victims}
        loaded = station.shown()
        if station.state is not State.READY:
            loaded = replace(loaded, state=State.STARTING)
        others = [shown for shown in self._show() if shown.model not in gone and shown.model != station.id]
        return sorted([*others, loaded], key=_by_id)

    def would_evict(self, station: Station, running: Sequence[Running]) -> tuple[ModelId, ...]:
        """What would have to go for it if those were `running`."""
        return self._decide(station, running).evict

    def _decide(self, station: Station, running: Sequence[Running]) -> Verdict:
        if station.state is State.STOPPING or station.loading:
            # it has to come up anew: that it still runs is no reason to let it
            running = [shown for shown in running if shown.model != station.id]
        return self._policy.decide(station.id, running, self._now)

    def _show(self) -> Sequence[Running]:
        if self._shown is None:
            self._shown = tuple([self.running[model].shown() for model in sorted(self.running)])
            self._verdicts.clear()
        return self._shown


def _by_id(shown: Running) -> ModelId:
    return shown.model
