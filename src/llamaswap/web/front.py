"""One request from its arrival to its access log line, for every lane: the gate, then whoever answers.

It knows which lane answers a route, and that each request is answered, cut off or handed to the resource tree. What
an answer says is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.errors import ClientGone, InternalError, Refusal, Unauthorized
from llamaswap.exchange import Caller, Exchange
from llamaswap.web import access
from llamaswap.web.answers import Answer, send
from llamaswap.web.gate import Gate
from llamaswap.web.refusals import answer_to
from llamaswap.web.routes import Lane, Route

Serve = Callable[[Exchange, Route], Coroutine[Any, Any, None]]
"""Answers an exchange on a relayed lane. It may raise a `Refusal`, and is cancelled when the client goes away."""


Refused = Callable[[Refusal, Caller | None, bool], None]
"""Hears what was refused to whom; whether it was counted as a request to a model (`Gate.counts`)."""


class Front:
    """What the channel and the resource adapter hand every exchange to."""

    log = Logger()

    def __init__(
        self,
        gate: Gate,
        serve: Mapping[Lane, Serve],
        clock: IReactorTime,
        *,
        log_requests: bool,
        refused: Refused = lambda refusal, caller, counted: None,
    ) -> None:
        self._clock = clock
        self._refused = refused
        self._arrived: dict[Exchange, float] = {}
        """Since when; only of those whose line is wanted."""
        self._with_key: set[Exchange] = set()
        """Those under way with an API key, but for feeds, unless a session let them in."""
        self._let_in: dict[bytes, set[Exchange]] = {}
        """By the session that let them in; those that stay open are among them."""
        self._dismissed: dict[Exchange, str] = {}
        """Those whose key or session is good no more, and what they are told."""
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
            self._refused(refusal, exchange.caller, False)
            return send(exchange, answer_to(refusal, exchange.header(b"accept")))
        if isinstance(admitted, Answer):
            return send(exchange, admitted)
        if admitted.lane is Lane.RESOURCE:
            return None
        answering = self._serve[admitted.lane](exchange, admitted)
        if exchange.caller is not None:
            session = self._gate.session_of(exchange)
            if session is not None or admitted.lane is not Lane.FEED:  # keys end feeds by themselves (`Feeds.end_all`)
                answering = self._while_good(exchange, answering, session)
        return self.guard(exchange, answering, admitted)

    def dismiss(self, keys: Collection[str]) -> None:
        """End, in the next turn, what is relayed with the API keys of these names: they are good no more."""
        gone = {each for each in self._with_key if each.caller is not None and each.caller.name in keys}
        self._dismiss(gone, "unauthorized: the API key was taken out")

    def dismiss_session(self, session: bytes) -> None:
        """End, in the next turn, all that this session has let in, what stays open included: it is over."""
        self._dismiss(frozenset(self._let_in.get(session, ())), "unauthorized: the session has ended")

    def _dismiss(self, gone: Collection[Exchange], why: str) -> None:
        self._dismissed |= dict.fromkeys(gone, why)
        if gone:
            self._clock.callLater(0, self._end, gone)

    def _end(self, exchanges: Collection[Exchange]) -> None:
        for exchange in exchanges:
            if exchange in self._dismissed:
                exchange.cancel()

    async def _while_good(
        self, exchange: Exchange, answering: Coroutine[Any, Any, None], session: bytes | None
    ) -> None:
        self._with_key.add(exchange)
        if session is not None:
            self._let_in.setdefault(session, set()).add(exchange)
        try:
            await answering
        except CancelledError:
            if why := self._dismissed.get(exchange):
                raise Unauthorized(why, challenge=False) from None
            raise
        finally:
            self._forget(exchange, session)

    def _forget(self, exchange: Exchange, session: bytes | None) -> None:
        self._with_key.discard(exchange)
        self._dismissed.pop(exchange, None)
        let_in = self._let_in.get(session) if session is not None else None
        if session is not None and let_in is not None:
            let_in.discard(exchange)
            if not let_in:
                del self._let_in[session]

    def ended(self, exchange: Exchange) -> None:
        """`exchange` is over, however it ended: write its access log line. To be called once."""
        arrived = self._arrived.pop(exchange, None)
        if arrived is None:
            return
        fields = access.record(exchange, max(0.0, self._clock.seconds() - arrived))
        if fields is not None:
            self.log.info(access.FORMAT, **fields)

    async def guard(self, exchange: Exchange, answering: Coroutine[Any, Any, None], route: Route | None = None) -> None:
        """Run `answering`; answer for it what it raises before its answer has begun, and cut the answer after that."""
        try:
            await answering
        except CancelledError:
            raise
        except Refusal as refusal:
            if refusal.reason:
                counted = route is not None and self._gate.counts(exchange, route)
                self._refused(refusal, exchange.caller, counted)
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
