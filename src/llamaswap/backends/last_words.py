"""What did a process write last, for people who want to know why it has ended? Pure."""

from __future__ import annotations

import re

MOST_LINES = 10
LONGEST_LINE = 400
"""Characters."""
_CONTROLS = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
"""Colours and the like."""


def last_words(output: bytes) -> tuple[str, ...]:
    """The last lines of `output` that say something, without colours; what is long is cut."""
    lines = [_CONTROLS.sub("", line).rstrip() for line in output.decode("utf-8", "replace").splitlines()]
    return tuple(_cut(line) for line in [line for line in lines if line][-MOST_LINES:])


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"
