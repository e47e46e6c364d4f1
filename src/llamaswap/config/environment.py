"""`${env.NAME}` in the text of a file, before it is YAML (configuration section 4).

Which variables there are is handed in. A variable that is mentioned in YAML's comments only is not needed.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

from yaml.events import ScalarEvent

from llamaswap.config.nodes import ScalarNode
from llamaswap.config.parse import Unreadable, parse
from llamaswap.config.report import Report
from llamaswap.config.source import Edit, Source

_MENTION = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")
_MARK = "${env."
_NO_VALUE = re.compile("[\n\r\0\x85\u2028\u2029]")
"""What ends a line in YAML, and NUL."""
_PASSES = 2
"""A value may mention another variable; one that is left after that is reported where it stands."""


class Mention(NamedTuple):
    """A variable in a text."""

    name: str
    at: int
    """Of its first character."""


def substitute_environment(source: Source, environ: Mapping[str, str], report: Report) -> tuple[Source, frozenset[str]]:
    """`source` with the values of `environ`, and the names of variables that have none that can be used.

    Those are reported, and stay in the text where that is YAML with them; else nothing takes their place.
    """
    missing: set[str] = set()
    for _ in range(_PASSES):
        if _MARK not in source.text:
            break
        source = _Pass(source, environ, report, missing).result()
    return source, frozenset(missing)


class _Pass:
    """One substitution of all mentions in a text."""

    def __init__(self, source: Source, environ: Mapping[str, str], report: Report, missing: set[str]) -> None:
        self._source = source
        self._environ = environ
        self._report = report
        self._missing = missing
        self._readable = True
        self._lines = source.text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]
        self._values: dict[str, str] = {}

    def result(self) -> Source:
        for mention in self._needed():
            self._look_up(mention)
        if not self._readable:
            self._values.update(dict.fromkeys(self._missing, ""))
        edits: dict[int, list[Edit]] = {}
        text = "".join(self._line(line, number, edits) for number, line in enumerate(self._lines, 1))
        return Source(self._source.file, text, edits, self._source)

    def _needed(self) -> Iterator[Mention]:
        """The first mention of every variable that is needed."""
        found = [Mention(match[1], match.start()) for match in _MENTION.finditer(self._source.text)]
        try:
            spans = _scalars(self._source.text)
        except Unreadable:  # as with `[${env.KEY}]`: comments cannot be told from the rest
            self._readable = False
        else:
            found = [mention for mention in found if _is_in(mention, spans)]
        yield from {mention.name: mention for mention in reversed(found)}.values()

    def _look_up(self, mention: Mention) -> None:
        if mention.name in self._missing or mention.name in self._values:
            return
        value = self._environ.get(mention.name)
        if value is None:
            self._complain(mention, f"environment variable {mention.name} is not set")
        elif _NO_VALUE.search(value):
            self._complain(mention, f"environment variable {mention.name} contains newlines or null bytes")
        else:
            self._report.used(mention.name, value)
            self._values[mention.name] = escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            for text in (value, escaped):
                self._report.conceal(text, f"${{env.{mention.name}}}")

    def _complain(self, mention: Mention, message: str) -> None:
        self._missing.add(mention.name)
        line = bisect(self._starts, mention.at)
        place = self._source.place(line, mention.at - self._starts[line - 1] + 1)
        self._report.error(ScalarNode(None, "", place), "", message)

    def _line(self, line: str, number: int, edits: dict[int, list[Edit]]) -> str:
        if _MARK not in line:
            return line
        shift = 0

        def put(match: re.Match[str]) -> str:
            nonlocal shift
            value = self._values.get(match[1])
            if value is None:
                return match[0]
            edits.setdefault(number, []).append(Edit(match.start() + shift + 1, len(value), len(match[0]), match[1]))
            shift += len(value) - len(match[0])
            return value

        return _MENTION.sub(put, line)


class _Span(NamedTuple):
    """A scalar's place in the text, and what it holds."""

    start: int
    end: int
    content: str


def _scalars(text: str) -> list[_Span]:
    """Every scalar, in order. Raises `Unreadable`."""
    events: list[Any] = [event for event in parse(text) if isinstance(event, ScalarEvent)]
    return [_Span(event.start_mark.index, event.end_mark.index, event.value) for event in events]


def _is_in(mention: Mention, spans: list[_Span]) -> bool:
    """It stands in a scalar, and not in a comment at the head of one."""
    place = bisect(spans, mention.at, key=attrgetter("start")) - 1
    return place >= 0 and mention.at < spans[place].end and f"{_MARK}{mention.name}}}" in spans[place].content
