"""What is done to the texts of `models:` before anything reads them (configuration section 1, steps 5 and 8).

Each stage is a function from a tree to a tree; `ports.py` holds the one that deals out ports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from llamaswap.config.commands import strip_comments
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, is_null
from llamaswap.config.schema import DEFAULT_PROXY

Stage = Callable[[str, MappingNode], Node]
"""One model, by its ID, to what it becomes."""


def each_model(root: MappingNode, stage: Stage) -> MappingNode:
    """`root` with `stage` applied to every model, in ascending order of their IDs; null is an empty model.

    A model that is neither is left for the reader to complain of.
    """
    models = root.values.get("models")
    if not isinstance(models, MappingNode):
        return root
    changed: dict[str, Node] = {}
    for model in sorted(models.values):
        section = models.values[model]
        if is_null(section):
            section = MappingNode({}, {}, section.place)
        changed[model] = stage(model, section) if isinstance(section, MappingNode) else section
    return root.with_value("models", models.with_values(changed))


def without_comments(_: str, section: MappingNode) -> MappingNode:
    """Comment lines of commands are gone before a placeholder in one could count (section 9)."""
    for key in ("cmd", "cmdStop"):
        node = section.values.get(key)
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            section = section.with_value(key, replace(node, value=strip_comments(node.value)))
    return section


def with_proxy(_: str, section: MappingNode) -> MappingNode:
    """The default proxy, as a text that may still take a port."""
    if not is_null(section.values.get("proxy")):
        return section
    place = section.values.get("cmd", section).place
    return section.with_value("proxy", ScalarNode(DEFAULT_PROXY, DEFAULT_PROXY, place))
