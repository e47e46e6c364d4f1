"""Command texts of the configuration: which lines count, and which words they make (configuration section 9).

No shell is involved. `shlex` differs in four points (escapes inside double quotes, backslash-newline, carriage
return, unclosed quotes), so the splitting is ours. Which dialect a platform has is the only thing known of it.
"""

from __future__ import annotations

import os
import re
from enum import Enum

_PIECE = re.compile(
    r"""
      (?P<gap>      [ \t\n]+ )
    | \\(?P<escaped> . )
    | '(?P<single>  [^']* )(?:'|\Z)     # an unclosed quote runs to the end
    | "(?P<double>  (?: [^"\\] | \\. )* )(?:"|\Z)
    | (?P<bare>     [^ \t\n\\'"]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_WINDOWS_PIECE = re.compile(
    r"""
      (?P<gap>      [ \t\r\n]+ )
    | (?P<slashes>  \\* )(?P<quote> " )     # a backslash means something only in front of a quote
    | \\+ | [^ \t\r\n\\"]+
    """,
    re.VERBOSE,
)
_DOUBLE_ESCAPE = re.compile(r"\\([$`\"\\])")


def strip_comments(text: str) -> str:
    """`text` without the lines whose first non-blank character is `#`; the others stay as written."""
    if "#" not in text:
        return text
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))


class Dialect(Enum):
    """How a platform's programs are given their words."""

    POSIX = "posix"
    WINDOWS = "windows"


NATIVE = Dialect.WINDOWS if os.name == "nt" else Dialect.POSIX
DEFAULT_CMD_STOP = {Dialect.POSIX: "", Dialect.WINDOWS: "taskkill /f /t /pid ${PID}"}
"""How a model is stopped that says nothing of it; on POSIX systems by signals."""


def split_command(text: str, dialect: Dialect = NATIVE) -> list[str]:
    """The words of a command (sections 9.1 and 9.2); none when it is empty. Never fails."""
    joined = "\n".join(_continued(line) for line in strip_comments(text).split("\n"))
    return _windows_words(joined) if dialect is Dialect.WINDOWS else _posix_words(joined)


def _continued(line: str) -> str:
    """A backslash at the end of a line always separates words, unlike in a shell."""
    bare = line.strip()
    return bare[:-1] + " " if bare.endswith("\\") else line


def _posix_words(text: str) -> list[str]:
    words: list[str] = []
    word: str | None = None
    for piece in _PIECE.finditer(text):
        if piece["gap"] is None:
            word = _extended(word, piece)
        elif word is not None:
            words.append(word)
            word = None
    return words if word is None else [*words, word]


def _extended(word: str | None, piece: re.Match[str]) -> str:
    """`word` with one more piece; quotes begin a word even when they hold nothing."""
    if piece["double"] is not None:
        return (word or "") + _DOUBLE_ESCAPE.sub(r"\1", piece["double"])
    return (word or "") + piece[piece.lastgroup or 0]


def _windows_words(text: str) -> list[str]:
    words: list[str] = []
    word: str | None = None
    quoted = False
    place = 0
    while piece := _WINDOWS_PIECE.match(text, place):
        place = piece.end()
        if piece["gap"] and not quoted:
            words += [] if word is None else [word]
            word = None
        elif not piece["quote"]:
            word = (word or "") + piece[0]
        else:
            word = (word or "") + "\\" * (len(piece["slashes"]) // 2)
            doubled = quoted and text.startswith('"', place)
            if len(piece["slashes"]) % 2:
                word += '"'
            elif doubled:
                word += '"'
                place += 1
            else:
                quoted = not quoted
    return words if word is None else [*words, word]
