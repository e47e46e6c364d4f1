"""All answers that stay open, as one: the events and the streams of the log. They share a heartbeat."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime

from llamaswap.config.schema import Settings
from llamaswap.exchange import Exchange
from llamaswap.feeds.turns import Heartbeat, Turns
from llamaswap.metrics.inflight import Inflight
from llamaswap.notices import Notices, StateOf
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.call import Respond
from llamaswap.web.events import Events
from llamaswap.web.logs import LogFeeds, LogSources
from llamaswap.web.routes import Route


class Feeds:
    """Answers what is on the lane `FEED`."""

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
        clock: IReactorTime,
    ) -> None:
        turns = Turns(clock)
        heartbeat = Heartbeat(clock, turns)
        self._logs = LogFeeds(logs, resolver, heartbeat)
        self._events = Events(
            settings,
            resolver,
            proxy=logs.proxy,
            upstream=logs.upstream,
            notices=notices,
            inflight=inflight,
            state_of=state_of,
            active=active,
            heartbeat=heartbeat,
            turns=turns,
            clock=clock,
        )
        self._feeds = {**self._logs.feeds(), **self._events.feeds()}

    def endpoints(self) -> Mapping[str, Respond]:
        """What goes with them on the resource lane, by endpoint name."""
        return self._logs.endpoints()

    def serve(self, exchange: Exchange, route: Route) -> Coroutine[Any, Any, None]:
        """Answer one exchange; ends when client or server do. Raises `Refusal` before the answer has begun."""
        return self._feeds[route.endpoint](exchange, route)

    def configure(self, settings: Settings, resolver: Resolver) -> None:
        """Tell of these settings; streams that are open stay so."""
        self._logs.configure(resolver)
        self._events.configure(settings, resolver)

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        self._logs.end_all()
        self._events.end_all()

    def close(self) -> None:
        """End every stream, now and from now on. May be called twice."""
        self._logs.close()
        self._events.close()
