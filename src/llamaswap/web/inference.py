"""The model routes: read which model a request wants, wait for it, relay (http-api section 6).

This is the sentence that the program is about. What it costs to have the model ready is the scheduler's business.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from llamaswap.config.schema import Settings
from llamaswap.errors import NoModelGiven, Refusal, UnknownModel
from llamaswap.exchange import Exchange, priority_of
from llamaswap.filters.rules import Rule, Rules, edits_for, joined
from llamaswap.filters.scan import Buffer, Edit
from llamaswap.loading.stream import Loading
from llamaswap.metrics.entry import Entry
from llamaswap.metrics.ledger import Ledger
from llamaswap.peers.peers import Prepare
from llamaswap.proxy.body import StoredBody, scan, store, whole
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.proxy.leases import Leases
from llamaswap.resolve.chooser import Choice, Chooser
from llamaswap.resolve.one_name import names_one
from llamaswap.resolve.permits import in_many_ways, is_confined
from llamaswap.resolve.places import Found, Known, Place, fields, find_model, renamed, renamed_query
from llamaswap.resolve.targets import Local, Remote, Target
from llamaswap.threads import InThread
from llamaswap.web.routes import Route
from llamaswap.web.sockets import Running, way_past

_NAME_SHOWN = 200
"""Characters of an unknown name that an error repeats."""


class Peers(Protocol):
    """Who has requests answered elsewhere (`peers/peers.py`)."""

    async def serve(self, exchange: Exchange, target: Remote, prepare: Prepare) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""

    def unlisted(self, name: str) -> Refusal | None:
        """What to answer to a name that nobody knows, but may soon; None for all others."""


class Inference:
    """Serves every route whose model is named in the request; each that goes to a model is entered in `ledger`."""

    def __init__(
        self,
        settings: Settings,
        chooser: Chooser,
        leases: Leases,
        peers: Peers,
        in_thread: InThread,
        loading: Loading,
        ledger: Ledger,
        running: Running,
    ) -> None:
        self._chooser = chooser
        self._leases = leases
        self._peers = peers
        self._loading = loading
        self._in_thread = in_thread
        self._ledger = ledger
        self._running = running
        self._keep_credentials = not settings.api_keys
        self._rules = {model.id: rules for model in settings.models.values() if (rules := Rules(model.filters))}

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        arrived = self._ledger.now()
        with whole(exchange.body) or await store(exchange.body, self._in_thread) as body:
            wanted = _known(exchange, body.content) or await self._find(exchange, body)
            choice = self._chooser.choose(wanted.name, exchange.caller)
            if choice is None:
                with self._ledger.unknown(exchange, wanted.name[:_NAME_SHOWN], _path(exchange, route), arrived):
                    raise self._unknown(wanted.name)
            with choice:
                target = choice.target
                entry = self._ledger.entry(
                    exchange, choice, _path(exchange, route), arrived, listed=exchange.method == b"POST"
                )
                if isinstance(target, Remote):
                    await self._to_peer(exchange, route, entry, choice, body, wanted, target)
                    return
                if self._passes(route, wanted, target):
                    outgoing = Outgoing(exchange.target, body, self._keep_credentials, witness=entry)
                else:
                    outgoing = await self._rewritten(exchange, route, body, wanted, target)
                    outgoing = outgoing._replace(witness=entry)
                past = way_past(exchange, target, self._running)
                if past is not None:
                    choice.release()
                    await forward(exchange, past, outgoing._replace(witness=None))
                else:
                    await self._relay(exchange, entry, choice, target, outgoing)

    async def _find(self, exchange: Exchange, body: StoredBody) -> Found:
        """The name that a request asks for. Raises `NoModelGiven`."""
        named = (exchange.method, _query(exchange), exchange.header(b"content-type") or b"", body.content)
        found = find_model(*named) if body.short else await self._in_thread(partial(find_model, *named))
        if found is None:
            raise NoModelGiven(_why_no_model(exchange))
        exchange.memory[Known] = Known.of(found, body.content)
        return found

    def _unknown(self, name: str) -> Refusal:
        return self._peers.unlisted(name) or UnknownModel(
            f"no router for requested model {name[:_NAME_SHOWN]!r}; /v1/models lists those there are"
        )

    async def _to_peer(
        self,
        exchange: Exchange,
        route: Route,
        entry: Entry,
        choice: Choice,
        body: StoredBody,
        wanted: Found,
        target: Remote,
    ) -> None:
        async def prepare(asked: Remote) -> Outgoing:
            choice.peer = asked.peer.id
            outgoing = await self._rewritten(exchange, route, body, wanted, asked)
            entry.sends(body)
            return outgoing._replace(witness=entry)

        with entry:
            if is_confined(exchange.caller):
                await self._require_one_name(exchange, wanted, body)
            await self._peers.serve(exchange, target, prepare)

    async def _relay(self, exchange: Exchange, entry: Entry, choice: Choice, target: Local, outgoing: Outgoing) -> None:
        with entry:
            entry.sends(outgoing.body)
            told = None
            if target.model.send_loading_state:
                told = await self._loading.stream(exchange, target, outgoing)
            choice.release()  # it arrives in this very turn, and from then on the scheduler counts it
            lease = entry.lease = self._leases.lease(target.model.id, priority_of(exchange.caller))
            if told is None:
                async with lease as upstream:
                    await forward(exchange, upstream, outgoing)
                return
            with lease:
                if lease.waits:
                    await told.serve(lease)
                    return
                async with lease as upstream:
                    await forward(exchange, upstream, outgoing)

    def _passes(self, route: Route, wanted: Found, target: Local) -> bool:
        """Nothing of the request has to be changed: the rule, and so it should be told soon."""
        model = target.model
        plain = not (route.strip or model.use_model_name or model.id in self._rules)
        return plain and target.name == wanted.name

    async def _rewritten(
        self, exchange: Exchange, route: Route, body: StoredBody, wanted: Found, target: Target
    ) -> Outgoing:
        """What goes out: renamed and filtered, every other byte as it came. Raises `Refusal`."""
        path, mark, query = exchange.target.partition(b"?")
        name = _name_for(target, wanted.place)
        edits: list[Edit] = []
        if isinstance(target, Remote) and is_confined(exchange.caller):
            edits = renamed(wanted, name)
            query = renamed_query(query, tuple(fields(query, b"model")), name)
        elif name != wanted.name:
            edits = renamed(wanted, name)
            query = renamed_query(query, wanted.in_query, name)
        if wanted.place is Place.JSON and (rules := self._rules_for(target)):
            edits = joined(await scan(self._in_thread, len(body.content), edits_for, body.content, rules), edits)
        body.replace(edits)
        return Outgoing(_stripped(path, route) + mark + query, body, self._keep_credentials)

    async def _require_one_name(self, exchange: Exchange, wanted: Found, body: StoredBody) -> None:
        """A peer, which lets us in with our key, must not read another name than was read here. Raises `Forbidden`."""
        named = (wanted, _query(exchange), exchange.headers, body.content)
        if not await scan(self._in_thread, len(body.content), names_one, *named):
            raise in_many_ways()

    def _rules_for(self, target: Target) -> tuple[Rule, ...]:
        """Those of a peer are made anew: one that stands in for another may be of newer settings than these."""
        rules = Rules(target.peer.filters) if isinstance(target, Remote) else self._rules.get(target.model.id)
        return rules.for_name(target.name) if rules is not None else ()


def _query(exchange: Exchange) -> bytes:
    return exchange.target.partition(b"?")[2]


def _path(exchange: Exchange, route: Route) -> str:
    """As it goes out."""
    path: str | None = exchange.memory.get(_path)
    if path is None:
        path = exchange.memory[_path] = _stripped(exchange.target.partition(b"?")[0], route).decode("latin-1")
    return path


def _stripped(path: bytes, route: Route) -> bytes:
    """The path as it came; where something is taken off, as the table spells it."""
    return route.path[len(route.strip) :] if route.strip else path


def _known(exchange: Exchange, body: Buffer) -> Found | None:
    """The name, where the request begins as one on this connection did whose name was found."""
    known: Known | None = exchange.memory.get(Known)
    begins_so = known is not None and isinstance(body, bytes) and body.startswith(known.beginning)
    return known.found if known is not None and begins_so else None


def _why_no_model(exchange: Exchange) -> str:
    hint = ""
    if exchange.method == b"POST" and b"json" not in (exchange.header(b"content-type") or b"").lower():
        hint = "; a JSON body needs the header Content-Type: application/json"
    return f"no model id could be identified in the request{hint}"


def _name_for(target: Target, place: Place) -> str:
    """The name that whoever answers knows the model by (http-api section 6.5)."""
    if isinstance(target, Remote):
        return target.model
    if target.model.use_model_name and place in (Place.JSON, Place.MULTIPART):
        return target.model.use_model_name
    return target.name
