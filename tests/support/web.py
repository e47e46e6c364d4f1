"""An `Exchange` in memory, and a small world behind the web tree: settings, models that can be asked, a log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from io import BytesIO
from types import MappingProxyType
from typing import Any, TypeVar

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, execute, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogPublisher
from twisted.python.failure import Failure
from twisted.web.resource import IResource
from twisted.web.server import Site

from llamaswap.config.difference import Difference
from llamaswap.config.outcome import Applied, Outcome
from llamaswap.config.schema import ApiKey, Model, Settings
from llamaswap.errors import ClientGone, Refusal
from llamaswap.exchange import Caller, Exchange, Header, Producer, TunnelEnd
from llamaswap.hardware.detection import Snapshot
from llamaswap.hardware.sampler import History, Latest
from llamaswap.hardware.samples import GpuSample, Held, SystemSample
from llamaswap.ids import ModelId
from llamaswap.logs.sources import Logs
from llamaswap.metrics.captures import Captures
from llamaswap.metrics.inflight import Inflight
from llamaswap.metrics.storage import Keep
from llamaswap.metrics.store import ActivityStore
from llamaswap.notices import Notices, ProfileChanged, State
from llamaswap.overview.overview import Overview, Sources
from llamaswap.peers.peers import PeerStatus
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.schedule.survey import Survey
from llamaswap.threads import InThread
from llamaswap.web import pages
from llamaswap.web.activity import Activity
from llamaswap.web.allowances import Allowances
from llamaswap.web.api import Api, Version
from llamaswap.web.auth import Doorman
from llamaswap.web.configuration import Configuration
from llamaswap.web.details import Details
from llamaswap.web.editing import Desk, Editing
from llamaswap.web.feeds import Feeds
from llamaswap.web.front import Front
from llamaswap.web.gate import Gate
from llamaswap.web.inflight import InflightApi
from llamaswap.web.load_test import LoadTests
from llamaswap.web.login import Login
from llamaswap.web.metrics import MetricsPage
from llamaswap.web.openapi import OpenApi
from llamaswap.web.peers import PeersApi
from llamaswap.web.performance import PerformanceApi
from llamaswap.web.profiles import Profiles
from llamaswap.web.refused import MODEL, Refused
from llamaswap.web.resource import LlamaSwapResource
from llamaswap.web.root import ResourceTree
from llamaswap.web.routes import ROUTES, Lane, Route, RouteTable
from llamaswap.web.schedule import ScheduleApi
from llamaswap.web.sessions import Sessions
from llamaswap.web.ui import Ui


class MemoryBody:
    """A request body that arrives in the pieces it is given; `end()` completes it."""

    def __init__(self, *pieces: bytes, length: int | None = None, complete: bool = True) -> None:
        self._pieces = list(pieces)
        self._waiting: Deferred[bytes] | None = None
        self.complete = complete
        self.length = length if length is not None or not complete else sum(map(len, pieces))

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken

    def read(self) -> Awaitable[bytes]:
        assert self._waiting is None, "two reads at once"
        if self._pieces or self.complete:
            return succeed(self._pieces.pop(0) if self._pieces else b"")
        self._waiting = Deferred(lambda _: setattr(self, "_waiting", None))
        return self._waiting

    def feed(self, piece: bytes) -> None:
        """The next piece arrives."""
        self._pieces.append(piece)
        self._answer()

    def end(self) -> None:
        """Nothing more will arrive."""
        self.complete = True
        self._answer()

    def break_off(self, error: Refusal | ClientGone) -> None:
        """The rest will never arrive."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.errback(error)

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(self._pieces.pop(0) if self._pieces else b"")


