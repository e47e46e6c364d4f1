"""Which models another server says that it has: the body of its `GET /v1/models`, read with care. Pure."""

from __future__ import annotations

import json
from typing import Any

LARGEST = 4 * 1024 * 1024
"""Bytes of a body that are looked at."""
MOST_NAMES = 1000
LONGEST_NAME = 256
_OWN = "model"
"""What a server of this kind calls a model of its own, among aliases, selectors and what its peers have."""


def offered_models(body: bytes) -> tuple[str, ...]:
    """The names of the server's own models, each once, in its order; no more than there may be.

    What only stands for other models is left out, and what comes from the server's own peers: two servers that list
    each other would never see the end of it. Names that nobody could show or ask for are left out as well. Raises
    ValueError for a body that is no list of models.
    """
    try:
        entries = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("the answer is no list of models") from error
    if not isinstance(entries, list):
        raise ValueError("the answer is no list of models")
    names = dict.fromkeys(entry["id"] for entry in entries if isinstance(entry, dict) and _is_own(entry))
    return tuple(names)[:MOST_NAMES]


def _is_own(entry: dict[str, Any]) -> bool:
    name = entry.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or not name.strip():
        return False
    meta = entry.get("meta")
    ours = meta.get("llamaswap") if isinstance(meta, dict) else None
    return ours.get("type", _OWN) == _OWN if isinstance(ours, dict) else True
