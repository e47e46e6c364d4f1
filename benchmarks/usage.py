"""What it costs to watch an answer for tokens and times: CPU time, on top of relaying it.

    python benchmarks/usage.py

Prints microseconds for a small answer and for a chunk of a stream, MB/s for bodies of some MB in pieces of 64 KiB,
and microseconds for each byte of what is made to take long.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable

import brotli
import zstandard

from llamaswap.metrics.usage import Meter

PATH = "/v1/chat/completions"
PIECE = 64 * 1024
LENGTH = 256 * 1024
USAGE = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
CHUNK = {
    "id": "chatcmpl-Ab3dEf5hIj7kLm9oPq1s",
    "object": "chat.completion.chunk",
    "created": 1_790_000_000,
    "model": "a-model",
    "choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}],
}
SMALL = json.dumps(
    {
        "id": "chatcmpl-Ab3dEf5hIj7kLm9oPq1s",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "a-model",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Good day!"}, "finish_reason": "stop"}],
        "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}},
    }
).encode()


def best(run: Callable[[], object], times: int) -> float:
    """Seconds of CPU that one run takes when nothing is in its way."""
    found = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(times):
            run()
        found.append((time.process_time() - began) / times)
    return min(found)


def event(**more: object) -> bytes:
    return b"data: " + json.dumps({**CHUNK, **more}, separators=(",", ":")).encode() + b"\n\n"


def answer(data: bytes, kind: str = "application/json", coding: str = "") -> None:
    meter = Meter(200, "OK", PATH, kind, coding)
    for at in range(0, len(data), PIECE):
        meter.feed(data[at : at + PIECE])
    assert meter.close().tokens.input == USAGE["prompt_tokens"], "the tokens were not found"


def small() -> None:
    print(f"{'an answer of ' + str(len(SMALL)) + ' bytes':44}{best(lambda: answer(SMALL), 10_000) * 1e6:8.2f} µs")
    print(f"{'of these, json.loads':44}{best(lambda: json.loads(SMALL.decode()), 10_000) * 1e6:8.2f} µs")
    stream = Meter(200, "OK", PATH, "text/event-stream", "")
    plain = event()
    pieces = {
        f"a chunk of {len(plain)} bytes": (plain,),
        "the same, with usage: null": (event(usage=None),),
        "the same, with usage": (event(usage=USAGE),),
        "the same, in two pieces": (plain[:100], plain[100:]),
    }
    for name, parts in pieces.items():
        print(f"{name:44}{best(lambda parts=parts: [stream.feed(part) for part in parts], 20_000) * 1e6:8.2f} µs")


def large() -> None:
    chance = random.Random(1)
    vectors = [{"index": i, "embedding": [round(chance.uniform(-1, 1), 7) for _ in range(1024)]} for i in range(250)]
    word = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "a", "logprob": -0.5}] * 3}
    embeddings = json.dumps({"data": vectors, "usage": USAGE}).encode()
    bodies = {
        "embeddings": embeddings,
        "an image": json.dumps({"data": [{"b64_json": "QUJD" * 750_000}], "usage": USAGE}).encode(),
        "text with escapes": json.dumps({"text": 'He said: "Yes."\n' * 150_000, "usage": USAGE}).encode(),
        "logprobs": json.dumps({"choices": [{"content": [word] * 15_000}], "usage": USAGE}).encode(),
        "brackets": b'{"a":%b%b,"usage":%b}' % (b"[" * 1_500_000, b"]" * 1_500_000, json.dumps(USAGE).encode()),
        "members": b'{%b"usage":%b}' % (b'"a":1,' * 500_000, json.dumps(USAGE).encode()),
    }
    for name, body in bodies.items():
        show(name, len(body), best(lambda body=body: answer(body), 1))
    stream = event() * 12_000 + event(usage=USAGE)
    show("a stream", len(stream), best(lambda: answer(stream, "text/event-stream"), 1))
    for coding, compress in (("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)):
        coded = compress(embeddings)
        seconds = best(lambda coded=coded, coding=coding: answer(coded, coding=coding), 1)
        show(f"embeddings in {coding}", len(embeddings), seconds)


def hostile() -> None:
    """What a server may answer with to hold this one up; none of it tells anything."""
    for kind, path, start, part in (
        ("application/json", PATH, '{"a":', "[]"),
        ("application/json", PATH, '{"a":1', ',"":[]'),
        ("application/json", PATH, '{"a":1', ',"usage":{}'),
        ("application/json", PATH, '{"a":1', ',"usage":1'),
        ("application/json", PATH, '{"a":[1', ',{"usage":1}'),
        ("application/json", PATH, '{"a":', "["),
        ("application/json", "/infill", '[{"a":1}', ',{"timings":{}}'),
        ("text/event-stream", PATH, 'data: {"a":', "[]"),
        ("text/event-stream", PATH, 'data: {"response":{"a":1', ',"a":{"b":1}'),
        ("text/event-stream", PATH, 'data: {"a":1', ',"response":{}'),
        ("text/event-stream", PATH, "", 'data:{"usage":{}}\n'),
    ):
        text = (start + part * (LENGTH // len(part))).encode()
        seconds = best(lambda text=text, kind=kind, path=path: passed(text, kind, path), 1)
        print(f"{start + part * 2!r:58}{seconds / len(text) * 1e6:8.3f} µs/byte")


def passed(text: bytes, kind: str, path: str) -> None:
    meter = Meter(200, "OK", path, kind, "")
    for at in range(0, len(text), PIECE):
        meter.feed(text[at : at + PIECE])


def show(name: str, size: int, seconds: float) -> None:
    print(f"{name + f' of {size / 1e6:.1f} MB':44}{size / seconds / 1e6:8.0f} MB/s")


def main() -> None:
    small()
    large()
    hostile()


if __name__ == "__main__":
    main()
