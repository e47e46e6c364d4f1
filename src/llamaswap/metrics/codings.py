"""Undoing the Content-Encoding of an answer, piece by piece and within bounds (http-api section 13.1). Pure.

A body may come to `FREE` bytes and `GROWTH` times what came of it, whatever it is made of; steps are no larger than
`STEP` (4 MiB with zstd), so a hostile piece costs no more than that. The modules of br and zstd are imported when the
first answer needs them.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

FREE = 4 * 1024 * 1024
GROWTH = 64
STEP = 256 * 1024
MOST = 4
"""Codings of one body."""
MOST_MEMBERS = 10_000
"""Parts that it consists of: each costs time, also an empty one."""
_ZSTD_SLICE = 128
"""Its decoder knows no bound: so many coded bytes become 4 MiB at most."""
_ZSTD_WINDOW = 8 * 1024 * 1024
"""The largest that a server may ask of those who decode (RFC 9659)."""
_GZIP_WINDOW = 31
_ENDS_EARLY = "it ends early"


class Undecodable(Exception):
    """The body is not what its coding says; the text is the reason."""


class Coding(Protocol):
    """One coding, being undone."""

    def steps(self, data: bytes) -> Iterator[bytes]:
        """What `data`, which is not empty, adds, in steps. Raises `Undecodable`."""

    def close(self) -> None:
        """Nothing more comes. Raises `Undecodable` when that is too early."""


class Decoder:
    """Undoes all codings of a body that are known."""

    __slots__ = ("_codings", "_given", "_taken")

    def __init__(self, codings: list[Coding]) -> None:
        self._codings = codings
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> bytes:
        """`data` decoded, as far as it can be. Raises `Undecodable`, after which it must not be used."""
        if len(self._codings) > MOST:
            raise Undecodable(f"it has more than {MOST} codings")
        self._taken += len(data)
        pieces: Iterable[bytes] = (data,)
        for coding in self._codings:
            pieces = self._undone(coding, pieces)
        return b"".join(pieces)

    def close(self) -> None:
        """The body has ended. Raises `Undecodable` when it should have gone on."""
        for coding in self._codings:
            coding.close()

    def _undone(self, coding: Coding, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            for step in coding.steps(piece) if piece else ():
                self._given += len(step)
                if self._given > FREE + GROWTH * self._taken:
                    raise Undecodable(f"it grows to more than {FREE >> 20} MiB and {GROWTH} times its size")
                yield step


def decoder(codings: str) -> Decoder | None:
    """For what a Content-Encoding lists; None when nothing of it can be undone.

    The last one listed is undone first; from one that is unknown the body stays as it is.
    """
    names = [name for part in codings.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    known: list[Coding] = []
    for name in reversed(names):
        if name not in _CODINGS or len(known) > MOST:
            break
        known.append(_CODINGS[name]())
    return Decoder(known) if known else None


class _Members(ABC):
    """What may consist of several parts, one after the other."""

    __slots__ = ("_count", "_member")
    padding = b""
    """What may stand behind one."""

    def __init__(self) -> None:
        self._member: Any = None
        self._count = 0

    def steps(self, data: bytes) -> Iterator[bytes]:
        while data := self._open(data):
            yield from self._decoded(self._member, data)
            if not self._member.eof:
                return
            data, self._member = self._member.unused_data, None

    def close(self) -> None:
        if self._member is not None or not self._count:
            raise Undecodable(_ENDS_EARLY)

    def _open(self, data: bytes) -> bytes:
        if self._member is not None:
            return data
        data = data.lstrip(self.padding) if self._count else data
        if data:
            self._count += 1
            if self._count > MOST_MEMBERS:
                raise Undecodable(f"it has more than {MOST_MEMBERS} parts")
            self._member = self._new()
        return data

    @abstractmethod
    def _new(self) -> Any:
        """What decodes one of them."""

    @abstractmethod
    def _decoded(self, member: Any, data: bytes) -> Iterator[bytes]: ...


class _Gzip(_Members):
    __slots__ = ()
    padding = b"\0"

    def _new(self) -> Any:
        return zlib.decompressobj(_GZIP_WINDOW)

    def _decoded(self, member: Any, data: bytes) -> Iterator[bytes]:
        return _inflated(member, data)


class _Deflate:
    """Raw, or as it should be (RFC 9110, 8.4.1.2): within zlib's format. What follows its end is left alone (Q18)."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        self._stream: Any = None

    def steps(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            # zlib's first byte ends in 8; DEFLATE's does not, unless a stored block fills up with other bits than zeros
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if data[0] & 15 == 8 else -zlib.MAX_WBITS)
        if not self._stream.eof:
            yield from _inflated(self._stream, data)

    def close(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise Undecodable(_ENDS_EARLY)


def _inflated(stream: Any, data: bytes) -> Iterator[bytes]:
    while True:
        try:
            step = stream.decompress(data, STEP)
        except zlib.error as error:
            raise Undecodable(str(error).rpartition(": ")[2]) from error
        yield step
        data = stream.unconsumed_tail
        if stream.eof or (not data and len(step) < STEP):
            return


class _Brotli:
    __slots__ = ("_error", "_stream")

    def __init__(self) -> None:
        import brotli

        self._stream: Any = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    def steps(self, data: bytes) -> Iterator[bytes]:
        while not self._stream.is_finished():
            try:
                step = self._stream.process(data, output_buffer_limit=STEP)
            except self._error as error:
                raise Undecodable("the brotli data is damaged") from error
            if not step:
                return
            yield step
            data = b""

    def close(self) -> None:
        if not self._stream.is_finished():
            raise Undecodable(_ENDS_EARLY)


class _Zstd(_Members):
    __slots__ = ("_context", "_error")

    def __init__(self) -> None:
        super().__init__()
        import zstandard

        self._context: Any = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._error: type[Exception] = zstandard.ZstdError

    def steps(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_SLICE):
            yield from super().steps(data[start : start + _ZSTD_SLICE])

    def _new(self) -> Any:
        return self._context.decompressobj()

    def _decoded(self, member: Any, data: bytes) -> Iterator[bytes]:
        try:
            yield member.decompress(data)
        except self._error as error:
            raise Undecodable(str(error).rpartition(": ")[2]) from error


_CODINGS: dict[str, Callable[[], Coding]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