class Pump:
    """A producer that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class MemoryExchange:
    """One request and the answer it was given. Holds a lane to the promises of `Exchange`."""

    def __init__(
        self,
        method: str = "GET",
        target: str | bytes = "/",
        headers: Mapping[str, str] | Sequence[Header] = (),
        body: MemoryBody | bytes = b"",
        *,
        version: bytes = b"1.1",
        peer: str = "192.0.2.7",
        local: str = "192.0.2.1",
        raw_chunks: bool = True,
        tunnels: bool = True,
        memory: dict[object, object] | None = None,
    ) -> None:
        """`memory` is that of another whose head was alike."""
        self.method = method.encode()
        self.target = target if isinstance(target, bytes) else target.encode()
        items = headers.items() if isinstance(headers, Mapping) else ()
        self.headers: Sequence[Header] = [(name.encode(), value.encode()) for name, value in items] or list(headers)  # type: ignore[arg-type]
        self.body = body if isinstance(body, MemoryBody) else MemoryBody(*([body] if body else []))
        self.mount = b""
        self.version = version
        self.peer = peer
        self.local = local
        self.secure = False
        self.caller: Caller | None = None
        self.memory: dict[object, object] = {} if memory is None else memory
        self.task: Deferred[None] | None = None
        """What `cancel` cancels."""
        self.raw_chunks = raw_chunks
        self.status = 0
        self.reason = b""
        self.sent = 0
        self.length: int | None = None
        self.raw = False
        self.answered: list[Header] = []
        """The headers of the answer, without framing."""
        self.written: list[bytes] = []
        self.interims: list[tuple[int, Sequence[Header]]] = []
        self.finished = False
        self.aborted = False
        self.producer: Producer | None = None
        self.far: TunnelEnd | None = None
        self.tunnelled = MemoryTunnelEnd()
        self._tunnels = tunnels

    def header(self, name: bytes) -> bytes | None:
        assert name == name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        assert not self.status
        self.interims.append((status, headers))

    def begin(
        self,
        status: int,
        headers: Sequence[Header],
        *,
        reason: bytes = b"",
        length: int | None = None,
        raw: bool = False,
        more: bool = False,
    ) -> None:
        assert not self.status, "begun twice"
        assert not raw or self.raw_chunks
        framing = {b"content-length", b"transfer-encoding", b"connection"}
        assert not framing & {name.lower() for name, value in headers if value != b"keep-alive"}, headers
        self.status, self.reason, self.length, self.raw = status, reason, length, raw
        self.answered = list(headers)

    def write(self, data: bytes) -> None:
        assert self.status, "written before begin"
        assert not self.finished, "written after finish"
        assert self.method != b"HEAD" or not data, "a HEAD answer has no body"
        self.written.append(data)
        self.sent += len(data)

    def finish(self) -> None:
        assert self.status, "finished before begin"
        assert not self.finished, "finished twice"
        if self.length is not None and self.method != b"HEAD" and not self.aborted:
            assert self.sent == self.length, (self.sent, self.length)
        self.finished = True

    def abort(self) -> None:
        self.aborted = True

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def produce(self, producer: Producer | None) -> None:
        assert producer is None or self.producer is None, "two producers"
        self.producer = producer

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        assert self._tunnels
        self.begin(101, [item for item in headers if item[0].lower() != b"connection"], reason=reason)
        self.far = far
        return self.tunnelled

    @property
    def answer(self) -> bytes:
        """The body of the answer so far."""
        return b"".join(self.written)

    def answered_header(self, name: str) -> str | None:
        """The first value of a header of the answer."""
        wanted = name.lower().encode()
        return next((value.decode() for key, value in self.answered if key.lower() == wanted), None)


class MemoryTunnelEnd:
    """The client's end of a tunnel."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.paused = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written += data

    def close(self) -> None:
        self.closed = True

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False

    def stopProducing(self) -> None:
        self.closed = True


def settings_of(*models: Model, **others: Any) -> Settings:
    """A configuration with these models; an API key that is mere text is one with all rights."""
    aliases = {alias: model.id for model in models for alias in model.aliases}
    if "api_keys" in others:
        others["api_keys"] = tuple(_key(key, number) for number, key in enumerate(others["api_keys"], 1))
    return Settings(models=MappingProxyType({model.id: model for model in models}), aliases=aliases, **others)


def _key(key: str | ApiKey, number: int) -> ApiKey:
    return key if isinstance(key, ApiKey) else ApiKey(key=key, name=f"key-{number}")


def model(id: str, /, **others: Any) -> Model:
    """A model with these settings."""
    return Model(id=ModelId(id), **others)


class MemoryModels:
    """Models that load when a test says so, and remember what was asked of them."""

    def __init__(self) -> None:
        self.states: dict[ModelId, State] = {}
        self.asked: list[tuple[str, Sequence[ModelId] | None]] = []
        self.refusal: Refusal | None = None
        self.pending: Deferred[None] | None = None
        """When set, loading and unloading take until it fires."""

    def state_of(self, name: ModelId) -> State:
        return self.states.get(name, State.STOPPED)

    async def load(self, name: ModelId, why: str = "manual") -> None:
        self.asked.append(("load", [name]))
        if self.refusal is not None:
            raise self.refusal
        if self.pending is not None:
            await self.pending
        self.states[name] = State.READY

    async def unload(self, models: Sequence[ModelId] | None, grace: float | None = None) -> None:
        self.asked.append(("unload", models))
        if self.pending is not None:
            await self.pending


