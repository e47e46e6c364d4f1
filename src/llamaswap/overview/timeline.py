"""What has happened to models, and why: the last changes of state and the last swaps, in order. Pure.

Which change belongs to which cause is known from what was told before it: a swap says whom it evicts and who wanted
its target, a stop says why. What changes without that did so by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NamedTuple

from llamaswap.backends.shortage import without_quotation
from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State, StopBegan, SwapAdvanced, Swapped

MOST = 2000
"""Entries that are kept."""
LONGEST_DETAIL = 500
"""Characters. Lines of logs are not among them, as the entries are for all who may look; a model's failure has them."""

Entry = dict[str, Any]
"""JSON-ready; `n` numbers them from 1."""


class _Cause(NamedTuple):
    word: str
    detail: str = ""


_CAUSES = {"unload": "manual"}
"""The word for a stop that is called otherwise where it is begun."""
_STOPS_BY_ITSELF = {State.STARTING: "failed", State.READY: "crash"}


class Timeline:
    """The entries, and those who hear of each new one."""

    def __init__(self, most: int = MOST) -> None:
        self._entries: deque[Entry] = deque(maxlen=most)
        self._last = 0
        self._expected: dict[ModelId, _Cause] = {}
        """Why each model will change its state next."""
        self._listeners: tuple[Callable[[Entry], None], ...] = ()

    def after(self, number: int) -> list[Entry]:
        """What came after the entry `number`, as far as it is kept."""
        first = self._last - len(self._entries)
        return list(islice(self._entries, max(0, number - first), None))

    def subscribe(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Tell `listener` of every later entry; the returned function ends that and may be called twice."""
        self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Callable[[Entry], None]) -> None:
        self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

    def keep_known(self, known: Iterable[ModelId]) -> None:
        """Expect nothing any more of other models."""
        kept = set(known)
        self._expected = {model: cause for model, cause in self._expected.items() if model in kept}

    # -- what it hears ---------------------------------------------------------------------------------------------

    def advanced(self, notice: SwapAdvanced) -> None:
        self._expected[notice.model] = _Cause(notice.cause)
        if notice.stage == "stop":
            for victim in notice.evicted:
                self._expected[victim] = _Cause("evict", notice.model)

    def stopping(self, notice: StopBegan) -> None:
        for model in notice.models:
            self._expected[model] = _Cause(_CAUSES.get(notice.why, notice.why))

    def changed(self, notice: ModelChanged) -> None:
        cause = self._cause(notice)
        self._add(
            {
                "when": notice.when,
                "kind": "state",
                "model": notice.model,
                "from": notice.old.value,
                "to": notice.new.value,
                "cause": cause.word,
                "detail": _detail(cause.detail),
            }
        )

    def swapped(self, notice: Swapped) -> None:
        self._add(
            {
                "when": notice.when,
                "kind": "swap",
                "model": notice.model,
                "evicted": list(notice.evicted),
                "why": notice.why,
                "cause": notice.cause,
                "outcome": notice.outcome,
                "error": _detail(notice.error),
                "stages": {stage: round(seconds, 3) for stage, seconds in notice.stages.items()},
            }
        )

    def _cause(self, notice: ModelChanged) -> _Cause:
        if notice.new is State.SHUTDOWN:
            return _Cause("shutdown")
        if notice.new is State.STOPPED and notice.old in _STOPS_BY_ITSELF:
            by_itself = notice.reason or notice.old is State.READY
            return _Cause(_STOPS_BY_ITSELF[notice.old], notice.reason) if by_itself else _Cause("cancelled")
        return self._expected.get(notice.model, _Cause("request"))

    def _add(self, entry: Entry) -> None:
        self._last += 1
        entry = {"n": self._last, **entry, "when": round(entry["when"], 3)}
        self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)


def _detail(text: str) -> str:
    return without_quotation(text)[:LONGEST_DETAIL]
