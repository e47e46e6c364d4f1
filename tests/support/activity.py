"""Rows of the activity, and a thread that works when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from llamaswap.metrics.row import Row, Tokens

T = TypeVar("T")
WHEN = 1_700_000_000


def row(model: str = "m1", when: int = WHEN, /, **others: Any) -> Row:
    """A request that went well; `others` are fields of the row or of its tokens."""
    tokens = Tokens(**{name: others.pop(name) for name in tuple(others) if name in Tokens._fields})
    fields = {"path": "/v1/chat/completions", "content_type": "application/json", "status": 200, "duration_ms": 5}
    fields |= {"error": "", "metadata": {}}
    return Row(id=0, when=when, model=model, tokens=tokens, **{**fields, **others})


def numbered(rows: Iterable[Row], first: int = 1) -> list[tuple[int, Row]]:
    """Rows with their ids."""
    return list(enumerate(rows, first))


class MemoryBody:
    """Satisfies `captures.Body`; `asked` counts how often it was put together."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.length = len(content)
        self.asked = 0

    def kept(self) -> Callable[[], bytes]:
        return self._whole

    def _whole(self) -> bytes:
        self.asked += 1
        return self._content


class LaterThread:
    """Satisfies `InThread`: does its work in order, and tells of it, when `run` is called."""

    def __init__(self) -> None:
        self._work: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], T]) -> Deferred[T]:
        result: Deferred[T] = Deferred()
        self._work.append(lambda: result.callback(_outcome(work)))
        return result

    @property
    def busy(self) -> int:
        """How much there is to do."""
        return len(self._work)

    def run(self) -> None:
        """Do all of it, and what comes of that."""
        while self._work:
            self._work.pop(0)()


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception:
        return Failure()
