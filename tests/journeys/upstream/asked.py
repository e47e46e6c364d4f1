"""What a request to a model asks, in whichever protocol. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def last_words(body: Mapping[str, Any]) -> str:
    """The last text of the user: of `messages`, of `input`, or the `prompt`."""
    turns = body.get("messages", body.get("input", body.get("prompt", "")))
    if isinstance(turns, str):
        return turns
    users = [turn for turn in turns if isinstance(turn, dict) and turn.get("role") == "user"]
    return text_of(users[-1].get("content", "")) if users else ""


def text_of(content: object) -> str:
    """The text in a message's content."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """What passes for the tokens of the prompt: its words."""
    turns = body.get("messages", body.get("input", []))
    texts = [text_of(turn.get("content", "")) for turn in turns if isinstance(turn, dict)]
    return max(1, sum(len(text.split()) for text in texts))
