"""The order in which a server ends (lifecycle section 14, W-25).

No new clients; who waits for a model is refused at once; feeds end; running answers get what the budget leaves them;
then the models stop, for which a part of the budget is kept. What each step does is the house's business.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.waiters import Waiters

BUDGET = 30.0
"""Seconds that a graceful end may take."""
LONGEST_RESERVE = 10.0
"""How many of them are kept for stopping the models, at most."""


class House(Protocol):
    """What is to be ended."""

    @property
    def patience(self) -> float:
        """Seconds that the models take to stop, at most."""

    def stop_accepting(self) -> None:
        """Take no new connections, no further request on those there are, and no other configuration."""

    def refuse_waiting(self) -> None:
        """Answer everybody who waits for a model, now and from now on, with a refusal; no request goes to a peer."""

    def end_feeds(self) -> None:
        """End the answers that would never end."""

    def drained(self) -> Deferred[None]:
        """Fires when no answer runs any more. Cancelling gives up the wait only."""

    def cut(self) -> None:
        """Cut the connections of answers that still run."""

    def stop_models(self, grace: float) -> Deferred[None]:
        """Fires when no process of any model is left; each is killed after `grace` seconds at the latest."""

    def kill_models(self) -> None:
        """Kill every process of every model this instant."""

    def close(self) -> Deferred[None]:
        """Let go of everything else: there is nothing left to end. Fires when what is to be kept is on the disk, or
        that has taken too long; never fails."""


class Shutdown:
    """Ends `house`, once."""

    log = Logger()

    def __init__(self, house: House, clock: IReactorTime) -> None:
        self._house = house
        self._clock = clock
        self._waiting: Waiters[None] = Waiters()
        self._begun = False
        self._over = False
        self._forced = False
        self._drain: Deferred[None] | None = None

    def begin(self) -> Deferred[None]:
        """Fires when everything has ended; never fails. Every later call waits for the same end."""
        if self._over:
            return succeed(None)
        waiting = self._waiting.add()
        if not self._begun:
            self._begun = True
            Deferred.fromCoroutine(self._run()).addErrback(self._failed).addCallback(self._ended)
        return waiting

    def force(self) -> None:
        """Kill the models this instant; an end that is under way, or begins later, waits for no answer."""
        self._forced = True
        self._house.kill_models()
        if self._drain is not None:
            self._drain.cancel()

    async def _run(self) -> None:
        began = self._clock.seconds()
        self._house.stop_accepting()
        self._house.refuse_waiting()
        self._house.end_feeds()
        try:
            await self._drained()
        finally:
            self._house.cut()
            spent = max(0.0, self._clock.seconds() - began)
            await self._house.stop_models(max(0.0, min(BUDGET - spent, self._house.patience)))
            await self._house.close()

    async def _drained(self) -> None:
        """Wait for the answers that run, as long as the models can spare."""
        if self._forced:
            return
        reserve = min(LONGEST_RESERVE, self._house.patience)
        self._drain = self._house.drained().addTimeout(BUDGET - reserve, self._clock)
        with suppress(CancelledError, TookTooLong):
            await self._drain
        self._drain = None

    def _failed(self, failure: Failure) -> None:
        self.log.failure("the server did not end in order", failure)

    def _ended(self, _: None) -> None:
        self._over = True
        self._waiting.fire(None)
