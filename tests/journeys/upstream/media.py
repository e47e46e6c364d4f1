"""What models answer that is no chat: pictures, sounds, vectors, scores. Pure.

An answer is a pair of the content type and the body.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

Answer = tuple[str, bytes]
SAMPLES = 8000


def png(width: int, height: int, colour: tuple[int, int, int] = (70, 110, 190)) -> bytes:
    """A picture of one colour."""
    line = b"\0" + bytes(colour) * width
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(line * height)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def wav(seconds: float = 0.5) -> bytes:
    """A tone."""
    tones = (int(9000 * math.sin(n * 440 * math.tau / SAMPLES)) for n in range(int(SAMPLES * seconds)))
    data = b"".join(struct.pack("<h", tone) for tone in tones)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLES, SAMPLES * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + form + b"data" + struct.pack("<I", len(data)) + data


def images(body: Mapping[str, Any]) -> Answer:
    width, height = map(int, str(body.get("size", "512x512")).split("x"))
    return _json({"created": 1_700_000_000, "data": [{"b64_json": _picture(width // 8, height // 8)}]})


def txt2img(body: Mapping[str, Any]) -> Answer:
    count = int(body.get("batch_size", 1))
    return _json({"images": [_picture(64, 64, n) for n in range(count)], "parameters": dict(body), "info": "{}"})


def loras(_: Mapping[str, Any]) -> Answer:
    return _json([{"name": "pencil", "path": "/loras/pencil"}, {"name": "oil", "path": "/loras/oil"}])


def speech(_: Mapping[str, Any]) -> Answer:
    return "audio/wav", wav()


def voices(_: Mapping[str, Any]) -> Answer:
    return _json({"voices": ["ada", {"id": "grace"}, "joan"]})


def transcription(_: Mapping[str, Any]) -> Answer:
    return _json({"text": "A tone of half a second, and nothing else."})


def rerank(body: Mapping[str, Any]) -> Answer:
    """The more letters a document shares with the query, the better."""
    query, documents = set(str(body.get("query", "")).lower()), body.get("documents", [])
    scores = [len(query & set(str(text).lower())) / max(1, len(query)) - 0.5 for text in documents]
    results = [{"index": n, "relevance_score": score} for n, score in enumerate(scores)]
    results.sort(key=lambda result: -result["relevance_score"])
    return _json({"model": body.get("model"), "results": results, "usage": {"prompt_tokens": 42, "total_tokens": 42}})


def embeddings(body: Mapping[str, Any]) -> Answer:
    texts = body.get("input", "")
    texts = [texts] if isinstance(texts, str) else texts
    data = [{"object": "embedding", "index": n, "embedding": _vector(str(text))} for n, text in enumerate(texts)]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return _json({"object": "list", "model": body.get("model"), "data": data, "usage": usage})


def _vector(text: str) -> list[float]:
    return [(byte - 127.5) / 128 for byte in sha256(text.encode()).digest()]


def _picture(width: int, height: int, number: int = 0) -> str:
    return b64encode(png(width, height, (70 + 40 * number % 180, 110, 190))).decode()


def _json(value: object) -> Answer:
    return "application/json", json.dumps(value).encode()


ENDPOINTS: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "/v1/images/generations": images,
    "/v1/images/edits": images,
    "/sdapi/v1/txt2img": txt2img,
    "/sdapi/v1/img2img": txt2img,
    "/sdapi/v1/loras": loras,
    "/v1/audio/speech": speech,
    "/v1/audio/voices": voices,
    "/v1/audio/transcriptions": transcription,
    "/v1/rerank": rerank,
    "/v1/embeddings": embeddings,
}
