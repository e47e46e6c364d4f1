"""The model routes: read which model a request wants, wait for it, relay (http-api section 6).

This is the sentence that the program is about. What it costs to have the model ready is the scheduler's business.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from llamaswap.config.schema import Settings
from llamaswap.errors import NoModelGiven, UnknownModel
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.loading.stream import Loading
from llamaswap.proxy.body import InThread, StoredBody, store
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.resolve.chooser import Choice, Chooser
from llamaswap.resolve.places import Found, find_model
from llamaswap.resolve.targets import Remote, Target
from llamaswap.stay import Progress, Stay
from llamaswap.web.routes import Route
from llamaswap.wire.upstream import Upstream

_SCANNED_AT_ONCE = 16 * 1024
"""Bytes of a body that may be scanned on the reactor."""
_NAME_SHOWN = 200
"""Characters of an unknown name that an error repeats."""


class Lease(Protocol):
    """A place with a running model for the length of a block (`schedule/dispatcher.py`)."""

    stay: Stay | None

    def arrive(self) -> bool:
        """Get in line; returns whether there is anything to wait for."""

    def progress(self) -> Progress:
        """How far it has come, between `arrive` and the block."""

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
        loading: Loading,
        in_thread: InThread,
        ended: Callable[[Choice, Stay | None, int], None],
    ) -> None:
        self._chooser = chooser
        self._leases = leases
        self._peers = peers
        self._loading = loading
        self._in_thread = in_thread
        self._ended = ended
        self._keep_credentials = not settings.api_keys

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        with await store(exchange.body, self._in_thread) as body:
            wanted = await self._find(exchange, body)
            choice = self._chooser.choose(wanted.name)
            if choice is None:
                name = wanted.name[:_NAME_SHOWN]
                raise UnknownModel(f"no router for requested model {name!r}; /v1/models lists those there are")
            with choice:
                _rename(exchange, body, wanted, choice.target)
                target = exchange.target.removeprefix(route.strip) if route.strip else exchange.target
                outgoing = Outgoing(target, body, keep_credentials=self._keep_credentials)
                await self._relay(exchange, choice, outgoing)

    async def _relay(self, exchange: Exchange, choice: Choice, outgoing: Outgoing) -> None:
        target = choice.target
        lease: Lease | None = None
        try:
            if isinstance(target, Remote):
                await self._peers.serve(exchange, target, outgoing)
            else:
                told = (
                    await self._loading.stream(exchange, target, outgoing) if target.model.send_loading_state else None
                )
                lease = self._leases.lease(target.model.id)
                if told is not None and lease.arrive():
                    await told.serve(lease)
                else:
                    async with lease as upstream:
                        await forward(exchange, upstream, outgoing)
        finally:
            self._ended(choice, lease.stay if lease else None, exchange.status)

    async def _find(self, exchange: Exchange, body: StoredBody) -> Found:
        query = exchange.target.partition(b"?")[2]
        wanted = (exchange.method, query, exchange.header(b"content-type") or b"", body.content)
        small = len(body.content) <= _SCANNED_AT_ONCE
        found = find_model(*wanted) if small else await self._in_thread(find_model, *wanted)
        if found is None:
            raise NoModelGiven(_why_no_model(exchange))
        assert isinstance(found, Found)
        return found


def _why_no_model(exchange: Exchange) -> str:
    hint = ""
    if exchange.method == b"POST" and b"json" not in (exchange.header(b"content-type") or b"").lower():
        hint = "; a JSON body needs the header Content-Type: application/json"
    return f"no model id could be identified in the request{hint}"


def _rename(exchange: Exchange, body: StoredBody, wanted: Found, target: Target) -> None:
    """Put the name that whoever answers knows the model by in the body's places of the name; every other byte stays
    (http-api section 6.5)."""
    name = target.model if isinstance(target, Remote) else target.model.use_model_name
    if name and name != wanted.name and wanted.spans:
        body.replace(wanted.spans, (json.dumps(name) if wanted.as_json else name).encode())
