"""The requests to models: those under way are known by their entries, and what has ended is worked off in batches.

A batch is made when there are enough for one, or a tenth of a second after the first of its requests has ended, and
takes a millisecond or two, so that nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange
from llamaswap.metrics.answers import shortened
from llamaswap.metrics.captures import Taking
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.inflight import Inflight
from llamaswap.metrics.row import NO_TOKENS, Finished, Row
from llamaswap.metrics.usage import Reading, cost
from llamaswap.resolve.chooser import Choice
from llamaswap.wire.lines import value_of

_SOON = 0.1
"""Seconds."""
_ENOUGH = 32
"""Requests for a batch that need not wait for others: what is worked off soon is still at hand."""
_MOST = 64
"""Requests of a batch; the others are worked off in the next turns."""

Listener = Callable[[Sequence[Finished]], None]
TypeOf = Callable[[Refusal, bytes | None], str]
"""The content type of the answer to a refusal, for a client that accepts so much (`web/refusals.py`)."""
_NOTHING = Reading(NO_TOKENS, 0, "", True, True)


class Store(Protocol):
    """Where rows are kept (`store.py`)."""

    def add(self, row: Row) -> int: ...


class Captures(Protocol):
    """What gathers requests and answers (`captures.py`)."""

    @property
    def secret(self) -> Collection[bytes]: ...
    def take(self, path: str) -> Taking | None: ...


class Ledger:
    """Opens entries, and keeps them `inflight`; `ended` hears of each end at once, listeners of all in batches."""

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        store: Store,
        captures: Captures,
        inflight: Inflight,
        type_of: TypeOf,
        ended: Callable[[Entry], None],
    ) -> None:
        self._clock = clock
        self._store = store
        self._type_of = type_of
        self._ended = ended
        self._inflight = inflight
        self._over: list[Entry] = []
        self._timer: IDelayedCall | None = None
        self._listeners: dict[object, Listener] = {}
        self._last_id = 0
        self.stopping = False
        """From now on whose request is cancelled has not hung up: the server cuts them off."""
        self.now = clock.seconds
        self.take = captures.take
        self._captures = captures

    def entry(
        self, exchange: Exchange, choice: Choice, path: str, arrived: float, *, listed: bool, tracked: bool = True
    ) -> Entry:
        """One for a request whose model is known, and which arrived then (`now`)."""
        return Entry(self, exchange, choice, path, when=arrived, listed=listed, tracked=tracked)

    def unknown(self, exchange: Exchange, model: str, path: str, arrived: float) -> Entry:
        """One for a request whose model nobody knows."""
        return Entry(self, exchange, None, path, model=model, when=arrived)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of the requests that have ended; the returned function ends that and may be called twice."""
        subscription = object()
        self._listeners[subscription] = listener
        return partial(self._unsubscribe, subscription)

    def _unsubscribe(self, subscription: object) -> None:
        self._listeners.pop(subscription, None)

    def settle(self) -> None:
        """Work off what has ended now, for whoever is about to read of it, or at the end."""
        while self._timer is not None:
            self._timer.cancel()
            self._flush()

    @property
    def secret(self) -> Collection[bytes]:
        """Lower-case names of headers that are not shown, besides those that never are."""
        return self._captures.secret

    # -- `entry.Book` ------------------------------------------------------------------------------------------------

    def opened(self, entry: Entry) -> None:
        if entry.tracked:
            self._last_id += 1
            entry.id = str(self._last_id)
            self._inflight.add(entry)

    def begun(self, entry: Entry) -> None:
        if entry.tracked:
            self._inflight.begun(entry)

    def closed(self, entry: Entry) -> None:
        if entry.tracked:
            self._inflight.over(entry)
        self._ended(entry)
        self._over.append(entry)
        if self._timer is None:
            self._timer = self._clock.callLater(_SOON, self._flush)
        elif len(self._over) == _ENOUGH:
            self._timer.reset(0)

    # -- batches -----------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        over, self._over = self._over[:_MOST], self._over[_MOST:]
        self._timer = self._clock.callLater(0, self._flush) if self._over else None
        finished = [each for entry in over if (each := self._finish(entry)) is not None]
        for listener in tuple(self._listeners.values()):
            try:
                listener(finished)
            except Exception:
                self.log.failure("a listener for requests that have ended failed")

    def _finish(self, entry: Entry) -> Finished | None:
        try:
            return self._settled(entry)
        except Exception:  # one request that cannot be counted must not cost the others
            self.log.failure("a request to {model} could not be recorded", model=entry.model)
            return None

    def _settled(self, entry: Entry) -> Finished:
        reading = entry.meter.close() if entry.meter is not None else _NOTHING
        status, stay, key = entry.seen, entry.stay, entry.key
        seconds = max(0.0, entry.ended - entry.when)
        if entry.listed:
            self._record(entry, status, seconds, reading)
        return Finished(
            model=entry.model,
            peer=entry.peer,
            selector=entry.selector,
            key=key,
            status=status,
            waited=stay.waited if stay is not None else 0.0,
            first_byte=entry.first_byte,
            seconds=seconds,
            tokens=reading.tokens if entry.listed else NO_TOKENS,
            listed=entry.listed,
            cost=_cost(entry, reading) if key else 0,
        )

    def _record(self, entry: Entry, status: int, seconds: float, reading: Reading) -> None:
        kind = value_of(entry.headers, b"content-type")
        if entry.refusal is not None and not kind:
            kind = self._type_of(entry.refusal, entry.accept)
        row = Row(
            id=0,
            when=int(entry.ended),
            model=entry.model,
            path=entry.path,
            content_type=kind,
            status=status,
            tokens=reading.tokens,
            duration_ms=max(int(seconds * 1000), reading.engine_ms),
            error=_why(entry, reading),
            metadata=entry.metadata,
        )
        id = self._store.add(row)
        if entry.taking is not None:
            self._keep(entry.taking, id, entry, status, reading)

    def _keep(self, taking: Taking, id: int, entry: Entry, status: int, reading: Reading) -> None:
        """The capture, by http-api sections 13.1 and 16: an error goes without its body, nothing is no capture."""
        if status == 200 and (reading.empty or not reading.decoded):
            taking.drop()
        else:
            taking.finish(id, entry.path, entry.headers, body=status == 200)


def _cost(entry: Entry, reading: Reading) -> int:
    """For quotas. What ended before its time has told little of it."""
    if entry.meter is None:
        return 0
    return cost(reading.tokens, entry.meter.events, whole=not entry.error and entry.refusal is None)


def _why(entry: Entry, reading: Reading) -> str:
    """What went wrong, in the words that say most; empty when nothing did."""
    if said := entry.error or (str(entry.refusal) if entry.refusal is not None else ""):
        return shortened(said)
    return reading.error
