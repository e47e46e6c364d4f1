"""The model routes: read which model a request wants, wait for it, relay (http-api section 6).

This is the sentence that the program is about. What it costs to have the model ready is the scheduler's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Protocol, TypeVar

from llamaswap.config.schema import Model, Peer, Settings
from llamaswap.errors import NoModelGiven, UnknownModel
from llamaswap.exchange import Exchange
from llamaswap.filters.rules import Rule, Rules, edits_for, joined
from llamaswap.filters.scan import Edit
from llamaswap.ids import ModelId
from llamaswap.loading.stream import Loading
from llamaswap.proxy.body import InThread, StoredBody, store
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.resolve.chooser import Choice, Chooser
from llamaswap.resolve.places import Found, Place, find_model, renamed, renamed_query
from llamaswap.resolve.targets import Remote, Target
from llamaswap.stay import Progress, Stay
from llamaswap.web.ending import Ended, Ending
from llamaswap.web.routes import Route
from llamaswap.web.sockets import Running, way_past
from llamaswap.wire.upstream import Upstream

T = TypeVar("T")

SCANNED_AT_ONCE = 16 * 1024
"""Bytes of a body that may be scanned on the reactor."""
_NAME_SHOWN = 200
"""Characters of an unknown name that an error repeats."""


class Lease(Protocol):
    """A place with a running model for the length of an `async with` block (`schedule/lease.py`)."""

    stay: Stay | None

    @property
    def waits(self) -> bool:
        """There is something to wait for."""

    def progress(self) -> Progress:
        """How far it has come since it arrived."""

    def __enter__(self) -> Lease:
        """Get in line; the end of the block gives up whatever is still held."""

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Upstream:
        """Wait for the grant. Raises `Refusal`; cancelling gives up the place."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Leases(Protocol):
    """Who has models made ready."""

    def lease(self, model: ModelId) -> Lease: ...


class Peers(Protocol):
    """Who has requests answered elsewhere (`peers/peers.py`)."""

    async def serve(self, exchange: Exchange, target: Remote, outgoing: Outgoing) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""


class Inference:
    """Serves every route whose model is named in the request; `ended` hears of each that went to a model."""

    def __init__(
        self,
        settings: Settings,
        chooser: Chooser,
        leases: Leases,
        peers: Peers,
        in_thread: InThread,
        loading: Loading,
        ended: Ended,
        running: Running,
    ) -> None:
        self._chooser = chooser
        self._leases = leases
        self._peers = peers
        self._loading = loading
        self._in_thread = in_thread
        self._ended = ended
        self._running = running
        self._keep_credentials = not settings.api_keys
        self._rules = _filters_of(settings.models.values())
        self._peers_rules = _filters_of(settings.peers.values())

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        with await store(exchange.body, self._in_thread) as body:
            wanted = await self._find(exchange, body)
            choice = self._chooser.choose(wanted.name)
            if choice is None:
                name = wanted.name[:_NAME_SHOWN]
                raise UnknownModel(f"no router for requested model {name!r}; /v1/models lists those there are")
            with choice:
                outgoing = await self._rewritten(exchange, route, body, wanted, choice.target)
                past = None if isinstance(choice.target, Remote) else way_past(exchange, choice.target, self._running)
                if past is not None:
                    choice.release()
                    await forward(exchange, past, outgoing)
                else:
                    await self._relay(exchange, choice, outgoing)

    async def _relay(self, exchange: Exchange, choice: Choice, outgoing: Outgoing) -> None:
        target = choice.target
        with Ending(self._ended, exchange, choice) as ending:
            if isinstance(target, Remote):
                await self._peers.serve(exchange, target, outgoing)
                return
            told = None
            if target.model.send_loading_state:
                told = await self._loading.stream(exchange, target, outgoing)
            choice.release()  # it arrives in this very turn, and from then on the scheduler counts it
            lease = ending.lease = self._leases.lease(target.model.id)
            with lease:
                if told is not None and lease.waits:
                    await told.serve(lease)
                    return
                async with lease as upstream:
                    await forward(exchange, upstream, outgoing)

    async def _rewritten(
        self, exchange: Exchange, route: Route, body: StoredBody, wanted: Found, target: Target
    ) -> Outgoing:
        """What goes out: renamed and filtered, every other byte as it came. Raises `Refusal`."""
        path, mark, query = exchange.target.partition(b"?")
        name = _name_for(target, wanted.place)
        edits: list[Edit] = []
        if name != wanted.name:
            edits = renamed(wanted, name)
            query = renamed_query(query, wanted.in_query, name)
        if wanted.place is Place.JSON and (rules := self._rules_for(target)):
            edits = joined(await self._scan(body, edits_for, body.content, rules), edits)
        if edits:
            body.replace(edits)
        return Outgoing(path.removeprefix(route.strip) + mark + query, body, self._keep_credentials)

    def _rules_for(self, target: Target) -> tuple[Rule, ...]:
        if isinstance(target, Remote):
            rules = self._peers_rules.get(target.peer.id)
        else:
            rules = self._rules.get(target.model.id)
        return rules.for_name(target.name) if rules is not None else ()

    async def _find(self, exchange: Exchange, body: StoredBody) -> Found:
        query = exchange.target.partition(b"?")[2]
        wanted = (exchange.method, query, exchange.header(b"content-type") or b"", body.content)
        found: Found | None = await self._scan(body, find_model, *wanted)
        if found is None:
            raise NoModelGiven(_why_no_model(exchange))
        return found

    async def _scan(self, body: StoredBody, scan: Callable[..., T], *arguments: Any) -> T:
        """Call `scan`; in a thread where the body is long."""
        if len(body.content) <= SCANNED_AT_ONCE:
            return scan(*arguments)
        result: T = await self._in_thread(scan, *arguments)
        return result


def _why_no_model(exchange: Exchange) -> str:
    hint = ""
    if exchange.method == b"POST" and b"json" not in (exchange.header(b"content-type") or b"").lower():
        hint = "; a JSON body needs the header Content-Type: application/json"
    return f"no model id could be identified in the request{hint}"


def _filters_of(those: Iterable[Model | Peer]) -> dict[str, Rules]:
    """By ID; those without filters are left out."""
    return {each.id: rules for each in those if (rules := Rules(each.filters))}


def _name_for(target: Target, place: Place) -> str:
    """The name that whoever answers knows the model by (http-api section 6.5)."""
    if isinstance(target, Remote):
        return target.model
    if target.model.use_model_name and place in (Place.JSON, Place.MULTIPART):
        return target.model.use_model_name
    return target.name
