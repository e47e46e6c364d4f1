"""Header lines as they may be shown: first values, in one spelling, without secrets (http-api section 16). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from llamaswap.exchange import Header

REDACTED = "[REDACTED]"
_SECRET = frozenset((b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key"))


def header_map(
    headers: Iterable[Header], *, without: Collection[bytes] = (), secret: Collection[bytes] = ()
) -> dict[str, str]:
    """`X-Session-Id` → its first value.

    Lines whose lower-case names are in `without` are left out. The values of those in `secret` are not shown, besides
    those that never are.
    """
    shown: dict[str, str] = {}
    for name, value in headers:
        lower, title, hidden = _spelled(name)
        if title in shown or lower in without:
            continue
        shown[title] = REDACTED if hidden or lower in secret else value.decode("utf-8", "replace")
    return shown


@lru_cache(maxsize=512)
def _spelled(name: bytes) -> tuple[bytes, str, bool]:
    """In lower case, as it is shown, and whether it is a secret."""
    lower = name.lower()
    title = "-".join(part.capitalize() for part in lower.decode("latin-1").split("-"))
    return lower, title, lower in _SECRET
