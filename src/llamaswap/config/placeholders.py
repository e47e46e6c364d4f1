"""`${NAME}` in values: putting something in its place, and finding what nothing was put in for.

Grammar and typing are configuration sections 5.2 and 5.5, the messages 5.6. Which names there are, and in which
order they are filled in, is the business of the stages that call this.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, rewrite, texts
from llamaswap.config.report import Report
from llamaswap.config.scalars import Value, canonical

PID = "${PID}"
"""Filled in when the stop command runs; allowed in `cmdStop` only."""
_PLACEHOLDER = re.compile(r"\$\{(?:env\.[A-Za-z_][A-Za-z0-9_]*|[a-zA-Z0-9_-]+)\}")
_SUPPLIED = ("${PORT}", "${MODEL_ID}")
_NAMED_FIELDS = frozenset(("cmd", "cmdStop", "proxy", "checkEndpoint", "name", "description"))


def mentions(node: Node | None, name: str) -> bool:
    """Whether `node` is text that holds `${name}`."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and f"${{{name}}}" in node.value


def substitute(node: Node, name: str, value: Value) -> Node:
    """`node` with `value` for every `${name}` in its values: typed where it is the whole text, else as text."""
    placeholder, words = f"${{{name}}}", canonical(value)

    def change(text: str) -> Value:
        if placeholder not in text:
            return text
        return value if text == placeholder else text.replace(placeholder, words)

    return rewrite(node, change)


def check_leftovers(
    root: MappingNode, unread: Collection[str], unread_of_model: Collection[str], report: Report
) -> None:
    """Report every placeholder that is left, save in top-level keys and model keys that nobody reads."""
    for key, value in root.values.items():
        if key == "models" and isinstance(value, MappingNode):
            for model, section in value.values.items():
                _check_model(model, section, unread_of_model, report)
        elif key not in unread:
            _check(value, key, "unknown macro {}", report)


def _check_model(model: str, section: Node, unread: Collection[str], report: Report) -> None:
    if not isinstance(section, MappingNode):
        return
    for key, value in section.values.items():
        if key in unread:
            continue
        wording = (
            f"unknown macro {{}} found in {model}.{key}"
            if key in _NAMED_FIELDS
            else f"model {model}: unknown macro {{}}"
        )
        _check(value, f"models.{model}.{key}", wording, report, allowed=PID if key == "cmdStop" else None)


def _check(node: Node, path: str, wording: str, report: Report, allowed: str | None = None) -> None:
    for place, text, where in texts(node, path):
        if "${" not in text:
            continue
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(text)):
            if placeholder != allowed:
                message = wording.replace("{}", placeholder)
                report.error(place, where, message + _hint(placeholder, where))


def _hint(placeholder: str, path: str) -> str:
    if not path.startswith("models."):
        return ""
    if placeholder == "${PORT}":
        return ": it is there only for a model whose cmd uses it"
    return ": it is there only in cmdStop" if placeholder == PID else ""
