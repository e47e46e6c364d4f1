"""The words between the scheduler's pure core and the dispatcher that carries its decisions out.

Events say what happened and when (seconds, any monotonic origin shared by all of them); effects say what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from llamaswap.config.schema import Model, Settings
from llamaswap.errors import Refusal
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.notices import State

# -- what happened -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request wants `model`, which was configured when the request's name was resolved. Tickets are numbered in order
    of arrival: each is greater than all before it."""

    ticket: TicketId
    model: ModelId
    when: float
    priority: int = 0
    """Of the request, beside that of its model."""


@dataclass(frozen=True, slots=True)
class Left:
    """The client of a request that still waits is gone. Unknown or granted tickets: no effect (S-54)."""

    ticket: TicketId
    when: float


@dataclass(frozen=True, slots=True)
class Served:
    """A granted request has ended, however it ended."""

    ticket: TicketId
    when: float
    completed: bool = True
    """The model answered it. False for one that broke off or asked nothing: it says nothing about the model."""


@dataclass(frozen=True, slots=True)
class SwapEnded:
    """The swap `swap` is over: its target is ready (`error` None), or is not and has no process left. Either way, given
    up or not, what it evicts has stopped."""

    swap: SwapId
    when: float
    error: Refusal | None = None


@dataclass(frozen=True, slots=True)
class StopEnded:
    """Every model of the batch `stop` is gone."""

    stop: SwapId
    when: float


@dataclass(frozen=True, slots=True)
class Died:
    """A ready model's process ended by itself."""

    model: ModelId
    when: float


@dataclass(frozen=True, slots=True)
class Unload:
    """Somebody wants `models` stopped. `request` comes back in `UnloadDone`."""

    request: int
    models: tuple[ModelId, ...]
    when: float
    grace: float | None = None
    """Seconds before the kill, for all of them in one batch; None = each model's own `unloadTimeout`, in
    ascending buckets (lifecycle section 5.8)."""


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """Other settings are in force, and `policy` speaks for them."""

    settings: Settings
    policy: EvictionPolicy
    when: float


@dataclass(frozen=True, slots=True)
class Tick:
    """The time that a `WakeAt` asked for has come (or gone by)."""

    when: float


@dataclass(frozen=True, slots=True)
class Close:
    """The server stops: nothing waits or loads any more. What is being served may end; stopping models follows by
    `Unload`."""

    when: float


Event = Arrived | Left | Served | SwapEnded | StopEnded | Died | Unload | Reconfigured | Tick | Close

# -- what to do --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """Let the request through to its (ready) model."""

    ticket: TicketId
    model: ModelId
    priority: int = 0
    """The model's, with that of the request."""
    waited: float = 0.0
    """Seconds since it arrived."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the waiting request with `why`."""

    ticket: TicketId
    why: Refusal


@dataclass(frozen=True, slots=True)
class Swap:
    """Stop `evict` in parallel, each with its own `unloadTimeout`, wait for all, then make `target` ready."""

    id: SwapId
    target: ModelId
    evict: tuple[ModelId, ...]
    why: str = ""
    """For the log, in the policy's words."""
    drained: float = field(default=0.0, compare=False)
    """Seconds that the oldest request for the target has waited until it could begin."""
    cause: str = field(default="request", compare=False)
    """Who wants the target: `request`, `manual`, `preload` or `idle`; for the record."""


@dataclass(frozen=True, slots=True)
class BeginSwap:
    """Start carrying `swap` out; answer with one `SwapEnded`."""

    swap: Swap


@dataclass(frozen=True, slots=True)
class CancelSwap:
    """Give up the swap: its target must not come up. It still ends with exactly one `SwapEnded` (with an error, or
    without one when the target was ready a moment before)."""

    swap: SwapId


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop `models` in parallel; answer with one `StopEnded`."""

    id: SwapId
    models: tuple[ModelId, ...]
    grace: float
    why: str = ""
    """`unload`, `ttl`, `reload`: for the log."""


@dataclass(frozen=True, slots=True)
class Renew:
    """From now on `model` has this form, None: it is wanted no more. Nothing is left of one that was started
    differently, and the next `BeginSwap` starts this one."""

    model: ModelId
    form: Model | None


@dataclass(frozen=True, slots=True)
class UnloadDone:
    """Everything that the `Unload` with this `request` asked for has stopped."""

    request: int


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send a `Tick` at `when`. Replaces the wish before it."""

    when: float


Effect = Grant | Refuse | BeginSwap | CancelSwap | Stop | Renew | UnloadDone | WakeAt

# -- what the core asks, and what carries its decisions out ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Running:
    """A model that is in memory or on its way there, as the eviction policy sees it."""

    model: ModelId
    state: State
    in_flight: int
    waiting: int
    ready_at: float
    """0 while it is not ready."""
    last_used: float
    """End of its last request; `ready_at` when it had none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must go so that the target may run."""

    evict: tuple[ModelId, ...]
    """In the order of the running models that were shown."""
    set: str | None = None
    """Name of the matrix set that was chosen."""
    cost: int = 0
    why: str = ""


class EvictionPolicy(Protocol):
    """Which running models make room for a target. Pure and silent, and asked often. It speaks of the models of one
    configuration, and is shown no others.

    All targets of one step are shown the same object, which never changes: what follows from `running` alone needs to
    be worked out only once.

    For a ready target the answer may depend only on which models run and in which state, so that the core may
    remember it until one of these changes.
    """

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict: ...


class SparingPolicy(EvictionPolicy, Protocol):
    """One that also says who may go when the target did not find memory enough (W-19). One that does not is taken to
    spare nobody."""

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """The running models that may go for `target` although they could run beside it. Who of them is in use stays
        all the same."""


class Swaps(Protocol):
    """Carries swaps and stops out (`backends/pool.py`) and reports each end to the dispatcher's `tell`. Knows every
    model's form."""

    def begin(self, swap: Swap) -> None: ...
    def cancel(self, swap: SwapId) -> None: ...
    def stop(self, stop: Stop) -> None: ...
    def renew(self, renew: Renew) -> None: ...
