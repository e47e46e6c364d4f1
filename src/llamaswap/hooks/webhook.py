"""Posting JSON to a URL: one request, of whose answer the status counts.

It goes out by the connections that models and peers are asked over: they reach names and addresses that URLs of other
clients cannot hold (a container's `my_app`), and all of the answer is bounded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llamaswap.config.schema import Timeouts
from llamaswap.config.urls import wire_path
from llamaswap.errors import UpstreamFailed
from llamaswap.exchange import Header
from llamaswap.wire.ask import AnswerTooLong, ask
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer's body that are read, out of politeness, before hanging up."""


class Target(NamedTuple):
    """A URL, in the parts of a request."""

    origin: Origin
    """Of the server alone, so that errors can name it: the rest may hold secrets."""
    path: bytes
    user: tuple[Header, ...]
    """The header for the user that the URL names, if it names one."""

    @classmethod
    def parse(cls, url: str) -> Target:
        """Raises ValueError."""
        parts = urlsplit(url)
        user, at, host = parts.netloc.rpartition("@")
        origin = Origin.parse(f"{parts.scheme}://{host}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        basic = b"Basic " + b64encode(unquote(user).encode())
        return cls(origin, wire_path(path).encode("ascii"), ((b"Authorization", basic),) if at else ())


async def post(connect: Callable[[Origin, Timeouts], Upstream], url: str, body: bytes) -> str | None:
    """Post `body`; returns what went wrong, or None, when the answer is over. Redirects are not followed.

    Cancelling hangs up, also in the middle of the answer: whoever waits for it sets its time. What went wrong never
    holds more of the URL than its host.
    """
    target = Target.parse(url)
    headers = ((b"Content-Type", b"application/json"), (b"User-Agent", b"llamaswap"), (b"Accept", b"*/*"), *target.user)
    upstream = connect(target.origin, Timeouts())
    try:
        status, _ = await ask(upstream, b"POST", target.path, headers, body, limit=LONGEST_ANSWER)
    except AnswerTooLong as error:
        status = error.status
    except UpstreamFailed as error:
        return str(error)
    finally:
        upstream.close()
    return None if 200 <= status < 300 else f"answered with status {status}"
