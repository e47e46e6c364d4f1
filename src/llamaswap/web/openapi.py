"""The description of what this server answers, for programs that read OpenAPI 3.1 (`openapi.yaml`).

The document is held to the route table by `tests/web/test_openapi.py`, and to what is really answered by
`tests/contracts/`. Nothing here decides about a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from llamaswap.threads import InThread
from llamaswap.web.answers import JSON, Answer
from llamaswap.web.call import Call, Respond

_FILE = "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
"""Members of a path that are operations."""
_REFUSED = {"$ref": "#/components/responses/Refused"}
_UNAUTHORIZED = {"$ref": "#/components/responses/Unauthorized"}
_FORBIDDEN = {"$ref": "#/components/responses/Forbidden"}


class OpenApi:
    """The endpoint of the description. It is read when somebody first asks for it, and kept as it is sent."""

    def __init__(self, version: str, in_thread: InThread) -> None:
        self._version = version
        self._in_thread = in_thread
        self._answer: Answer | None = None

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"openapi": self.openapi}

    async def openapi(self, call: Call) -> Answer:
        """The whole description."""
        if self._answer is None:
            body = await self._in_thread(partial(_written, self._version))
            self._answer = Answer(200, ((b"Content-Type", JSON),), body)
        return self._answer


def document(version: str) -> dict[str, Any]:
    """The description of the server of this version, as a new copy."""
    from importlib.resources import files  # late, as the server may never be asked for it

    import yaml

    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    described: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    del described["x-shared"]
    described["info"]["version"] = version
    for _, _, operation in operations(described):
        operation["responses"] = {**_before(operation), **operation["responses"]}
    return described


def operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _before(operation: Mapping[str, Any]) -> dict[str, Any]:
    """What the gate may answer in place of the operation."""
    needs_key = operation.get("security") != []
    responses: dict[str, Any] = {}
    if needs_key:
        responses["401"] = _UNAUTHORIZED
    if needs_key or operation.get("x-guarded"):
        responses["403"] = _FORBIDDEN
    responses["413"] = _REFUSED
    return responses


def _written(version: str) -> bytes:
    return json.dumps(document(version), separators=(",", ":")).encode() + b"\n"
