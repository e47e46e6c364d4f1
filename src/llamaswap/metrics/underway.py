"""What is shown of a request to a model while it is under way, and what can become of it there (http-api section 11).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from llamaswap.resolve.targets import Target

_PASSED_THROUGH = "/upstream/"
"""Of a request below it, what follows the model is shown."""


class Entry(Protocol):
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
    def target(self) -> Target | None:
        """What it asks for; None for a name that nobody knows."""

    def cancel(self) -> None:
        """End it. Harmless when it is over."""


class Upserted(NamedTuple):
    """A request is under way, and how it is with it has changed."""

    entry: Entry


class Removed(NamedTuple):
    """A request is over."""

    id: str


Change = Upserted | Removed


def record(entry: Entry, now: float) -> dict[str, Any]:
    """What is shown of a request at `now`, JSON-ready."""
    shown = {
        "id": entry.id,
        "timestamp": datetime.fromtimestamp(entry.when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "model": entry.model,
        "req_path": entry.path if entry.asked_path.startswith(_PASSED_THROUGH) else entry.asked_path,
        "method": entry.method,
        "req_headers": entry.request_headers(),
        "remote_ip": entry.remote_ip,
        "resp_headers": entry.response_headers(),
        "resp_bytes": entry.received,
        "elapsed_ms": max(0, int((now - entry.when) * 1000)),
    }
    return shown | {"metadata": dict(entry.metadata)} if entry.metadata else shown
