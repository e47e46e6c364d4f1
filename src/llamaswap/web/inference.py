"""The model routes: read which model a request wants, wait for it, relay (http-api section 6).

This is the sentence that the program is about. What it costs to have the model ready is the scheduler's business.
"""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from llamaswap.config.schema import Model, Settings
from llamaswap.errors import NoModelGiven, UnknownModel
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.proxy.body import InThread, StoredBody, store
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.resolve.places import Found, find_model
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.routes import Route
from llamaswap.wire.upstream import Upstream

_SCANNED_AT_ONCE = 16 * 1024
"""Bytes of a body that may be scanned on the reactor."""
_NAME_SHOWN = 200
"""Characters of an unknown name that an error repeats."""


class Leases(Protocol):
    """Who has models made ready (`schedule/dispatcher.py`)."""

    def lease(self, model: ModelId) -> AbstractAsyncContextManager[Upstream]:
        """Hold a running model for the length of the block. Raises `Refusal`; cancelling gives up the place."""


class Inference:
    """Serves every route whose model is named in the request."""

    def __init__(self, settings: Settings, resolver: Resolver, leases: Leases, in_thread: InThread) -> None:
        self._resolver = resolver
        self._leases = leases
        self._in_thread = in_thread
        self._keep_credentials = not settings.api_keys

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        with await store(exchange.body, self._in_thread) as body:
            wanted = await self._find(exchange, body)
            model = self._resolver.resolve(wanted.name)
            if model is None:
                name = wanted.name[:_NAME_SHOWN]
                raise UnknownModel(f"no router for requested model {name!r}; /v1/models lists those there are")
            _rename(exchange, body, wanted, model)
            target = exchange.target.removeprefix(route.strip) if route.strip else exchange.target
            outgoing = Outgoing(target, body, keep_credentials=self._keep_credentials)
            async with self._leases.lease(model.id) as upstream:
                await forward(exchange, upstream, outgoing)

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


def _rename(exchange: Exchange, body: StoredBody, wanted: Found, model: Model) -> None:
    """Put `useModelName` in the body's places of the name; every other byte stays (http-api section 6.5)."""
    if model.use_model_name and wanted.spans:
        name = json.dumps(model.use_model_name) if wanted.as_json else model.use_model_name
        body.replace(wanted.spans, name.encode())
