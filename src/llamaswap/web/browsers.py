"""Has the page that asks been made by us? A browser sends cookies and Basic credentials along whoever made it.

So what changes something, and is let in by these alone, has to show that it comes from a page of this server. Pure.

Our own pages say so with a header, which no page of another origin can add unless this server allows it (it does not,
for requests with credentials). The pages of a model's server, below `/upstream/` and `/comfyui/`, know nothing of that
header: there it is enough that the browser vouches for their origin. Programs that use Basic (`curl -u`) are not
concerned: they show nothing of a browser.
"""

from __future__ import annotations

from collections.abc import Callable

from llamaswap.errors import Forbidden
from llamaswap.web.hosts import same_host

HeaderOf = Callable[[bytes], bytes | None]
"""The first value of a request's header, by lower-case name."""

OURS = b"llama-swap-ui"
"""What our pages say in `X-Requested-With`."""


def is_ours(header: HeaderOf) -> bool:
    """The request says that a page of ours makes it."""
    return header(b"x-requested-with") == OURS


def adds_by_itself(authorization: bytes | None, header: HeaderOf) -> bool:
    """The credentials in `Authorization` are such as a browser adds by itself, and a browser sends them."""
    return authorization is not None and authorization[:6].lower() == b"basic " and _is_browser(header)


def require_own_page(header: HeaderOf, *, foreign_pages: bool) -> None:
    """Raise `Forbidden` unless a page of this server asks; with `foreign_pages` one that a model made will do."""
    origin = header(b"origin")
    host = (header(b"host") or b"").decode("latin-1").lower()
    own = origin is None or same_host(origin.decode("latin-1"), host)
    if own and (is_ours(header) or (foreign_pages and _is_same_origin(header, host))):
        return
    raise Forbidden(
        "forbidden: with a cookie, or Basic from a browser, this needs the header "
        f"`X-Requested-With: {OURS.decode()}` and no other `Origin` than this host"
    )


def require_no_foreign_part(header: HeaderOf) -> None:
    """Raise `Forbidden` for what a page of another site shows or fetches, as far as the browser says so.

    A link to a model is followed; but no picture, say, that somebody has put into a page elsewhere loads a model, for
    which others would have to go. Parts of a peer's page come from no site at all, as that is in a sandbox; the browser
    tells of them that they were asked for here.
    """
    if header(b"sec-fetch-site") != b"cross-site" or header(b"sec-fetch-mode") == b"navigate":
        return
    host = (header(b"host") or b"").decode("latin-1").lower()
    if not _is_at(header(b"referer") or b"", host):
        raise Forbidden("forbidden: with a cookie, or Basic from a browser, no page of another site may ask a model")


def _is_browser(header: HeaderOf) -> bool:
    shown = (b"sec-fetch-site", b"sec-fetch-mode", b"origin", b"cookie")
    return any(header(name) is not None for name in shown) or (header(b"user-agent") or b"").startswith(b"Mozilla/")


def _is_same_origin(header: HeaderOf, host: str) -> bool:
    """By the browser's own word, else by an `Origin` that is this host and port. To say neither is not enough."""
    site = header(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    return _is_at(header(b"origin") or b"", host)


def _is_at(address: bytes, host: str) -> bool:
    """The URL `address` is one of this host and port."""
    return address.decode("latin-1").partition("://")[2].partition("/")[0].lower() == host != ""