class MemoryReloads:
    """Finds a configuration without changes unless `pending` says what comes of it; remembers why it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pending: Deferred[Outcome] | None = None

    def reload(self, why: str) -> Deferred[Outcome]:
        self.asked.append(why)
        return self.pending or succeed(Applied(Difference((), (), ()), ()))


class MemorySamples:
    """A machine that was seen as the test says."""

    def __init__(self) -> None:
        self.offered = True
        self.system: list[SystemSample] = []
        self.gpus: list[GpuSample] = []
        self.model_memory: dict[ModelId, int] = {}
        self.memory: dict[ModelId, Held] = {}
        self.latest: Latest | None = None

    def history(self, after: float | None = None) -> History:
        since = float("-inf") if after is None else after
        return History([s for s in self.system if s.when > since], [g for g in self.gpus if g.when > since])


VIA = b"llamaswap-0123456789abcdef"
"""What a world's server is called in `Via`."""


T = TypeVar("T")


def at_once(work: Callable[..., T], *given: Any) -> Deferred[T]:
    """Satisfies `InThread`, without one."""
    return execute(work, *given)


class World:
    """Everything behind the channel, with lanes that only say which route they were given."""

    def __init__(
        self,
        settings: Settings,
        *,
        serve: Mapping[Lane, Any] | None = None,
        active: ActiveProfile | None = None,
        inflight: Inflight | None = None,
        clock: Clock | None = None,
        desk: Desk | None = None,
        edit: bool = False,
        in_thread: InThread = at_once,
    ) -> None:
        self.settings = settings
        self.clock = clock or clock_of_today()
        self.publisher = LogPublisher()
        self.logs = Logs(settings, self.publisher)
        self.models = MemoryModels()
        self.reloads = MemoryReloads()
        self.table = RouteTable(ROUTES)
        self.served: list[tuple[Exchange, Route]] = []
        now = self.clock.seconds
        self.sessions, self.allowances, self.refused = Sessions(), Allowances(), Refused()
        self.allowances.follow(settings.api_keys)
        self.refused.follow(settings.api_keys)
        doorman = Doorman(settings.api_keys, self.sessions, now) if settings.api_keys else None
        self.gate = Gate(settings, self.table, VIA, doorman, lambda key: self.allowances.admit(key, now()))
        self.login = Login(doorman, self.sessions, self.allowances, self.clock)
        lanes = {Lane.FEED: self.feed, **(serve or {Lane.MODEL: self.serve, Lane.PASSTHROUGH: self.serve})}
        self.front = Front(self.gate, lanes, self.clock, log_requests=True, refused=self._refuse)
        self.sessions.ended = self.front.dismiss_session
        self.load_tests = LoadTests(self.front, self.table, at_once, self.clock)
        resolver = Resolver(settings, RemoteNames(settings.peers))
        version = Version("1.2", "abc", "today")
        self.active = active or ActiveProfile()
        self.told: list[ProfileChanged] = []
        self.faults: list[Exception] = []
        """Of listeners for notices."""
        states = (self.models.state_of, self._states)
        api = Api(settings, self.models, *states, resolver, version, self.clock, self.active)
        self.notices = Notices(self.faults.append)
        self.notices.subscribe(ProfileChanged, self.told.append)
        self.profiles = Profiles(settings, self.active, self.notices.publish, self.clock)
        self.inflight = inflight or Inflight(self.clock)
        self.samples = MemorySamples()
        self.survey = Survey((), (), 0)
        """What there is to see of the scheduler."""
        self.looks = 0
        """How often somebody has looked at it."""
        self.swaps: list[Any] = []
        """Those under way (`overview.RunningSwap`)."""
        self.overview = self._make_overview()
        self.feeds = Feeds(
            settings,
            resolver,
            logs=self.logs,
            notices=self.notices,
            inflight=self.inflight,
            state_of=self.models.state_of,
            active=self.active,
            overview=self.overview,
            clock=self.clock,
        )
        own = {**api.endpoints(), **self.feeds.endpoints(), **Configuration(self.reloads).endpoints()}
        self.peer_statuses: list[PeerStatus] = []
        own |= {**self.profiles.endpoints(), **PeersApi(lambda: self.peer_statuses).endpoints()}
        keep = Keep(rows=settings.metrics_max_in_memory)
        self.captures = Captures(settings, at_once, self.clock)
        self.store = ActivityStore(None, keep, at_once, self.clock, lost=self.captures.forget)
        own |= Activity(self.store, self.captures, at_once, lambda: None).endpoints()
        own |= InflightApi(self.inflight).endpoints()
        self.details = Details(settings, resolver, in_thread)
        own |= {**ScheduleApi(self.overview).endpoints(), **self.details.endpoints()}
        self.editing = Editing(settings, desk, at_once, allowed=edit)
        own |= self.editing.endpoints()
        self.asked_for_metrics: list[bool] = []
        self.metrics = MetricsPage(settings, lambda: not settings.performance.disabled, self._write_metrics)
        own |= self.metrics.endpoints()
        self.snapshot: Callable[[], Deferred[Snapshot]] = lambda: succeed({"schema_version": 1})
        own |= PerformanceApi(self.samples, lambda: self.snapshot(), at_once).endpoints()
        own |= OpenApi("1.2", lambda work, *arguments: succeed(work(*arguments))).endpoints()
        own |= {**self.login.endpoints(), **Ui(at_once).endpoints()}
        self.tree = ResourceTree(self.table, {**pages.endpoints(), **own}, self.refused.count)
        self.resource = LlamaSwapResource(self.front, self.tree)

    def _make_overview(self) -> Overview:
        sources = Sources(
            survey=self._look,
            states=self._states,
            state_of=self.models.state_of,
            swaps=lambda: self.swaps,
            places=self.inflight.places,
            requests=dict,
            memory=lambda: self.samples.memory,
            machine=lambda: self.samples.latest,
            now=self.clock.seconds,
        )
        return Overview(sources, self.notices)

    def _look(self, most: int) -> Survey:
        self.looks += 1
        return self.survey

    def _write_metrics(self, engines: bool) -> Deferred[bytes]:
        self.asked_for_metrics.append(engines)
        return succeed(b"# figures\n")

    def _states(self) -> Iterable[tuple[Model, State]]:
        return [(model, self.models.state_of(model.id)) for model in self.settings.models.values()]

    def _refuse(self, refusal: Refusal, caller: Caller | None, counted: bool) -> None:
        self.refused.count(refusal, caller)
        if counted and caller is not None and refusal.reason == MODEL:
            self.allowances.take_back(caller.name)

    def feed(self, exchange: Exchange, route: Route) -> Coroutine[Any, Any, None]:
        """The lane of answers that stay open."""
        return self.load_tests.serve(exchange) if route.endpoint == "load_test" else self.feeds.serve(exchange, route)

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """A lane that says which route it was given."""
        self.served.append((exchange, route))
        exchange.begin(200, [(b"Content-Type", b"text/plain")], length=2)
        if exchange.method != b"HEAD":
            exchange.write(b"up")
        exchange.finish()

    def visit(
        self, target: str | bytes, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: bytes = b""
    ) -> Reply:
        """Ask the whole tree, as it stands in a site of `twisted.web`."""
        client = Client(self.resource, self.clock, method=method)
        client.send(target, headers, body)
        return client.reply

    def ask(self, *args: Any, **kwargs: Any) -> MemoryExchange:
        """Give the front an exchange, and run what answers it to its end. Status 0: the resource tree's turn."""
        exchange = MemoryExchange(*args, **kwargs)
        answering = self.front.receive(exchange)
        if answering is not None:
            run(answering)
        return exchange


