"""YAML text to a node tree (configuration section 2.1), with PyYAML as the parser.

PyYAML has two parsers of one make. libyaml's is the one whose dialect existing files were written for (tabs between
words, `?` in a URL inside braces); its own Python one takes a few texts that libyaml refuses (block text that starts
with a tab, JSON's surrogate pairs). A text is good when either takes it, libyaml first; when neither does, the one
that got further names the mistake. The composing is ours: PyYAML's neither bounds aliases and depth nor tells of
duplicate keys, and its resolver is another dialect (`scalars.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from llamaswap.config import scalars
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.report import Report
from llamaswap.config.source import Place, Source

MAX_DEPTH = 100
"""Of lists and mappings inside each other, aliases followed."""
MAX_ALIASED = 250_000
"""Values that a text may gain by its aliases: an honest file with thousands of models stays far below."""

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


class _PythonParser(Reader, Scanner, Parser):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


_PARSERS: tuple[Any, ...] = tuple(dict.fromkeys((getattr(yaml, "CSafeLoader", _PythonParser), _PythonParser)))


def compose(source: Source, report: Report) -> Node | None:
    """The root of the first document in `source`; None when there is none.

    Mistakes of content go to `report`; one after which nothing can be read is raised as `ConfigurationError`.
    """
    events = iter(_parse(source, report))
    first = next(events, None)
    return None if first is None else _Composer(source, events, report).node(first)


# -- text to events ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unreadable:
    line: int
    column: int
    message: str


def _parse(source: Source, report: Report) -> list[Event]:
    text = source.text.removeprefix("\ufeff")
    mistakes: list[_Unreadable] = []
    for parser in _PARSERS:
        try:
            return _first_document(yaml.parse(text, Loader=parser))
        except yaml.MarkedYAMLError as error:
            mistakes.append(_marked(error))
        except ReaderError as error:
            mistakes.append(_forbidden_character(text, error))
        except (ValueError, OverflowError) as error:  # a \U escape that is no character
            mistakes.append(_Unreadable(1, 1, f"the text holds something that is no character: {error}"))
    worst = max(mistakes, key=lambda mistake: (mistake.line, mistake.column))
    report.fail(f"not valid YAML: {worst.message}", source.place(worst.line, worst.column))


def _first_document(events: Iterator[Event]) -> list[Event]:
    """The events of the first document's content; later documents are not read."""
    document: list[Event] = []
    depth = 0
    for event in events:
        if isinstance(event, DocumentEndEvent):
            if not event.explicit:
                next(events)  # fails on anything but the end or `---`: nothing after the root is lost silently
            break
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:  # here, because what a parser spends grows with the square of the depth
                mark: Any = event.start_mark
                raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=mark)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if isinstance(event, NodeEvent | CollectionEndEvent):
            document.append(event)
    return document


def _marked(error: yaml.MarkedYAMLError) -> _Unreadable:
    mark = error.problem_mark or error.context_mark
    message = ", ".join(filter(None, (error.context, error.problem)))
    return _Unreadable(mark.line + 1, mark.column + 1, message) if mark else _Unreadable(1, 1, message)


def _forbidden_character(text: str, error: ReaderError) -> _Unreadable:
    match = Reader.NON_PRINTABLE.search(text)
    if match is None:
        return _Unreadable(1, 1, error.reason)
    before = text[: match.start()]
    message = f"the character U+{ord(match.group()):04X} is not allowed"
    return _Unreadable(before.count("\n") + 1, match.start() - before.rfind("\n"), message)


# -- events to nodes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Anchor:
    node: Node
    size: int
    """Values in it, aliases followed."""
    depth: int


