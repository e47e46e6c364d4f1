"""All answers that stay open, as one: the events and the streams of the log. They share a heartbeat.

What fills them is loaded and made for the first who asks: a server that nobody watches has no use for it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twisted.internet.interfaces import IReactorTime

from llamaswap.config.schema import Settings
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.logs.monitor import Monitor
from llamaswap.metrics.inflight import Inflight
from llamaswap.notices import Notices, StateOf
from llamaswap.overview.overview import Overview
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.answers import Answer, redirect
from llamaswap.web.call import Call, Respond
from llamaswap.web.routes import Route

if TYPE_CHECKING:
    from llamaswap.web.events import Events
    from llamaswap.web.logs import LogFeeds


class LogSources(Protocol):
    """The monitors that can be read (`logs/sources.py`)."""

    proxy: Monitor
    upstream: Monitor
    combined: Monitor

    def model(self, model: ModelId) -> Monitor: ...


class _Parts(NamedTuple):
    logs: LogFeeds
    events: Events


class Feeds:
    """Answers what is on the lane `FEED`, and gives the log's history."""

    def __init__(
        self,
        settings: Settings,
        resolver: Resolver,
        *,
        logs: LogSources,
        notices: Notices,
        inflight: Inflight,
        state_of: StateOf,
        active: ActiveProfile,
        overview: Overview,
        clock: IReactorTime,
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._logs = logs
        self._notices = notices
        self._inflight = inflight
        self._state_of = state_of
        self._active = active
        self._overview = overview
        self._clock = clock
        self._parts: _Parts | None = None
        self._closed = False

    def endpoints(self) -> Mapping[str, Respond]:
        """What goes with them on the resource lane, by endpoint name."""
        return {"logs": self.logs}

    async def logs(self, call: Call) -> Answer:
        """The combined history; people are sent to the UI."""
        if b"text/html" in (call.header(b"accept") or b""):
            return redirect(302, b"/ui/")
        return Answer(200, ((b"Content-Type", b"text/plain"),), self._logs.combined.history())

    def serve(self, exchange: Exchange, route: Route) -> Coroutine[Any, Any, None]:
        """Answer one exchange; ends when client or server do. Raises `Refusal` before the answer has begun."""
        if self._parts is None:
            self._parts = self._made()
            if self._closed:
                self.close()
        return (
            self._parts.events.serve(exchange)
            if route.endpoint == "events"
            else self._parts.logs.serve(exchange, route)
        )

    def configure(self, settings: Settings, resolver: Resolver) -> None:
        """Tell of these settings; streams that are open stay so."""
        self._settings, self._resolver = settings, resolver
        if self._parts is not None:
            self._parts.logs.configure(resolver)
            self._parts.events.configure(settings, resolver)

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        for part in self._parts or ():
            part.end_all()

    def close(self) -> None:
        """End every stream, now and from now on. May be called twice."""
        self._closed = True
        for part in self._parts or ():
            part.close()

    def _made(self) -> _Parts:
        from llamaswap.feeds.turns import Heartbeat, Turns
        from llamaswap.web.events import Events
        from llamaswap.web.logs import LogFeeds

        turns = Turns(self._clock)
        heartbeat = Heartbeat(self._clock, turns)
        events = Events(
            self._settings,
            self._resolver,
            proxy=self._logs.proxy,
            upstream=self._logs.upstream,
            notices=self._notices,
            inflight=self._inflight,
            state_of=self._state_of,
            active=self._active,
            overview=self._overview,
            heartbeat=heartbeat,
            turns=turns,
            clock=self._clock,
        )
        return _Parts(LogFeeds(self._logs, self._resolver, heartbeat, turns), events)
