"""What is shown of a request to a model while it is under way, and what can become of it there (http-api section 11).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from llamaswap import rfc3339
from llamaswap.ids import TicketId
from llamaswap.resolve.targets import Target

_PASSED_THROUGH = "/upstream/"
"""Of a request below it, what follows the model is shown."""
LONGEST_PATH = 1024
LONGEST_VALUE = 256
"""Characters of a header."""
MOST_OF_HEADERS = 4096
"""Characters of all of a head's; what does not fit is left out."""


class Watched(Protocol):
    """One request under way (`metrics/entry.py`)."""

    @property
    def id(self) -> str:
        """Decimal, from `1`."""

    @property
    def when(self) -> float:
        """When it arrived, in seconds since the epoch."""

    @property
    def model(self) -> str: ...
    @property
    def path(self) -> str:
        """As it is forwarded, without the query."""

    @property
    def asked_path(self) -> str:
        """As the client wrote it, without the query."""

    @property
    def method(self) -> str: ...
    @property
    def remote_ip(self) -> str: ...
    @property
    def received(self) -> int:
        """Bytes of the answer's body so far."""

    @property
    def metadata(self) -> Mapping[str, str]: ...
    def request_headers(self) -> Mapping[str, str]:
        """As they may be shown."""

    def response_headers(self) -> Mapping[str, str]:
        """As they may be shown; none before the head of the answer."""

    @property
    def phase(self) -> str:
        """How far it has come: `queued`, `loading` (its model), `waiting` for an answer, or `answering`."""

    @property
    def ticket(self) -> TicketId | None:
        """Its number in the scheduler's line; None for one that never stood there."""

    @property
    def key(self) -> str:
        """The name of the API key that it came with; empty without one."""

    @property
    def target(self) -> Target | None:
        """What it asks for; None for a name that nobody knows."""

    def cancel(self) -> None:
        """End it. Harmless when it is over."""


class Upserted(NamedTuple):
    """A request is under way, and how it is with it has changed."""

    entry: Watched


class Removed(NamedTuple):
    """A request is over."""

    id: str


Change = Upserted | Removed


def record(entry: Watched, now: float) -> dict[str, Any]:
    """What is shown of a request at `now`, JSON-ready."""
    path = entry.path if entry.asked_path.startswith(_PASSED_THROUGH) else entry.asked_path
    shown = {
        "id": entry.id,
        "timestamp": rfc3339.write(entry.when, "milliseconds"),
        "model": entry.model,
        "req_path": _cut(path, LONGEST_PATH),
        "method": entry.method,
        "req_headers": _shown(entry.request_headers()),
        "remote_ip": _cut(entry.remote_ip, LONGEST_VALUE),
        "resp_headers": _shown(entry.response_headers()),
        "resp_bytes": entry.received,
        "elapsed_ms": max(0, int((now - entry.when) * 1000)),
        "phase": entry.phase,
    }
    if key := entry.key:
        shown["key"] = key
    metadata = entry.metadata
    return shown | {"metadata": dict(metadata)} if metadata else shown


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    """As much of them as those who watch need."""
    shown: dict[str, str] = {}
    room = MOST_OF_HEADERS
    for name, value in headers.items():
        value = _cut(value, LONGEST_VALUE)
        if (size := len(name) + len(value)) <= room:
            room -= size
            shown[name] = value
    return shown


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"
