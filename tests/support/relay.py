"""Model routes between a client and upstreams in memory: only the processes and the sockets are missing."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred, succeed

from llamaswap.config.schema import Settings
from llamaswap.errors import PeerUnlisted, Refusal
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId, TicketId
from llamaswap.loading.stream import Loading
from llamaswap.metrics.inflight import Inflight
from llamaswap.notices import State
from llamaswap.peers.peers import Peers, Prepare
from llamaswap.proxy.forward import forward
from llamaswap.resolve.chooser import Chooser
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.tally import Tally
from llamaswap.resolve.targets import Remote
from llamaswap.stay import Progress, Stay
from llamaswap.threads import InThread
from llamaswap.web.inference import Inference
from llamaswap.web.passthrough import Passthrough
from llamaswap.web.refusals import words_for
from llamaswap.web.routes import Lane
from llamaswap.wire.upstream import Upstream
from tests.support.ledger import MemoryLedger
from tests.support.web import MemoryExchange, World, clock_of_today
from tests.support.wire import MemoryUpstream

T = TypeVar("T")


class MemoryLeases:
    """Models that are granted at once, each with an upstream of its own, unless `refusal` or `pending` is set."""

    def __init__(self) -> None:
        self.upstreams: dict[ModelId, MemoryUpstream] = {}
        self.held: list[ModelId] = []
        """A model for each request that is served."""
        self.waiting: list[ModelId] = []
        """And for each that has arrived and is not served, nor refused, nor gone."""
        self.priorities: list[int] = []
        """What each request has brought."""
        self.states: dict[ModelId, State] = {}
        """Those that are not what the upstreams say."""
        self.refusal: Refusal | None = None
        self.pending: Deferred[None] | None = None
        self.shown = Progress()
        """What leases answer when they are asked how far they have come."""

    def lease(self, model: ModelId, priority: int = 0) -> MemoryLease:
        self.priorities.append(priority)
        return MemoryLease(self, model)

    def state_of(self, model: ModelId) -> State:
        return self.states.get(model, State.READY if model in self.upstreams else State.STOPPED)

    def upstream_of(self, model: ModelId) -> Upstream | None:
        return cast(Upstream, self.upstreams[model]) if model in self.upstreams else None

    def busy(self, model: ModelId) -> int:
        return self.held.count(model) + self.waiting.count(model)

    @property
    def left(self) -> list[ModelId]:
        """Whatever has not ended."""
        return [*self.held, *self.waiting]


class MemoryLease:
    """One request's stay with `leases`."""

    def __init__(self, leases: MemoryLeases, model: ModelId) -> None:
        self._leases = leases
        self._model = model
        self._among: list[ModelId] | None = None
        """Those that it waits, or is served, with."""
        self.stay: Stay | None = None

    @property
    def waits(self) -> bool:
        return self._leases.refusal is None and self._leases.pending is not None

    @property
    def loads(self) -> bool:
        return self._leases.state_of(self._model) is State.STARTING

    @property
    def ticket(self) -> TicketId | None:
        return None

    def progress(self) -> Progress:
        return self._leases.shown

    def __enter__(self) -> MemoryLease:
        self._go_to(self._leases.waiting)
        return self

    def __exit__(self, *_: object) -> None:
        self._go_to(None)

    async def __aenter__(self) -> Upstream:
        self._go_to(self._leases.waiting)
        try:
            if self._leases.refusal is not None:
                raise self._leases.refusal
            if self._leases.pending is not None:
                await self._leases.pending
        except BaseException:
            self._go_to(None)
            raise
        self._go_to(self._leases.held)
        self.stay = Stay()
        return cast(Upstream, self._leases.upstreams.setdefault(self._model, MemoryUpstream()))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._go_to(None)

    def _go_to(self, others: list[ModelId] | None) -> None:
        if self._among is not None:
            self._among.remove(self._model)
        self._among = others
        if others is not None:
            others.append(self._model)


class MemoryPeers:
    """Peers that each have an upstream of their own."""

    def __init__(self) -> None:
        self.upstreams: dict[str, MemoryUpstream] = {}

    async def serve(self, exchange: Exchange, target: Remote, prepare: Prepare) -> None:
        upstream = self.upstreams.setdefault(target.peer.id, MemoryUpstream())
        await forward(exchange, cast(Upstream, upstream), await prepare(target))

    def unlisted(self, name: str) -> Refusal | None:
        return PeerUnlisted("auto", "it sleeps") if name.startswith("auto/") else None


class RelayWorld(World):
    """A `World` whose relayed lanes are the real ones."""

    def __init__(self, settings: Settings, peers: Peers | None = None) -> None:
        """`peers` are asked in place of `self.peers`."""
        self.leases = MemoryLeases()
        self.peers = MemoryPeers()
        self.clock = clock_of_today()
        self.inflight = Inflight(self.clock)
        self.ledger = MemoryLedger(self.clock, settings, self.inflight)
        self.ended = self.ledger.over
        self.loading = Loading(self.leases.state_of, self.in_thread, words_for, self.clock)
        resolver = Resolver(settings, RemoteNames(settings.peers))
        self.threads: InThread = lambda work: succeed(work())
        active = ActiveProfile()
        self.tally = Tally()
        chooser = Chooser(settings, resolver, self.leases, active, self.tally)
        ways = (self.leases, peers or self.peers, self.in_thread)
        inference = Inference(settings, chooser, *ways, self.loading, self.ledger, self.leases)
        passthrough = Passthrough(settings, resolver, chooser, *ways, self.ledger, self.leases)
        self.resolver = resolver
        lanes = {Lane.MODEL: inference.serve, Lane.PASSTHROUGH: passthrough.serve}
        super().__init__(settings, serve=lanes, active=active, inflight=self.inflight, clock=self.clock)

    def in_thread(self, work: Callable[[], T], /) -> Deferred[T]:
        return self.threads(work)

    def begin(self, *args: Any, **kwargs: Any) -> tuple[MemoryExchange, Deferred[None]]:
        """Start answering an exchange; the Deferred is the lane's, to be cancelled when the client leaves."""
        exchange = MemoryExchange(*args, **kwargs)
        answering = self.front.receive(cast(Exchange, exchange))
        assert answering is not None
        exchange.task = Deferred.fromCoroutine(answering)
        return exchange, exchange.task

    def on_the_way(self, *names: str) -> list[int]:
        """How many requests count for what each of these names means, beyond those that the leases know of."""
        targets = [self.resolver.resolve(name) for name in names]
        return [self.tally.on_the_way(target) for target in targets if target is not None]

    def upstream(self, model: str) -> MemoryUpstream:
        return self.leases.upstreams[ModelId(model)]
