"""Much to do, a little of it in each turn of the reactor; and the heartbeat of streams that have nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import CooperativeTask, Cooperator
from twisted.logger import Logger

_SLICE = 0.005
"""Seconds of a turn."""
HEARTBEAT_PERIOD = 10.0


class Turns:
    """Does something for many, a few in each turn of the reactor."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._turns = Cooperator(self._slice, lambda work: clock.callLater(0, work))

    def spread(self, steps: Iterator[None]) -> CooperativeTask[Iterator[None]]:
        """Take all `steps`, beginning in the next turn."""
        return self._turns.cooperate(steps)

    def _slice(self) -> Callable[[], bool]:
        end = self._clock.seconds() + _SLICE
        return lambda: self._clock.seconds() >= end


class Beating(Protocol):
    """A stream."""

    def beat(self) -> None:
        """Show the client that it is alive."""


class Heartbeat:
    """One timer for all streams; it runs while there are any."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, turns: Turns) -> None:
        self._clock = clock
        self._turns = turns
        self._streams: dict[Beating, None] = {}
        self._timer: IDelayedCall | None = None

    def add(self, stream: Beating) -> Callable[[], None]:
        """Let it beat every `HEARTBEAT_PERIOD` seconds; the returned function ends that and may be called twice."""
        self._streams[stream] = None
        if self._timer is None:
            self._timer = self._clock.callLater(HEARTBEAT_PERIOD, self._beat)
        return partial(self._remove, stream)

    def _remove(self, stream: Beating) -> None:
        self._streams.pop(stream, None)
        if not self._streams and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        self._timer = self._clock.callLater(HEARTBEAT_PERIOD, self._beat)
        self._turns.spread(self._all(tuple(self._streams)))

    def _all(self, streams: tuple[Beating, ...]) -> Iterator[None]:
        for stream in streams:
            if stream in self._streams:
                self._let_beat(stream)
            yield

    def _let_beat(self, stream: Beating) -> None:
        try:
            stream.beat()
        except Exception:  # one that cannot be shown it must not cost the others theirs
            self._log.failure("a stream could not be shown that it is alive")
            self._remove(stream)
