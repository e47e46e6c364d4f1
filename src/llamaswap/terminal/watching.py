"""Keeps a picture of a server up to date: follows its events, and asks for what they do not tell.

It owns the stream and the timers between its `watch` and the end of that coroutine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from llamaswap.terminal.client import Client, NoAnswer, Refused
from llamaswap.terminal.following import Following
from llamaswap.terminal.picture import Picture
from llamaswap.terminal.sse import EventReader

SILENCE = 40.0
"""Seconds without a byte after which a stream of events is thought dead: two of its heartbeats have not come."""
ASKING = 2.0
"""Seconds between looks at the lists."""
_ROWS = 100
_PERFORMANCE, _ACTIVITY = "/api/performance", "/api/metrics/activity"


class Watching:
    """A `picture` of the server that `client` asks."""

    def __init__(self, client: Client, picture: Picture, clock: IReactorTime) -> None:
        self._client = client
        self._picture = picture
        self._clock = clock
        self._following = Following(self._attempt, self._lost, clock)
        self._last_id = ""
        self._ended = False
        """A request has ended since the list of activity was read."""
        self._asking: Deferred[None] | None = None
        self._complete: Deferred[None] | None = None
        self.trouble = ""
        """Why nothing comes from the server now; empty when all is well."""

    async def once(self) -> None:
        """Take everything in, once. Raises `NoAnswer` and `Refused`; cancelling hangs up."""
        self._complete = Deferred()
        stream = Deferred.fromCoroutine(self._attempt())
        stream.addCallbacks(self._too_early, self._fails)
        try:
            await self._complete
        finally:
            self._complete = None
            stream.cancel()
        await self._ask_performance()
        await self._ask(f"{_ACTIVITY}?limit={_ROWS}", self._picture.take_activity)

    async def watch(self) -> None:
        """Take in what happens. Never returns; raises as `Following.go_on`, and cancelling hangs up."""
        self._ended = True
        look = LoopingCall(self._look)
        look.clock = self._clock
        look.start(ASKING)
        try:
            await self._following.go_on()
        finally:
            look.stop()
            if self._asking is not None:
                self._asking.cancel()

    def _is_complete(self) -> None:
        if self._complete is not None and not self._complete.called:
            self._complete.callback(None)

    def _too_early(self, _: object) -> None:
        self._fails(Failure(NoAnswer(f"{self._client.where} has ended its events before they told everything")))

    def _fails(self, failure: Failure) -> None:
        if self._complete is not None and not self._complete.called:
            self._complete.errback(failure)

    async def _attempt(self) -> None:
        reader = EventReader(self._last_id)
        resume = ((b"Last-Event-ID", self._last_id.encode()),) if self._last_id else ()
        await self._client.stream(
            "/api/events",
            lambda data: self._feed(reader, data),
            kind="text/event-stream",
            headers=resume,
            silence=SILENCE,
            begun=self._begun,
        )

    def _begun(self) -> None:
        self.trouble = ""
        self._following.begun()

    def _lost(self, why: str) -> None:
        self.trouble = f"{why}; connecting again"

    def _feed(self, reader: EventReader, data: bytes) -> None:
        for message in reader.feed(data):
            self._last_id = message.id
            kind = self._picture.take_event(message.data, self._clock.seconds())
            self._ended = self._ended or kind == "activity"
        if self._picture.complete:
            self._is_complete()

    # -- what events do not tell -----------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ask for the lists, unless they have been asked for and do not come."""
        if self._asking is None and not self.trouble:
            self._asking = Deferred.fromCoroutine(self._ask_all())
            self._asking.addErrback(lambda failure: failure.trap(CancelledError))
            self._asking.addBoth(self._asked)

    def _asked(self, _: object) -> None:
        self._asking = None

    async def _ask_all(self) -> None:
        await self._ask_performance()
        if self._ended:
            self._ended = False
            await self._ask(f"{_ACTIVITY}?limit={_ROWS}", self._picture.take_activity)

    async def _ask_performance(self) -> None:
        after = f"?after={quote(self._picture.sampled)}" if self._picture.sampled else ""
        await self._ask(_PERFORMANCE + after, self._picture.take_performance)

    async def _ask(self, path: str, take: Callable[[Any], object]) -> None:
        """Take one answer in; what the server does not tell, such as the machine's load, is not shown."""
        answer: Awaitable[Any] = self._client.json(path)
        with suppress(NoAnswer, Refused):
            take(await answer)
