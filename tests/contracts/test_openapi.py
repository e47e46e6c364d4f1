"""The running server against its own description: whatever is asked, the answer is one that is described."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from llamaswap import __version__
from llamaswap.web.openapi import document
from tests.contracts.conftest import KEY
from tests.support.live import PATIENCE, Answer, LiveServer

NAMES = ("m", "al", "bad", "p/q", "s", "night", "proxy", "1")
"""What stands in paths, beside anything at all."""
CONFORMANCE = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
quickly = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)


schema = schemathesis.openapi.from_dict(document(__version__)).exclude(
    lambda context: bool(context.operation.definition.raw.get("x-endless"))
)
"""Streams that do not end by themselves are left to `test_events.py`."""


def test_the_server_says_so_itself(server: LiveServer) -> None:
    """What the tests here go by is what it gives its clients."""
    with server.asking("GET", "/api/openapi.json", headers={"x-api-key": KEY}) as response:
        assert json.load(response) == document(__version__)


def test_answers_with_something_to_tell(server: LiveServer) -> None:
    """A model runs, and requests to it have ended, well and not: every list has entries, and their shape."""
    for path, body in (("/api/models/load/m", None), ("/v1/chat/completions", {"model": "m"})):
        assert ask(server, "POST", path, body).status in (200, 501)
    ask(server, "GET", "/upstream/m/")
    assert json.loads(ask(server, "GET", "/running").body)["running"]
    asked = [operation for operation in map(unwrapped, schema.get_all_operations()) if is_list(operation)]
    assert len(asked) > 10
    for operation in asked:
        case = operation.Case()
        case.validate_response(call(case, server), checks=CONFORMANCE)


@schema.parametrize()
@quickly
def test_answers_are_described(case: Any, server: LiveServer) -> None:
    """Status, type, headers and shape; and no request is the server's own failure."""
    for name in case.path_parameters or ():
        if case.path_parameters[name] and len(str(case.path_parameters[name])) % 2:
            case.path_parameters[name] = NAMES[len(str(case.path_parameters[name])) // 2 % len(NAMES)]
    case.validate_response(call(case, server), checks=CONFORMANCE)


def call(case: Any, server: LiveServer) -> Any:
    """The answer to `case`, as it comes."""
    return case.call(base_url=server.url, headers={"x-api-key": KEY}, allow_redirects=False, timeout=PATIENCE)


def ask(server: LiveServer, method: str, path: str, body: object = None) -> Answer:
    """The answer to a request with the key."""
    with server.asking(method, path, body, {"x-api-key": KEY}) as response:
        return Answer(response.status, dict(response.headers), response.read())


def is_list(operation: Any) -> bool:
    """It can be asked for as it is, and changes nothing."""
    harmless = operation.method == "get" and operation.path not in ("/unload", "/upstream", "/comfyui")
    return harmless and "{" not in operation.path and "relayed" not in operation.tags


def unwrapped(result: Any) -> Any:
    return result.ok()
