"""The UI's files over HTTP (http-api section 20): compressed copies, conditions, ranges, and what pages may do.

They are open: the page shows a form where a key is needed. What a file is, `shelf.py` knows. All of their links are
relative, so they need not know below which path they are shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from llamaswap.exchange import Header
from llamaswap.threads import InThread
from llamaswap.web.answers import NOT_FOUND, Answer
from llamaswap.web.call import Call, Respond
from llamaswap.web.shelf import CODINGS, INDEX, Kept, cache_rule, find, kept, kind_of, named, read

BUILD = Path(__file__).parent.parent / "ui_dist"
MOST_KEPT = 16 * 1024 * 1024
"""Bytes of files that are kept in memory, once somebody has asked for them."""
_BASE = b'<base href="./">'
"""How the page says where it stands: its links are below its own path, or as many folders up as that is deep."""
_PAGE_RULES: tuple[Header, ...] = (
    (
        b"Content-Security-Policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "
        b"manifest-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; "
        b"base-uri 'self'; form-action 'self'; frame-ancestors 'none'; "
        b"require-trusted-types-for 'script'; trusted-types llamaswap dompurify",
    ),
    (b"X-Frame-Options", b"DENY"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Referrer-Policy", b"same-origin"),
)
_UNBUILT = Answer(
    404,
    ((b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"no-store"), *_PAGE_RULES),
    b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>llamaswap</title>
</head>
<body>
<h1>llamaswap</h1>
<p>The server runs, but this installation was built without its web UI.</p>
<p>To get it, install a released package, or in a checkout run <code>pip install .</code>, which builds the UI unless
<code>LLAMASWAP_BUILD_UI=0</code> is set; then start the server again. Nothing but Python is needed for that.</p>
<p>The API works without it: <code>GET /v1/models</code>, <code>GET /running</code>, <code>POST
/api/models/load/{model}</code>, <code>GET /api/openapi.json</code>; in a terminal, <code>llama-swap top</code>.</p>
</body>
</html>
""",
)
"""What is shown instead of pages that were not built."""


class Ui:
    """The endpoints of the UI. Files are read in a thread, once."""

    def __init__(self, in_thread: InThread, build: Path = BUILD) -> None:
        self._in_thread = in_thread
        self._build = build
        self._files: Mapping[str, Path] | None = None
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"ui": self.ui, "favicon": self.favicon}

    async def ui(self, call: Call) -> Answer:
        """The file that the path names, or the page."""
        return await self._show(call, named(call.rest, await self._all()))

    async def favicon(self, call: Call) -> Answer:
        name = "favicon.ico"
        return await self._show(call, name if name in await self._all() else None)

    async def _all(self) -> Mapping[str, Path]:
        if self._files is None:
            self._files = await self._in_thread(partial(find, self._build))
        return self._files

    async def _show(self, call: Call, name: str | None) -> Answer:
        files = await self._all()
        if name is None:
            return NOT_FOUND if INDEX in files or call.route.endpoint != "ui" else _UNBUILT
        codings = [coding for coding, end in CODINGS.items() if name + end in files]
        depth = call.below.count(b"/") if name == INDEX else 0
        coding = None if depth else chosen(call.header(b"accept-encoding"), codings)
        file = await self._read(name + (CODINGS[coding] if coding else ""))
        if depth:
            file = kept(file.content.replace(_BASE, b'<base href="%b">' % (b"../" * depth), 1))
        headers: list[Header] = [
            (b"Content-Type", kind_of(name)),
            (b"ETag", f'"{file.tag}"'.encode()),
            (b"Cache-Control", cache_rule(name)),
            (b"Accept-Ranges", b"bytes"),
            (b"X-Content-Type-Options", b"nosniff"),
            *(((b"Vary", b"Accept-Encoding"),) if codings else ()),
            *(((b"Content-Encoding", coding.encode()),) if coding else ()),
            *(_PAGE_RULES if kind_of(name).startswith((b"text/html", b"image/svg")) else ()),
        ]
        return _conditional(call, file, headers)

    async def _read(self, name: str) -> Kept:
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        files = await self._all()
        file = await self._in_thread(partial(read, files[name]))
        if name not in self._kept:
            self._kept[name] = file
            self._size += len(file.content)
        while self._size > MOST_KEPT:
            self._size -= len(self._kept.popitem(last=False)[1].content)
        return file


def chosen(accepted: bytes | None, codings: Iterable[str]) -> str | None:
    """The coding that a client with this `Accept-Encoding` gets; None: the file as it is."""
    from werkzeug.http import parse_accept_header

    wishes = parse_accept_header(accepted.decode("latin-1")) if accepted else None
    best = max(codings, key=lambda coding: wishes.quality(coding) if wishes else 0, default=None)
    return best if best and wishes and wishes.quality(best) > 0 else None


def _conditional(call: Call, file: Kept, headers: list[Header]) -> Answer:
    """The file, a part of it, or that the client has it already (RFC 9110, sections 13 and 14)."""
    from werkzeug.http import parse_etags, parse_range_header

    known = _text(call.header(b"if-none-match"))
    if known and parse_etags(known).contains_weak(file.tag):
        return Answer(304, tuple(header for header in headers if header[0] != b"Content-Type"))
    condition = _text(call.header(b"if-range"))
    wish = _text(call.header(b"range")) if condition in ("", f'"{file.tag}"') else ""
    wanted = parse_range_header(wish) if wish and call.request.method == b"GET" else None
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return Answer(200, tuple(headers), file.content)
    size = len(file.content)
    part = wanted.range_for_length(size)
    if part is None:
        return Answer(416, (*headers, (b"Content-Range", b"bytes */%d" % size)))
    start, end = part
    place = (b"Content-Range", b"bytes %d-%d/%d" % (start, end - 1, size))
    return Answer(206, (*headers, place), file.content[start:end])


def _text(value: bytes | None) -> str:
    return (value or b"").decode("latin-1")
