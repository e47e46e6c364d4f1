"""`${NAME}`: what the configuration declares, and putting it in place (configuration section 5).

A list of macros is gone through once, from the last to the first, so a macro may use those that stand before it, and
nothing can go round in circles. What is left then is reported by `placeholders.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, is_null, rewrite
from llamaswap.config.placeholders import rewrite_model
from llamaswap.config.report import Report
from llamaswap.config.scalars import Timestamp, Value, canonical
from llamaswap.config.source import NO_VARIABLES
from llamaswap.config.stages import each_model

LONGEST_NAME = 63
"""Bytes of a macro's name."""
LONGEST_TEXT = 1_000_000
"""Characters of a text with its macros: a few lines of macros that double each other would be endless."""
MOST_GROWTH = 100_000_000
"""Characters that may be written while macros are filled in."""
RESERVED = frozenset(("PID", "PORT", "MODEL_ID"))
_NAME = re.compile(r"[a-zA-Z0-9_-]+")

Macros = dict[str, ScalarNode]
"""In order of declaration."""


def expand_macros(root: MappingNode, report: Report) -> tuple[MappingNode, frozenset[str]]:
    """`root` without its declarations and with their values, and the names of those that were no good."""
    return _Expansion(root, report).result()


class _Expansion:
    """The expansion of one tree."""

    def __init__(self, root: MappingNode, report: Report) -> None:
        self._root = root
        self._report = report
        self._spoilt: set[str] = set()
        self._growth = 0

    def result(self) -> tuple[MappingNode, frozenset[str]]:
        shared = self._declared(self._root, "macros", "")
        root = self._root.without("macros")
        others = {key: self._expanded(node, shared) for key, node in root.values.items() if key != "models"}
        root = each_model(
            root.with_values({**root.values, **others}),
            lambda model, section: self._model(model, section, shared),
        )
        return root, frozenset(self._spoilt)

    def _model(self, model: str, section: MappingNode, shared: Macros) -> Node:
        own = self._declared(section, f"models.{model}.macros", f"model {model}: ")
        macros: Macros = {"MODEL_ID": ScalarNode(model, model, section.place), **shared, **own}
        change = self._change(macros)
        return rewrite_model(section.without("macros"), change, f"models.{model}", self._report, change.variables)

    # -- declarations --------------------------------------------------------------------------------------------

    def _declared(self, section: MappingNode, path: str, whose: str) -> Macros:
        node = section.values.get("macros")
        if node is None or is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self._report.error(node, path, f"{whose}macros must be a mapping")
            return {}
        if node.merge_key is not None:
            self._report.error(node.merge_key, path, f"{whose}`<<` is no name for a macro")
        return dict(self._good(node, path, whose))

    def _good(self, node: MappingNode, path: str, whose: str) -> Iterator[tuple[str, ScalarNode]]:
        for name, value in node.values.items():
            fault = _fault(name, value)
            if fault is None and isinstance(value, ScalarNode):
                yield name, value
            elif fault is not None:
                self._spoilt.add(name)
                self._report.error(node.keys[name], path, f"{whose}macro `{name[: LONGEST_NAME + 1]}` {fault}")

    # -- use -----------------------------------------------------------------------------------------------------

    def _expanded(self, node: Node, macros: Macros) -> Node:
        change = self._change(macros)
        return rewrite(node, change, change.variables) if macros else node

    def _change(self, macros: Macros) -> _Change:
        return _Change([(f"${{{name}}}", node) for name, node in reversed(macros.items())], self._grow)

    def _grow(self, length: int, node: ScalarNode) -> bool:
        """Whether the text of `node` may become so long; reports what is too much."""
        if length > LONGEST_TEXT:
            self._report.error(node, "", f"its macros expand to more than {LONGEST_TEXT} characters")
            return False
        self._growth += length
        if self._growth > MOST_GROWTH:
            self._report.fail(f"macros expand to more than {MOST_GROWTH} characters in all", node.place)
        return True


class _Change:
    """Puts macros into a text."""

    def __init__(self, macros: Sequence[tuple[str, ScalarNode]], grow: Callable[[int, ScalarNode], bool]) -> None:
        self._macros = [(placeholder, node.value, canonical(node.value)) for placeholder, node in macros]
        self._carriers = _carriers(macros)
        self._grow = grow

    def __call__(self, text: str, node: ScalarNode) -> Value:
        if "${" not in text:
            return text
        for placeholder, value, words in self._macros:
            if placeholder not in text:
                continue
            if text == placeholder and not isinstance(value, str):
                return value
            length = len(text) + text.count(placeholder) * (len(words) - len(placeholder))
            if not self._grow(length, node):
                return None  # as if absent, which causes no further complaint
            text = text.replace(placeholder, words)
        return text

    def variables(self, text: str) -> frozenset[str]:
        """The variables of the environment that the macros in `text` are made of."""
        found = (variables for placeholder, variables in self._carriers.items() if placeholder in text)
        return NO_VARIABLES.union(*found)


def _carriers(macros: Sequence[tuple[str, ScalarNode]]) -> dict[str, frozenset[str]]:
    """The placeholders of those macros that are made of variables, be it by others that they use."""
    carriers: dict[str, frozenset[str]] = {}
    if not any(node.variables for _, node in macros):
        return carriers
    for placeholder, node in reversed(macros):  # a macro may use those that stand before it
        words = canonical(node.value)
        found = node.variables.union(*(variables for used, variables in carriers.items() if used in words))
        if found:
            carriers[placeholder] = found
    return carriers


def _fault(name: str, node: Node) -> str | None:
    """What is wrong with a declaration (section 5.1); None when it is good."""
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return f"exceeds {LONGEST_NAME} characters"
    if not _NAME.fullmatch(name):
        return "has invalid characters: letters, digits, `_` and `-` are allowed"
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, Timestamp):
        quote = "; put a date in quotes" if isinstance(node, ScalarNode) and node.value is not None else ""
        return f"has an invalid type: its value must be scalar (text, number, `true` or `false`){quote}"
    if isinstance(node.value, str) and f"${{{name}}}" in node.value:
        return "uses itself (self-reference)"
    return "is reserved: the server supplies it" if name in RESERVED else None
