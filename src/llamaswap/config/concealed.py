"""What of a configuration came from variables of the environment, so that whoever shows settings can leave it out.

A value is known by the key path of the node that it was put into, however short it is or whatever was made of it; a
longer one also by its text, wherever that has come to stand. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.report import SHORTEST_SECRET
from llamaswap.config.scalars import canonical
from llamaswap.config.source import NO_VARIABLES

Texts = Mapping[str, frozenset[str]]
"""Texts, and the variables that each is made of."""
_NO_TEXTS: Texts = MappingProxyType({})
_MOVED = ("groups", "matrix")
"""Sections that may stand at the top level too, and are told below `ROUTER`."""
ROUTER = "routing.router.settings"
_PUT = re.compile(r"\$\{env\.\w+\}")


@dataclass(frozen=True, slots=True)
class Concealed:
    """The variables that a configuration was made with, and where."""

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values by name, of all that were used."""
    places: Mapping[str, Texts] = field(default_factory=dict, repr=False)
    """By key path; what is in a list, or in one of its items, is at the path of the list."""
    names: Texts = field(default_factory=dict, repr=False)
    """Keys of mappings."""

    @property
    def spellings(self) -> dict[str, str]:
        """Every text that gives a value away wherever it stands, and what is shown in its place."""
        return {
            text: put(name)
            for name, value in self.variables.items()
            for text in (value, _escaped(value))
            if len(text) >= SHORTEST_SECRET
        }

    def at(self, path: str, text: str, among: Collection[str] | None) -> str:
        """`text`, told at `path`, without the values that it is made of.

        What stands there alone, where `among` is None, is made of them even if none is to be seen in it. In a list
        `among` are the texts of all its items, and if one is missed there, any may have been made of it.
        """
        texts = self.places.get(path, _NO_TEXTS)
        certain = among is None or text in texts
        known = texts[text] if text in texts else NO_VARIABLES
        if among is None or not texts.keys() <= set(among):
            known = known or NO_VARIABLES.union(*texts.values())
        return self._without(text, known | self.names.get(text, NO_VARIABLES), certain)

    def name(self, key: str) -> str:
        """The key of a mapping, without the values that it is made of."""
        return self._without(key, self.names.get(key, NO_VARIABLES), certain=True)

    def _without(self, text: str, variables: frozenset[str], certain: bool) -> str:
        """If it is `certain` that the text is made of these, there is something to be hidden in any case."""
        shown = self._with_names(text, variables)
        return _all(variables) if variables and certain and shown == text else shown

    def _with_names(self, text: str, variables: frozenset[str]) -> str:
        for name in sorted(variables, key=lambda name: -len(self.variables[name])):
            for value in dict.fromkeys((_escaped(self.variables[name]), self.variables[name])):
                text = _replaced(text, value, put(name))
        return text


def concealed(root: MappingNode, variables: Mapping[str, str]) -> Concealed:
    """What `root`, in which everything has been filled in, holds of the values of `variables`."""
    filled = frozenset(name for name, value in variables.items() if value)
    if not filled:
        return Concealed()
    places: dict[str, dict[str, frozenset[str]]] = {}
    names: dict[str, frozenset[str]] = {}
    for path, node, is_name in _made_of(filled, root, ""):
        texts = names if is_name else places.setdefault(_told_at(path), {})
        text = node.text if is_name else canonical(node.value)
        texts[text] = texts.get(text, NO_VARIABLES) | (node.variables & filled)
    return Concealed(variables, places, names)


def put(variable: str) -> str:
    """How a file says that the value of this variable is wanted."""
    return f"${{env.{variable}}}"


def below(path: str, key: str) -> str:
    """The key path of what is called `key` there."""
    return f"{path}.{key}" if path else key


def _made_of(filled: frozenset[str], node: Node, path: str) -> Iterator[tuple[str, ScalarNode, bool]]:
    match node:
        case ScalarNode(variables=variables):
            if variables & filled:
                yield path, node, False
        case SequenceNode(items=items):
            for item in items:
                yield from _made_of(filled, item, path)
        case MappingNode(values=values, keys=keys):
            for key, value in values.items():
                if keys[key].variables & filled:
                    yield path, keys[key], True
                yield from _made_of(filled, value, below(path, key))


def _told_at(path: str) -> str:
    return f"{ROUTER}.{path}" if path.partition(".")[0] in _MOVED else path


def _all(variables: frozenset[str]) -> str:
    return "".join(put(name) for name in sorted(variables))


def _escaped(value: str) -> str:
    """As it is put into a text (`environment.py`)."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _replaced(text: str, value: str, shown: str) -> str:
    """`text` with `shown` for `value`: where that is a word of its own, if it is one anywhere."""
    word = rf"(?<!\w){re.escape(value)}(?!\w)"
    piece = word if re.search(word, _PUT.sub("", text)) else re.escape(value)
    return re.sub(rf"{_PUT.pattern}|{piece}", lambda found: found[0] if _PUT.fullmatch(found[0]) else shown, text)
