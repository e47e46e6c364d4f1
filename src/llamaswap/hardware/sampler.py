"""How busy the machine is, over the last hour (http-api section 18.1).

Samples are taken every so many seconds, in threads: of the machine, then of its GPUs, apart from each other since a
driver may take its time or hang. What hangs is not asked again until it has come back, and is waited for by nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.config.schema import Performance
from llamaswap.hardware.samples import GpuLook, GpuSample, Held, SystemSample
from llamaswap.ids import ModelId
from llamaswap.threads import InThread

KEPT = 3600.0
"""Seconds of which the samples are kept."""
T = TypeVar("T")


class SystemLooks(Protocol):
    """Who looks at the machine (`system.py`). All of it blocks."""

    def open(self) -> None: ...
    def look(self, when: float) -> SystemSample: ...


class GpuLooks(Protocol):
    """Who looks at the GPUs (`gpu_looks.py`). All of it blocks."""

    def open(self) -> None: ...
    def look(self, when: float, leaders: Mapping[ModelId, int]) -> GpuLook: ...
    def close(self) -> None: ...


class Latest(NamedTuple):
    """What was seen last."""

    system: SystemSample
    gpus: Mapping[int, GpuSample]
    """By their numbers, in that order."""


class History(NamedTuple):
    """What was seen, the oldest first."""

    system: Sequence[SystemSample]
    gpus: Sequence[GpuSample]


class _Asked:
    """Work that is done in a thread, over and over, but never twice at once."""

    log = Logger()

    def __init__(self, what: str, in_thread: InThread) -> None:
        self._what = what
        self._in_thread = in_thread
        self._busy = False
        self._done: Callable[[Any], None] | None = None
        self._last: Callable[[], object] | None = None
        self._complained = False
        """Of what is wrong, once: until it works again."""

    def ask(self, work: Callable[[], T], done: Callable[[T], None]) -> Deferred[None]:
        """Do `work`, and tell `done` what came of it; nothing is done while what was asked before is under way.

        Fires when it is over; never fails.
        """
        if self._busy:
            self._complain("figures of {what} are late: no others until they have come")
            return succeed(None)
        self._busy, self._done = True, done
        return self._in_thread(work).addBoth(self._answered).addErrback(self._unforeseen)

    def forget(self) -> None:
        """Nobody wants to know any more what comes of it."""
        self._done = None

    def end(self, work: Callable[[], object]) -> None:
        """Do `work` as well, now or as soon as what is under way is over."""
        if self._busy:
            self._last = work
        else:
            self.ask(work, lambda _: None)

    def _answered(self, result: Any) -> None:
        done, self._busy, self._done = self._done, False, None
        last, self._last = self._last, None
        if last is not None:
            self.end(last)
        if isinstance(result, Failure):
            self._complain("figures of {what} cannot be had: {why}", why=result.getErrorMessage() or result.type)
        elif done is not None:
            self._complained = False
            done(result)

    def _complain(self, message: str, **more: object) -> None:
        if not self._complained:
            self._complained = True
            self.log.warn(message, what=self._what, **more)

    def _unforeseen(self, failure: Failure) -> None:
        self.log.failure("whoever hears of {what} failed", failure, what=self._what)


class Sampler:
    """Takes samples while its settings say so. `leaders` says which process each running model has.

    Other settings hold at once: another interval, or an end, empties what was kept.
    """

    log = Logger()

    def __init__(
        self,
        system: Callable[[], SystemLooks],
        gpus: Callable[[], GpuLooks],
        leaders: Callable[[], Mapping[ModelId, int]],
        *,
        in_thread: InThread,
        clock: IReactorTime,
    ) -> None:
        """`system` and `gpus` are called in a thread, when sampling begins for the first time."""
        self._make_system, self._make_gpus = system, gpus
        self._system: SystemLooks | None = None
        self._gpus: GpuLooks | None = None
        self._leaders = leaders
        self._clock = clock
        self._asks_system = _Asked("the machine", in_thread)
        self._asks_gpus = _Asked("the GPUs", in_thread)
        self._loop = LoopingCall(self._sample)
        self._loop.clock = clock
        self._every = 0.0
        self.offered = False
        """It has been switched on since the start (section 18.1: then it is answered from, also when it is off)."""
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._empty()

    # -- what is known -------------------------------------------------------------------------------------------

    @property
    def latest(self) -> Latest | None:
        """What was seen last; None before the first sample, and while sampling is off."""
        system = self._kept_system[-1] if self._kept_system else None
        return system and Latest(system, {gpu.id: gpu for gpu in sorted(self._last_gpus, key=lambda gpu: gpu.id)})

    @property
    def memory(self) -> Mapping[ModelId, Held]:
        """What each running model held when it was looked at last."""
        return self._models

    @property
    def model_memory(self) -> Mapping[ModelId, int]:
        """MiB of GPU memory that each running model holds, where that is known."""
        return {model: sum(held.gpus.values()) for model, held in self._models.items() if held.gpus}

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when there is something new; the returned function ends that and may be called twice."""
        self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Callable[[], None]) -> None:
        self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

    def history(self, after: float | None = None) -> History:
        """All that is kept; with `after` (seconds since the epoch) what is later than that."""
        gpus = [gpu for snapshot in self._kept_gpus for gpu in snapshot]
        if after is None:
            return History(list(self._kept_system), gpus)
        return History([each for each in self._kept_system if each.when > after], [g for g in gpus if g.when > after])

    # -- when samples are taken ----------------------------------------------------------------------------------

    def configure(self, performance: Performance) -> None:
        """Sample as these settings say, from now on. The first sample comes after one interval."""
        every = 0.0 if performance.disabled else performance.every
        if every == self._every:
            return
        self._pause()
        self._every = every
        self._empty()
        if not every:
            self._asks_gpus.end(self._let_go_of_gpus)
        else:
            self.offered = True
            self._system = None  # shares are measured from now on
            self._asks_system.ask(self._begin_system, lambda _: None)
            self._loop.start(every, now=False).addErrback(self._broke)

    def stop(self) -> None:
        """Take no more samples, and let go of the drivers; nobody waits for a look that is under way."""
        if self._every:
            self._pause()
            self._asks_gpus.end(self._let_go_of_gpus)

    def _pause(self) -> None:
        self._every = 0.0
        if self._loop.running:
            self._loop.stop()
        self._asks_system.forget()
        self._asks_gpus.forget()

    def _empty(self) -> None:
        size = int(KEPT // self._every) if self._every else 1
        self._kept_system: deque[SystemSample] = deque(maxlen=size)
        self._kept_gpus: deque[Sequence[GpuSample]] = deque(maxlen=size)
        self._last_gpus: Sequence[GpuSample] = ()
        self._models: Mapping[ModelId, Held] = {}

    def _broke(self, failure: Failure) -> None:
        self.log.failure("sampling has broken off", failure)

    def _sample(self) -> None:
        when = round(self._clock.seconds(), 6)  # as it is told: what is later than a time told is later than its sample
        asked = self._asks_system.ask(partial(self._look_at_system, when), self._seen)
        asked.addCallback(lambda _: self._sample_gpus(when))

    def _sample_gpus(self, when: float) -> None:
        """After the machine, so that one thread does both: each thread costs memory of its own."""
        if self._loop.running:
            self._asks_gpus.ask(partial(self._look_at_gpus, when, self._leaders()), self._gpus_seen)

    def _seen(self, sample: SystemSample) -> None:
        self._kept_system.append(sample)

    def _gpus_seen(self, look: GpuLook) -> None:
        self._last_gpus, self._models = look.gpus, look.models
        if look.gpus:
            self._kept_gpus.append(look.gpus)
        for listener in self._listeners:
            listener()

    # -- in the threads ------------------------------------------------------------------------------------------

    def _begin_system(self) -> SystemLooks:
        system = self._make_system()
        system.open()
        self._system = system
        return system

    def _look_at_system(self, when: float) -> SystemSample:
        return (self._system or self._begin_system()).look(when)

    def _look_at_gpus(self, when: float, leaders: Mapping[ModelId, int]) -> GpuLook:
        if self._gpus is None:
            gpus = self._make_gpus()
            gpus.open()
            self._gpus = gpus
        return self._gpus.look(when, leaders)

    def _let_go_of_gpus(self) -> None:
        gpus, self._gpus = self._gpus, None
        if gpus is not None:
            gpus.close()
