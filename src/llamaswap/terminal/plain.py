"""Text of others, made fit for a terminal: it cannot steer it. Pure."""

from __future__ import annotations


def shown(text: str) -> str:
    """`text` with a mark in place of every character that is none to be seen."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
