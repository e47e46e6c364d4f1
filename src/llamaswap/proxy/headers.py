"""Which header lines cross the proxy, and which belong to one side's connection (lifecycle section 3.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llamaswap.exchange import Header

_HOP_BY_HOP = frozenset(
    b"connection proxy-connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding"
    b" upgrade http2-settings content-length expect".split()
)
"""Valid on one connection only. Framing is each lane's own, and `Expect` is answered here."""

SESSION_COOKIE = b"llamaswap_session"
"""The name of the cookie by which a browser shows that it has logged in here."""

_CREDENTIALS = frozenset((b"authorization", b"x-api-key"))
_OURS = _CREDENTIALS | {b"cookie"}
"""Where a client shows who it is here; of cookies only one does."""
_WAY = frozenset(b"host via forwarded x-real-ip true-client-ip cf-connecting-ip".split())
"""By which way a request came, and from which address."""
_READABLE = re.compile(rb"(?:gzip|deflate)\s*(?:;|$)", re.IGNORECASE)
_PAGE = re.compile(rb"html|xml|svg|xsl|mixed-replace|^[^/]*$|^\s*/|/\s*(?:;|$)|\*|unknown", re.IGNORECASE)
"""Types that browsers show as a page, or guess at."""
_SITE_WIDE = frozenset(
    b"accept-ch alt-svc clear-site-data expect-ct nel public-key-pins report-to service-worker-allowed"
    b" strict-transport-security".split()
)
"""What a browser takes for the word of this server about all its pages, or about all of a host's."""
_UPGRADE = [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
_BAD_PARAMETER = re.compile(rb";|%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Introduction:
    """How this server presents itself to another one (lifecycle section 9)."""

    name: bytes
    """Ours in `Via`, so that a request which comes back is recognised."""
    api_key: str = ""
    """The key that the other server asks for."""


def towards_upstream(headers: Sequence[Header], peer: str, *, keep_credentials: bool) -> list[Header]:
    """A request's header lines for the model's server, with the client's address added to `X-Forwarded-For`.

    Without `keep_credentials` what may carry a key of this server, or a session, stays here (http-api section 23, Q1).
    """
    dropped = _dropped(headers) if keep_credentials else _dropped(headers) | _OURS
    kept: list[Header] = []
    forwarded: list[bytes] = []
    for header in headers:
        name = header[0].lower()
        if name == b"x-forwarded-for":
            forwarded.append(header[1])
        elif name not in dropped:
            kept.append(header)
        elif name == b"te" and b"trailers" in header[1].lower():
            kept.append((b"TE", b"trailers"))
        elif name == b"cookie" and not keep_credentials:
            kept += _foreign_cookies(header)
    if peer:
        forwarded.append(peer.encode("ascii", "replace"))
    if forwarded:
        kept.append((b"X-Forwarded-For", b", ".join(forwarded)))
    return kept


def towards_peer(
    headers: Sequence[Header], introduction: Introduction, authority: bytes, *, keep_credentials: bool
) -> list[Header]:
    """A request's header lines for another server, whose `Host` is `authority`.

    From which address the client asked, and by which way, stays here, but for `Via`, which grows. Our key for that
    server takes the place of the client's credentials, which otherwise pass as they do towards a model's server.
    Other cookies and all else pass (http-api section 6.7).
    """
    dropped = _dropped(headers) | _WAY
    if not keep_credentials:
        dropped |= _OURS
    elif introduction.api_key:
        dropped |= _CREDENTIALS
    kept: list[Header] = [(b"Host", authority)]
    passed = [value for name, value in headers if name.lower() == b"via"]
    for header in headers:
        name = header[0].lower()
        if name not in dropped and not name.startswith(b"x-forwarded-"):
            kept.append(header)
        elif name == b"te" and b"trailers" in header[1].lower():
            kept.append((b"TE", b"trailers"))
        elif name == b"cookie" and not keep_credentials:
            kept += _foreign_cookies(header)
    if introduction.api_key:
        kept += key_lines(introduction.api_key)
    kept.append((b"Via", b", ".join((*passed, b"1.1 " + introduction.name))))
    return kept


def in_readable_codings(lines: Sequence[Header]) -> list[Header]:
    """A request's lines that ask for no coding but gzip and deflate, as far as they asked for those; else for none."""
    kept = [line for line in lines if line[0].lower() != b"accept-encoding"]
    asked = [value for name, value in lines if name.lower() == b"accept-encoding"] if len(kept) < len(lines) else ()
    wanted = [item for value in asked for part in value.split(b",") if _READABLE.match(item := part.strip())]
    kept.append((b"Accept-Encoding", b", ".join(wanted) or b"identity"))
    return kept


def key_lines(api_key: str) -> list[Header]:
    """The lines that show a key to another server."""
    key = api_key.encode(errors="replace")
    return [(b"Authorization", b"Bearer " + key), (b"x-api-key", key)]


def came_through(headers: Sequence[Header], name: bytes) -> bool:
    """Whether a request has passed the server that is called `name` in `Via`."""
    return any(name in value for key, value in headers if key.lower() == b"via")


def readable_query(target: bytes) -> bytes:
    """`target` without the parameters of its query that servers read differently, as they cannot be decoded."""
    path, mark, query = target.partition(b"?")
    if not _BAD_PARAMETER.search(query):
        return target
    return path + mark + b"&".join(part for part in query.split(b"&") if not _BAD_PARAMETER.search(part))


def towards_client(headers: Sequence[Header]) -> list[Header]:
    """An answer's header lines for the client, without those that set our cookie, or speak for all of this server.

    An event stream is marked so that no proxy before us buffers it.
    """
    dropped = _dropped(headers)
    kept = []
    streams = False
    for header in headers:
        name = header[0].lower()
        if name in dropped or name in _SITE_WIDE or _sets_our_cookie(name, header[1]):
            continue
        if name == b"content-type" and b"text/event-stream" in header[1].lower():
            streams = True
        kept.append(header)
    if streams:
        kept = [header for header in kept if header[0].lower() != b"x-accel-buffering"]
        kept.append((b"X-Accel-Buffering", b"no"))
    return kept


def from_peer(headers: Sequence[Header]) -> list[Header]:
    """`towards_client`'s lines as they are when another server made them, whose pages are not to be trusted with ours.

    What a browser may show as a page is shown without scripts and as of no origin: it can neither use the session here
    nor the API. Nothing else is guessed to be one.
    """
    kept = [header for header in headers if header[0].lower() != b"x-content-type-options"]
    kinds = [value for name, value in headers if name.lower() == b"content-type"]
    if not kinds or any(_PAGE.search(kind) for kind in kinds):
        kept.append((b"Content-Security-Policy", b"sandbox"))
    kept.append((b"X-Content-Type-Options", b"nosniff"))
    return kept


def _sets_our_cookie(name: bytes, value: bytes) -> bool:
    """Also one without a name: a browser sends back its value alone, which is then a name with a value."""
    if name != b"set-cookie":
        return False
    before, _, rest = value.partition(b";")[0].partition(b"=")
    return SESSION_COOKIE in (before.strip(), rest.partition(b"=")[0].strip() if not before.strip() else b"")


def _foreign_cookies(header: Header) -> list[Header]:
    """The line without our cookie; none when nothing is left of it."""
    name, value = header
    if SESSION_COOKIE not in value:
        return [header]
    others = [pair for pair in value.split(b";") if pair.partition(b"=")[0].strip() != SESSION_COOKIE]
    left = b";".join(others).strip()
    return [(name, left)] if left else []


def upgrade_lines() -> list[Header]:
    """The lines that make an upgrade, which the functions above take away. No other protocol can be relayed."""
    return _UPGRADE


def _dropped(headers: Sequence[Header]) -> frozenset[bytes]:
    """What must not cross, with all that `Connection` names."""
    named = named_by_connection(headers)
    return _HOP_BY_HOP | named if named else _HOP_BY_HOP


def named_by_connection(headers: Sequence[Header]) -> set[bytes]:
    """What `Connection` says to be of the sender's connection, in lower case; `Host` never is."""
    named = {
        token.strip().lower()
        for name, value in headers
        if len(name) == 10 and name.lower() == b"connection"
        for token in value.split(b",")
    }
    return named - {b"close", b"keep-alive", b"upgrade", b"host", b""}
