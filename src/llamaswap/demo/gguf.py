"""How is a GGUF file laid out? Version 3, the part a small model needs: metadata, f32 and f16 tensors, alignment 32.

Knows nothing of what a key or a tensor means to the engine (`model.py` does).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32

Value = bool | int | float | str | Sequence[int] | Sequence[float] | Sequence[str]
"""A metadata value. A lone int is written as uint32, one in a sequence as int32; floats as float32."""


class Kind(IntEnum):
    """How a tensor's numbers are stored, with the format's own codes."""

    F32 = 0
    F16 = 1


@dataclass(frozen=True, slots=True)
class Tensor:
    """One named block of numbers; `shape` counts the fastest-varying dimension first."""

    name: str
    shape: tuple[int, ...]
    kind: Kind
    data: bytes


def encode(metadata: Mapping[str, Value], tensors: Sequence[Tensor]) -> bytes:
    """The whole file."""
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(metadata))
    head += b"".join(_text(key) + _value(value) for key, value in metadata.items())
    offset, body = 0, []
    for tensor in tensors:
        head += _text(tensor.name) + struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        head += struct.pack("<IQ", tensor.kind, offset)
        body.append(_padded(tensor.data))
        offset += len(body[-1])
    return _padded(head) + b"".join(body)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
        case _:
            return struct.pack("<I", 9) + _array(value)


def _array(items: Sequence[int] | Sequence[float] | Sequence[str]) -> bytes:
    numbers = [item for item in items if not isinstance(item, str)]
    if len(numbers) < len(items):
        return struct.pack("<IQ", 8, len(items)) + b"".join(_text(str(item)) for item in items)
    if any(isinstance(number, float) for number in numbers):
        return struct.pack(f"<IQ{len(items)}f", 6, len(items), *numbers)
    return struct.pack(f"<IQ{len(items)}i", 5, len(items), *numbers)
