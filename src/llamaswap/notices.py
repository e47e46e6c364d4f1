"""What happens inside, told to whoever listens: typed notices, delivered in order, in the same turn.

Publishing never fails because of a listener: one that raises is logged by the owner of the bus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from llamaswap.config.difference import Difference
from llamaswap.errors import Problem
from llamaswap.ids import ModelId
from llamaswap.stay import Stay


class State(Enum):
    """A model's life, in the words of lifecycle section 2.1."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    SHUTDOWN = "shutdown"


StateOf = Callable[[ModelId], State]
"""Says how a new request would find a model."""


class PeerState(Enum):
    """Whether another server answers."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


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
    exit_code: int | None = None
    """With which its process ended by itself."""
    said: tuple[str, ...] = ()
    """The last lines that its processes wrote before they ended by themselves."""


@dataclass(frozen=True, slots=True)
class ReloadStarted:
    """The configuration is being read again."""

    why: str
    when: float


@dataclass(frozen=True, slots=True)
class ReloadFailed:
    """It cannot be used; the one in force stays."""

    problems: tuple[Problem, ...]
    when: float


@dataclass(frozen=True, slots=True)
class Reloaded:
    """It was read and is in force, also when it says what it said before."""

    when: float


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """Other settings are in force; what this means for processes that run has begun, and may take its time."""

    difference: Difference
    when: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """Another profile is active, or none any more; `old` is never `new`."""

    old: str | None
    new: str | None
    when: float


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request to a model is over, whoever answered it and however it ended. WebSockets that do not count are none."""

    model: str
    """The model's ID, or the name by which a peer's model was asked for."""
    peer: str
    """The ID of the peer that answered, or was asked last; empty for a model of this server."""
    selector: str
    """The selector that chose the model; empty when none did."""
    stay: Stay | None
    """None for a peer's model, and for a request that was not granted."""
    status: int
    """That the client saw; 499 when it did not wait for one."""
    listed: bool
    """It belongs in the list of activity; not so most of what is passed through (http-api section 7.1)."""
    when: float

    @property
    def metadata(self) -> dict[str, str]:
        """What goes with its row in the list of activity (http-api section 13.5)."""
        told = {} if self.stay is None else {"fifo_priority": str(self.stay.priority)}
        return told | ({"selector": self.selector} if self.selector else {})


@dataclass(frozen=True, slots=True)
class ActivityStored:
    """A line of the list of activity can be read, and its capture, if there is one."""

    id: int


@dataclass(frozen=True, slots=True)
class Swapped:
    """A swap is over, however it ended."""

    model: ModelId
    """The one that it was to make ready."""
    evicted: tuple[ModelId, ...]
    why: str
    """In the policy's words."""
    outcome: str
    """`loaded`, `failed`, `out_of_memory` or `abandoned`: it was given up."""
    stages: Mapping[str, float]
    """Seconds of each stage that there was, in order: `drain`, `stop`, `settle`, `start`, `ready`."""
    when: float
    cause: str = "request"
    """Who wanted the model: `request`, `manual`, `preload` or `idle`."""
    error: str = ""
    """Why it is not ready; empty when it is."""


@dataclass(frozen=True, slots=True)
class SwapAdvanced:
    """A swap has come to another stage; with the first one it has begun."""

    model: ModelId
    """The one that it is to make ready."""
    evicted: tuple[ModelId, ...]
    why: str
    """In the policy's words."""
    cause: str
    """As in `Swapped`."""
    stage: str
    """`stop`, `settle`, `start` or `ready`."""
    when: float


@dataclass(frozen=True, slots=True)
class StopBegan:
    """Models are to stop, for no swap. Those of them that run will change their state."""

    models: tuple[ModelId, ...]
    why: str
    """`unload`, `ttl`, `reload` or `shutdown`."""
    when: float


@dataclass(frozen=True, slots=True)
class Preloaded:
    """A model that is to be loaded at the start is ready, or cannot be."""

    model: ModelId
    success: bool
    why: str
    """Why it cannot be; empty when it is ready."""
    when: float


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """A peer answers, or does so no more, or offers other models; it says how it is with it now."""

    peer: str
    state: PeerState
    models: tuple[str, ...]
    """As the peer calls them."""
    error: str
    """Why it is down; empty otherwise."""
    when: float
    """Seconds since the epoch."""


Notice = (
    ModelChanged
    | ReloadStarted
    | ReloadFailed
    | Reloaded
    | ConfigurationChanged
    | ProfileChanged
    | RequestEnded
    | ActivityStored
    | Swapped
    | SwapAdvanced
    | StopBegan
    | Preloaded
    | PeerChanged
)
N = TypeVar("N", bound=Notice)


class Notices:
    """A bus of notices. `on_error` is told of a listener that raised, and the others still hear."""

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self._listeners: dict[type[Any], dict[object, Callable[[Any], None]]] = {}
        self._on_error = on_error

    def subscribe(self, kind: type[N], listener: Callable[[N], None]) -> Callable[[], None]:
        """Tell `listener` of every later notice of `kind`; the returned function ends that and may be called twice."""
        subscription = object()
        self._listeners.setdefault(kind, {})[subscription] = listener
        return partial(self._unsubscribe, kind, subscription)

    def hears(self, kind: type[N]) -> bool:
        """Whether anybody listens for it."""
        return bool(self._listeners.get(kind))

    def publish(self, notice: Notice) -> None:
        """Tell every listener for its kind, in the order they subscribed."""
        for listener in tuple(self._listeners.get(type(notice), {}).values()):
            self._tell(listener, notice)

    def _unsubscribe(self, kind: type[N], subscription: object) -> None:
        self._listeners[kind].pop(subscription, None)

    def _tell(self, listener: Callable[[Any], None], notice: Notice) -> None:
        try:
            listener(notice)
        except Exception as error:
            self._on_error(error)
