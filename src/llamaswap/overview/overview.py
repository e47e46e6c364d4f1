"""The picture of the scheduler that watchers are shown: put together when somebody asks, out of what others know.

Nothing is done, and nothing is kept, for the sake of those who might ask: but for the few words about each change of a
model's state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from llamaswap.config.schema import Model
from llamaswap.hardware.samples import GpuSample, Held, SystemSample
from llamaswap.ids import ModelId, TicketId
from llamaswap.notices import ConfigurationChanged, ModelChanged, Notices, State, StopBegan, SwapAdvanced, Swapped
from llamaswap.overview import words
from llamaswap.overview.records import Records
from llamaswap.overview.timeline import Timeline
from llamaswap.schedule.events import Swap
from llamaswap.schedule.survey import Glance, Survey

MOST_WAITING = 500
"""Requests that wait, of which each is shown."""
MOST_MODELS = 300
"""Models, and swaps, that are shown."""


class RunningSwap(Protocol):
    """A swap under way (`backends/underway.py`)."""

    swap: Swap
    stage: str
    since: float


class Seen(Protocol):
    """What was seen of the machine last (`hardware/sampler.py`)."""

    @property
    def system(self) -> SystemSample: ...
    @property
    def gpus(self) -> Mapping[int, GpuSample]: ...


class Sources(NamedTuple):
    """Who knows what."""

    survey: Callable[[int], Survey]
    """The scheduler, with so many of those that wait."""
    states: Callable[[], Iterable[tuple[Model, State]]]
    state_of: Callable[[ModelId], State]
    swaps: Callable[[], Sequence[RunningSwap]]
    places: Callable[[], Mapping[TicketId, str]]
    """The IDs of requests under way, by their numbers in the line."""
    requests: Callable[[], Mapping[str, int]]
    """How many requests each model was asked."""
    memory: Callable[[], Mapping[ModelId, Held]]
    machine: Callable[[], Seen | None]
    now: Callable[[], float]


class Overview:
    """It listens to `notices` as long as they are."""

    def __init__(self, sources: Sources, notices: Notices) -> None:
        self._sources = sources
        self.timeline = Timeline()
        self._records = Records()
        self._listeners: tuple[Callable[[], None], ...] = ()
        for listener in (self.timeline.changed, self._records.changed):
            notices.subscribe(ModelChanged, listener)
        for hears in (self.timeline.swapped, self._records.swapped, self.stir):
            notices.subscribe(Swapped, hears)
        notices.subscribe(SwapAdvanced, self.timeline.advanced)
        notices.subscribe(StopBegan, self.timeline.stopping)
        notices.subscribe(ConfigurationChanged, lambda _: self._forget())
        for kind in (ModelChanged, SwapAdvanced, ConfigurationChanged):
            notices.subscribe(kind, self.stir)

    def stir(self, _: object = None) -> None:
        """The picture may be another now."""
        for listener in self._listeners:
            listener()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the picture may be another; the returned function ends that, and may be called twice."""
        self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Callable[[], None]) -> None:
        self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

    def _forget(self) -> None:
        known = [model.id for model, _ in self._sources.states()]
        self._records.keep_known(known)
        self.timeline.keep_known(known)

    @property
    def now(self) -> float:
        """Seconds since the epoch, as everything here is told."""
        return round(self._sources.now(), 3)

    def schedule(self, *, lines: bool) -> dict[str, Any]:
        """How it is now, JSON-ready, but for the time; with the last `lines` of models that failed, or without."""
        survey, sources = self._sources.survey(MOST_WAITING), self._sources
        swaps = [words.swap(each.swap, each.stage, each.since) for each in sources.swaps()[:MOST_MODELS]]
        places = sources.places() if survey.queue else {}
        queue = [words.waiting(each, places.get(each.ticket)) for each in survey.queue]
        machine = sources.machine()
        return {
            "models": self._models(survey, {each["model"]: each for each in swaps}, lines),
            "queue": queue,
            "waiting": survey.total,
            "swaps": swaps,
            "gpus": [words.gpu(each) for each in machine.gpus.values()] if machine else [],
            "ram": words.ram(machine.system) if machine else None,
        }

    def _models(self, survey: Survey, swaps: Mapping[str, Mapping[str, Any]], lines: bool) -> list[dict[str, Any]]:
        """Those that run, have failed or are waited for; then those that were used, the newest first."""
        glances = {glance.model: glance for glance in survey.models}
        states = ((form.id, state) for form, state in self._sources.states())
        shown = [(model, state, glances.get(model)) for model, state in states if self._is_shown(model, state, glances)]
        shown.sort(key=lambda each: self._rank(*each))
        requests, memory = self._sources.requests(), self._sources.memory()
        return [
            {
                **words.model(model, self._sources.state_of(model), glance, self._records.since.get(model)),
                "requests": requests.get(model, 0),
                **words.stage(swaps.get(model), glance, state),
                "failure": words.failure(self._records.failures.get(model), lines=lines),
                "memory": words.memory(memory.get(model) if state is not State.STOPPED else None),
            }
            for model, state, glance in shown[:MOST_MODELS]
        ]

    def _is_shown(self, model: ModelId, state: State, glances: Mapping[ModelId, Glance]) -> bool:
        return state is not State.STOPPED or model in glances or model in self._records.failures

    def _rank(self, model: ModelId, state: State, glance: Glance | None) -> tuple[int, float]:
        if state is not State.STOPPED:
            return 0, 0.0
        if model in self._records.failures or glance is None:
            return 1, 0.0
        return (2, 0.0) if glance.waiting else (3, -(glance.last_used or 0.0))
