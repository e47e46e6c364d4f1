"""Everything that is counted, put together for Prometheus (http-api section 18.3).

Figures are taken in turns of the reactor, and written in a thread; whoever asks while that is under way gets the
same text. What is counted lives as long as the server, over reloads too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from llamaswap.backends.interface import Attendance
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId
from llamaswap.metrics.counters import Counters
from llamaswap.metrics.engines import ask_engines
from llamaswap.metrics.exposition import render
from llamaswap.metrics.lag import Lag
from llamaswap.metrics.lives import Lives
from llamaswap.metrics.present import model_families, peer_family, server_families
from llamaswap.notices import ConfigurationChanged, ModelChanged, Notices, State, Swapped
from llamaswap.series import Family
from llamaswap.threads import InThread
from llamaswap.wire.ask import Server

_AT_ONCE = 0.002
"""Seconds."""


class Counted:
    """What happens to requests and models, counted from the start on. `known`: is that the name of a model here?"""

    def __init__(self, notices: Notices, known: Callable[[str], bool]) -> None:
        self.requests = Counters(known)
        """Hears of requests that ended (`take`)."""
        self.lives = Lives()
        self.attendant = _Unloads(self.lives)
        self._known = known
        notices.subscribe(ModelChanged, self.lives.changed)
        notices.subscribe(Swapped, self.lives.swapped)
        notices.subscribe(ConfigurationChanged, lambda _: self._forget())

    def _forget(self) -> None:
        """Models that are neither configured nor running count no more."""
        self.requests.keep_known()
        self.lives.keep_known(self._known)


class _Unloads(Attendance):
    """Counts why models go."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives

    async def after_unload(self, model: Model, why: str) -> None:
        self._lives.unloaded(model.id, why)


class Present(NamedTuple):
    """Who knows how it is now."""

    states: Callable[[], Iterable[tuple[Model, State]]]
    in_flight: Callable[[ModelId], int]
    waiting: Callable[[ModelId], int]
    upstream_of: Callable[[ModelId], Server | None]
    peers: Callable[[], Iterable[tuple[str, bool | None]]]
    """Whether each peer answers; None: nobody knows."""
    connections: Callable[[], int]
    """How many clients are connected."""
    machine: Callable[[], Iterable[Family]]
    """The latest samples of the machine."""
    refused: Callable[[], Iterable[Family]]
    """What API keys were refused."""


class Prometheus:
    """Writes the figures when it is asked. `stop` and `cut` end what it has begun."""

    def __init__(self, counted: Counted, present: Present, in_thread: InThread, clock: IReactorTime) -> None:
        self._counted = counted
        self._present = present
        self._in_thread = in_thread
        self._clock = clock
        self._lag = Lag(clock)
        self._under_way: Deferred[Any] | None = None
        self._waiting: Waiters[bytes] = Waiters()

    def text(self, *, engines: bool) -> Deferred[bytes]:
        """Fires with all figures, in the text format 0.0.4; those of the engines of ready models too, if asked.

        Cancelling gives up the wait only. Fails with `CancelledError` after `cut`.
        """
        self._lag.begin()
        asked = self._waiting.add()
        if self._under_way is None:
            self._under_way = Deferred.fromCoroutine(self._write(engines))
            self._under_way.addCallbacks(self._written, self._not_written)
        return asked

    def stop(self) -> None:
        """The server ends: look no more how late the reactor is. What is under way ends soon. May be called twice."""
        self._lag.stop()

    def cut(self) -> None:
        """Give up what is under way."""
        if self._under_way is not None:
            self._under_way.cancel()

    def families(self) -> Iterator[Family]:
        """The figures; each family as it is when it is taken."""
        present, counted = self._present, self._counted
        states = [(model.id, state) for model, state in present.states()]
        yield from present.machine()
        yield from server_families(present.connections())
        yield self._lag.family()
        yield from model_families(states, present.in_flight, present.waiting)
        yield from counted.lives.families(self._clock.seconds(), [model for model, _ in states])
        yield from counted.requests.families()
        yield from present.refused()
        yield peer_family(present.peers())

    async def _write(self, engines: bool) -> bytes:
        said = await ask_engines(self._servers(), self._clock) if engines else {}
        return await self._in_thread(partial(render, await self._taken(), said))

    async def _taken(self) -> list[Family]:
        """All families; others get their turn when that takes its time, as it does with hundreds of models."""
        taken, began = [], self._clock.seconds()
        for family in self.families():
            taken.append(family)
            if not 0.0 <= self._clock.seconds() - began < _AT_ONCE:
                await deferLater(self._clock, 0.0)
                began = self._clock.seconds()
        return taken

    def _servers(self) -> Mapping[str, Server]:
        ready = [model.id for model, state in self._present.states() if state is State.READY]
        return {model: server for model in ready if (server := self._present.upstream_of(model)) is not None}

    def _written(self, text: bytes) -> None:
        self._under_way = None
        self._waiting.fire(text)

    def _not_written(self, failure: Failure) -> None:
        self._under_way = None
        self._waiting.fail(cast(Exception, failure.value))
