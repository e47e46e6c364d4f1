"""The one way in: what every request of either lane must pass before anything answers it.

In this order: preflight, path normalisation, route, API key, `Origin` and `Host`, `Via`, declared body length. It
reads no body and sends nothing.
"""

from __future__ import annotations

from llamaswap.config.schema import Settings
from llamaswap.errors import BodyTooLarge, LoopDetected
from llamaswap.exchange import Exchange
from llamaswap.proxy.headers import came_through
from llamaswap.web import paths
from llamaswap.web.answers import NOT_FOUND, Answer, plain_error, redirect
from llamaswap.web.auth import Keys
from llamaswap.web.cors import preflight
from llamaswap.web.hosts import HostRule
from llamaswap.web.routes import Access, Lane, Methods, Route, RouteTable


class Gate:
    """Admits a request to a route, answers it, or refuses it."""

    def __init__(self, settings: Settings, table: RouteTable, via: bytes = b"") -> None:
        """`via` is what this server is called there (`peers/peers.py`); without peers nothing is sent round."""
        self._table = table
        self._exact = table.exact
        self._keys = Keys(settings.api_keys) if settings.api_keys else None
        self._hosts = HostRule(has_keys=bool(settings.api_keys), allowed_hosts=settings.allowed_hosts)
        self._body_bytes = settings.limits.body_bytes
        self._via = via if settings.peers else b""

    def admit(self, exchange: Exchange) -> Route | Answer:
        """The route that the request may take, or what it is answered at once. Raises `Refusal`."""
        method = exchange.method
        if method == b"OPTIONS":
            return preflight(exchange.header(b"access-control-request-headers"))
        path, _, _ = exchange.target.partition(b"?")
        found = self._exact.get(path) or self._search(exchange.target)
        if isinstance(found, Answer):
            return found
        route = found.get(method)
        if route is None:
            return plain_error(405, "405 method not allowed", (b"Allow", found.allowed))
        self._check(exchange, route)
        return route.answer or route

    def _search(self, target: bytes) -> Methods | Answer:
        """The routes of a path that is not spelled as the table spells it, or lies below one of its rows."""
        path, query = paths.split(target)
        clean = paths.cleaned(path)
        if clean != path:
            return redirect(307, paths.location(clean + query))
        return self._table.find(path) or NOT_FOUND

    def _check(self, exchange: Exchange, route: Route) -> None:
        if self._keys is not None and route.access is Access.KEY:
            self._keys.require(exchange.header)
        if route.guarded:
            self._hosts.check(exchange)
        if self._via and exchange.header(b"via") is not None and route.lane is not Lane.RESOURCE:
            self._check_way(exchange)
        if (exchange.body.length or 0) > self._body_bytes:
            raise BodyTooLarge()

    def _check_way(self, exchange: Exchange) -> None:
        """A request that this server has sent to a peer must not come back to it."""
        if came_through(exchange.headers, self._via):
            raise LoopDetected()
