"""What happened since clients were last told, put together until it is time to tell them. Pure.

Each kind of news says when it is `due` and gives its messages (`take`); what it holds meanwhile is bounded, so a flood
becomes less news, not more.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from llamaswap.feeds import messages
from llamaswap.logs.ring import Ring
from llamaswap.metrics.underway import Change, Removed, Upserted, Watched, record

NEVER = float("inf")
AT_ONCE = 0.0
LOG_PERIOD = 0.1
"""Seconds between two messages of one log, at least."""
INFLIGHT_PERIOD = 0.25
SCHEDULE_PERIOD = 0.25
MOST_CHANGES = 128
"""Messages about requests under way in `INFLIGHT_PERIOD`; beyond them there is one snapshot at its end. Also how many
lines of activity are told in one turn, the newest ones."""


class News(Protocol):
    """One kind of news."""

    @property
    def due(self) -> float:
        """From when on there is something to take, in seconds of the clock; `NEVER`: there is nothing."""

    def begin(self) -> None:
        """Forget what came together."""

    def set_back(self, now: float) -> None:
        """The clock was set back to `now`: nothing that has begun is later."""

    def take(self, now: float) -> Iterator[str]:
        """The messages, whether due or not; none are left then."""


class LogNews:
    """What is written to one log."""

    def __init__(self, source: str, history: Callable[[], bytes]) -> None:
        self._source = source
        self._history = history
        self._pending = Ring()
        self._written = 0
        self._told = -NEVER
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def begin(self) -> None:
        """Go on from what the history is now: also from a character that it holds the beginning of."""
        self._pending, self._written = Ring(), 0
        self._decoder.reset()
        self._decoder.decode(self._history())

    def set_back(self, now: float) -> None:
        self._told = min(self._told, now)

    def write(self, data: bytes) -> None:
        self._pending.append(data)
        self._written += len(data)

    @property
    def due(self) -> float:
        return self._told + LOG_PERIOD if self._written else NEVER

    def take(self, now: float) -> Iterator[str]:
        if not self._written:
            return
        lost = self._written - len(self._pending)
        text = self._decoder.decode(b"", final=True) + f"\n— {lost} bytes dropped —\n" if lost else ""
        text += self._decoder.decode(bytes(self._pending))
        self._pending, self._written = Ring(), 0
        if text:
            self._told = now
            yield messages.log_data(self._source, text)

    def all(self) -> str:
        """The history, up to what was taken last."""
        history = self._history()
        held, _ = self._decoder.getstate()  # the beginning of a character, which is told when it is complete
        complete = history[: len(history) - len(held)]
        return messages.log_data(self._source, complete.decode("utf-8", "replace"))


class InflightNews:
    """What changes among the requests under way. After too many changes at once: all that are left."""

    def __init__(self, snapshot: Callable[[], Sequence[Watched]]) -> None:
        self._snapshot = snapshot
        self._changes: list[Change] = []
        self._began = -NEVER
        self._told = 0
        self._too_many = False

    def begin(self) -> None:
        self._changes, self._too_many = [], False

    def set_back(self, now: float) -> None:
        self._began = min(self._began, now)

    def hear(self, change: Change, now: float) -> None:
        if self._too_many or (self._changes and self._changes[-1] == change):
            return
        if now >= self._began + INFLIGHT_PERIOD:
            self._began, self._told = now, 0
        if self._told + len(self._changes) >= MOST_CHANGES:
            self._changes, self._too_many = [], True
        else:
            self._changes.append(change)

    @property
    def due(self) -> float:
        if self._too_many:
            return self._began + INFLIGHT_PERIOD
        return AT_ONCE if self._changes else NEVER

    def take(self, now: float) -> Iterator[str]:
        if self._too_many:
            self._too_many = False
            self._began, self._told = now, 1
            yield self.all(now)
            return
        changes, self._changes = self._changes, []
        self._told += len(changes)
        yield from (_told(change, now) for change in changes)

    def all(self, now: float) -> str:
        """Every request under way."""
        return messages.inflight_snapshot(record(entry, now) for entry in self._snapshot())


def _told(change: Change, now: float) -> str:
    match change:
        case Upserted(entry):
            return messages.inflight_upsert(record(entry, now))
        case Removed(id):
            return messages.inflight_remove(id)


class ActivityNews:
    """New lines of activity."""

    def __init__(self) -> None:
        self._ids: deque[int] = deque(maxlen=MOST_CHANGES)

    def begin(self) -> None:
        self._ids.clear()

    def set_back(self, now: float) -> None: ...

    def hear(self, id: int) -> None:
        self._ids.append(id)

    @property
    def due(self) -> float:
        return AT_ONCE if self._ids else NEVER

    def take(self, now: float) -> Iterator[str]:
        while self._ids:
            yield messages.activity(self._ids.popleft())


class ScheduleNews:
    """The picture of the scheduler, where it is another than it was; in two versions, one without lines of logs."""

    def __init__(self, look: Callable[[bool], Mapping[str, Any]], now: Callable[[], float]) -> None:
        """`look` gives the picture, with the lines of logs or without, and `now` the time that is told with it."""
        self._look = look
        self._now = now
        self._changed = False
        self._told_at = -NEVER
        self._told = ""
        self.discreet = ""
        """What was taken last, without lines of logs."""

    def begin(self) -> None:
        self._changed, self._told = False, ""

    def set_back(self, now: float) -> None:
        self._told_at = min(self._told_at, now)

    def hear(self) -> None:
        self._changed = True

    @property
    def due(self) -> float:
        return self._told_at + SCHEDULE_PERIOD if self._changed else NEVER

    def take(self, now: float) -> Iterator[str]:
        """With the lines of logs."""
        if not self._changed:
            return
        self._changed, self._told_at = False, now
        picture = self._look(True)
        body = messages.schedule_body(picture)
        if body == self._told:
            return
        self._told, message = body, self._message(body)
        may_have_lines = any(model["failure"] for model in picture["models"])
        self.discreet = self.all(with_logs=False) if may_have_lines else message
        yield message

    def all(self, *, with_logs: bool) -> str:
        """As it is now."""
        return self._message(messages.schedule_body(self._look(with_logs)))

    def _message(self, body: str) -> str:
        return messages.schedule(self._now(), body)


class TimelineNews:
    """What has happened to models. After too much at once: the newest."""

    def __init__(self) -> None:
        self._entries: deque[Mapping[str, Any]] = deque(maxlen=MOST_CHANGES)

    def begin(self) -> None:
        self._entries.clear()

    def set_back(self, now: float) -> None: ...

    def hear(self, entry: Mapping[str, Any]) -> None:
        self._entries.append(entry)

    @property
    def due(self) -> float:
        return AT_ONCE if self._entries else NEVER

    def take(self, now: float) -> Iterator[str]:
        while self._entries:
            yield messages.timeline(self._entries.popleft())


class StateNews:
    """Something of which only the newest matters."""

    def __init__(self, tell: Callable[[], str]) -> None:
        self.all = tell
        self._changed = False

    def begin(self) -> None:
        self._changed = False

    def set_back(self, now: float) -> None: ...

    def hear(self) -> None:
        self._changed = True

    @property
    def due(self) -> float:
        return AT_ONCE if self._changed else NEVER

    def take(self, now: float) -> Iterator[str]:
        if self._changed:
            self._changed = False
            yield self.all()
