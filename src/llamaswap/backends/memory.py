"""A model does not start before the memory of those that were stopped for it is really free (W-19).

An attendant. It measures what a model holds before it is stopped, while it loads as well, and has the next start wait
until that is back: a driver may take a moment to give it back after the process has gone. Where it is back at once, as
it should be, nothing waits. Of a process that ended by itself nobody knows what it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.guarded import GuardedThreads, StillHanging
from llamaswap.backends.interface import Attendance
from llamaswap.backends.settling import Held, Look, Rest, held_by, not_free
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId
from llamaswap.threads import InThread
from llamaswap.wire.upstream import Upstream

T = TypeVar("T")

PAUSE = 0.1
"""Seconds between two looks."""
NOTICEABLE = 0.2
"""Seconds of waiting that are worth a line in the log."""
_LONGEST_MEASURE = 1.0
"""Seconds that a look may hold up a stop: a driver in trouble may never answer."""


class Gauges(Protocol):
    """Who knows how much memory is in use (`gauges.py`). All of it blocks."""

    def open(self) -> None:
        """Do what takes time at the first look."""

    def look(self) -> Look:
        """The memory now."""

    def members(self, leader: int, among: Iterable[int]) -> set[int]:
        """Those of the processes `among` that belong to `leader`."""

    def private(self, leader: int) -> int:
        """Bytes of system memory that `leader` and its descendants share with nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class _Release:
    """A model that has gone."""

    model: ModelId
    held: Held
    when: float
    starts: int
    """Number of starts before it was measured; one that was in vain is none."""


class MemorySettle(Attendance):
    """Measures on `gauges`; `settle` says how many seconds a start may wait, 0: none does."""

    _log = Logger()

    def __init__(
        self,
        gauges: Gauges,
        pid_of: Callable[[ModelId], int | None],
        settle: Callable[[], float],
        in_thread: InThread,
        clock: IReactorTime,
    ) -> None:
        self._gauges = gauges
        self._pid_of = pid_of
        self._settle = settle
        self._in_thread = GuardedThreads(in_thread)
        self._clock = clock
        self._opened = False
        self._starts = 0
        self._measured: dict[ModelId, tuple[Held, int]] = {}
        self._released: list[_Release] = []
        self._missed: dict[ModelId, list[_Release]] = {}
        """What was not free in time for those that are loading."""

    def unsettled(self, model: ModelId) -> bool:
        """The load of `model` has failed for want of memory: did it begin although not all was free that was waited
        for? Then the next start waits for that anew."""
        missed = self._missed.pop(model, [])
        now = self._clock.seconds()
        self._released += [replace(release, when=now, starts=release.starts + 1) for release in missed]
        return bool(missed)

    async def before_load(self, model: Model, why: str) -> None:
        self._starts += 1
        self._missed.pop(model.id, None)
        self._open()
        horizon = self._clock.seconds() - self._settle()
        self._released = [release for release in self._released if release.when > horizon]
        if self._released:
            await self._wait(model)

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        self._missed.pop(model.id, None)

    async def before_stop(self, model: Model) -> None:
        leader = self._pid_of(model.id)
        if leader is None or not self._settle():
            return
        starts = self._starts
        try:
            held = await self._ask(partial(measure, self._gauges, leader), _LONGEST_MEASURE)
        except (TimeoutError, StillHanging):
            self._log.warn("{model}: the memory it holds cannot be measured in time", model=model.id)
            return
        if held.anything:
            self._measured[model.id] = held, starts

    async def after_stop(self, model: Model) -> None:
        if measured := self._measured.pop(model.id, None):
            held, starts = measured
            self._released.append(_Release(model.id, held, self._clock.seconds(), starts))

    def _open(self) -> None:
        """Beside the first start, so that no stop has to wait for it."""
        if not self._opened and self._settle():
            self._opened = True
            opening = self._in_thread(self._gauges.open)
            opening.addErrback(self._not_opened)

    def _not_opened(self, failure: Failure) -> None:
        """The next start tries again."""
        self._opened = False
        if not failure.check(StillHanging):
            self._log.failure("opening the memory gauges", failure)

    def _ask(self, work: Callable[[], T], seconds: float) -> Deferred[T]:
        return self._in_thread(work).addTimeout(seconds, self._clock)

    async def _wait(self, model: Model) -> None:
        """Look until everything is free, or it has taken too long."""
        began = self._clock.seconds()
        end = max(release.when for release in self._released) + self._settle()
        names = ", ".join(release.model for release in self._released)
        rests: list[Rest] = []
        while self._released:
            left = end - self._clock.seconds()
            if left <= 0:
                self._give_up(model, names, rests)
                return
            try:
                rests = self._judge(await self._ask(self._gauges.look, left))
            except TimeoutError:
                continue
            except StillHanging:
                rests = []
            if rests or self._released:
                await deferLater(self._clock, min(PAUSE, left))
        waited = self._clock.seconds() - began
        if waited >= NOTICEABLE:
            self._log.info(
                "{model}: waited {waited:.1f} s for memory of {names}", model=model.id, waited=waited, names=names
            )

    def _judge(self, look: Look) -> list[Rest]:
        """Forget what is free by now; returns what is not."""
        rests: list[Rest] = []
        waiting = []
        for release in self._released:
            found = not_free(release.held, look, system_counts=self._starts == release.starts + 1)
            rests += found
            if found:
                waiting.append(release)
        self._released = waiting
        return rests

    def _give_up(self, model: Model, names: str, rests: list[Rest]) -> None:
        self._missed[model.id], self._released = self._released, []
        self._log.warn(
            "{model} starts although memory of {names} is not free after {seconds:g} s (memory.settle): {rests}",
            model=model.id,
            names=names,
            seconds=self._settle(),
            rests=", ".join(map(str, rests)) or "it cannot be measured",
        )


def measure(gauges: Gauges, leader: int) -> Held:
    """What `leader` and its descendants hold now. Blocks."""
    look = gauges.look()
    listed = {pid for device in look.devices for pid in device.processes}
    members = gauges.members(leader, listed)
    held = held_by(members, look, 0)
    return held if held.devices else held_by(members, look, gauges.private(leader))
