"""The section `timeouts` of models and peers: how long a connection may take for what (configuration section 8)."""

from __future__ import annotations

from dataclasses import replace

from llamaswap.config.fields import At, Key, integer, read_keys
from llamaswap.config.schema import Timeouts


def read_timeouts(at: At, default: Timeouts) -> Timeouts:
    """`default` with what the section gives in its place, key by key."""
    return replace(default, **read_keys(at, KEYS))


def _limit(at: At) -> int | None:
    """Seconds; as 0 does, a negative number means no limit."""
    value = integer(at)
    return None if value is None else max(0, value)


KEYS = (
    Key("connect", "connect", _limit),
    Key("keepalive", "keepalive", _limit),
    Key("responseHeader", "response_header", _limit),
    Key("tlsHandshake", "tls_handshake", _limit),
    Key("expectContinue", "expect_continue", _limit),
    Key("idleConn", "idle_conn", _limit),
)
