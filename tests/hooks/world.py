"""A scheduler in memory whose models start when the test says so, and what happens to them told as the pool does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from llamaswap.config.difference import difference
from llamaswap.config.schema import Settings
from llamaswap.errors import Refusal, StartFailed
from llamaswap.ids import ModelId
from llamaswap.notices import ConfigurationChanged, ModelChanged, Notices, RequestEnded, State
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import StopEnded, Swap, SwapEnded
from llamaswap.schedule.eviction import make_policy
from llamaswap.wire.upstream import Upstream
from tests.support.schedule import RecordingSwaps


class World(RecordingSwaps):
    """Of these settings."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.clock = Clock()
        self.errors: list[Exception] = []
        self.notices = Notices(self.errors.append)
        self.states: dict[ModelId, State] = {}
        self.loads: list[str] = []
        """The targets of all swaps."""
        upstream = cast(Upstream, object())
        core = Core(settings, make_policy(settings))
        self.dispatcher = Dispatcher(core, self, lambda model: upstream, self.clock)

    def state_of(self, model: ModelId) -> State:
        return self.states.get(model, State.STOPPED)

    def begin(self, swap: Swap) -> None:
        super().begin(swap)
        self.loads.append(swap.target)
        for victim in swap.evict:
            self._enter(victim, State.STOPPED)
        self._enter(swap.target, State.STARTING)

    def ready(self, model: str) -> None:
        """Its load has succeeded."""
        swap = self.begun.pop(ModelId(model))
        self._enter(swap.target, State.READY)
        self.dispatcher.tell(SwapEnded(swap.id, self.clock.seconds()))

    def fail(self, model: str, error: Refusal | None = None) -> None:
        """Its load has failed, or was given up."""
        swap = self.begun.pop(ModelId(model))
        self._enter(swap.target, State.STOPPED)
        self.dispatcher.tell(SwapEnded(swap.id, self.clock.seconds(), error or StartFailed("no luck")))

    def stopped(self) -> None:
        """The oldest stop is complete."""
        stop = self.stops.pop(0)
        for model in stop.models:
            self._enter(model, State.STOPPED)
        self.dispatcher.tell(StopEnded(stop.id, self.clock.seconds()))

    def serve(self, model: str, until: Deferred[None] | None = None) -> Deferred[None]:
        """A request; fires when it is over. It takes no time, or `until`."""
        request = Deferred.fromCoroutine(self._serve(ModelId(model), until))
        request.addBoth(
            lambda _: self.notices.publish(RequestEnded(model, "", "", None, 200, True, self.clock.seconds()))
        )
        return request

    async def _serve(self, model: ModelId, until: Deferred[None] | None) -> None:
        async with self.dispatcher.lease(model):
            if until is not None:
                await until

    def reload(self, settings: Settings | None = None, **others: Any) -> None:
        """Other settings, or the same with others in them, come into force."""
        before, self.settings = self.settings, replace(settings or self.settings, **others)
        self.dispatcher.reconfigure(self.settings, make_policy(self.settings))
        changes = difference(before, self.settings)
        self.notices.publish(ConfigurationChanged(changes, self.clock.seconds()))

    def _enter(self, model: ModelId, state: State) -> None:
        old, self.states[model] = self.state_of(model), state
        if old is not state:
            self.notices.publish(ModelChanged(model, old, state, self.clock.seconds()))
