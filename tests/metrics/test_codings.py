"""Undoing what answers are coded in, whatever is wrong with them."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from typing import Any

import brotli
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.codings import FREE, GROWTH, MOST_MEMBERS, Decoder, Undecodable, decoder
from tests.support.bodies import CODINGS, coded

DATA = b'{"usage":{"prompt_tokens":12}}' * 200


def made(codings: str) -> Decoder:
    found = decoder(codings)
    assert found is not None
    return found


def undone(codings: str, *pieces: bytes) -> bytes:
    work = made(codings)
    data = b"".join(map(work.feed, pieces))
    work.close()
    return data


def reason(codings: str, *pieces: bytes) -> str:
    try:
        undone(codings, *pieces)
    except Undecodable as error:
        return str(error)
    raise AssertionError("it was decoded")


class CodingTests(SynchronousTestCase):
    @given(st.binary(max_size=300), st.integers(1, 50))
    def test_all(self, data: bytes, size: int) -> None:
        """Each, in pieces."""
        for name, (header, _) in CODINGS.items():
            if header:
                whole = coded(data, name)
                pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
                self.assertEqual(undone(header, *pieces), data, name)

    def test_q18_both_forms_of_deflate(self) -> None:
        """The one that is written so, and the one that is meant by it; what follows is left alone."""
        raw = zlib.compress(DATA)[2:-4]
        for form in (zlib.compress(DATA), raw):
            self.assertEqual(undone("deflate", form + b"rest"), DATA)
            self.assertEqual(undone("deflate", form, b"rest"), DATA)

    def test_members(self) -> None:
        """Of gzip may be several, filled up with zeros; anything else behind one is damage."""
        member = gzip.compress(DATA)
        self.assertEqual(undone("gzip", member + bytes(5) + member + bytes(9)), DATA + DATA)
        self.assertEqual(undone("gzip", member, bytes(5), member), DATA + DATA)
        self.assertEqual(reason("gzip", member + b"more"), "incorrect header check")
        self.assertEqual(reason("gzip", bytes(5)), "incorrect header check")

    def test_frames(self) -> None:
        """Of zstd may be several."""
        frame = zstandard.compress(DATA)
        self.assertEqual(undone("zstd", frame + frame), DATA + DATA)
        self.assertEqual(reason("zstd", frame + frame[:3]), "it ends early")
        self.assertEqual(reason("zstd", frame + b"no frame at all"), "Unknown frame descriptor")

    def test_too_many(self) -> None:
        """Also empty ones take time, and they hardly take room."""
        for coding, empty in (("gzip", gzip.compress(b"")), ("zstd", zstandard.compress(b""))):
            self.assertEqual(undone(coding, empty * MOST_MEMBERS), b"")
            self.assertEqual(reason(coding, empty * (MOST_MEMBERS + 1)), "it has more than 10000 parts")

    def test_several(self) -> None:
        """The last one listed is undone first."""
        self.assertEqual(undone(" GZIP ,, br", brotli.compress(gzip.compress(DATA))), DATA)
        four = zlib.compress(zstandard.compress(brotli.compress(gzip.compress(DATA))))
        self.assertEqual(undone("gzip, br, zstd, deflate", four), DATA)
        self.assertEqual(reason("gzip, gzip, gzip, gzip, gzip", b"x"), "it has more than 4 codings")

    def test_unknown(self) -> None:
        """From one that is unknown the body stays as it is."""
        for codings in ("", "identity", "compress", "gzip, compress", ", identity"):
            self.assertIsNone(decoder(codings), codings)
        self.assertEqual(undone("compress, gzip", gzip.compress(b"as it is")), b"as it is")


class DamageTests(SynchronousTestCase):
    def test_not_what_it_says(self) -> None:
        """The reason is the library's, without its numbers."""
        plain = b"this is no coded text at all"
        self.assertEqual(reason("gzip", plain), "incorrect header check")
        self.assertIn("invalid", reason("deflate", plain))
        self.assertIn("invalid", reason("deflate", b"\x78\x9cno"))
        self.assertEqual(reason("br", plain), "the brotli data is damaged")
        self.assertEqual(reason("zstd", plain), "Unknown frame descriptor")

    def test_ends_early(self) -> None:
        """Wherever it does."""
        for name in ("gzip", "deflate", "raw deflate", "br", "zstd", "two codings"):
            header, whole = CODINGS[name][0], coded(DATA, name)
            for length in range(len(whole)):
                self.assertEqual(reason(header, whole[:length]), "it ends early", (name, length))

    def test_large_window(self) -> None:
        """zstd may not ask for more memory than 8 MiB."""
        parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
        stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self.assertIn("too much memory", reason("zstd", stream.compress(DATA) + stream.flush()))


class BombTests(SynchronousTestCase):
    HUGE = 100 * 1024 * 1024

    def test_bombs(self) -> None:
        """A body that grows beyond all measure is given up, before it takes the memory."""
        for header, bomb in self._bombs().items():
            tracemalloc.start()
            said = reason(header, bomb)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertEqual(said, "it grows to more than 4 MiB and 64 times its size", header)
            self.assertLess(peak, 4 * FREE + 2 * GROWTH * len(bomb), header)

    def test_what_repeats_itself(self) -> None:
        """Is none: a model in a loop writes much the same, and little."""
        data = b'data: {"choices":[{"delta":{"content":" and on"}}]}\n\n' * 50_000
        for name, (header, _) in CODINGS.items():
            if header:
                self.assertEqual(undone(header, coded(data, name)), data, name)

    def test_large_and_honest(self) -> None:
        """A large body is decoded, in pieces as they come."""
        data = random.Random(1).randbytes(FREE + 1_000_000)
        for name, (header, _) in CODINGS.items():
            if header and name != "gzip in pieces":
                whole = coded(data, name)
                pieces = (whole[at : at + 65536] for at in range(0, len(whole), 65536))
                self.assertEqual(undone(header, *pieces), data, name)

    def _bombs(self) -> dict[str, bytes]:
        block = bytes(1024 * 1024)
        blocks = self.HUGE // len(block)
        made: dict[str, Any] = {"gzip": zlib.compressobj(9, wbits=31), "deflate": zlib.compressobj(9), "br": _Brotli()}
        bombs = {
            name: b"".join([work.compress(block) for _ in range(blocks)]) + work.flush() for name, work in made.items()
        }
        stream = zstandard.ZstdCompressor().compressobj()
        bombs["zstd"] = b"".join([stream.compress(block) for _ in range(blocks)]) + stream.flush()
        return bombs | {"deflate, br": bytes(brotli.compress(bombs["deflate"]))}


class _Brotli:
    def __init__(self) -> None:
        self._work = brotli.Compressor(quality=1)

    def compress(self, data: bytes) -> bytes:
        return bytes(self._work.process(data))

    def flush(self) -> bytes:
        return bytes(self._work.finish())