class _Composer:
    """One document's tree. Recursive, which `MAX_DEPTH` makes safe here and in every stage after."""

    def __init__(self, source: Source, events: Iterator[Event], report: Report) -> None:
        self._source = source
        self._events = events
        self._report = report
        self._anchors: dict[str, _Anchor] = {}
        self._open: set[str] = set()
        self._size = 0
        self._aliased = 0
        self._depth = 0
        self._deepest = 0

    def node(self, event: Event) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        anchor = event.anchor  # type: ignore[attr-defined]
        if anchor is None:
            return self._content(event)
        size, deepest, self._deepest = self._size, self._deepest, self._depth
        self._open.add(anchor)
        node = self._content(event)
        self._open.discard(anchor)
        self._anchors[anchor] = _Anchor(node, self._size - size, self._deepest - self._depth)
        self._deepest = max(deepest, self._deepest)
        return node

    def _content(self, event: Event) -> Node:
        self._size += 1
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        self._reach(self._depth, event)
        node = self._sequence(event) if isinstance(event, SequenceStartEvent) else self._mapping(event)
        self._depth -= 1
        return node

    def _reach(self, depth: int, event: Event) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH:
            self._fail(_TOO_DEEP, event)

    def _alias(self, event: AliasEvent) -> Node:
        name: str = event.anchor or ""
        if name in self._open:
            self._fail(f"the anchor `{name}` contains itself", event)
        if name not in self._anchors:
            self._fail(f"the alias `*{name}` names an anchor that was not defined before", event)
        anchor = self._anchors[name]
        self._size += anchor.size
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED:
            self._fail(f"aliases expand to more than {MAX_ALIASED} values", event)
        self._reach(self._depth + anchor.depth, event)
        return anchor.node

    def _fail(self, message: str, event: Event) -> NoReturn:
        self._report.fail(message, self._place(event))

    def _place(self, event: Event) -> Place:
        mark: Any = event.start_mark
        return self._source.place(mark.line + 1, mark.column + 1)

    def _scalar(self, event: ScalarEvent) -> ScalarNode:
        place = self._place(event)
        text = event.value
        try:
            text = text if text.isascii() else _joined(text)
            value = _value(event, text)
        except ValueError as error:
            value = text = text.encode("utf-8", "replace").decode()
            self._report.error(ScalarNode(None, "", place), "", str(error))
        return ScalarNode(value, text, place)

    def _sequence(self, event: Event) -> SequenceNode:
        items = []
        while not isinstance(entry := next(self._events), SequenceEndEvent):
            items.append(self.node(entry))
        return SequenceNode(tuple(items), self._place(event))

    def _mapping(self, event: Event) -> MappingNode:
        mapping = MappingNode({}, {}, self._place(event))
        merged: list[MappingNode] = []
        merge_key: ScalarNode | None = None
        while not isinstance(entry := next(self._events), MappingEndEvent):
            is_merge = _is_merge(entry)
            key = self.node(entry)
            value = self.node(next(self._events))
            if not isinstance(key, ScalarNode):
                self._report.error(key, "", "a key must be one word or text, not a list or a mapping")
            elif not is_merge:
                self._enter(mapping, key, value)
            elif merge_key is None:
                merge_key, merged = key, self._to_merge(key, value)
            else:
                self._duplicate(key, merge_key)
        for source in merged:
            _merge(mapping, source)
        return mapping

    def _enter(self, mapping: MappingNode, key: ScalarNode, value: Node) -> None:
        if key.text in mapping.keys:
            self._duplicate(key, mapping.keys[key.text])
        else:
            mapping.keys[key.text] = key
            mapping.values[key.text] = value

    def _duplicate(self, key: ScalarNode, first: ScalarNode) -> None:
        self._report.error(key, "", f"key `{key.text}` is already defined at line {first.place.line}")

    def _to_merge(self, key: ScalarNode, value: Node) -> list[MappingNode]:
        candidates = value.items if isinstance(value, SequenceNode) else (value,)
        sources = [node for node in candidates if isinstance(node, MappingNode)]
        if len(sources) < len(candidates):
            self._report.error(key, "", "`<<` takes a mapping, an alias of one, or a list of these")
        return sources


def _is_merge(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]


def _merge(mapping: MappingNode, source: MappingNode) -> None:
    """Shallow; what is there already wins."""
    for name, value in source.values.items():
        if name not in mapping.values:
            mapping.keys[name] = source.keys[name]
            mapping.values[name] = value


def _value(event: ScalarEvent, text: str) -> scalars.Value:
    if event.implicit[0]:
        return scalars.plain(text)
    if event.implicit[1] or event.tag is None:
        return text
    return scalars.tagged(text, event.tag)


def _joined(text: str) -> str:
    """`text` with the surrogate pairs of JSON escapes joined to characters; ValueError for half a pair."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise ValueError("half of a surrogate pair is not a character") from error
