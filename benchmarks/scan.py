"""How long it takes to find the model's name in bodies of all kinds, hostile ones included.

    python benchmarks/scan.py

Prints milliseconds for each body; up to 16 KiB are scanned on the reactor, larger ones in a thread.
"""

from __future__ import annotations

import json
import time

from llamaswap.resolve.places import find_model

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
MESSAGE = {"role": "user", "content": 'say "hello"\n' * 12}
IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "A" * 20_000_000}}]}

BODIES = {
    "a short chat, model first": (JSON, json.dumps({"model": "m", "messages": [MESSAGE]})),
    "a chat of 16 KiB, model last": (JSON, json.dumps({"messages": [MESSAGE] * 85, "model": "m"})),
    "a chat of 1 MiB, model last": (JSON, json.dumps({"messages": [MESSAGE] * 5_500, "model": "m"})),
    "an image of 20 MB before it": (JSON, json.dumps({"messages": [IMAGE], "model": "m"})),
    "16 KiB of brackets": (JSON, '{"a":' + "[" * 16_000),
    "1 MB of brackets": (JSON, '{"a":' + "[" * 1_000_000),
    "16 KiB of keys": (JSON, "{" + '"a":1,' * 2_700 + '"model":"m"}'),
    "60 MB of escapes": (JSON, '{"a":"' + "\\n" * 30_000_000 + '","model":"m"}'),
    "16 KiB of form fields": (FORM, "%41&" * 4_000),
}


def main() -> None:
    for name, (kind, text) in BODIES.items():
        body = text.encode()
        began = time.perf_counter()
        find_model(b"POST", b"", kind, body)
        print(f"{name:32} {len(body):>10} bytes {(time.perf_counter() - began) * 1e3:8.2f} ms")


if __name__ == "__main__":
    main()
