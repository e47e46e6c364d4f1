"""The ways in: what stands between a connection and the scheduler, fitted together for one configuration after another.

What decides about a request (gate, names, lanes) is made of the settings and never changes; other settings bring others
in their place, and requests under way keep those they met. What lives longer (connections, open streams, the resource
tree) is told.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.logger import LogLevel

from llamaswap import __version__
from llamaswap.backends.pool import Pool
from llamaswap.config.schema import Settings
from llamaswap.errors import Refusal
from llamaswap.exchange import Caller, Exchange
from llamaswap.hardware.families import machine_families
from llamaswap.hardware.machine import Machine
from llamaswap.hardware.sampler import Sampler
from llamaswap.ids import ModelId
from llamaswap.loading.stream import Loading
from llamaswap.logs.sources import Logs
from llamaswap.metrics.captures import Captures
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.inflight import Inflight
from llamaswap.metrics.ledger import Ledger
from llamaswap.metrics.prometheus import Counted, Present, Prometheus
from llamaswap.metrics.store import ActivityStore
from llamaswap.notices import ModelChanged, Notices, PeerState, RequestEnded, State
from llamaswap.overview.overview import Overview, Sources
from llamaswap.peers.peers import Peers
from llamaswap.resolve.chooser import Chooser
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.tally import Tally
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.series import Family
from llamaswap.threads import InThread
from llamaswap.web import pages
from llamaswap.web.activity import Activity
from llamaswap.web.allowances import Allowances
from llamaswap.web.api import Api, Version
from llamaswap.web.auth import Doorman, taken_out
from llamaswap.web.configuration import Configuration, Reloads
from llamaswap.web.details import Details
from llamaswap.web.editing import Desk, Editing
from llamaswap.web.feeds import Feeds
from llamaswap.web.front import Front, Serve
from llamaswap.web.gate import Gate
from llamaswap.web.inference import Inference
from llamaswap.web.inflight import InflightApi
from llamaswap.web.late import LateLane
from llamaswap.web.load_test import LoadTests
from llamaswap.web.login import Login
from llamaswap.web.metrics import MetricsPage
from llamaswap.web.openapi import OpenApi
from llamaswap.web.passthrough import Passthrough
from llamaswap.web.peers import PeersApi
from llamaswap.web.performance import PerformanceApi
from llamaswap.web.profiles import Profiles
from llamaswap.web.refusals import content_type_of, words_for
from llamaswap.web.refused import MODEL, Refused
from llamaswap.web.routes import ROUTES, Lane, Route, RouteTable
from llamaswap.web.schedule import ScheduleApi
from llamaswap.web.sessions import Sessions
from llamaswap.web.ui import Ui
from llamaswap.wire.channel import ChannelFactory
from llamaswap.wire.upstream import Upstream

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from llamaswap.web.root import ResourceTree
    from llamaswap.wire.lane import TreeLane

_UP = {PeerState.UP: True, PeerState.DOWN: False}


class _Rules(NamedTuple):
    """What decides about a request."""

    resolver: Resolver
    remote: RemoteNames
    gate: Gate
    doorman: Doorman | None
    lanes: Mapping[Lane, Serve]


class Doors:
    """Two of them: `factory`, the protocol of our own ports, and `resource`, for somebody else's site."""

    factory: ChannelFactory

    def __init__(
        self,
        settings: Settings,
        dispatcher: Dispatcher,
        pool: Pool,
        logs: Logs,
        in_thread: InThread,
        peers: Peers,
        notices: Notices,
        reloads: Reloads,
        counted: Counted,
        machine: Machine,
        reactor: Any,
        store: ActivityStore,
        captures: Captures,
        desk: Desk | None,
        *,
        edit: bool,
    ) -> None:
        self._dispatcher = dispatcher
        self._pool = pool
        self._logs = logs
        self._in_thread = in_thread
        self._peers = peers
        self._notices = notices
        self._clock = reactor
        self._table = RouteTable(ROUTES)
        self._api_keys = settings.api_keys
        self._active = ActiveProfile()
        self._tally = Tally()
        self._known = _Known(pool, dispatcher)
        self._inflight = Inflight(reactor)
        self._ledger = Ledger(reactor, store, captures, self._inflight, content_type_of, self._request_ended)
        self._ledger.subscribe(counted.requests.take)
        self._loading = Loading(self._known.state_of, in_thread, words_for, reactor)
        notices.subscribe(ModelChanged, lambda _: self._loading.stir())
        self._sessions, self._allowances, self._refused = Sessions(), Allowances(), Refused()
        self._allowances.follow(settings.api_keys)
        self._refused.follow(settings.api_keys)
        self._ledger.subscribe(lambda finished: self._allowances.ended(finished, reactor.seconds()))
        rules = self._rules(settings)
        peers.configure(settings.peers, rules.remote)
        log_requests = logs.shows(LogLevel.info)
        self._front = Front(rules.gate, rules.lanes, reactor, log_requests=log_requests, refused=self._refuse)
        self._sessions.ended = self._front.dismiss_session
        self._load_tests = LoadTests(self._front, self._table, in_thread, reactor)
        version = Version(__version__)
        state_of = self._known.state_of
        self._api = Api(settings, dispatcher, state_of, pool.states, rules.resolver, version, reactor, self._active)
        self._profiles = Profiles(settings, self._active, notices.publish, reactor)
        overview = self._make_overview(counted, machine.sampler)
        dispatcher.stirred = overview.stir
        self.feeds = Feeds(
            settings,
            rules.resolver,
            logs=logs,
            notices=notices,
            inflight=self._inflight,
            state_of=state_of,
            active=self._active,
            overview=overview,
            clock=reactor,
        )
        own = {**self._api.endpoints(), **self.feeds.endpoints(), **Configuration(reloads).endpoints()}
        self._login = Login(rules.doorman, self._sessions, self._allowances, reactor)
        own |= {**self._login.endpoints(), **Ui(in_thread).endpoints()}
        own |= {**self._profiles.endpoints(), **PeersApi(peers.statuses).endpoints()}
        own |= Activity(store, captures, in_thread, self._ledger.settle).endpoints()
        own |= InflightApi(self._inflight).endpoints()
        own |= ScheduleApi(overview).endpoints()
        self._details = Details(settings, rules.resolver, in_thread)
        own |= self._details.endpoints()
        self._editing = Editing(settings, desk, in_thread, allowed=edit)
        own |= self._editing.endpoints()
        self.prometheus = self._make_prometheus(counted, machine)
        watched, sampler = not settings.performance.disabled, machine.sampler
        self._metrics = MetricsPage(
            settings, lambda: watched or sampler.offered, lambda engines: self.prometheus.text(engines=engines)
        )
        own |= self._metrics.endpoints()
        own |= PerformanceApi(machine.sampler, machine.detection.snapshot, in_thread).endpoints()
        own |= OpenApi(__version__, in_thread).endpoints()
        self._endpoints = {**pages.endpoints(), **own}
        self.factory = ChannelFactory(self._front, LateLane(self._lane, in_thread), settings.limits, reactor)

    @cached_property
    def resource(self) -> IResource:
        from llamaswap.web.resource import LlamaSwapResource

        return LlamaSwapResource(self._front, self._tree)

    def _lane(self) -> TreeLane:
        from llamaswap.wire.lane import TreeLane

        return TreeLane(self._tree)

    @cached_property
    def _tree(self) -> ResourceTree:
        """Made when it is first asked for (`web/late.py`)."""
        from llamaswap.web.root import ResourceTree

        return ResourceTree(self._table, self._endpoints, self._refused.count)

    def prepare(self, settings: Settings) -> Callable[[], None]:
        """Make what `settings` ask for; what is returned puts it in place, and cannot fail."""
        rules = self._rules(settings)

        def open_again() -> None:
            self._peers.configure(settings.peers, rules.remote)
            self._front.configure(rules.gate, rules.lanes, log_requests=self._logs.shows(LogLevel.info))
            if settings.api_keys != self._api_keys:
                self._front.dismiss(taken_out(self._api_keys, settings.api_keys))
                self._api_keys = settings.api_keys
                self.feeds.end_all()  # they were let in by other keys
            self._login.configure(rules.doorman)
            self._allowances.follow(settings.api_keys)
            self._refused.follow(settings.api_keys)
            self._api.configure(settings, rules.resolver)
            self._profiles.configure(settings)
            self._details.configure(settings, rules.resolver)
            self._metrics.configure(settings)
            self._editing.configure(settings)
            self._tally.forget_all_but(settings.selectors)
            self.feeds.configure(settings, rules.resolver)
            self.factory.configure(settings.limits)

        return open_again

    def cut(self) -> None:
        """Cut all clients off."""
        self._ledger.stopping = True
        self.factory.cut()

    def close(self) -> None:
        """Record the requests that have ended."""
        self._ledger.settle()

    def _rules(self, settings: Settings) -> _Rules:
        remote = RemoteNames(settings.peers, {*settings.models, *settings.aliases, *settings.selectors})
        resolver = Resolver(settings, remote)
        chooser = Chooser(settings, resolver, self._known, self._active, self._tally)
        ways = (self._dispatcher, self._peers, self._in_thread)
        inference = Inference(settings, chooser, *ways, self._loading, self._ledger, self._known)
        passthrough = Passthrough(settings, resolver, chooser, *ways, self._ledger, self._known)
        lanes = {Lane.MODEL: inference.serve, Lane.PASSTHROUGH: passthrough.serve, Lane.FEED: self._feed}
        doorman = Doorman(settings.api_keys, self._sessions, self._clock.seconds) if settings.api_keys else None
        gate = Gate(settings, self._table, self._peers.via, doorman, self._allow)
        return _Rules(resolver, remote, gate, doorman, lanes)

    def _allow(self, key: str) -> None:
        self._allowances.admit(key, self._clock.seconds())

    def _refuse(self, refusal: Refusal, caller: Caller | None, counted: bool) -> None:
        self._refused.count(refusal, caller)
        if counted and caller is not None and refusal.reason == MODEL:
            self._allowances.take_back(caller.name)

    def _feed(self, exchange: Exchange, route: Route) -> Coroutine[Any, Any, None]:
        return self._load_tests.serve(exchange) if route.endpoint == "load_test" else self.feeds.serve(exchange, route)

    def _make_overview(self, counted: Counted, sampler: Sampler) -> Overview:
        sources = Sources(
            survey=self._dispatcher.survey,
            states=self._pool.states,
            state_of=self._known.state_of,
            swaps=self._pool.swaps,
            places=self._inflight.places,
            requests=counted.requests.totals,
            memory=lambda: sampler.memory,
            machine=lambda: sampler.latest,
            now=self._clock.seconds,
        )
        overview = Overview(sources, self._notices)
        sampler.subscribe(overview.stir)
        return overview

    def _make_prometheus(self, counted: Counted, machine: Machine) -> Prometheus:
        present = Present(
            states=self._pool.states,
            in_flight=self._dispatcher.in_flight,
            waiting=self._dispatcher.waiting,
            upstream_of=self._pool.upstream_of,
            peers=lambda: [(peer.id, _UP.get(peer.state)) for peer in self._peers.statuses()],
            connections=lambda: len(self.factory.connections),
            machine=partial(_machine_families, machine.sampler),
            refused=self._refused.families,
        )
        return Prometheus(counted, present, self._in_thread, self._clock)

    def _request_ended(self, entry: Entry) -> None:
        if entry.choice is not None and self._notices.hears(RequestEnded):
            told = (entry.model, entry.peer, entry.selector, entry.stay, entry.seen, entry.listed, entry.ended)
            self._notices.publish(RequestEnded(*told))


def _machine_families(sampler: Sampler) -> Sequence[Family]:
    latest = sampler.latest
    return machine_families(latest.system, latest.gpus.values(), sampler.model_memory) if latest is not None else ()


class _Known:
    """What can be known of the models here."""

    def __init__(self, pool: Pool, dispatcher: Dispatcher) -> None:
        self._pool = pool
        self._dispatcher = dispatcher

    def state_of(self, model: ModelId) -> State:
        """As a new request will find it: what is on its way out for a new configuration is of no use to it."""
        state = self._pool.state_of(model)
        return State.STOPPING if state is State.READY and self._dispatcher.outdated(model) else state

    def upstream_of(self, model: ModelId) -> Upstream | None:
        """Where requests go; None unless it is ready."""
        return self._pool.upstream_of(model)

    def busy(self, model: ModelId) -> int:
        """How many requests for it are served, or wait."""
        return self._dispatcher.in_flight(model) + self._dispatcher.waiting(model)
