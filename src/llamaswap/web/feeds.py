"""The log, as history and as a stream that stays open (http-api section 17).

It owns the open streams: one ends when its client goes away or with `close()`. What the log says is not its business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from twisted.internet.defer import Deferred

from llamaswap.errors import BadRequest
from llamaswap.ids import ModelId
from llamaswap.logs.monitor import Monitor, Tail
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Remote
from llamaswap.web.answers import Answer, redirect
from llamaswap.web.call import Call, Respond

_PLAIN = (b"Content-Type", b"text/plain")
_STREAM = Answer(200, (_PLAIN, (b"X-Content-Type-Options", b"nosniff"), (b"X-Accel-Buffering", b"no")))


class LogSources(Protocol):
    """The monitors that can be read (`logs/sources.py`)."""

    proxy: Monitor
    upstream: Monitor
    combined: Monitor

    def model(self, model: ModelId) -> Monitor: ...


class LogFeeds:
    """The log endpoints."""

    def __init__(self, logs: LogSources, resolver: Resolver) -> None:
        self._logs = logs
        self.configure(resolver)
        self._open: set[Deferred[None]] = set()
        self._closed = False

    def configure(self, resolver: Resolver) -> None:
        """Find models with `resolver`; streams that are open stay so."""
        self._resolver = resolver

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"logs": self.logs, "log_stream": self.log_stream}

    def close(self) -> None:
        """End every open stream, and each later one after its history. May be called twice."""
        self._closed = True
        self.end_all()

    def end_all(self) -> None:
        """End every open stream: who follows one has to ask anew."""
        for over in tuple(self._open):
            over.callback(None)

    async def logs(self, call: Call) -> Answer:
        """The combined history; people are sent to the UI."""
        if b"text/html" in (call.header(b"accept") or b""):
            return redirect(302, b"/ui/")
        return Answer(200, (_PLAIN,), self._logs.combined.history())

    async def log_stream(self, call: Call) -> None:
        """History (unless `no-history` is asked), then what is written, until client or server end it."""
        monitor = self._chosen(call)
        call.begin(_STREAM)
        if call.head_only:
            return
        if not call.asks("no-history"):
            call.request.write(monitor.history())
        if not self._closed:
            await self._follow(call, monitor)

    async def _follow(self, call: Call, monitor: Monitor) -> None:
        tail = Tail(call.request.write)
        call.request.registerProducer(tail, True)
        unsubscribe = monitor.subscribe(tail.write)
        over: Deferred[None] = Deferred()
        self._open.add(over)
        try:
            await over
        finally:
            self._open.discard(over)
            unsubscribe()
            if call.request.channel is not None:  # None once the client is gone
                call.request.unregisterProducer()

    def _chosen(self, call: Call) -> Monitor:
        """The monitor that the path below `/logs/stream/` names: the literal ones win over models."""
        match call.rest:
            case "":
                return self._logs.combined
            case "proxy":
                return self._logs.proxy
            case "upstream":
                return self._logs.upstream
        passage = self._resolver.passage(call.below.decode("latin-1"))
        if passage is None or isinstance(passage.target, Remote):
            raise BadRequest("invalid logger: no model of this name; there are also `proxy` and `upstream`")
        return self._logs.model(passage.target.model.id)
