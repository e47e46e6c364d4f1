"""What happens inside, told to whoever listens: typed notices, delivered in order, in the same turn.

Publishing never fails because of a listener: one that raises is logged by the owner of the bus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from llamaswap.ids import ModelId


class State(Enum):
    """A model's life, in the words of lifecycle section 2.1."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """A model's process went from one state to another; `old` is never `new`."""

    model: ModelId
    old: State
    new: State
    when: float
    """Seconds since the epoch."""
    reason: str = ""
    """Why it left a running state by itself; empty for a change that was asked for."""


Listener = Callable[[ModelChanged], None]


class Notices:
    """A bus of `ModelChanged`. `on_error` is told of a listener that raised, and the others still hear."""

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self._listeners: list[Listener] = []
        self._on_error = on_error

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of every later notice; the returned function ends that and may be called twice."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, notice: ModelChanged) -> None:
        """Tell every listener, in the order they subscribed."""
        for listener in tuple(self._listeners):
            try:
                listener(notice)
            except Exception as error:
                self._on_error(error)
