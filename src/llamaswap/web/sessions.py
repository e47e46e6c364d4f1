"""Who has logged in, and how a browser shows it: a random token in a cookie. Pure, but for the draw of the token.

A session ends by itself (idle, or old), with its key, with a logout, with the server, and when there are too many: then
the one that was used longest ago. Only a hash of each token is kept. A token is always drawn here and at a login, so
that nobody can be given one that somebody else knows.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from secrets import token_urlsafe

from llamaswap.proxy.headers import SESSION_COOKIE

IDLE = 12 * 3600.0
"""Seconds without a request after which a session ends."""
OLD = 7 * 24 * 3600.0
"""Seconds after which it ends in any case."""
MOST = 4096
MOST_OF_ONE = 64
"""With the same key, so that the holder of one cannot push out all others."""
LOOKED_AT = 8
"""Cookies of our name that are looked at: a browser sends one, or a few from different paths."""
_BYTES = 32


@dataclass(slots=True)
class _Session:
    key: bytes
    """What `auth.Keys` knows the key by."""
    began: float
    used: float

    def over(self, when: float) -> bool:
        return when - self.used > IDLE or when - self.began > OLD


class Sessions:
    """All that are open."""

    def __init__(self, draw: Callable[[int], str] = token_urlsafe) -> None:
        self._draw = draw
        self._open: OrderedDict[bytes, _Session] = OrderedDict()
        """By the hash of the token; the one that was used last stands last."""
        self._of: Counter[bytes] = Counter()
        self.ended: Callable[[bytes], None] = lambda session: None
        """Hears of every end of one, however it came."""

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, key: bytes, when: float) -> str:
        """A new session with `key`; returns its token."""
        self._make_room(key, when)
        token = self._draw(_BYTES)
        self._open[_hash(token.encode())] = _Session(key, when, when)
        self._of[key] += 1
        return token

    def find(self, tokens: Iterable[bytes], when: float) -> bytes | None:
        """What the session is called, from now to its end, to which the first of these tokens belongs that belongs to
        one. It has been used now."""
        for token in tokens:
            place = _hash(token)
            session = self._open.get(place)
            if session is None:
                continue
            if session.over(when):
                self._end(place)
                continue
            session.used = when
            self._open.move_to_end(place)
            return place
        return None

    def key_of(self, tokens: Iterable[bytes], when: float) -> bytes | None:
        """The key of that session."""
        session = self.find(tokens, when)
        return self._open[session].key if session is not None else None

    def end(self, tokens: Iterable[bytes]) -> None:
        """End the sessions of these tokens."""
        for token in tokens:
            self._end(_hash(token))

    def keep(self, keys: Collection[bytes]) -> None:
        """End all sessions but those of `keys`."""
        for place in [place for place, session in self._open.items() if session.key not in keys]:
            self._end(place)

    def _make_room(self, key: bytes, when: float) -> None:
        while self._open and next(iter(self._open.values())).over(when):
            self._end(next(iter(self._open)))
        if self._of[key] >= MOST_OF_ONE:
            self._end(next(place for place, session in self._open.items() if session.key == key))
        elif len(self._open) >= MOST:
            self._end(next(iter(self._open)))

    def _end(self, place: bytes) -> None:
        session = self._open.pop(place, None)
        if session is not None:
            self._of[session.key] -= 1
            if not self._of[session.key]:
                del self._of[session.key]
            self.ended(place)


def tokens_in(cookies: Iterable[bytes]) -> Iterator[bytes]:
    """The tokens in the values of `Cookie` headers: a few at most, whoever wrote them."""
    return islice(_tokens(cookies), LOOKED_AT)


def _tokens(cookies: Iterable[bytes]) -> Iterator[bytes]:
    for line in cookies:
        for pair in line.split(b";"):
            name, equals, value = pair.partition(b"=")
            if equals and name.strip() == SESSION_COOKIE:
                yield value.strip()


def cookie(token: str, *, path: str, secure: bool) -> bytes:
    """The value of the `Set-Cookie` that gives a browser `token`; an empty one takes it away."""
    age = int(OLD) if token else 0
    attributes = f"Path={path}; Max-Age={age}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    return b"%b=%b; %b" % (SESSION_COOKIE, token.encode(), attributes.encode())


def _hash(token: bytes) -> bytes:
    return sha256(token).digest()
