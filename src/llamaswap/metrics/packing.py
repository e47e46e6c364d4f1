"""What a capture looks like while it is kept: without secrets, small, and one piece of bytes. For threads."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from llamaswap.config.schema import CaptureRules
from llamaswap.exchange import Header
from llamaswap.metrics.redaction import header_map

if TYPE_CHECKING:
    from llamaswap.metrics.body_redaction import BodyRedaction

OVERHEAD = 64
"""Bytes that a piece takes besides its own."""
_SIZE = 4
_LEVEL = 3
_CODED = (b"content-encoding",)


class Capture(NamedTuple):
    """A request and its answer, fit to be shown. None: not stored."""

    path: str
    request_headers: Mapping[str, str]
    request_body: bytes | None
    response_headers: Mapping[str, str]
    response_body: bytes | None


class Gathered:
    """The same as it was received, secrets included."""

    __slots__ = ("keeps_response", "length", "path", "pieces", "request_body", "request_headers", "response_headers")

    def __init__(self) -> None:
        self.path = ""
        self.request_headers: Sequence[Header] = ()
        self.request_body: bytes | Callable[[], bytes] | None = None
        """Or what puts it together, in a thread."""
        self.length = 0
        """Of the body of the request, also when it is not kept."""
        self.response_headers: Sequence[Header] = ()
        self.pieces: list[bytes] = []
        self.keeps_response = False

    def folded(self) -> bytes | None:
        """All of it in one piece: many small ones cost more to be kept than this does. None for a body in a file."""
        request, response = self.request_body, b"".join(self.pieces)
        if callable(request):
            return None
        heads = (list(self.request_headers), list(self.response_headers))
        return marshal.dumps((self.path, self.length, self.keeps_response, heads, request, response))

    @classmethod
    def unfolded(cls, data: bytes) -> Gathered:
        """What was folded."""
        gathered = cls()
        gathered.path, gathered.length, gathered.keeps_response, heads, request, response = marshal.loads(data)
        gathered.request_headers, gathered.response_headers = heads
        gathered.request_body = request
        gathered.pieces = [response]
        return gathered

    def without_response(self) -> int:
        """Let go of the body of the answer; returns the bytes that it took."""
        pieces, self.pieces = self.pieces, []
        return sum(map(len, pieces)) + OVERHEAD * len(pieces)


class Packer:
    """Packs by these rules."""

    def __init__(self, rules: CaptureRules) -> None:
        self._fields = rules.redact_fields
        self.secret = frozenset(name.lower().encode() for name in rules.redact_headers)
        """Names of headers whose values are not shown, besides those that never are."""

    @cached_property
    def _bodies(self) -> BodyRedaction:
        """Made in the first thread that needs it: its tables are not small."""
        from llamaswap.metrics.body_redaction import BodyRedaction

        return BodyRedaction(self._fields)

    def pack(self, gathered: Sequence[Gathered | bytes]) -> list[bytes]:
        """Each in as few bytes as can be had quickly."""
        import zstandard  # late: nothing is captured on most starts

        compressor = zstandard.ZstdCompressor(level=_LEVEL)
        return [_packed(self.shown(each), compressor.compressobj()) for each in gathered]

    def shown(self, gathered: Gathered | bytes) -> Capture:
        """What may be shown of it, which may be folded."""
        if isinstance(gathered, bytes):
            gathered = Gathered.unfolded(gathered)
        request_headers = header_map(gathered.request_headers, secret=self.secret)
        if "Content-Length" in request_headers:
            request_headers["Content-Length"] = str(gathered.length)
        request, response = gathered.request_body, b"".join(gathered.pieces)
        gathered.pieces = [response]  # or both would be kept until this one is packed
        return Capture(
            gathered.path,
            request_headers,
            None if request is None else self._bodies.request(request() if callable(request) else request),
            header_map(gathered.response_headers, without=_CODED, secret=self.secret),
            self._bodies.response(response) if gathered.keeps_response else None,
        )


def _packed(capture: Capture, stream: Any) -> bytes:
    """The size of its head, its head, and its bodies; these are never copied as a whole."""
    bodies = [capture.request_body, capture.response_body]
    sizes = [None if body is None else len(body) for body in bodies]
    told: Any = (capture.path, capture.request_headers, capture.response_headers, sizes)
    head = marshal.dumps(told)
    parts = [len(head).to_bytes(_SIZE, "big"), head, *filter(None, bodies)]
    return b"".join((*map(stream.compress, parts), stream.flush()))


def unpack(packed: bytes) -> Capture:
    """What `Packer.pack` packed."""
    import zstandard

    data = memoryview(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
    begin = _SIZE + int.from_bytes(data[:_SIZE], "big")
    path, asked, answered, (first, second) = marshal.loads(data[_SIZE:begin])
    middle = begin + (first or 0)
    request = None if first is None else bytes(data[begin:middle])
    return Capture(path, asked, request, answered, None if second is None else bytes(data[middle:]))
