"""What became of models: loads, swaps with their stages, crashes and unloads, counted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from llamaswap.metrics.buckets import STAGES, SWAPS, Histogram
from llamaswap.notices import ModelChanged, State, Swapped
from llamaswap.series import Distribution, Family

_MODEL = ("model",)
_REASONS = ("abandon", "crash", "evict", "reload", "shutdown", "ttl", "unload")
_OUTCOMES = ("abandoned", "failed", "loaded", "out_of_memory")
_STARTS = "Starts of a model's process."
_CRASHES = "Ends of a ready model's process that nobody asked for."
_LOADED = "Time that a model has been ready."
_CHANGED = "When a model's state changed last, since the epoch."
_UNLOADS = (
    "Ends of models that were ready, by reason"
    " (evict, unload, ttl, reload, shutdown, crash; abandon: nobody wanted it any more)."
)
_SWAPS = "Swaps for a model that have ended, by outcome (loaded, failed, out_of_memory, abandoned)."
_DURATION = "From the arrival of the first request that a swap was for to the model's being ready."
_STAGE = (
    "Stages of swaps: drain (others are served or loaded first), stop (what has to go), settle (memory gets free, hooks"
    " run), start (until it says that it is well), ready (hooks run, slots are restored)."
)


class _Life:
    """One model's."""

    __slots__ = ("changed", "crashes", "loaded", "ready_since", "stages", "starts", "swaps", "total", "unloads")

    def __init__(self) -> None:
        self.changed = 0.0
        self.starts = 0
        self.crashes = 0
        self.ready_since: float | None = None
        self.loaded = 0.0
        self.unloads = dict.fromkeys(_REASONS, 0)
        self.swaps = dict.fromkeys(_OUTCOMES, 0)
        self.total = Histogram(SWAPS)
        self.stages: dict[str, Histogram] = {}

    def loaded_until(self, now: float) -> float:
        """Seconds it has been ready, all in all."""
        return self.loaded + (max(now - self.ready_since, 0.0) if self.ready_since is not None else 0.0)


class Lives:
    """Those of all models, since the start of the server."""

    def __init__(self) -> None:
        self._lives: dict[str, _Life] = {}

    def changed(self, notice: ModelChanged) -> None:
        """A model went from one state to another."""
        life = self._life(notice.model)
        life.changed = notice.when
        if notice.old is State.READY:
            life.loaded, life.ready_since = life.loaded_until(notice.when), None
        if notice.new is State.READY:
            life.ready_since = notice.when
        if notice.new is State.STARTING:
            life.starts += 1
        if (notice.old, notice.new) == (State.READY, State.STOPPED):
            life.crashes += 1

    def swapped(self, notice: Swapped) -> None:
        """A swap ended. How long it took counts only if it has loaded its model."""
        life = self._life(notice.model)
        life.swaps[notice.outcome] = life.swaps.get(notice.outcome, 0) + 1
        if notice.outcome != "loaded":
            return
        life.total.observe(sum(notice.stages.values()))
        for stage, seconds in notice.stages.items():
            histogram = life.stages.get(stage)
            if histogram is None:
                histogram = life.stages[stage] = Histogram(STAGES)
            histogram.observe(seconds)

    def unloaded(self, model: str, why: str) -> None:
        """Nothing is left of a model that was ready."""
        life = self._life(model)
        life.unloads[why] = life.unloads.get(why, 0) + 1

    def keep_known(self, known: Callable[[str], bool]) -> None:
        """Forget the models that are configured no more."""
        for model in [model for model in self._lives if not known(model)]:
            del self._lives[model]

    def families(self, now: float, models: Iterable[str] = ()) -> Iterator[Family]:
        """All of it; each family as it is when it is taken.

        Whatever can happen to `models` is shown before it happens: the first time is a change from 0.
        """
        lives = sorted((dict.fromkeys(models, _Life()) | self._lives).items())
        yield _counter("llamaswap_model_starts_total", _STARTS, _each(lives, lambda one: one.starts))
        yield _counter("llamaswap_model_crashes_total", _CRASHES, _each(lives, lambda one: one.crashes))
        yield _counter("llamaswap_model_loaded_seconds_total", _LOADED, _each(lives, lambda one: one.loaded_until(now)))
        changes = _each([pair for pair in lives if pair[1].changed], lambda one: one.changed)
        yield Family("llamaswap_model_changed_timestamp_seconds", "gauge", _CHANGED, _MODEL, changes)
        yield _counter("llamaswap_model_unloads_total", _UNLOADS, _by(lives, lambda one: one.unloads), "reason")
        yield _counter("llamaswap_swaps_total", _SWAPS, _by(lives, lambda one: one.swaps), "outcome")
        totals: _Samples = [((model,), one.total.shown()) for model, one in lives if not one.total.empty]
        yield Family("llamaswap_swap_duration_seconds", "histogram", _DURATION, _MODEL, totals)
        stages: _Samples = list(_stages(lives))
        yield Family("llamaswap_swap_stage_duration_seconds", "histogram", _STAGE, (*_MODEL, "stage"), stages)

    def _life(self, model: str) -> _Life:
        life = self._lives.get(model)
        if life is None:
            life = self._lives[model] = _Life()
        return life


_Pairs = list[tuple[str, _Life]]
_Samples = list[tuple[tuple[str, ...], float | Distribution]]


def _counter(name: str, help: str, samples: _Samples, *labels: str) -> Family:
    return Family(name, "counter", help, (*_MODEL, *labels), samples)


def _each(lives: Iterable[tuple[str, _Life]], value: Callable[[_Life], float]) -> _Samples:
    return [((model,), float(value(life))) for model, life in lives]


def _by(lives: _Pairs, counts: Callable[[_Life], dict[str, int]]) -> _Samples:
    return [((model, what), float(n)) for model, life in lives for what, n in sorted(counts(life).items())]


def _stages(lives: _Pairs) -> Iterator[tuple[tuple[str, ...], Distribution]]:
    for model, life in lives:
        for stage, histogram in sorted(life.stages.items()):
            yield (model, stage), histogram.shown()
