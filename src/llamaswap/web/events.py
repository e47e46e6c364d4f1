"""What happens here, as it happens (http-api section 12): `GET /api/events`.

It owns who follows. What is told, and when, `feeds/` knows.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from llamaswap.config.schema import Settings
from llamaswap.errors import BadRequest
from llamaswap.exchange import Exchange
from llamaswap.feeds import sse
from llamaswap.feeds.broadcast import Broadcast
from llamaswap.feeds.messages import ui_config
from llamaswap.feeds.newsroom import Circle, Newsroom
from llamaswap.feeds.turns import Heartbeat, Turns
from llamaswap.logs.monitor import Monitor
from llamaswap.metrics.inflight import Inflight
from llamaswap.notices import Notices, StateOf
from llamaswap.overview.overview import Overview
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.resolver import Resolver
from llamaswap.web import paths
from llamaswap.web.status import model_status
from llamaswap.web.streams import Streams

LINGER = 60.0
"""Seconds after the last client has gone, for which messages are kept for one that comes again."""


class Events:
    """The stream, and all who follow it."""

    def __init__(
        self,
        settings: Settings,
        resolver: Resolver,
        *,
        proxy: Monitor,
        upstream: Monitor,
        notices: Notices,
        inflight: Inflight,
        state_of: StateOf,
        active: ActiveProfile,
        overview: Overview,
        heartbeat: Heartbeat,
        turns: Turns,
        clock: IReactorTime,
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._heartbeat = heartbeat
        self._clock = clock
        self._streams = Streams(turns)
        self._turns = turns
        self._broadcasts: dict[Circle, Broadcast] = {}
        """Of those circles in which somebody is, or was a moment ago."""
        self._newsroom = Newsroom(
            self._publish,
            proxy=proxy,
            upstream=upstream,
            notices=notices,
            inflight=inflight,
            status=lambda: model_status(self._settings, self._resolver.remotes, state_of),
            active=lambda: active.name,
            config=lambda: _told(self._settings),
            overview=overview,
            clock=clock,
        )
        self._lingering: IDelayedCall | None = None

    def configure(self, settings: Settings, resolver: Resolver) -> None:
        """Tell of these settings; streams that are open stay so."""
        self._settings = settings
        self._resolver = resolver
        self._newsroom.models_changed()
        self._newsroom.config_changed()

    def end_all(self) -> None:
        """End every open stream: who follows has to ask anew."""
        self._streams.end_all()

    def close(self) -> None:
        """End every stream, now and from now on. May be called twice."""
        self._streams.close()
        self._rest()

    async def serve(self, exchange: Exchange) -> None:
        """All there is, or what the client missed, then what happens, until client or server end it.

        Raises `BadRequest`.
        """
        circle = circle_of(exchange)
        sse.begin(exchange)
        if exchange.method == b"HEAD" or self._streams.closed:
            exchange.finish()
            return
        self._wake()
        broadcast = self._for(circle)
        follower = broadcast.follow(exchange.write, exchange.abort, exchange.header(b"last-event-id"))
        end_beating = self._heartbeat.add(follower)
        try:
            await self._streams.hold(exchange, follower)
        finally:
            end_beating()
            broadcast.leave(follower)
            self._linger()

    def _for(self, circle: Circle) -> Broadcast:
        if circle not in self._broadcasts:
            self._broadcasts[circle] = Broadcast(partial(self._newsroom.all, circle), self._clock, self._turns)
        return self._broadcasts[circle]

    def _publish(self, circle: Circle, message: str) -> None:
        if circle in self._broadcasts:
            self._broadcasts[circle].publish(message)

    # -- whether anybody listens -----------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        self._newsroom.wake()

    def _linger(self) -> None:
        if not any(self._broadcasts.values()) and self._lingering is None and not self._streams.closed:
            self._lingering = self._clock.callLater(LINGER, self._rest)

    def _rest(self) -> None:
        """Nobody listens any more, nor will soon."""
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()
        self._lingering = None
        self._newsroom.sleep()
        for broadcast in self._broadcasts.values():
            broadcast.close()
        self._broadcasts = {}


def circle_of(exchange: Exchange) -> Circle:
    """Logs are for admins, and for those of them who do not say that they read them elsewhere. Raises `BadRequest`."""
    given = parse_qs(paths.split(exchange.target)[1][1:].decode("latin-1"), keep_blank_values=True).get("logs", ["yes"])
    if given[0] not in ("yes", "no"):
        raise BadRequest("logs must be yes or no")
    if exchange.caller is not None and "admin" not in exchange.caller.scopes:
        return Circle.DISCREET
    return Circle.ALL if given[0] == "yes" else Circle.NO_LOGS


def _told(settings: Settings) -> str:
    """The message about `settings` to the UI."""
    return ui_config(settings.session_id_headers, performance=not settings.performance.disabled)
