"""The log, as history, as a stream that stays open, and as server-sent events (http-api section 17).

It owns the open streams: one ends when its client goes away or with `close()`. What the log says is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qs

from llamaswap.errors import BadRequest
from llamaswap.exchange import Exchange, Header
from llamaswap.feeds import sse
from llamaswap.feeds.turns import Heartbeat
from llamaswap.ids import ModelId
from llamaswap.logs.monitor import Monitor, Tail
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Remote
from llamaswap.web import paths
from llamaswap.web.answers import Answer, redirect
from llamaswap.web.call import Call, Respond
from llamaswap.web.front import Serve
from llamaswap.web.routes import Route
from llamaswap.web.streams import Streams

_PLAIN = (b"Content-Type", b"text/plain")
_STREAM: tuple[Header, ...] = (_PLAIN, (b"X-Content-Type-Options", b"nosniff"), (b"X-Accel-Buffering", b"no"))


class LogSources(Protocol):
    """The monitors that can be read (`logs/sources.py`)."""

    proxy: Monitor
    upstream: Monitor
    combined: Monitor

    def model(self, model: ModelId) -> Monitor: ...


class LogFeeds:
    """The log endpoints."""

    def __init__(self, logs: LogSources, resolver: Resolver, heartbeat: Heartbeat) -> None:
        self._logs = logs
        self._heartbeat = heartbeat
        self._streams = Streams()
        self.configure(resolver)

    def configure(self, resolver: Resolver) -> None:
        """Find models with `resolver`; streams that are open stay so."""
        self._resolver = resolver

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers on the resource lane, by endpoint name."""
        return {"logs": self.logs}

    def feeds(self) -> Mapping[str, Serve]:
        """What stays open, by endpoint name."""
        return {"log_stream": self.log_stream, "log_events": self.log_events}

    def close(self) -> None:
        """End every open stream, and each later one after its history. May be called twice."""
        self._streams.close()

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        self._streams.end_all()

    async def logs(self, call: Call) -> Answer:
        """The combined history; people are sent to the UI."""
        if b"text/html" in (call.header(b"accept") or b""):
            return redirect(302, b"/ui/")
        return Answer(200, (_PLAIN,), self._logs.combined.history())

    async def log_stream(self, exchange: Exchange, route: Route) -> None:
        """History (unless `no-history` is asked), then (unless `no-follow` is) what is written, until client or server
        end it."""
        monitor = self._chosen(exchange, route)
        exchange.begin(200, _STREAM)
        await self._follow(exchange, monitor, Tail(exchange.write))

    async def log_events(self, exchange: Exchange, route: Route) -> None:
        """The same as server-sent events: each is a piece of the log, with a `data:` line for each of its lines."""
        monitor = self._chosen(exchange, route)
        sse.begin(exchange)
        lines = sse.Lines()
        tail = _EventTail(lambda data: exchange.write(lines.message(data)), exchange.write)
        end_beating = self._heartbeat.add(tail)
        try:
            await self._follow(exchange, monitor, tail)
        finally:
            end_beating()

    async def _follow(self, exchange: Exchange, monitor: Monitor, tail: Tail) -> None:
        if exchange.method == b"HEAD":
            exchange.finish()
            return
        history = b"" if _asks(exchange, "no-history") else monitor.history()
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
