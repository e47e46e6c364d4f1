"""Since when each model is in its state, and what its last load has failed of. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State, Swapped


class Failure(NamedTuple):
    """Why a model is not there: it could not be loaded, or it died."""

    when: float
    why: str
    exit_code: int | None = None
    """None where no process has ended by itself with one."""
    lines: tuple[str, ...] = ()
    """The last of its log; for those who may read that."""


class Records:
    """Of all models to which anything has happened."""

    def __init__(self) -> None:
        self.since: dict[ModelId, float] = {}
        """When each came to its state."""
        self.failures: dict[ModelId, Failure] = {}
        """Of those that have not been ready since."""

    def changed(self, notice: ModelChanged) -> None:
        self.since[notice.model] = notice.when
        if notice.new is State.READY:
            self.failures.pop(notice.model, None)
        elif notice.reason:
            self.failures[notice.model] = Failure(notice.when, notice.reason, notice.exit_code, notice.said)

    def swapped(self, notice: Swapped) -> None:
        """What ended a load says more than the end of its process, or says it alone."""
        if notice.outcome not in ("failed", "out_of_memory"):
            return
        began, known = notice.when - sum(notice.stages.values()), self.failures.get(notice.model)
        if known is not None and known.when >= began:
            self.failures[notice.model] = known._replace(why=notice.error)
        else:
            self.failures[notice.model] = Failure(notice.when, notice.error)

    def keep_known(self, known: Iterable[ModelId]) -> None:
        """Forget other models."""
        kept = set(known)
        self.since = {model: when for model, when in self.since.items() if model in kept}
        self.failures = {model: failure for model, failure in self.failures.items() if model in kept}
