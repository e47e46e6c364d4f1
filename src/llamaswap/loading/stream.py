"""A stream that begins before its model is ready: remarks first, then the model's own events (lifecycle section 8).

The remarks are written by a timer beside the wait, so they delay nothing (W-03): the grant ends them at once, and a
client that does not read them is spared those that it would miss. One write is always whole events.
"""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange, Header
from llamaswap.filters.scan import Buffer
from llamaswap.loading.dialects import Dialect, dialect, speaks
from llamaswap.loading.faults import Fault, Words, of_answer, of_refusal
from llamaswap.loading.script import TICK, Remark, Script
from llamaswap.loading.wish import asks_for_stream
from llamaswap.notices import State, StateOf
from llamaswap.proxy.body import StoredBody, scan
from llamaswap.proxy.continued import Continued
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.proxy.leases import Lease
from llamaswap.resolve.targets import Local
from llamaswap.threads import InThread

HEADERS: tuple[Header, ...] = (
    (b"Content-Type", b"text/event-stream"),
    (b"Cache-Control", b"no-cache"),
    (b"X-Accel-Buffering", b"no"),
)
_GONE = (State.STOPPED, State.SHUTDOWN)


class Loading:
    """Who is told what is going on, and is being told."""

    def __init__(self, state_of: StateOf, in_thread: InThread, words: Words, clock: IReactorTime) -> None:
        """`state_of` says how a new request would find a model; `words` gives the type and code of an error."""
        self.state_of = state_of
        self.words = words
        self.clock = clock
        self.telling: set[_Teller] = set()
        self._in_thread = in_thread

    async def stream(self, exchange: Exchange, target: Local, outgoing: Outgoing) -> LoadingStream | None:
        """The stream that `exchange` is to be answered with if it has to wait, as its model's `sendLoadingState` wants;
        None when it is to see nothing of that (lifecycle section 8.1)."""
        path, _, query = outgoing.target.partition(b"?")
        if not speaks(path) or exchange.header(b"upgrade") is not None:
            return None
        if outgoing.body is None or self.state_of(target.model.id) is State.READY:
            return None
        body = _as_it_goes_out(outgoing.body)
        asked = (query, exchange.header(b"content-type") or b"", body)
        wanted = await scan(self._in_thread, len(body), asks_for_stream, *asked)
        return LoadingStream(self, exchange, target, outgoing, path) if wanted else None

    def stir(self) -> None:
        """A model has changed its state: what is new is told in the next turn instead of with the next tick."""
        for teller in self.telling:
            teller.hurry()


def _as_it_goes_out(body: StoredBody) -> Buffer:
    """A body with what was changed in it, since the upstream streams or not by that; a stored one as it came."""
    return b"".join(body.pieces()) if body.in_memory else body.content


class LoadingStream:
    """The answer to one request that waits."""

    _log = Logger()

    def __init__(self, loading: Loading, exchange: Exchange, target: Local, outgoing: Outgoing, path: bytes) -> None:
        self._loading = loading
        self._exchange = exchange
        self._outgoing = outgoing
        self._model = target.model.id
        token = token_hex(12)
        self._script = Script(self._model, token)
        self._dialect = dialect(path, token, target.name, int(loading.clock.seconds()))

    async def serve(self, lease: Lease) -> None:
        """Answer the exchange, whose `lease` is in line; ends after the last byte.

        What goes wrong ends the stream with an error event; the client's connection is cut when the upstream breaks
        off in the middle of its stream, as ever (W-21). Cancelling gives up the place, and nothing more is written.
        """
        continued = Continued(self._exchange)
        fault = None
        try:
            if self._outgoing.witness is not None:
                self._outgoing.witness.begun(200, b"OK", HEADERS)
            with _Teller(self._loading, self._exchange, lease, self._script, self._dialect) as teller:
                async with lease as upstream:
                    teller.close()
                    await forward(continued, upstream, self._outgoing)
        except Refusal as refusal:
            fault = of_refusal(refusal, self._loading.words)
        if continued.refused is not None:
            fault = of_answer(continued.refused, self._loading.words)
        if fault is not None:
            self._fail(fault)

    def _fail(self, fault: Fault) -> None:
        self._log.info(
            "{model}: a stream that had begun ends in an error {status}", model=self._model, status=fault.status
        )
        if self._outgoing.witness is not None:
            self._outgoing.witness.broke(fault.message)
        self._exchange.write(self._dialect.fault(fault))
        self._exchange.finish()


@implementer(IPushProducer)
class _Teller:
    """Writes the remarks for the length of its block, or until it is closed; then it never touches the exchange again.

    It is the exchange's producer meanwhile, and thus hears when the client does not read.
    """

    def __init__(self, loading: Loading, exchange: Exchange, lease: Lease, script: Script, dialect: Dialect) -> None:
        self._loading = loading
        self._exchange = exchange
        self._lease = lease
        self._script = script
        self._dialect = dialect
        self._began = loading.clock.seconds()
        self._tick = self._began + TICK
        self._timer: IDelayedCall | None = None
        self._paused = False

    def __enter__(self) -> _Teller:
        self._exchange.begin(200, HEADERS, more=True)
        self._say(self._script.opening())
        self._exchange.produce(self)
        self._loading.telling.add(self)
        self._look_at(self._tick)
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop()

    def close(self) -> None:
        """The model is ready: say so and be silent."""
        if self._timer is not None and not self._paused:
            self._say(self._script.closing(self._waited))
        self._stop()

    def hurry(self) -> None:
        """Look for news in the next turn."""
        if self._timer is not None:
            self._timer.reset(0)

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is None:
            return
        timer.cancel()
        self._loading.telling.discard(self)
        self._exchange.produce(None)

    @property
    def _waited(self) -> float:
        return max(self._loading.clock.seconds() - self._began, 0.0)

    def _look_at(self, when: float) -> None:
        clock = self._loading.clock
        self._timer = clock.callLater(max(when - clock.seconds(), 0.0), self._look)

    def _look(self) -> None:
        now = self._loading.clock.seconds()
        due = now >= self._tick
        self._tick = now + TICK if due else min(self._tick, now + TICK)  # a clock that is set back silences nobody
        self._look_at(self._tick)
        if not self._paused:
            self._tell(due)

    def _tell(self, due: bool) -> None:
        progress = self._lease.progress()
        stopping = [model for model in progress.evicting if self._loading.state_of(model) not in _GONE]
        say = self._script.next if due else self._script.news
        remark = say(progress, stopping, self._waited)
        if remark is not None:
            self._tick = self._loading.clock.seconds() + TICK
            self._say(remark)

    def _say(self, remark: Remark) -> None:
        self._exchange.write(self._dialect.remark(remark))

    # -- IPushProducer -------------------------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False

    def stopProducing(self) -> None:
        """The client's transport is gone."""
        self._paused = True
