"""One request from its arrival to its access log line, for every lane: the gate, then whoever answers.

It knows which lane answers a route, and that each request is answered, cut off or handed to the resource tree. What
an answer says is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.errors import ClientGone, InternalError, Refusal
from llamaswap.exchange import Exchange
from llamaswap.web import access
from llamaswap.web.answers import Answer, send
from llamaswap.web.gate import Gate
from llamaswap.web.refusals import answer_to
from llamaswap.web.routes import Lane, Route

Serve = Callable[[Exchange, Route], Coroutine[Any, Any, None]]
"""Answers an exchange on a relayed lane. It may raise a `Refusal`, and is cancelled when the client goes away."""


class Front:
    """What the channel and the resource adapter hand every exchange to."""

    log = Logger()

    def __init__(self, gate: Gate, serve: Mapping[Lane, Serve], clock: IReactorTime, *, log_requests: bool) -> None:
        self._clock = clock
        self._arrived: dict[Exchange, float] = {}
        """Since when; only of those whose line is wanted."""
        self.configure(gate, serve, log_requests=log_requests)

    def configure(self, gate: Gate, serve: Mapping[Lane, Serve], *, log_requests: bool) -> None:
        """What decides about exchanges that are received from now on; those under way keep what they met.

        `log_requests`: whether anybody wants access log lines (the level info is on).
        """
        self._gate = gate
        self._serve = serve
        self._log_requests = log_requests

    def receive(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        """The coroutine that answers `exchange`, to be run and cancelled by the lane; None: the resource tree answers.

        The coroutine always ends with an answer that is finished or cut, unless it was cancelled.
        """
        if self._log_requests:
            self._arrived[exchange] = self._clock.seconds()
        try:
            admitted = self._gate.admit(exchange)
        except Refusal as refusal:
            return send(exchange, answer_to(refusal, exchange.header(b"accept")))
        if isinstance(admitted, Answer):
            return send(exchange, admitted)
        if admitted.lane is Lane.RESOURCE:
            return None
        return self.guard(exchange, self._serve[admitted.lane](exchange, admitted))

    def ended(self, exchange: Exchange) -> None:
        """`exchange` is over, however it ended: write its access log line. To be called once."""
        arrived = self._arrived.pop(exchange, None)
        if arrived is None:
            return
        fields = access.record(exchange, max(0.0, self._clock.seconds() - arrived))
        if fields is not None:
            self.log.info(access.FORMAT, **fields)

    async def guard(self, exchange: Exchange, answering: Coroutine[Any, Any, None]) -> None:
        """Run `answering`; answer for it what it raises before its answer has begun, and cut the answer after that."""
        try:
            await answering
        except CancelledError:
            raise
        except Refusal as refusal:
            await self._refuse(exchange, refusal)
        except ClientGone:
            exchange.abort()
        except Exception:
            self.log.failure("{method} {target} failed", method=exchange.method, target=exchange.target)
            await self._refuse(exchange, InternalError())

    async def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        if exchange.status:
            exchange.abort()
        else:
            await send(exchange, answer_to(refusal, exchange.header(b"accept")))
