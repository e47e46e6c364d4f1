"""Looking at what models a peer lists, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from llamaswap.errors import UpstreamFailed
from llamaswap.exchange import Header
from llamaswap.peers.listing import LARGEST, offered_models
from llamaswap.proxy.body import scan
from llamaswap.threads import InThread
from llamaswap.wire.ask import AnswerTooLong, ask
from llamaswap.wire.upstream import Upstream

PATIENCE = 10.0
"""Seconds that one look may take."""
SOON = 10.0
"""Seconds until the next look at a peer that did not list anything, where that is sooner than usual."""
_PATH = b"/v1/models"


class Hearer(Protocol):
    """Who wants to know."""

    def listed(self, models: tuple[str, ...]) -> None:
        """The peer has these models."""

    def unlisted(self, why: str) -> None:
        """The peer answered, with nothing that can be used."""

    def failed(self, why: str) -> None:
        """The peer did not answer."""


class Refresh:
    """Tells `hearer` what the server behind `upstream` lists, at once and every `seconds` after that."""

    log = Logger()

    def __init__(
        self,
        upstream: Upstream,
        credentials: Sequence[Header],
        seconds: float,
        hearer: Hearer,
        *,
        clock: IReactorTime,
        in_thread: InThread,
    ) -> None:
        self._upstream = upstream
        self._credentials = credentials
        self._seconds = seconds
        self._hearer = hearer
        self._clock = clock
        self._in_thread = in_thread
        self._running: Deferred[None] | None = None

    def start(self) -> None:
        """Begin; to be ended with `stop`."""
        self._running = Deferred.fromCoroutine(self._run())
        self._running.addErrback(lambda failure: failure.trap(CancelledError) and None)
        self._running.addErrback(lambda failure: self.log.failure("looking at a peer's models has ended", failure))

    def stop(self) -> None:
        """Tell nothing from now on. Harmless when it has not begun."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _run(self) -> None:
        while True:
            pause = self._seconds if await self._look() else min(self._seconds, SOON)
            await deferLater(self._clock, pause)

    async def _look(self) -> bool:
        """One look; whether there was a list."""
        try:
            body = await Deferred.fromCoroutine(self._ask()).addTimeout(PATIENCE, self._clock)
            models = await scan(self._in_thread, len(body), offered_models, body)
        except TookTooLong:
            self._hearer.failed(f"no list of models within {PATIENCE:g} s")
        except UpstreamFailed as error:
            self._hearer.failed(str(error))
        except ValueError as error:
            self._hearer.unlisted(str(error))
        else:
            self._hearer.listed(models)
            return True
        return False

    async def _ask(self) -> bytes:
        """The body of the answer. Raises `UpstreamFailed`, or ValueError for one that is of no use."""
        lines = [(b"Accept", b"application/json"), (b"Connection", b"close"), *self._credentials]
        try:
            status, body = await ask(self._upstream, b"GET", _PATH, lines, limit=LARGEST, fresh=True)
        except AnswerTooLong as error:
            raise ValueError(str(error)) from error
        if status != 200:
            hint = "; look at apiKey" if status in (401, 403) else ""
            raise ValueError(f"GET {_PATH.decode()} was answered with status {status}{hint}")
        return body
