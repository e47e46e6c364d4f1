"""`/upstream/{model}/…`: any request, as it is, to the model that the path names (http-api section 7.1)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

import re2

from llamaswap.config.schema import Settings
from llamaswap.errors import ModelNotFound, ModelNotLoaded
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.resolve.resolver import Passage, Resolver
from llamaswap.resolve.targets import Remote
from llamaswap.web.answers import Answer, redirect, send
from llamaswap.web.inference import Leases, Peers
from llamaswap.web.routes import Route


class Passthrough:
    """Serves the routes whose model is named in the path; bodies stream through unread."""

    def __init__(
        self,
        settings: Settings,
        resolver: Resolver,
        leases: Leases,
        peers: Peers,
        state_of: Callable[[ModelId], State],
    ) -> None:
        self._resolver = resolver
        self._leases = leases
        self._peers = peers
        self._state_of = state_of
        self._keep_credentials = not settings.api_keys
        self._ignored = [re2.compile(pattern) for pattern in settings.ignore_paths]

    async def serve(self, exchange: Exchange, route: Route) -> None:
        """Answer one exchange; ends after its last byte. Raises `Refusal` before the answer has begun."""
        path, mark, query = exchange.target.partition(b"?")
        passage = self._resolver.passage(path[len(route.path) :].decode("latin-1"))
        if passage is None:
            raise ModelNotFound("model not found: the path after /upstream/ names no model")
        if not passage.rest:
            await send(exchange, _to_directory(exchange.method, passage, mark + query))
            return
        outgoing = Outgoing(passage.rest.encode("latin-1") + mark + query, keep_credentials=self._keep_credentials)
        target = passage.target
        if isinstance(target, Remote):
            await self._peers.serve(exchange, target, outgoing)
            return
        self._check_ignored(target.model.id, passage.rest)
        async with self._leases.lease(target.model.id) as upstream:
            await forward(exchange, upstream, outgoing)

    def _check_ignored(self, model: ModelId, rest: str) -> None:
        """A page's assets alone must not load a model (S-40)."""
        if self._state_of(model) is State.READY:
            return
        path = unquote(rest)
        if any(pattern.search(path) for pattern in self._ignored):
            raise ModelNotLoaded(f"model {model} is not loaded; path matches upstream.ignorePaths")


def _to_directory(method: bytes, passage: Passage, query: bytes) -> Answer:
    location = f"/upstream/{quote(passage.name)}/".encode()
    return redirect(301 if method in (b"GET", b"HEAD") else 308, location + query)
