"""`${NAME}` in values: putting something in its place, and finding what nothing was put in for.

Grammar and typing are configuration sections 5.2 and 5.5, the messages 5.6. Which names there are, and in which
order they are filled in, is the business of the stages that call this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, rewrite, texts
from llamaswap.config.report import Report
from llamaswap.config.scalars import Value, canonical
from llamaswap.config.source import NO_VARIABLES, Source, find

_PLACEHOLDER = re.compile(r"\$\{(env\.[A-Za-z_][A-Za-z0-9_]*|[a-zA-Z0-9_-]+)\}")
_SUPPLIED = frozenset(("PORT", "MODEL_ID"))
_NAMED_FIELDS = frozenset(("cmd", "cmdStop", "proxy", "checkEndpoint", "name", "description"))
_WHOLE_SECTIONS = frozenset(("capabilities", "metadata"))

Change = Callable[[str, ScalarNode], Value]
"""What a text becomes; its node is for complaints."""
Variables = Callable[[str], frozenset[str]]
"""The variables of the environment that a change brings into a text."""


def mentions(node: Node | None, name: str) -> bool:
    """Whether `node` is text that holds `${name}`."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and f"${{{name}}}" in node.value


def holds_placeholder(node: Node | None) -> bool:
    """Whether `node` is text in which something was not filled in, so that nobody knows what it would hold."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and bool(_PLACEHOLDER.search(node.value))


def filling(name: str, value: Value) -> Change:
    """Puts `value` for every `${name}`: typed where it is the whole text, else as text."""
    placeholder, words = f"${{{name}}}", canonical(value)

    def change(text: str, _: ScalarNode) -> Value:
        if placeholder not in text:
            return text
        return value if text == placeholder else text.replace(placeholder, words)

    return change


def rewrite_model(
    section: MappingNode, change: Change, path: str, report: Report, variables: Variables = lambda text: NO_VARIABLES
) -> MappingNode:
    """A model with `change` for all its values, and for the names under `filters.setParamsByID` (section 5.3)."""
    changed = rewrite(section, change, variables)
    assert isinstance(changed, MappingNode)
    by_id, filters = _by_id(changed), changed.values.get("filters")
    if by_id is None or not isinstance(filters, MappingNode) or not any("${" in key for key in by_id.values):
        return changed
    renamed = _renamed(by_id, change, f"{path}.filters.setParamsByID", report)
    return changed.with_value("filters", filters.with_value("setParamsByID", renamed))


def _renamed(by_id: MappingNode, change: Change, path: str, report: Report) -> MappingNode:
    values: dict[str, Node] = {}
    keys: dict[str, ScalarNode] = {}
    for key, value in by_id.values.items():
        name = canonical(change(key, by_id.keys[key]))
        if name in values:
            report.error(by_id.keys[key], path, f"keys resolve to the same value `{name}`")
            continue
        values[name], keys[name] = value, by_id.keys[key]
    return MappingNode(values, keys, by_id.place, by_id.merge_key)


# -- what is left ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spot:
    """How a message names the place of a placeholder, besides its path (section 5.6)."""

    before: str = ""
    after: str = ""
    allowed: str = ""
    """A name that may remain there."""
    of_a_model: bool = True

    def message(self, name: str) -> str:
        if name.startswith("env."):
            return f"environment variable {name.removeprefix('env.')} not set"
        if self.of_a_model and name in _SUPPLIED:
            return f"{self.before}macro ${{{name}}} should have been substituted{self.after}{_HINTS.get(name, '')}"
        found = " found" if self.after else ""
        hint = _HINTS.get(name, "") if self.of_a_model else ""
        return f"{self.before}unknown macro ${{{name}}}{found}{self.after}{hint}"


_HINTS = {"PORT": ": it is there only for a model whose cmd uses it", "PID": ": it is there only in cmdStop"}


class Text(NamedTuple):
    """A text that is looked through."""

    text: str
    path: str
    node: ScalarNode
    spot: _Spot


def check_leftovers(found: Iterable[Text], spoilt: Collection[str], report: Report, sources: Sequence[Source]) -> None:
    """Report every placeholder that is left in `found`, at its own place in the `sources` where it can be found.

    The names of `spoilt` have been complained of already; a variable's is `env.` and its name.
    """
    for text, path, node, spot in found:
        names = dict.fromkeys(_PLACEHOLDER.findall(text)) if "${" in text else {}
        left = [name for name in names if name != spot.allowed]
        for name in left:
            if name not in spoilt:
                place = find(sources, node.place, node.text.count("\n") + 2, f"${{{name}}}")
                report.error(replace(node, place=place), path, spot.message(name))
        if left:
            report.unsettled(node, path)


def outside_models(root: MappingNode, known: Collection[str]) -> Iterator[Text]:
    """Every text below the `known` top-level keys, but for `models`."""
    for key, value in root.values.items():
        if key in known and key != "models":
            for node, text, path in texts(value, key):
                yield Text(text, path, node, _Spot(of_a_model=False))


def inside_models(root: MappingNode) -> Iterator[Text]:
    """Every text of the models, and the names under `filters.setParamsByID`."""
    models = root.values.get("models")
    for model, section in models.values.items() if isinstance(models, MappingNode) else ():
        if isinstance(section, MappingNode):
            yield from _texts_of_model(model, section)


def _texts_of_model(model: str, section: MappingNode) -> Iterator[Text]:
    for key, value in section.values.items():
        if key in _NAMED_FIELDS and not isinstance(value, ScalarNode):
            continue  # no text at all, which its reader tells
        spot = _spot(model, key)
        for node, text, path in texts(value, f"models.{model}.{key}"):
            yield Text(text, path, node, spot)
    by_id = _by_id(section)
    spot = _Spot(after=f" in model {model} filters.setParamsByID key")
    for name, node in by_id.keys.items() if by_id else ():
        yield Text(name, f"models.{model}.filters.setParamsByID", node, spot)


def _spot(model: str, key: str) -> _Spot:
    if key in _NAMED_FIELDS:
        return _Spot(after=f" in {model}.{key}", allowed="PID" if key == "cmdStop" else "")
    section = f" {key}" if key in _WHOLE_SECTIONS else ""
    return _Spot(before=f"model {model}{section}: ")


def _by_id(section: MappingNode) -> MappingNode | None:
    filters = section.values.get("filters")
    by_id = filters.values.get("setParamsByID") if isinstance(filters, MappingNode) else None
    return by_id if isinstance(by_id, MappingNode) else None
