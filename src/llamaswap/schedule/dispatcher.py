"""Carries the scheduler's decisions out, and turns its answers into awaits.

Holds the waiting Deferreds, the one wake-up timer and the clock that the pure core refuses to know; decides nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import Settings
from llamaswap.errors import NotReady, StartFailed
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.schedule.core import Core
from llamaswap.schedule.events import (
    Arrived,
    BeginSwap,
    CancelSwap,
    Close,
    Effect,
    Event,
    EvictionPolicy,
    Grant,
    Left,
    Reconfigured,
    Refuse,
    Renew,
    Served,
    Stop,
    Swap,
    SwapEnded,
    Swaps,
    Tick,
    Unload,
    UnloadDone,
    WakeAt,
)
from llamaswap.schedule.lease import Errand, Lease
from llamaswap.schedule.survey import Survey
from llamaswap.stay import Progress, Stay
from llamaswap.wire.upstream import Upstream


class Dispatcher:
    """The scheduler as the rest of the program sees it."""

    _log = Logger()

    def __init__(
        self,
        core: Core,
        swaps: Swaps,
        upstream_of: Callable[[ModelId], Upstream | None],
        clock: IReactorTime,
    ) -> None:
        self._core = core
        self._swaps = swaps
        self._upstream_of = upstream_of
        self._clock = clock
        self._events: deque[Event] = deque()
        self._telling = False
        self._tickets = 0
        self._leases: dict[TicketId, Lease] = {}
        self._begun: dict[SwapId, tuple[Swap, float]] = {}
        self._requests = 0
        self._unloads: dict[int, Deferred[None]] = {}
        self._draining: list[Deferred[None]] = []
        self._timer: IDelayedCall | None = None
        self._wish = 0.0
        self.stirred: Callable[[], None] = lambda: None
        """Called after everything that may concern those who wait; whoever watches them sets it."""

    def lease(self, model: ModelId, priority: int = 0) -> Lease:
        """Hold a running `model` for the length of the block; `priority` is added to the model's while it waits.

        Entering waits for the scheduler's grant and raises its `Refusal` instead, or `NotReady` when the model died
        that very moment. Cancelling gives up the place, while waiting and inside the block.
        """
        return Lease(self, model, priority)

    async def load(self, model: ModelId, why: str = "manual") -> None:
        """Return when `model` is ready, loading it as for a request; raises what `lease` raises. `why`: see `Swap`."""
        lease = Errand(self, model, why)
        await lease.take()
        lease.give_back(completed=False)

    async def unload(self, models: Sequence[ModelId] | None, grace: float | None = None) -> None:
        """Stop `models` (None: all) without waiting for those being served; return when all are gone.

        `grace` replaces every `unloadTimeout`. Those that wait for the models are refused with `Unloaded`.
        Cancelling gives up the wait only: the models stop all the same.
        """
        self._requests += 1
        request = self._requests
        done: Deferred[None] = Deferred(lambda _: self._unloads.__delitem__(request))
        self._unloads[request] = done
        wanted = self._core.models if models is None else tuple(models)
        self.tell(Unload(request, wanted, self._clock.seconds(), grace))
        await done

    def reconfigure(self, settings: Settings, policy: EvictionPolicy) -> None:
        """Go on under other settings. Models that are started alike keep running, with those they serve; those that
        wait for a model that is gone are refused with `ModelRemoved`."""
        self.tell(Reconfigured(settings, policy, self._clock.seconds()))

    def close(self) -> None:
        """Refuse all that wait, and whatever comes later, with `ShuttingDown`; cancel loads. Leases run on."""
        self.tell(Close(self._clock.seconds()))

    def drained(self) -> Deferred[None]:
        """Fires when nothing is being served: at once, or when the last lease ends. Cancelling gives up the wait."""
        done: Deferred[None] = Deferred(self._draining.remove)
        self._draining.append(done)
        self._report_drained()
        return done

    def in_flight(self, model: ModelId) -> int:
        """How many requests for `model` are being served."""
        return self._core.in_flight(model)

    def waiting(self, model: ModelId) -> int:
        """How many requests for `model` wait for their grant."""
        return self._core.waiting(model)

    def outdated(self, model: ModelId) -> bool:
        """What is left of `model` is on its way out for a new configuration, and serves nobody new."""
        return self._core.outdated(model)

    def loading(self, model: ModelId) -> bool:
        """The load under way answers those that wait for `model`."""
        return self._core.loading(model)

    def survey(self, most: int) -> Survey:
        """All there is to see now, with the first `most` of those that wait."""
        return self._core.survey(self._clock.seconds(), most)

    def tell(self, event: Event) -> None:
        """Let the core know of `event` and do what follows from it.

        Told while another is being dealt with, it waits its turn.
        """
        self._events.append(event)
        if self._telling:
            return
        self._telling = True
        try:
            while self._events:
                self._deal_with(self._events.popleft())
        finally:
            self._telling = False
        self.stirred()

    def _deal_with(self, event: Event) -> None:
        if isinstance(event, SwapEnded):
            self._log_end(event)
        for effect in self._core.feed(event):
            try:
                self._perform(effect)
            except Exception:  # the others are owed their answers all the same
                self._log.failure("could not perform {effect}", effect=effect)
        if isinstance(event, Arrived) and (lease := self._leases.get(event.ticket)) is not None:
            lease.position = self._core.position(event.ticket)
        if self._draining and isinstance(event, Served):
            self._report_drained()
        if isinstance(event, Close) and self._timer is not None and self._timer.active():
            self._timer.cancel()  # and from now on the core asks for no other

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Grant():
                self._grant(effect)
            case Refuse():
                self._refuse(effect)
            case BeginSwap():
                self._begin(effect.swap)
            case CancelSwap():
                self._cancel(effect.swap)
            case Stop():
                self._log.info("stopping {models} ({why})", models=", ".join(effect.models), why=effect.why)
                self._swaps.stop(effect)
            case Renew():
                self._swaps.renew(effect)
            case UnloadDone():
                done = self._unloads.pop(effect.request, None)
                if done is not None:  # else whoever asked waits no longer
                    done.callback(None)
            case WakeAt():
                self._wake_at(effect.when)
            case _:
                assert_never(effect)

    # -- requests ------------------------------------------------------------------------------------------------

    def arrive(self, lease: Lease, model: ModelId, priority: int) -> TicketId:
        """Put `lease` in line; it is settled now or later, unless it leaves (`lease.Desk`)."""
        self._tickets += 1
        ticket = TicketId(self._tickets)
        when = self._clock.seconds()
        if not self._admit(lease, ticket, model, when, priority):
            self._leases[ticket] = lease
            self.tell(Arrived(ticket, model, when, priority))
        return ticket

    def _admit(self, lease: Lease, ticket: TicketId, model: ModelId, when: float, priority: int) -> bool:
        """Grant `lease` a place at once, if the core has nothing else to say."""
        upstream = None if self._telling else self._upstream_of(model)
        stay = self._core.admit(ticket, model, when, priority) if upstream is not None else None
        if upstream is None or stay is None:
            return False
        lease.stay = stay
        lease.settle(upstream)
        return True

    def leave(self, ticket: TicketId) -> None:
        """Whoever waited with `ticket` does so no longer."""
        if self._leases.pop(ticket, None) is not None:
            self.tell(Left(ticket, self._clock.seconds()))

    def progress(self, ticket: TicketId) -> Progress:
        """How far `ticket` has come."""
        return self._core.progress(ticket, self._clock.seconds())

    def end(self, ticket: TicketId, completed: bool) -> None:
        """Give back the place that `ticket` was granted."""
        when = self._clock.seconds()
        if self._telling or self._draining or not self._core.discharge(ticket, completed, when):
            self.tell(Served(ticket, when, completed))

    def _grant(self, grant: Grant) -> None:
        upstream = self._upstream_of(grant.model)
        lease = self._leases.pop(grant.ticket, None)
        if lease is None or upstream is None:
            self.end(grant.ticket, completed=False)
        if lease is not None:  # else its client left while the grant was on its way
            lease.stay = Stay(grant.priority, lease.position, grant.waited) if upstream else None
            lease.settle(upstream or NotReady(f"[{grant.model}] process is not ready"))

    def _refuse(self, refuse: Refuse) -> None:
        lease = self._leases.pop(refuse.ticket, None)
        if lease is not None:
            self._log.debug("ticket {ticket} refused: {why}", ticket=refuse.ticket, why=refuse.why)
            lease.settle(refuse.why)

    def _report_drained(self) -> None:
        while self._draining and not self._core.serving:
            self._draining.pop(0).callback(None)

    # -- swaps ---------------------------------------------------------------------------------------------------

    def _begin(self, swap: Swap) -> None:
        head = self._core.head(swap.target)
        oldest = self._leases.get(head) if head is not None else None
        if isinstance(oldest, Errand):
            swap = replace(swap, cause=oldest.why)
        self._log.info(
            "swap {swap}: loading {model}, evicting {evict} ({why})",
            swap=swap.id,
            model=swap.target,
            evict=", ".join(swap.evict) or "nothing",
            why=swap.why,
        )
        self._begun[swap.id] = swap, self._clock.seconds()
        self._swaps.begin(swap)

    def _cancel(self, swap: SwapId) -> None:
        target = self._begun.pop(swap)[0].target
        self._log.info("swap {swap}: gives up loading {model}", swap=swap, model=target)
        self._swaps.cancel(swap)

    def _log_end(self, event: SwapEnded) -> None:
        swap, began = self._begun.pop(event.swap, (None, 0.0))
        if swap is None:  # given up, and that was said already
            return
        fields = {"swap": swap.id, "model": swap.target, "seconds": max(event.when - began, 0.0)}
        if event.error is None:
            self._log.info("swap {swap}: {model} ready after {seconds:.1f} s", **fields)
        else:
            cause = event.error.cause if isinstance(event.error, StartFailed) else str(event.error)
            self._log.warn("swap {swap}: {model} not loaded after {seconds:.1f} s: {cause}", cause=cause, **fields)

    # -- time ----------------------------------------------------------------------------------------------------

    def _wake_at(self, when: float) -> None:
        self._wish = when
        delay = max(when - self._clock.seconds(), 0.0)
        if self._timer is not None and self._timer.active():
            self._timer.reset(delay)
        else:
            self._timer = self._clock.callLater(delay, self._wake)

    def _wake(self) -> None:
        # a timer may fire a rounding error early: then it still is as late as was asked for
        self.tell(Tick(max(self._clock.seconds(), self._wish)))
