"""Command texts of the configuration: which lines count, and which words they make (configuration section 9).

No shell is involved. `shlex` differs in four points (escapes inside double quotes, backslash-newline, carriage
return, unclosed quotes), so the splitting is ours.
"""

from __future__ import annotations

import re

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
_DOUBLE_ESCAPE = re.compile(r"\\([$`\"\\])")


def strip_comments(text: str) -> str:
    """`text` without the lines whose first non-blank character is `#`; the others stay as written."""
    if "#" not in text:
        return text
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))


def split_command(text: str) -> list[str]:
    """The words of a command in the POSIX dialect (section 9.1); none when the command is empty. Never fails."""
    joined = "\n".join(_continued(line) for line in strip_comments(text).split("\n"))
    words: list[str] = []
    word: str | None = None
    for piece in _PIECE.finditer(joined):
        if piece["gap"] is None:
            word = _extended(word, piece)
        elif word is not None:
            words.append(word)
            word = None
    return words if word is None else [*words, word]


def _continued(line: str) -> str:
    """A backslash at the end of a line always separates words, unlike in a shell."""
    bare = line.strip()
    return bare[:-1] + " " if bare.endswith("\\") else line


def _extended(word: str | None, piece: re.Match[str]) -> str:
    """`word` with one more piece; quotes begin a word even when they hold nothing."""
    if piece["double"] is not None:
        return (word or "") + _DOUBLE_ESCAPE.sub(r"\1", piece["double"])
    return (word or "") + piece[piece.lastgroup or 0]
