"""The GGUF container, read back by a parser that shares nothing with the writer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.demo.gguf import Kind, Tensor, Value, encode

SCALARS = {4: "I", 5: "i", 6: "f", 7: "?"}


class Reader:
    """Reads one GGUF file from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.magic = self._bytes(4)
        self.version, tensors, keys = self._numbers("IQQ")
        self.metadata = {self._text(): self._value() for _ in range(keys)}
        described = [self._description() for _ in range(tensors)]
        self._at += -self._at % 32
        self.tensors = {name: (shape, kind, self._at + offset) for name, shape, kind, offset in described}

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        """The first numbers of a tensor."""
        _, kind, start = self.tensors[name]
        return struct.unpack_from(f"<{count}{'fe'[kind]}", self._data, start)

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _numbers(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{layout}", self._bytes(struct.calcsize(f"<{layout}")))

    def _text(self) -> str:
        return self._bytes(self._numbers("Q")[0]).decode()

    def _value(self) -> object:
        (kind,) = self._numbers("I")
        if kind != 9:
            return self._scalar(kind)()
        item, count = self._numbers("IQ")
        return [self._scalar(item)() for _ in range(count)]

    def _scalar(self, kind: int) -> Callable[[], object]:
        return self._text if kind == 8 else lambda: self._numbers(SCALARS[kind])[0]

    def _description(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._text()
        shape = self._numbers(f"{self._numbers('I')[0]}Q")
        kind, offset = self._numbers("IQ")
        return name, shape, kind, offset


class EncodeTests(SynchronousTestCase):
    """A file says what was put in, at the places the format prescribes."""

    def test_head_names_format_and_version(self) -> None:
        """A file begins with the magic word and version 3."""
        reader = Reader(encode({}, []))
        self.assertEqual((reader.magic, reader.version), (b"GGUF", 3))

    def test_metadata_comes_back_with_its_types(self) -> None:
        """Every kind of metadata value is read back as it was given."""
        metadata: dict[str, Value] = {"n": 7, "f": 0.5, "b": True, "s": "\u2581sea"}
        metadata |= {"ss": ["a", ""], "fs": [0.25, -1.0], "ns": [-1, 2]}
        self.assertEqual(Reader(encode(metadata, [])).metadata, metadata)

    def test_tensors_are_found_at_aligned_places(self) -> None:
        """Each tensor's data begins at a multiple of 32 and is its own."""
        tensors = [
            Tensor("one", (3,), Kind.F32, struct.pack("<3f", 1, 2, 3)),
            Tensor("two", (2, 3), Kind.F16, struct.pack("<6e", *range(6))),
        ]
        reader = Reader(encode({"k": "v"}, tensors))
        self.assertEqual(reader.tensors["two"][:2], ((2, 3), Kind.F16))
        self.assertEqual({start % 32 for _, _, start in reader.tensors.values()}, {0})
        self.assertEqual((reader.numbers("one", 3), reader.numbers("two", 6)), ((1, 2, 3), (0, 1, 2, 3, 4, 5)))

    def test_the_last_tensor_is_padded_too(self) -> None:
        """A file's length is a multiple of the alignment, as readers that map it expect."""
        self.assertEqual(len(encode({}, [Tensor("one", (1,), Kind.F32, bytes(4))])) % 32, 0)
