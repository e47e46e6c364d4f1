"""What a browser is told before it asks across origins (http-api section 4). Pure."""

from __future__ import annotations

import re

from llamaswap.web.answers import Answer

_TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")

_USUAL = b"Content-Type, Authorization, Accept, X-Requested-With"


def preflight(requested: bytes | None) -> Answer:
    """The answer to any OPTIONS; `requested` is the value of `Access-Control-Request-Headers`."""
    return Answer(
        204,
        (
            (b"Access-Control-Allow-Origin", b"*"),
            (b"Access-Control-Allow-Methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
            (b"Access-Control-Allow-Headers", _tokens(requested) if requested else _USUAL),
            (b"Access-Control-Max-Age", b"86400"),
        ),
    )


def _tokens(value: bytes) -> bytes:
    """The header names in the comma list `value`, without what cannot be one."""
    items = (item.strip() for item in value.split(b","))
    return b", ".join(item for item in items if _TOKEN.fullmatch(item))
