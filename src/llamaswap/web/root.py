"""The resource tree: Klein for every route that is not relayed.

Rules are made from the route table, and a request is matched by that table before Klein sees it: no spelling of a
path can reach another endpoint than the gate admitted it to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, Request

from llamaswap.errors import InternalError, Refusal
from llamaswap.exchange import Caller
from llamaswap.web import paths
from llamaswap.web.answers import NOT_FOUND
from llamaswap.web.call import Call, Respond, begin, cut
from llamaswap.web.refusals import answer_to
from llamaswap.web.routes import Lane, Route, RouteTable
from llamaswap.wire.lane import ICaller

log = Logger()

Refused = Callable[[Refusal, Caller | None], None]
"""Hears what was refused to whom."""


class ResourceTree(Resource):
    """Hands a request that belongs to the resource lane to Klein; every other is a 404.

    Stands behind the gate, which it does not repeat: `Front` must have returned None for the request.
    """

    isLeaf = True

    def __init__(
        self,
        table: RouteTable,
        endpoints: Mapping[str, Respond],
        refused: Refused = lambda refusal, caller: None,
    ) -> None:
        """`endpoints` has one entry for each endpoint of the table's resource lane; `KeyError` names one that lacks.

        `refused` hears of what they refuse.
        """
        super().__init__()
        self._table = table
        self._klein = _klein(table, endpoints, refused)

    def render(self, request: Request) -> Any:
        mount, target = placed(request)
        route = self._match(request.method, target)
        if route is None:
            begin(request, NOT_FOUND.status, NOT_FOUND.headers, len(NOT_FOUND.body))
            request.write(NOT_FOUND.body)
            request.finish()
            return NOT_DONE_YET
        call = Call(request, request.requestHeaders, route, target, mount, request.getComponent(ICaller))
        request.setComponent(Call, call)
        # Klein is shown the row, not what the client wrote: it stumbles over non-UTF-8 and over doubled slashes,
        # and over hosts that are no domain names.
        request.postpath = route.path[1:].split(b"/")
        request.requestHeaders = request.requestHeaders.copy()
        request.requestHeaders.setRawHeaders(b"host", [b"localhost"])
        return self._klein.render(request)

    def _match(self, method: bytes, target: bytes) -> Route | None:
        path, _ = paths.split(target)
        methods = self._table.exact.get(path) or self._table.find(path)
        route = methods.get(method) if methods else None
        return route if route is not None and route.lane is Lane.RESOURCE and route.answer is None else None


def placed(request: Request) -> tuple[bytes, bytes]:
    """Where the tree is mounted, and the request's target below that place, both as received.

    `postpath` holds what other resources left of the path, but decoded; its length says where that begins.
    """
    path, query = paths.split(request.uri)
    segments = path.split(b"/")
    seam = len(segments) - len(request.postpath or ())
    return b"/".join(segments[:seam]), b"/" + b"/".join(segments[seam:]) + query


def _klein(table: RouteTable, endpoints: Mapping[str, Respond], refused: Refused) -> IResource:
    """A Klein resource with one rule for each row of the resource lane."""
    from klein import Klein  # imported late: it installs the global reactor

    app = Klein()
    for route in table.routes:
        if route.lane is Lane.RESOURCE and route.answer is None:
            methods = [method.decode() for method in route.methods] or None
            app.route(route.path.decode(), methods=methods, endpoint=route.endpoint)(
                _entry(route.endpoint, endpoints[route.endpoint])
            )

    @app.handle_errors(Exception)
    def failed(request: Any, failure: Failure) -> None:
        _failed(refused, request, failure)

    resource: IResource = app.resource()
    return resource


def _entry(endpoint: str, respond: Respond) -> Any:
    """The Klein handler of one endpoint."""

    async def entry(request: Request) -> None:
        call: Call = request.getComponent(Call)
        admitted = call.route.endpoint == endpoint
        answer = await respond(call) if admitted else NOT_FOUND
        if answer is not None:
            call.respond(answer)

    return entry


def _failed(refused: Refused, request: Any, failure: Failure) -> None:
    """Answer for an endpoint that raised; once its answer has begun, cut it."""
    call: Call = request.getComponent(Call)
    error = failure.value
    if not isinstance(error, Refusal):
        log.failure("{endpoint} failed", failure, endpoint=call.route.endpoint)
        error = InternalError()
    refused(error, call.caller)
    if request.startedWriting:
        cut(request)
    else:
        call.respond(answer_to(error, call.header(b"accept")))
