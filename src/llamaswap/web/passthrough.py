"""`/upstream/{model}/…` and `/comfyui/…`: any request, as it is, to the model of its path (http-api section 7)."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from llamaswap.config.models import COMFYUI
from llamaswap.config.names import full_name
from llamaswap.config.schema import DEFAULT_IGNORE_PATH, Model, Settings
from llamaswap.errors import Forbidden, ModelNotFound, ModelNotLoaded
from llamaswap.exchange import Exchange, priority_of
from llamaswap.ids import ModelId
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.ledger import Ledger
from llamaswap.notices import State
from llamaswap.proxy.body import StoredBody, scan, store
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.proxy.leases import Leases
from llamaswap.resolve.chooser import Choice, Chooser
from llamaswap.resolve.one_name import names_one
from llamaswap.resolve.permits import in_many_ways, is_confined, not_yours, require_use
from llamaswap.resolve.places import Place, fields, find_model, kind_of, renamed, renamed_query
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Local, Remote
from llamaswap.threads import InThread
from llamaswap.web.answers import Answer, redirect, send
from llamaswap.web.inference import Peers
from llamaswap.web.routes import ROUTES, Lane, Route
from llamaswap.web.sockets import Running, way_past

_MODEL_PATHS = frozenset(route.path for route in ROUTES if route.lane is Lane.MODEL)


class Passthrough:
    """Serves the routes whose model is named in the path; bodies stream through unread. Each request that goes to a
    model is entered in `ledger`."""

    def __init__(
        self,
        settings: Settings,
        resolver: Resolver,
        chooser: Chooser,
        leases: Leases,
        peers: Peers,
        in_thread: InThread,
        ledger: Ledger,
        running: Running,
    ) -> None:
        self._resolver = resolver
        self._chooser = chooser
        self._leases = leases
        self._peers = peers
        self._in_thread = in_thread
        self._ledger = ledger
        self._running = running
        self._keep_credentials = not settings.api_keys
        self._ignore_paths = settings.ignore_paths
        if settings.ignore_paths != (DEFAULT_IGNORE_PATH,):
            self._ignored  # noqa: B018 (what is wrong with them is raised here)
        self._comfyui = settings.models.get(ModelId(COMFYUI))

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        path, mark, query = exchange.target.partition(b"?")
        below = path[len(route.path) :].decode("latin-1") if route.prefix else None
        if route.endpoint == "comfyui":
            await self._serve_comfyui(exchange, below, mark + query)
        else:
            await self._serve_upstream(exchange, below or "", mark + query)

    async def _serve_upstream(self, exchange: Exchange, path: str, query: bytes) -> None:
        passage = self._resolver.passage(path, self._chooser.pins)
        if passage is None:
            unknown = ModelNotFound("model not found: the path after /upstream/ names no model")
            raise self._peers.unlisted(unquote(path)) or unknown
        require_use(exchange.caller, passage.target)
        if not passage.rest:
            await send(exchange, _to_directory(exchange.method, f"/upstream/{quote(passage.name)}/", query))
            return
        outgoing = passage.rest.encode("latin-1") + query
        if isinstance(passage.target, Remote):
            await self._to_peer(exchange, passage.target, outgoing)
            return
        self._check_ignored(passage.target.model, passage.rest)
        await self._to_model(exchange, passage.target, outgoing, listed=_is_listed(exchange, outgoing))

    async def _serve_comfyui(self, exchange: Exchange, rest: str | None, query: bytes) -> None:
        """Only the root of its pages may start it (S-41): what a page that is still open polls must not."""
        model = self._comfyui
        if model is None:
            raise ModelNotFound(f"model not found: /comfyui/ needs a model with the ID {COMFYUI}")
        require_use(exchange.caller, Local(model, model.id))
        if rest is None:
            await send(exchange, _to_directory(exchange.method, "/comfyui/", query))
            return
        if rest and not self._is_ready(model):
            raise ModelNotLoaded(f"model {model.id} is not loaded; only /comfyui/ can start it")
        await self._to_model(exchange, Local(model, model.id), b"/" + rest.encode("latin-1") + query, listed=False)

    async def _to_model(self, exchange: Exchange, target: Local, line: bytes, *, listed: bool) -> None:
        outgoing = Outgoing(line, keep_credentials=self._keep_credentials)
        past = way_past(exchange, target, self._running)
        if past is not None:
            await forward(exchange, past, outgoing)
            return
        with self._entry(exchange, Choice(target), line, listed=listed) as entry:
            if not listed:
                await self._relay(exchange, entry, target, outgoing._replace(witness=entry))
                return
            with await store(exchange.body, self._in_thread) as body:
                entry.sends(body)
                await self._relay(exchange, entry, target, outgoing._replace(witness=entry, body=body))

    async def _relay(self, exchange: Exchange, entry: Entry, target: Local, outgoing: Outgoing) -> None:
        lease = entry.lease = self._leases.lease(target.model.id, priority_of(exchange.caller))
        async with lease as upstream:
            await forward(exchange, upstream, outgoing)

    def _entry(self, exchange: Exchange, choice: Choice, line: bytes, *, listed: bool) -> Entry:
        path = line.partition(b"?")[0]
        tracked = (exchange.method, path) in _MODEL_ROUTES
        return self._ledger.entry(
            exchange, choice, path.decode("latin-1"), self._ledger.now(), listed=listed, tracked=tracked
        )

    async def _to_peer(self, exchange: Exchange, target: Remote, line: bytes) -> None:
        if exchange.method == b"TRACE":
            raise Forbidden("forbidden: no peer is asked to TRACE, as its answer would tell our key for it")
        with (
            self._chooser.to(target) as choice,
            self._entry(exchange, choice, line, listed=_is_listed(exchange, line)) as entry,
        ):
            await self._by_its_name(exchange, entry, choice, target, line)

    async def _by_its_name(self, exchange: Exchange, entry: Entry, choice: Choice, target: Remote, line: bytes) -> None:
        """Where the request names the model as it is called here, it names it as the peer does."""
        named = target.name == full_name(target.peer.id, target.model)
        if is_confined(exchange.caller):
            with await store(exchange.body, self._in_thread) as body:
                line = await self._confined(exchange, target, line, body)
                entry.sends(body)
                await self._ask(exchange, entry, choice, target, line, body)
        elif not named and not entry.listed:
            await self._ask(exchange, entry, choice, target, line)
        elif entry.listed or _body_may_name_a_model(exchange):
            with await store(exchange.body, self._in_thread) as body:
                if named:
                    line = await self._renamed(exchange, target, line, body)
                entry.sends(body)
                await self._ask(exchange, entry, choice, target, line, body)
        else:
            line = await self._renamed(exchange, target, line, StoredBody(b""))
            await self._ask(exchange, entry, choice, target, line)

    async def _ask(
        self,
        exchange: Exchange,
        entry: Entry,
        choice: Choice,
        target: Remote,
        line: bytes,
        body: StoredBody | None = None,
    ) -> None:
        async def prepare(asked: Remote) -> Outgoing:
            """Who stands in for the peer calls the model as it does, and nothing is filtered here."""
            choice.peer = asked.peer.id
            return Outgoing(line, body, self._keep_credentials, witness=entry)

        await self._peers.serve(exchange, target, prepare)

    async def _renamed(self, exchange: Exchange, target: Remote, line: bytes, body: StoredBody) -> bytes:
        """The peer does not know its models by the names that they have here."""
        path, mark, query = line.partition(b"?")
        wanted = (exchange.method, query, exchange.header(b"content-type") or b"", body.content)
        found = await scan(self._in_thread, len(body.content), find_model, *wanted)
        if found is None or found.name != target.name:
            return line
        body.replace(renamed(found, target.model))
        return path + mark + renamed_query(query, found.in_query, target.model)

    async def _confined(self, exchange: Exchange, target: Remote, line: bytes, body: StoredBody) -> bytes:
        """`line`, and `body` changed, so that they ask this model of the peer and nothing else of it.

        The peer lets us in with our key, which may be good for more than the caller's. Raises `Forbidden`.
        """
        path, mark, query = line.partition(b"?")
        method = b"GET" if exchange.method == b"HEAD" else exchange.method
        if (method, path) not in _MODEL_ROUTES:
            raise Forbidden(
                "forbidden: without the scope admin, and for some models only, a peer's model routes are all",
                reason="model",
            )
        wanted = (exchange.method, query, exchange.header(b"content-type") or b"", body.content)
        found = await scan(self._in_thread, len(body.content), find_model, *wanted)
        if found is None:
            told = "forbidden: the request must name the model where a model route reads it"
            raise Forbidden(told, reason="model")
        if found.name not in (target.name, target.model, full_name(target.peer.id, target.model)):
            raise not_yours(found.name)
        if not await scan(self._in_thread, len(body.content), names_one, found, query, exchange.headers, body.content):
            raise in_many_ways()
        body.replace(renamed(found, target.model))
        return path + mark + renamed_query(query, tuple(fields(query, b"model")), target.model)

    def _check_ignored(self, model: Model, rest: str) -> None:
        """A page's assets alone must not load a model (S-40)."""
        if self._is_ready(model):
            return
        path = unquote(rest)
        if any(pattern.search(path) for pattern in self._ignored):
            raise ModelNotLoaded(f"model {model.id} is not loaded; path matches upstream.ignorePaths")

    @cached_property
    def _ignored(self) -> list[Any]:
        """Compiled late where they are nobody's own, as that brings in re2."""
        import re2

        return [re2.compile(pattern) for pattern in self._ignore_paths]

    def _is_ready(self, model: Model) -> bool:
        return self._running.state_of(model.id) is State.READY


_MODEL_ROUTES = frozenset(
    (method, route.path) for route in ROUTES if route.lane is Lane.MODEL for method in route.methods
)


def _is_listed(exchange: Exchange, line: bytes) -> bool:
    """It asks what the model routes ask (http-api section 7.1)."""
    return exchange.method == b"POST" and line.partition(b"?")[0] in _MODEL_PATHS


def _body_may_name_a_model(exchange: Exchange) -> bool:
    """Bodies of other kinds need not be kept."""
    return exchange.body.length != 0 and kind_of(exchange.header(b"content-type") or b"") is not Place.QUERY


def _to_directory(method: bytes, path: str, query: bytes) -> Answer:
    return redirect(301 if method in (b"GET", b"HEAD") else 308, path.encode() + query)
