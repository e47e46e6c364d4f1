"""The requests to models: those under way are known by their entries, and what has ended is worked off in batches.

A batch is made a tenth of a second after the first of its requests has ended, so that nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from llamaswap.exchange import Exchange
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.row import NO_TOKENS, Finished
from llamaswap.resolve.chooser import Choice

_SOON = 0.1
"""Seconds."""

Listener = Callable[[Sequence[Finished]], None]


class Ledger:
    """Opens entries; `ended` hears of the end of each at once, listeners of all in batches."""

    log = Logger()

    def __init__(self, clock: IReactorTime, ended: Callable[[Entry], None]) -> None:
        self._clock = clock
        self._ended = ended
        self._over: list[Entry] = []
        self._timer: IDelayedCall | None = None
        self._listeners: dict[object, Listener] = {}
        self._last_id = 0
        self.now = clock.seconds

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

    def close(self) -> None:
        """Work off what has ended. Later entries are worked off as ever."""
        if self._timer is not None:
            self._timer.cancel()
            self._flush()

    # -- `entry.Book` ------------------------------------------------------------------------------------------------

    def opened(self, entry: Entry) -> None:
        if entry.tracked:
            self._last_id += 1
            entry.id = str(self._last_id)

    def begun(self, entry: Entry) -> None:
        pass

    def closed(self, entry: Entry) -> None:
        self._ended(entry)
        self._over.append(entry)
        if self._timer is None:
            self._timer = self._clock.callLater(_SOON, self._flush)

    # -- batches -----------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self._timer = None
        over, self._over = self._over, []
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
        stay = entry.stay
        return Finished(
            model=entry.model,
            peer=entry.peer,
            selector=entry.selector,
            key=entry.key,
            status=entry.seen,
            waited=stay.waited if stay is not None else 0.0,
            first_byte=entry.first_byte,
            seconds=max(0.0, entry.ended - entry.when),
            tokens=NO_TOKENS,
            listed=entry.listed,
        )
