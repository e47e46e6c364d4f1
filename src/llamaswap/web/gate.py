"""The one way in: what every request of either lane must pass before anything answers it.

In this order: preflight, path normalisation, route, API key with its scopes and limits, `Origin` and `Host`, `Via`,
declared body length. It reads no body and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from llamaswap.config.schema import Settings
from llamaswap.errors import BodyTooLarge, Forbidden, LoopDetected
from llamaswap.exchange import Exchange
from llamaswap.proxy.headers import came_through
from llamaswap.web import paths
from llamaswap.web.answers import NOT_FOUND, Answer, plain_error, redirect
from llamaswap.web.auth import Doorman
from llamaswap.web.browsers import require_no_foreign_part, require_own_page
from llamaswap.web.cors import preflight
from llamaswap.web.hosts import HostRule
from llamaswap.web.routes import Access, Lane, Methods, Route, RouteTable

_SAFE = (b"GET", b"HEAD")

Allow = Callable[[str], None]
"""Counts a request with the API key of this name, or refuses it."""


class Gate:
    """Admits a request to a route, answers it, or refuses it."""

    def __init__(
        self,
        settings: Settings,
        table: RouteTable,
        via: bytes = b"",
        doorman: Doorman | None = None,
        allow: Allow = lambda key: None,
    ) -> None:
        """`via` is what this server is called there (`peers/peers.py`); without peers nothing is sent round.

        `doorman` knows whose API key a request shows; None where there are no keys. `allow` counts a request to a
        model, and raises the `Refusal` of a key, by name, that has had enough.
        """
        self._table = table
        self._exact = table.exact
        self._doorman = doorman
        self._allow = allow
        self._limited = frozenset(key.name for key in settings.api_keys if key.rate_limit or key.quota)
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
        if self._doorman is not None and route.access is Access.KEY:
            self._identify(exchange, route, self._doorman)
        if route.guarded:
            self._hosts.check(exchange)
        if self._via and exchange.header(b"via") is not None and route.lane is not Lane.RESOURCE:
            self._check_way(exchange)
        if (exchange.body.length or 0) > self._body_bytes:
            raise BodyTooLarge()

    def _identify(self, exchange: Exchange, route: Route, doorman: Doorman) -> None:
        exchange.caller, added = doorman.require(exchange.header, exchange.headers)
        if added and self._acts(exchange, route):
            require_own_page(exchange.header, foreign_pages=route.lane is Lane.PASSTHROUGH)
        elif added and route.lane in (Lane.MODEL, Lane.PASSTHROUGH):
            require_no_foreign_part(exchange.header)
        if route.scopes.isdisjoint(exchange.caller.scopes):
            needed = " or ".join(sorted(route.scopes))
            raise Forbidden(f"forbidden: this needs an API key with the scope {needed}", reason="scope")
        if self.counts(exchange, route):
            self._allow(exchange.caller.name)

    def session_of(self, exchange: Exchange) -> bytes | None:
        """The session that an admitted request was let in by (`Sessions.find`), if it was one."""
        return self._doorman.session_of(exchange.header, exchange.headers) if self._doorman is not None else None

    def _acts(self, exchange: Exchange, route: Route) -> bool:
        """It is no mere look."""
        upgrade = route.lane in (Lane.MODEL, Lane.PASSTHROUGH) and exchange.header(b"upgrade") is not None
        return upgrade or route.acts or exchange.method not in _SAFE

    def counts(self, exchange: Exchange, route: Route) -> bool:
        """It comes with a key that has a limit, and asks a model for something; pages of models and what they consist
        of are free."""
        if exchange.caller is None or exchange.caller.name not in self._limited:
            return False
        return route.lane is Lane.MODEL or (route.lane is Lane.PASSTHROUGH and self._acts(exchange, route))

    def _check_way(self, exchange: Exchange) -> None:
        """A request that this server has sent to a peer must not come back to it."""
        if came_through(exchange.headers, self._via):
            raise LoopDetected()
