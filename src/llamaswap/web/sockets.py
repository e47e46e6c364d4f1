"""WebSockets that do not count (`compat.ignoreWebsockets`, lifecycle section 3.6).

They neither load a model nor keep it: they go past the scheduler to one that is ready, and drop when it stops.
"""

from __future__ import annotations

from typing import Protocol

from llamaswap.errors import ModelNotLoaded
from llamaswap.exchange import Exchange
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.proxy.forward import wants_websocket
from llamaswap.resolve.targets import Local
from llamaswap.wire.upstream import Upstream


class Running(Protocol):
    """What runs."""

    def state_of(self, model: ModelId) -> State:
        """As a new request will find it."""

    def upstream_of(self, model: ModelId) -> Upstream | None:
        """Where requests go; None unless it is ready."""


def way_past(exchange: Exchange, target: Local, running: Running) -> Upstream | None:
    """Where an ignored WebSocket goes; None for a request that counts. Raises `ModelNotLoaded`."""
    model = target.model
    if not (model.ignore_websockets and wants_websocket(exchange)):
        return None
    upstream = running.upstream_of(model.id) if running.state_of(model.id) is State.READY else None
    if upstream is None:
        raise ModelNotLoaded(f"model {model.id} is not loaded; ignored websocket requests cannot start it")
    return upstream
