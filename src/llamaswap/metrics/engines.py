"""What the engines of loaded models say at `/metrics`, asked at the same time and not for long.

It goes past the scheduler: asking loads no model, and counts for nothing where a model's idleness is measured.
"""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from llamaswap.errors import UpstreamFailed
from llamaswap.wire.ask import Server, ask

LONGEST = 2.0
"""Seconds that an engine may take."""
MOST = 1024 * 1024
"""Bytes that it may say."""
_ACCEPT = ((b"Accept", b"text/plain;version=0.0.4"),)


async def ask_engines(servers: Mapping[str, Server], clock: IReactorTime) -> dict[str, str]:
    """The texts by model; empty for an engine that has none, fails, or takes too long. Cancelling hangs up on all."""
    asked = {model: Deferred.fromCoroutine(_in_time(server, clock)) for model, server in servers.items()}
    try:
        return {model: await text for model, text in asked.items()}
    finally:
        for text in asked.values():
            text.addErrback(lambda _: "").cancel()


async def _in_time(server: Server, clock: IReactorTime) -> str:
    try:
        return await Deferred.fromCoroutine(_ask(server)).addTimeout(LONGEST, clock)
    except (UpstreamFailed, TimeoutError):
        return ""


async def _ask(server: Server) -> str:
    status, body = await ask(server, b"GET", b"/metrics", _ACCEPT, limit=MOST)
    return body.decode("utf-8", "replace") if status == 200 else ""