def clock_of_today() -> Clock:
    """A clock whose time is one of this age."""
    clock = Clock()
    clock.advance(1_700_000_000)
    return clock


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits; give what it returns, raise what it raises."""
    results: list[Any] = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    assert results, "the coroutine waits"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


@dataclass
class Reply:
    """An answer as it came over a connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    reason: str = field(default="", compare=False)


class Client:
    """A connection to a `twisted.web` site around `resource`, in memory; paths are sent as they are given."""

    def __init__(self, resource: IResource, clock: Clock, *, method: str = "GET", peer: str = "192.0.2.7") -> None:
        self._method = method
        self.transport = StringTransport(IPv4Address("TCP", "192.0.2.1", 80), IPv4Address("TCP", peer, 999))
        self.channel = Site(resource, reactor=clock).buildProtocol(None)
        assert self.channel is not None
        self.channel.makeConnection(self.transport)

    def send(self, target: str | bytes, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Send a request, and wait for nothing."""
        target = target.encode() if isinstance(target, str) else target
        lines = [b"%b %b HTTP/1.1" % (self._method.encode(), target), b"Content-Length: %d" % len(body)]
        lines += [f"{name}: {value}".encode() for name, value in {"Host": "192.0.2.1", **(headers or {})}.items()]
        self.channel.dataReceived(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    @property
    def reply(self) -> Reply:
        """The answer, which must be complete unless its connection was closed."""
        return parsed(self.transport.value(), self._method)

    def hang_up(self) -> None:
        """The client goes away."""
        self.channel.connectionLost(Failure(ConnectionDone()))


def parsed(data: bytes, method: str) -> Reply:
    """A complete answer to a request with `method`."""
    response = HTTPResponse(_Socket(data), method=method)  # type: ignore[arg-type]
    response.begin()
    return Reply(
        response.status, {key.lower(): value for key, value in response.getheaders()}, response.read(), response.reason
    )


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._data)
