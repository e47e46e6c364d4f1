"""YAML events to a node tree (configuration section 2.1).

The composing is ours: PyYAML's neither bounds aliases and depth nor tells of duplicate keys, and its resolver is
another dialect (`scalars.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from yaml.events import AliasEvent, Event, MappingEndEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from llamaswap.config import scalars
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.parse import MAX_DEPTH, TOO_DEEP, Unreadable, parse
from llamaswap.config.report import Report
from llamaswap.config.source import Place, Source

MAX_ALIASED = 250_000
"""Values that a text may gain by its aliases: an honest file with thousands of models stays far below."""

_UNKNOWN_ALIAS = (  # not repeated: it may be a secret that begins with an asterisk
    "the alias names an anchor that was not defined before; a text that begins with `*` needs quotes"
)


def compose(source: Source, report: Report) -> Node | None:
    """The root of the first document in `source`; None when there is none.

    Mistakes of content go to `report`; one after which nothing can be read is raised as `ConfigurationError`.
    """
    try:
        events = iter(parse(source.text))
    except Unreadable as error:
        last = max(1, len(source.text.splitlines()))  # what is missing is missed behind the last line
        report.fail(f"not valid YAML: {error}", source.place(min(error.line, last), error.column))
    first = next(events, None)
    return None if first is None else _Composer(source, events, report).node(first)


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
            self._fail(TOO_DEEP, event)

    def _alias(self, event: AliasEvent) -> Node:
        name: str = event.anchor or ""
        if name in self._open:
            self._fail(f"the anchor `{name}` contains itself", event)
        if name not in self._anchors:
            self._fail(_UNKNOWN_ALIAS, event)
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
        return ScalarNode(value, text, place, self._is_literal(event, place), self._variables(event))

    def _is_literal(self, event: ScalarEvent, start: Place) -> bool:
        """Quotes, escapes, anchors, tags and variables of the environment make a difference in length."""
        mark: Any = event.end_mark
        end = self._source.place(mark.line + 1, mark.column + 1)
        return end.line == start.line and end.column - start.column == len(event.value)

    def _variables(self, event: ScalarEvent) -> frozenset[str]:
        start: Any = event.start_mark
        end: Any = event.end_mark
        return self._source.variables((start.line + 1, start.column + 1), (end.line + 1, end.column + 1))

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
        return mapping if merge_key is None else replace(mapping, merge_key=merge_key)

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
