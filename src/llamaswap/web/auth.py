"""Whether a request carries one of the configured API keys (http-api section 3).

It knows nothing of routes, and never says anything about a key it was shown.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Sequence
from hmac import compare_digest

from llamaswap.errors import Unauthorized


class Keys:
    """The API keys of the configuration; there is at least one."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key.encode() for key in keys)

    def require(self, header: Callable[[bytes], bytes | None]) -> None:
        """Raise `Unauthorized` unless the request (its first value of a header, by lower-case name) has a key."""
        shown = candidate(header(b"authorization"), header(b"x-api-key"))
        if shown is None or not self._known(shown):
            raise Unauthorized()

    def _known(self, shown: bytes) -> bool:
        # All of them are compared, so that the time taken does not tell which one was nearly right.
        known = False
        for key in self._keys:
            known |= compare_digest(key, shown)
        return known


def candidate(authorization: bytes | None, api_key: bytes | None) -> bytes | None:
    """The one key that the request offers: Basic's password, else Bearer's rest, else `x-api-key`.

    A present but wrong one hides those after it; a malformed or empty one does not.
    """
    scheme, blank, rest = (authorization or b"").partition(b" ")
    offered = None
    if blank:
        match scheme.lower():
            case b"basic":
                offered = _password(rest)
            case b"bearer":
                offered = rest
    return offered or api_key or None


def _password(encoded: bytes) -> bytes | None:
    try:
        _, _, password = binascii.a2b_base64(encoded, strict_mode=True).partition(b":")
    except ValueError:
        return None
    return password
