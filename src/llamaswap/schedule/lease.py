"""One request's stay with the scheduler: from its arrival to the end of its block.

Knows how a request gets in line and out of it again, whatever happens in between; who is granted a place is the
dispatcher's business.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from twisted.internet.defer import Deferred

from llamaswap.errors import Refusal
from llamaswap.ids import ModelId, TicketId
from llamaswap.stay import Progress, Stay
from llamaswap.wire.upstream import Upstream


class Desk(Protocol):
    """Where leases are asked for and given back (`dispatcher.py`)."""

    def arrive(self, lease: Lease, model: ModelId, priority: int) -> TicketId: ...
    def leave(self, ticket: TicketId) -> None: ...
    def progress(self, ticket: TicketId) -> Progress: ...
    def loading(self, model: ModelId) -> bool: ...
    def end(self, ticket: TicketId, completed: bool) -> None: ...


class Lease:
    """A place with a running model for the length of an `async with` block, which waits for it.

    Whoever wants to do something while it waits enters a plain `with` block around that one: entering gets in line, and
    its end gives up whatever has not been given back by then, the place in line or the one that was granted.
    """

    __slots__ = ("_desk", "_granted", "_model", "_outcome", "_over", "_priority", "_ticket", "position", "stay")

    def __init__(self, desk: Desk, model: ModelId, priority: int = 0) -> None:
        """`priority` is added to that of the model."""
        self._desk = desk
        self._priority = priority
        self._model = model
        self._ticket: TicketId | None = None
        self._granted: Deferred[Upstream] | None = None
        self._outcome: Upstream | Refusal | None = None
        self._over = False
        self.position = 0
        """In the line when it arrived; 0 when it needed not to stand in it."""
        self.stay: Stay | None = None
        """How it came to its grant; None before it."""

    @property
    def waits(self) -> bool:
        """It has neither been granted nor refused."""
        return self._outcome is None

    @property
    def loads(self) -> bool:
        """Of one that waits: the load of its model is under way."""
        return self._desk.loading(self._model)

    @property
    def ticket(self) -> TicketId | None:
        """Its number in the line; None before it arrived."""
        return self._ticket

    def progress(self) -> Progress:
        """How far it has come since it arrived. Once it is granted or refused there is nothing to say."""
        return self._desk.progress(self._held)

    def settle(self, outcome: Upstream | Refusal) -> None:
        """The scheduler's answer."""
        self._outcome = outcome
        if self._granted is None:  # it came before anybody had to wait
            return
        if isinstance(outcome, Refusal):
            self._granted.errback(outcome.with_traceback(None))  # one refusal may answer many
        else:
            self._granted.callback(outcome)

    async def take(self) -> Upstream:
        """Wait for the grant; raises the refusal. Cancelling gives up the place."""
        if self._ticket is None:
            self._ticket = self._desk.arrive(self, self._model, self._priority)
        if self._outcome is None:
            return await self._wait()
        if isinstance(self._outcome, Refusal):
            raise self._outcome
        return self._outcome

    def give_back(self, completed: bool) -> None:
        """The request has ended; `completed` when the model answered it."""
        self._over = True
        self._desk.end(self._held, completed)

    async def _wait(self) -> Upstream:
        self._granted = Deferred()
        try:
            return await self._granted
        except BaseException:  # refused, or the client left
            self._over = True
            self._desk.leave(self._held)
            raise

    @property
    def _held(self) -> TicketId:
        assert self._ticket is not None
        return self._ticket

    __aenter__ = take

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back(kind is None)

    def __enter__(self) -> Lease:
        self._ticket = self._desk.arrive(self, self._model, self._priority)
        return self

    def __exit__(self, *_: object) -> None:
        if self._over:
            return
        self._over = True
        if self._outcome is None:
            self._desk.leave(self._held)
        elif not isinstance(self._outcome, Refusal):
            self._desk.end(self._held, False)


class Errand(Lease):
    """One of somebody who only wants the model loaded: `why` is `manual`, `preload` or `idle`."""

    __slots__ = ("why",)

    def __init__(self, desk: Desk, model: ModelId, why: str) -> None:
        super().__init__(desk, model)
        self.why = why
