"""The end of a request to a model, told once however it comes."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Protocol

from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange
from llamaswap.resolve.chooser import Choice
from llamaswap.stay import Stay


class _Stays(Protocol):
    @property
    def stay(self) -> Stay | None: ...


class End(NamedTuple):
    """How it ended."""

    choice: Choice
    """Who was to answer it."""
    stay: Stay | None
    """How it came to its grant; None for one that did not, and for a peer's model."""
    status: int
    """Of the answer, or of the refusal that is about to be answered; 0 when there is neither."""
    listed: bool
    """It belongs in the list of activity (http-api sections 6.1 and 7.1)."""


Ended = Callable[[End], None]


class Ending:
    """Tells of the end of its block."""

    __slots__ = ("_choice", "_exchange", "_listed", "_tell", "lease")

    def __init__(self, tell: Ended, exchange: Exchange, choice: Choice, *, listed: bool = True) -> None:
        self._tell = tell
        self._exchange = exchange
        self._choice = choice
        self._listed = listed
        self.lease: _Stays | None = None
        """The place that it took, or waited for."""

    def __enter__(self) -> Ending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        refused = error.status if isinstance(error, Refusal) else 0
        stay = self.lease.stay if self.lease is not None else None
        self._tell(End(self._choice, stay, self._exchange.status or refused, self._listed))
