"""`POST /api/loadtest`: many requests at a time, asked from here, as a browser keeps but six connections to a server.

The answer is a stream of what happens to them. Each is a request like any other: it passes the front with the key of
whoever runs the test, counts in its limits, waits for its model, and is recorded.
"""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.errors import BodyTooLarge, TooManyRequests
from llamaswap.exchange import Exchange, Header, RequestBody
from llamaswap.feeds import sse
from llamaswap.proxy.body import scan
from llamaswap.threads import InThread
from llamaswap.web.hosts import nearest
from llamaswap.web.inner import Front, InnerExchange
from llamaswap.web.load_plan import MOST_BYTES, Plan, Planned, read_plan
from llamaswap.web.routes import Lane, RouteTable

MOST_TESTS = 4
"""Load tests that run at a time."""
MOST_OF_ONE = 2
"""Of these, how many are of one API key; without keys, of one address."""
MOST_BODIES = 8
"""Descriptions of load tests that one of them sends at a time."""
HEARTBEAT_PERIOD = 10.0


class LoadTests:
    """Runs those that are asked for."""

    def __init__(self, front: Front, table: RouteTable, in_thread: InThread, clock: IReactorTime) -> None:
        """`table` says which paths are answered by models."""
        self._front = front
        self._table = table
        self._in_thread = in_thread
        self._clock = clock
        self._running: Counter[str] = Counter()
        """Load tests by whose they are."""
        self._arriving: Counter[str] = Counter()
        """Those whose descriptions have not come yet."""

    async def serve(self, exchange: Exchange) -> None:
        """Answer one exchange; ends with the last request of its test. Raises `Refusal` before the answer has begun.

        Cancelling ends all requests.
        """
        who = _whose(exchange)
        self._require_place(who)
        with _counted(self._arriving, who):
            data = await _content(exchange.body)
        self._require_place(who)
        with _counted(self._running, who):
            plan = await scan(self._in_thread, len(data), read_plan, data, self._is_model_path)
            sse.begin(exchange)
            await _Test(exchange, plan, self._front, self._clock).run()
        exchange.finish()

    def _require_place(self, who: str) -> None:
        """Raise `TooManyRequests` where there is none. Who sends a description has none yet, as it may never come."""
        if self._running.total() >= MOST_TESTS:
            raise TooManyRequests(f"{MOST_TESTS} load tests are running")
        if self._running[who] >= MOST_OF_ONE:
            raise TooManyRequests(f"{MOST_OF_ONE} load tests of yours are running")
        if self._arriving[who] >= MOST_BODIES:
            raise TooManyRequests(f"{MOST_BODIES} descriptions of load tests of yours are on their way")

    def _is_model_path(self, path: bytes) -> bool:
        methods = self._table.exact.get(path)
        route = methods.get(b"POST") if methods is not None else None
        return route is not None and route.lane is Lane.MODEL


class _Test:
    """One load test, and the producer of its answer."""

    log = Logger()

    def __init__(self, exchange: Exchange, plan: Plan, front: Front, clock: IReactorTime) -> None:
        self._exchange = exchange
        self._plan = plan
        self._front = front
        self._clock = clock
        self._began = clock.seconds()
        self._todo = enumerate(plan.requests)
        self._live: dict[InnerExchange, None] = {}
        """Those under way; who was told to go on last is the last."""
        self._asking = 0
        """Those of `_ask_on` that have not ended."""
        self._paused = False

    async def run(self) -> None:
        """Ask everything; ends with the last answer. Cancelling ends all requests."""
        self._exchange.produce(self)
        heartbeat = LoopingCall(self._exchange.write, sse.HEARTBEAT)
        heartbeat.clock = self._clock
        heartbeat.start(HEARTBEAT_PERIOD, now=False)
        over: Deferred[None] = Deferred()
        askers: list[Deferred[None]] = []
        try:
            starts = self._plan.starts()
            self._asking = len(starts)
            askers += [Deferred.fromCoroutine(self._ask_on(start)).addBoth(self._ended, over) for start in starts]
            await over
        finally:
            for asker in askers:
                asker.cancel()
            heartbeat.stop()
            self._exchange.produce(None)
        self._tell(None, "done")

    def _ended(self, result: Failure | None, over: Deferred[None]) -> None:
        if isinstance(result, Failure) and result.check(CancelledError) is None:
            self.log.failure("a load test failed", result)
        self._asking -= 1
        if self._asking == 0 and not over.called:
            over.callback(None)

    async def _ask_on(self, start: float) -> None:
        """From `start` seconds on, ask what nobody has asked yet, one after the other."""
        if start:
            await deferLater(self._clock, start)
        for index, planned in self._todo:
            await self._ask(index, planned)

    async def _ask(self, index: int, planned: Planned) -> None:
        self._tell(index, "begin")
        inner = InnerExchange(self._exchange, planned.path, planned.body, _Ear(partial(self._tell, index)))
        if self._paused:
            inner.pause()
        self._live[inner] = None
        try:
            await inner.be_answered(self._front)
        finally:
            del self._live[inner]

    def _tell(self, index: int | None, kind: str, **more: Any) -> None:
        ms = round(max(0.0, self._clock.seconds() - self._began) * 1000, 1)
        told = {"kind": kind, "ms": ms} if index is None else {"i": index, "kind": kind, "ms": ms, **more}
        self._exchange.write(b"data: %b\n\n" % json.dumps(told, separators=(",", ":")).encode())

    # -- the producer: who reads slowly is told slowly ---------------------------------------------------------------

    def pauseProducing(self) -> None:
        self._paused = True
        for inner in tuple(self._live):
            inner.pause()

    def resumeProducing(self) -> None:
        self._paused = False
        for inner in tuple(self._live):
            if self._paused:  # the first have filled the client's connection again: it is the others' turn next time
                return
            if inner in self._live:
                self._live[inner] = self._live.pop(inner)
                inner.resume()

    def stopProducing(self) -> None:
        """The client is gone, and the coroutine is cancelled."""
        self.pauseProducing()


class _Ear:
    """Tells what it hears of one answer."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def head(self, status: int, headers: Sequence[Header]) -> None:
        kinds = [value for name, value in headers if name.lower() == b"content-type"]
        self._tell("head", status=status, type=kinds[0].decode("latin-1") if kinds else "")

    def data(self, piece: bytes) -> None:
        if text := self._decoder.decode(piece):
            self._tell("chunk", data=text)

    def complete(self) -> None:
        if rest := self._decoder.decode(b"", final=True):
            self._tell("chunk", data=rest)
        self._tell("end")

    def broke(self, why: str) -> None:
        self._tell("error", message=why)


def _whose(exchange: Exchange) -> str:
    """The name of the API key; without keys the address."""
    if exchange.caller is not None:
        return exchange.caller.name
    return nearest(exchange.peer, exchange.header(b"x-forwarded-for"))


@contextmanager
def _counted(counter: Counter[str], who: str) -> Iterator[None]:
    counter[who] += 1
    try:
        yield
    finally:
        counter[who] -= 1
        if not counter[who]:
            del counter[who]


async def _content(body: RequestBody) -> bytes:
    """All of it. Raises `BodyTooLarge`, and what reading fails with."""
    pieces: list[bytes] = []
    left = MOST_BYTES - (body.length or 0)
    while left >= 0 and (piece := await body.read()):
        pieces.append(piece)
        left -= 0 if body.length else len(piece)
    if left < 0:
        raise BodyTooLarge(f"a load test is described in at most {MOST_BYTES} bytes")
    return b"".join(pieces)
