"""Hears what happens here, and publishes it: what came together in a turn of the reactor, in the next.

It listens only between `wake` and `sleep`: a server that nobody watches does nothing for those who might.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from llamaswap.feeds import messages
from llamaswap.feeds.gathering import (
    NEVER,
    ActivityNews,
    InflightNews,
    LogNews,
    News,
    ScheduleNews,
    StateNews,
    TimelineNews,
)
from llamaswap.logs.monitor import Monitor
from llamaswap.metrics.inflight import Inflight
from llamaswap.metrics.underway import Change, Removed, Upserted
from llamaswap.notices import ActivityStored, ModelChanged, Notices, PeerChanged, ProfileChanged
from llamaswap.overview.overview import Overview


class Circle(Enum):
    """Those who are told the same."""

    ALL = "all"
    NO_LOGS = "no logs"
    """All but the logs, which they read elsewhere."""
    DISCREET = "discreet"
    """For these the logs are not, nor what is quoted of them."""


Publish = Callable[[Circle, str], None]
"""Hands a message on to a circle."""


class Newsroom:
    """All kinds of news."""

    def __init__(
        self,
        publish: Publish,
        *,
        proxy: Monitor,
        upstream: Monitor,
        notices: Notices,
        inflight: Inflight,
        status: Callable[[], Sequence[dict[str, Any]]],
        active: Callable[[], str | None],
        config: Callable[[], str],
        overview: Overview,
        clock: IReactorTime,
    ) -> None:
        """`status` tells all models (`web/status.py`), `active` the profile, `config` is the message about settings."""
        self._publish = publish
        self._monitors = (proxy, upstream)
        self._notices = notices
        self._inflight = inflight
        self._overview = overview
        self._clock = clock
        self._logs = (LogNews("proxy", proxy.history), LogNews("upstream", upstream.history))
        self._models = StateNews(lambda: messages.model_status(status()))
        self._config = StateNews(config)
        self._profile = StateNews(lambda: messages.profile_changed(active()))
        self._under_way = InflightNews(inflight.snapshot)
        self._activity = ActivityNews()
        self._schedule = ScheduleNews(lambda lines: overview.schedule(lines=lines), lambda: overview.now)
        self._timeline = TimelineNews()
        self._kinds: tuple[News, ...] = (
            *self._logs,
            self._profile,
            self._config,
            self._models,
            self._under_way,
            self._activity,
            self._timeline,
            self._schedule,
        )
        self._phases: dict[str, str] = {}
        """How far each request under way has come, as far as it was heard of."""
        self._ends: list[Callable[[], None]] = []
        self._call: IDelayedCall | None = None
        self._latest = 0.0
        self.awake = False

    # -- its life --------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Begin to listen; harmless when it does."""
        if self.awake:
            return
        self.awake = True
        for kind in self._kinds:
            kind.begin()
        self._ends = [
            monitor.subscribe(self._writer(log)) for monitor, log in zip(self._monitors, self._logs, strict=True)
        ]
        self._ends += [
            self._notices.subscribe(ModelChanged, self.models_changed),
            self._notices.subscribe(PeerChanged, self.models_changed),
            self._notices.subscribe(ProfileChanged, self._profile_changed),
            self._notices.subscribe(ActivityStored, self._stored),
            self._inflight.subscribe(self._changed),
            self._overview.subscribe(self._rescheduled),
            self._overview.timeline.subscribe(self._happened),
        ]

    def sleep(self) -> None:
        """Listen no more; what is not published yet never will be."""
        self.awake = False
        self._phases = {}
        ends, self._ends = self._ends, []
        for end in ends:
            end()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    # -- what it hears ---------------------------------------------------------------------------------------------

    def models_changed(self, _: object = None) -> None:
        """What is said of the models may be something else now."""
        if self.awake:
            self._models.hear()
            self._stir()

    def config_changed(self) -> None:
        """There are other settings: whoever has asked for what they say may ask again."""
        if self.awake:
            self._config.hear()
            self._stir()

    def _profile_changed(self, _: ProfileChanged) -> None:
        self._profile.hear()
        self.models_changed()

    def _stored(self, notice: ActivityStored) -> None:
        self._activity.hear(notice.id)
        self._stir()

    def _changed(self, change: Change) -> None:
        self._under_way.hear(change, self._now())
        if self._moved(change):
            self._schedule.hear()
        self._stir()

    def _moved(self, change: Change) -> bool:
        """A request has come, or gone: here, or on to another phase. The schedule tells nothing else of it."""
        match change:
            case Removed(id):
                self._phases.pop(id, None)
                return True
            case Upserted(entry):
                before, self._phases[entry.id] = self._phases.get(entry.id), entry.phase
                return before != entry.phase

    def _rescheduled(self) -> None:
        self._schedule.hear()
        self._stir()

    def _happened(self, entry: Mapping[str, Any]) -> None:
        self._timeline.hear(entry)
        self._stir()

    def _writer(self, log: LogNews) -> Callable[[bytes], None]:
        def write(data: bytes) -> None:
            log.write(data)
            self._stir()

        return write

    # -- what it publishes -----------------------------------------------------------------------------------------

    def all(self, circle: Circle) -> list[str]:
        """The messages of everything there is now; what has come together is published before."""
        now = self._now()
        for kind in self._kinds:
            self._take(kind, now)
        logs = [log.all() for log in self._logs] if circle is Circle.ALL else []
        states = (self._models.all(), self._config.all(), self._profile.all())
        schedule = self._schedule.all(with_logs=circle is not Circle.DISCREET)
        return [*logs, *states, self._under_way.all(now), schedule]

    def _stir(self) -> None:
        """Publish when the first of what has come together is due, and not in this turn."""
        now = self._now()
        wait = max(0.0, min(kind.due for kind in self._kinds) - now)
        if self._call is None:
            self._call = self._clock.callLater(wait, self._tell)
        elif self._call.getTime() > now + wait:
            self._call.reset(wait)

    def _now(self) -> float:
        now = self._clock.seconds()
        if now < self._latest:
            for kind in self._kinds:
                kind.set_back(now)
        self._latest = now
        return now

    def _tell(self) -> None:
        self._call = None
        now = self._now()
        for kind in self._kinds:
            if kind.due <= now:
                self._take(kind, now)
        if min(kind.due for kind in self._kinds) < NEVER:
            self._stir()

    def _take(self, kind: News, now: float) -> None:
        for message in kind.take(now):
            self._publish(Circle.ALL, message)
            if kind not in self._logs:
                self._publish(Circle.NO_LOGS, message)
                self._publish(Circle.DISCREET, self._schedule.discreet if kind is self._schedule else message)
