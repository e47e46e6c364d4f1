"""What a client that waits for a model is told, remark after remark (lifecycle section 8.3). Pure.

It knows neither clock nor connection: how far things have come and how long it took are passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from llamaswap.ids import ModelId
from llamaswap.stay import Progress

RULE = "\u2501" * 5
TICK = 0.75
"""Seconds from one remark to the next when nothing happens."""

_EASE = ("warming up", "counting layers", "fetching weights", "making room", "nearly there, most likely", "stretching")
_NAMES_SHOWN = 5
_SOONEST, _LATEST = 5, 9
"""Whole seconds from something said to the next remark that nothing has caused."""
_MINUTES_FROM = 100
"""Seconds; more is said in minutes."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say."""

    flow: str
    """As a piece of running text, with its line breaks."""
    line: str
    """As a line by itself; empty for a sign of life only."""


_DOT = Remark(".", "")


class Script:
    """The remarks for one request. `seed` decides about those that nothing has caused."""

    def __init__(self, model: ModelId, seed: str) -> None:
        self._model = model
        self._random = Random(seed)
        self._ease = self._random.sample(_EASE, len(_EASE))
        self._said = 0
        self._due = 0.0
        self._position = 0
        self._stopping: tuple[ModelId, ...] = ()
        self._loading = False

    def opening(self) -> Remark:
        """The first words."""
        line = f"llama-swap loading model: {self._model}"
        return Remark(f"{RULE}\n{line}\n", line)

    def news(self, progress: Progress, stopping: Sequence[ModelId], waited: float) -> Remark | None:
        """What has changed since the last call; None when nothing has. `stopping` are those that have yet to stop."""
        text = self._news(progress, tuple(stopping))
        return self._say(text, waited) if text else None

    def next(self, progress: Progress, stopping: Sequence[ModelId], waited: float) -> Remark:
        """What to say at a tick, `waited` seconds after the opening."""
        news = self.news(progress, stopping, waited)
        if news is not None:
            return news
        if waited < self._due:
            return _DOT
        return self._say(self._idle(progress), waited)

    def closing(self, waited: float) -> Remark:
        """The last words: the model is ready, and its answer follows."""
        line = f"Done! ({max(waited, 0.0):.2f}s)"
        return Remark(f"\n{line}\n{RULE}\n \n", line)

    def _news(self, progress: Progress, stopping: tuple[ModelId, ...]) -> str:
        position, self._position = self._position, progress.position
        if progress.position and progress.position != position:
            return f"Queue position: #{progress.position}"
        if progress.loading is None:
            self._stopping, self._loading = (), False
            return ""
        if stopping:
            before, self._stopping, self._loading = self._stopping, stopping, False
            return f"stopping {_names(stopping)}" if stopping != before else ""
        self._stopping = ()
        loading, self._loading = self._loading, True
        return "" if loading else _with_estimate("loading", progress.remaining)

    def _idle(self, progress: Progress) -> str:
        if self._loading and progress.remaining is not None:
            return _with_estimate("", progress.remaining)
        self._said += 1
        return self._ease[self._said % len(self._ease)]

    def _say(self, text: str, waited: float) -> Remark:
        self._due = waited + self._random.randint(_SOONEST, _LATEST)
        return Remark(f"\n{text} ", text)


def _names(models: Sequence[ModelId]) -> str:
    more = len(models) - _NAMES_SHOWN
    shown = ", ".join(models[:_NAMES_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _with_estimate(text: str, remaining: float | None) -> str:
    """`text` with how long it will take, as far as that is known."""
    if remaining is None:
        return text
    if remaining <= 0:
        words = "ready any moment"
    elif remaining < _MINUTES_FROM:
        words = f"about {max(round(remaining), 1)} s to go"
    else:
        words = f"about {round(remaining / 60)} min to go"
    return f"{text}, {words}" if text else words
