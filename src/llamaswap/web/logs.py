"""The log as a stream that stays open, plain or as server-sent events (http-api section 17).

It owns the open streams: one ends when its client goes away or with `close()`. What the log says is not its business.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from llamaswap.errors import BadRequest
from llamaswap.exchange import Exchange, Header
from llamaswap.feeds import sse
from llamaswap.feeds.turns import Heartbeat, Turns
from llamaswap.logs.monitor import Monitor, Tail
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Remote
from llamaswap.web import paths
from llamaswap.web.feeds import LogSources
from llamaswap.web.routes import Route
from llamaswap.web.streams import Streams

_STREAM: tuple[Header, ...] = (
    (b"Content-Type", b"text/plain"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Accel-Buffering", b"no"),
)


class LogFeeds:
    """The streams of the log."""

    def __init__(self, logs: LogSources, resolver: Resolver, heartbeat: Heartbeat, turns: Turns) -> None:
        self._logs = logs
        self._heartbeat = heartbeat
        self._streams = Streams(turns)
        self.configure(resolver)

    def configure(self, resolver: Resolver) -> None:
        """Find models with `resolver`; streams that are open stay so."""
        self._resolver = resolver

    def close(self) -> None:
        """End every open stream, and each later one after its history. May be called twice."""
        self._streams.close()

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        self._streams.end_all()

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """History (unless `no-history` is asked), then (unless `no-follow` is) what is written, until client or server
        end it."""
        monitor = self._chosen(exchange, route)
        history = b"" if _asks(exchange, "no-history") else monitor.history()
        if route.endpoint == "log_events":
            await self._events(exchange, monitor, history)
        else:
            exchange.begin(200, (*_STREAM, (b"X-History-Bytes", b"%d" % len(history))))
            await self._follow(exchange, monitor, history, Tail(exchange.write))

    async def _events(self, exchange: Exchange, monitor: Monitor, history: bytes) -> None:
        """Each is a piece of the log, with a `data:` line for each of its lines."""
        sse.begin(exchange)
        lines = sse.Lines()
        tail = _EventTail(lambda data: exchange.write(lines.message(data)), exchange.write)
        end_beating = self._heartbeat.add(tail)
        try:
            await self._follow(exchange, monitor, history, tail)
        finally:
            end_beating()

    async def _follow(self, exchange: Exchange, monitor: Monitor, history: bytes, tail: Tail) -> None:
        if exchange.method == b"HEAD":
            exchange.finish()
            return
        if history:
            tail.write(history)
        if _asks(exchange, "no-follow"):
            exchange.finish()
            return
        unsubscribe = monitor.subscribe(tail.write)
        try:
            await self._streams.hold(exchange, tail)
        finally:
            unsubscribe()

    def _chosen(self, exchange: Exchange, route: Route) -> Monitor:
        """The monitor that the path below the route names: the literal ones win over models."""
        below = paths.split(exchange.target)[0][len(route.path) :] if route.prefix else b""
        match paths.decoded(below):
            case b"":
                return self._logs.combined
            case b"proxy":
                return self._logs.proxy
            case b"upstream":
                return self._logs.upstream
        passage = self._resolver.passage(below.decode("latin-1"))
        if passage is None or isinstance(passage.target, Remote):
            raise BadRequest("invalid logger: no model of this name; there are also `proxy` and `upstream`")
        return self._logs.model(passage.target.model.id)


class _EventTail(Tail):
    """One that shows that it is alive, where its reader follows."""

    def __init__(self, write: Callable[[bytes], object], comment: Callable[[bytes], object]) -> None:
        super().__init__(write)
        self._comment = comment

    def beat(self) -> None:
        if not self.paused:
            self._comment(sse.HEARTBEAT)


def _asks(exchange: Exchange, name: str) -> bool:
    """The query has the key `name`, with whatever value."""
    query = paths.split(exchange.target)[1]
    return name in parse_qs(query[1:].decode("latin-1"), keep_blank_values=True)
