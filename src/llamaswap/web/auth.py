"""Whose request is it (http-api section 3)? By the API key that it shows, or by the session of a browser.

It knows nothing of routes, and never says anything about a key it was shown.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2s
from secrets import token_bytes

from llamaswap.config.schema import ApiKey
from llamaswap.errors import Unauthorized
from llamaswap.exchange import Caller, Header
from llamaswap.web.browsers import HeaderOf, adds_by_itself, is_ours
from llamaswap.web.sessions import Sessions, tokens_in

WRONG_KEY = "unauthorized: this is no API key of this server"

_KEYED = blake2s(key=token_bytes(32))
"""A hash with a secret that is drawn for this process, and told to nobody."""


class Keys:
    """The API keys of the configuration.

    They are looked up by a hash that is keyed with a secret: whoever tries keys cannot know which hash a key of theirs
    has, and so learns nothing from the time that a look at the table takes. It is the same time for one key and for a
    thousand.
    """

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._callers: dict[bytes, Caller] = {}
        for key in keys:
            self._callers.setdefault(_hash(key.key.encode()), _caller(key))

    def find(self, shown: bytes) -> Caller | None:
        """Whose key this is; None when it is nobody's."""
        return self._callers.get(_hash(shown))

    def known_by(self, shown: bytes) -> bytes:
        """What this key is known by, if it is one."""
        return _hash(shown)

    def owner(self, known: bytes) -> Caller | None:
        """Whose key is known by this."""
        return self._callers.get(known)

    @property
    def known(self) -> Collection[bytes]:
        """What the keys are known by; it says nothing about them, and is the same in every configuration."""
        return self._callers.keys()


Found = tuple[Caller, bool]
"""Who asks; and whether only what a browser adds by itself says so, whoever made the page that asks."""


class Doorman:
    """Who asks, by the keys of one configuration and the sessions of the server."""

    def __init__(self, keys: Sequence[ApiKey], sessions: Sessions, now: Callable[[], float]) -> None:
        self.keys = Keys(keys)
        self._sessions = sessions
        self._now = now

    def require(self, header: HeaderOf, headers: Sequence[Header]) -> Found:
        """Who asks. Raises `Unauthorized` for nobody we know; a browser that shows our form gets no dialog with it."""
        found = self.find(header, headers)
        if found is None:
            shown = candidate(header(b"authorization"), header(b"x-api-key")) is not None
            raise Unauthorized(WRONG_KEY if shown else None, challenge=not is_ours(header))
        return found

    def find(self, header: HeaderOf, headers: Sequence[Header]) -> Found | None:
        """Who asks. A key that is shown, be it a wrong one, hides the cookie."""
        authorization = header(b"authorization")
        shown = candidate(authorization, header(b"x-api-key"))
        if shown is not None:
            caller = self.keys.find(shown)
            return None if caller is None else (caller, adds_by_itself(authorization, header))
        if header(b"cookie") is None:
            return None
        key = self._sessions.key_of(tokens_in(cookies_in(headers)), self._now())
        caller = self.keys.owner(key) if key is not None else None
        return None if caller is None else (caller, True)

    def session_of(self, header: HeaderOf, headers: Sequence[Header]) -> bytes | None:
        """What the session is called that lets the request in; None where a key does."""
        if header(b"cookie") is None or candidate(header(b"authorization"), header(b"x-api-key")) is not None:
            return None
        return self._sessions.find(tokens_in(cookies_in(headers)), self._now())


def taken_out(old: Sequence[ApiKey], new: Sequence[ApiKey]) -> frozenset[str]:
    """The names of the keys that are good no more, those with another secret included; none where none is needed."""
    kept = {(key.name, key.key) for key in new}
    return frozenset(key.name for key in old if (key.name, key.key) not in kept) if new else frozenset()


def cookies_in(headers: Sequence[Header]) -> list[bytes]:
    """The values of every `Cookie` header."""
    return [value for name, value in headers if name.lower() == b"cookie"]


def candidate(authorization: bytes | None, api_key: bytes | None) -> bytes | None:
    """The one key that the request offers: Basic's password, else Bearer's rest, else `x-api-key`.

    A present but wrong one hides those after it; a malformed or empty one does not.
    """
    return _offered(authorization, b"basic", _password) or presented(authorization, api_key)


def presented(authorization: bytes | None, api_key: bytes | None) -> bytes | None:
    """The key that whoever asks knows: Bearer's rest, else `x-api-key`.

    A browser adds neither by itself, so a page that was not told the key cannot borrow it from its user.
    """
    return _offered(authorization, b"bearer", bytes) or api_key or None


def _offered(authorization: bytes | None, wanted: bytes, read: Callable[[bytes], bytes | None]) -> bytes | None:
    scheme, blank, rest = (authorization or b"").partition(b" ")
    return read(rest) if blank and scheme.lower() == wanted else None


def _password(encoded: bytes) -> bytes | None:
    try:
        _, _, password = binascii.a2b_base64(encoded, strict_mode=True).partition(b":")
    except ValueError:
        return None
    return password


def _hash(text: bytes) -> bytes:
    keyed = _KEYED.copy()
    keyed.update(text)
    return keyed.digest()


def _caller(key: ApiKey) -> Caller:
    return Caller(key.name, key.models, frozenset(key.scopes), key.priority, key.quota is not None)
