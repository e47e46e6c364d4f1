"""YAML text to events, with PyYAML as the parser (configuration section 2.1).

PyYAML has two parsers of one make. libyaml's is the one whose dialect existing files were written for (tabs between
words, `?` in a URL inside braces); its own Python one takes a few texts that libyaml refuses (block text that starts
with a tab, JSON's surrogate pairs). A text is good when either takes it, libyaml first; when neither does, the one
that got further names the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentEndEvent, Event, ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

MAX_DEPTH = 100
"""Of lists and mappings inside each other, aliases followed."""
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


class Unreadable(Exception):
    """The text is no YAML; `line` and `column` are 1-based."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class _PythonParser(Reader, Scanner, Parser):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


_PARSERS: tuple[Any, ...] = tuple(dict.fromkeys((getattr(yaml, "CSafeLoader", _PythonParser), _PythonParser)))


def parse(text: str) -> list[Event]:
    """The events of the content of the first document in `text`. Raises `Unreadable`."""
    mistakes: list[Unreadable] = []
    for parser in _PARSERS:
        try:
            return _first_document(yaml.parse(text, Loader=parser))
        except yaml.MarkedYAMLError as error:
            mistakes.append(_marked(error))
        except ReaderError as error:
            mistakes.append(_forbidden_character(text, error))
        except (ValueError, OverflowError) as error:  # a \U escape that is no character
            mistakes.append(Unreadable(1, 1, f"the text holds something that is no character: {error}"))
    raise max(mistakes, key=lambda mistake: (mistake.line, mistake.column))


def _first_document(events: Iterator[Event]) -> list[Event]:
    """The events of the first document's content; later documents are not read."""
    document: list[Event] = []
    depth = 0
    for event in events:
        if isinstance(event, ScalarEvent):
            document.append(event)
        elif isinstance(event, DocumentEndEvent):
            if not event.explicit:
                next(events)  # fails on anything but the end or `---`: nothing after the root is lost silently
            break
        elif isinstance(event, CollectionStartEvent):
            depth += 1
            document.append(event)
            if depth > MAX_DEPTH:  # here, because what a parser spends grows with the square of the depth
                mark: Any = event.start_mark
                raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=mark)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
            document.append(event)
        elif isinstance(event, AliasEvent):
            document.append(event)
    return document


def _marked(error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    message = ", ".join(filter(None, (error.context, error.problem)))
    return Unreadable(mark.line + 1, mark.column + 1, message) if mark else Unreadable(1, 1, message)


def _forbidden_character(text: str, error: ReaderError) -> Unreadable:
    match = Reader.NON_PRINTABLE.search(text)
    if match is None:
        return Unreadable(1, 1, error.reason)
    before = text[: match.start()]
    message = f"the character U+{ord(match.group()):04X} is not allowed"
    return Unreadable(before.count("\n") + 1, match.start() - before.rfind("\n"), message)
