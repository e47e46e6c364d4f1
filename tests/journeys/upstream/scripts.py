"""What a model says, and how: the scripts that are always there, and those that a test has written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PLAY = "play "
USUAL = "hello"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A call of a tool."""

    name: str
    arguments: str
    """JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer. Every text is said in pieces, with a pause between them."""

    text: str = ""
    reasoning: str = ""
    """Said before the text."""
    piece: int = 0
    """Characters of a piece; 0: a word."""
    pause: float = 0.005
    """Seconds between two pieces."""
    before: float = 0.0
    """Seconds from the request to the head of the answer."""
    tools: Sequence[Tool] = ()
    error: str = ""
    """Said in the stream behind the text, in the words of the protocol; there is no proper end then."""
    cut: bool = False
    """The connection is closed behind the text."""
    status: int = 200
    """Another one answers `error` at once, as JSON."""
    finish: str = "stop"
    """`stop` or `length`."""
    log: Sequence[str] = ()
    """Lines written to the model's log before the answer."""
    burst: int = 0
    """So many numbered lines more, as fast as they can be written."""

    def pieces(self, text: str) -> list[str]:
        """A text in its pieces."""
        if self.piece:
            return [text[start : start + self.piece] for start in range(0, len(text), self.piece)]
        words = text.split(" ")
        return [word + " " for word in words[:-1]] + words[-1:] if text else []

    @property
    def tokens(self) -> int:
        """How many pieces there are in all, which passes for the number of tokens."""
        return len(self.pieces(self.reasoning)) + len(self.pieces(self.text))


ALWAYS: Mapping[str, Script] = {
    USUAL: Script(text="Hello, this is a canned answer of nine words."),
    "think": Script(reasoning="First I think. Then I think again.", text="Here is what I thought.", pause=0.02),
    "tools": Script(text="Let me look.", tools=(Tool(name="weather", arguments='{"city": "Bergen"}'),)),
    "error": Script(text="It begins well", error="the model has lost its thread"),
    "cut": Script(text="It begins well and", cut=True),
    "refuse": Script(status=400, error="the prompt is too long for this model"),
    "long": Script(text="word " * 600, pause=0.05),
    "length": Script(text="It never comes to", finish="length"),
}


class Shelf:
    """Finds scripts by their names."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, prompt: str) -> Script:
        """What this message of a user wants to hear; one that names no known script hears the usual."""
        name = prompt.strip().removeprefix(PLAY).split("\n")[0].strip() if prompt.strip().startswith(PLAY) else USUAL
        return self._written(name) or ALWAYS.get(name, ALWAYS[USUAL])

    def _written(self, name: str) -> Script | None:
        file = self._folder / f"{name}.json" if self._folder and name.replace("-", "").isalnum() else None
        return read(json.loads(file.read_text())) if file and file.exists() else None


def read(data: Mapping[str, Any]) -> Script:
    """A script as a test has written it. Raises `TypeError` for a word that is none."""
    return Script(**{**data, "tools": [Tool(**tool) for tool in data.get("tools", ())]})


def written(script: Script) -> str:
    """The way back."""
    data = {field.name: getattr(script, field.name) for field in fields(script)}
    return json.dumps(data | {"tools": [{"name": tool.name, "arguments": tool.arguments} for tool in script.tools]})
