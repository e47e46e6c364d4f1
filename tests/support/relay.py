"""Model routes between a client and upstreams in memory: only the processes and the sockets are missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed

from llamaswap.config.schema import Settings
from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.inference import Inference
from llamaswap.web.passthrough import Passthrough
from llamaswap.web.routes import Lane
from llamaswap.wire.upstream import Upstream
from tests.support.web import MemoryExchange, World
from tests.support.wire import MemoryUpstream


class MemoryLeases:
    """Models that are granted at once, each with an upstream of its own, unless `refusal` or `pending` is set."""

    def __init__(self) -> None:
        self.upstreams: dict[ModelId, MemoryUpstream] = {}
        self.held: list[ModelId] = []
        self.refusal: Refusal | None = None
        self.pending: Deferred[None] | None = None

    @asynccontextmanager
    async def lease(self, model: ModelId) -> AsyncIterator[Upstream]:
        if self.refusal is not None:
            raise self.refusal
        if self.pending is not None:
            await self.pending
        self.held.append(model)
        try:
            yield cast(Upstream, self.upstreams.setdefault(model, MemoryUpstream()))
        finally:
            self.held.remove(model)

    def state_of(self, model: ModelId) -> State:
        return State.READY if model in self.upstreams else State.STOPPED


class RelayWorld(World):
    """A `World` whose relayed lanes are the real ones."""

    def __init__(self, settings: Settings) -> None:
        self.leases = MemoryLeases()
        resolver = Resolver(settings)
        inference = Inference(settings, resolver, self.leases, lambda work, *args: succeed(work(*args)))
        passthrough = Passthrough(settings, resolver, self.leases, self.leases.state_of)
        super().__init__(settings, serve={Lane.MODEL: inference.serve, Lane.PASSTHROUGH: passthrough.serve})

    def begin(self, *args: Any, **kwargs: Any) -> tuple[MemoryExchange, Deferred[None]]:
        """Start answering an exchange; the Deferred is the lane's, to be cancelled when the client leaves."""
        exchange = MemoryExchange(*args, **kwargs)
        answering = self.front.receive(cast(Exchange, exchange))
        assert answering is not None
        return exchange, Deferred.fromCoroutine(answering)

    def upstream(self, model: str) -> MemoryUpstream:
        return self.leases.upstreams[ModelId(model)]
