"""Nodes to typed values: what a key accepts, and the words for what it does not (configuration section 2.3).

A section is described by a table of `Key`s; `read_keys` reads it, warns of keys that nobody knows and offers the
known one that was probably meant. Defaults are not here: what a file does not give is left out of the answer, and
the dataclasses of `schema.py` fill it in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode, is_null
from llamaswap.config.report import Report
from llamaswap.config.scalars import Timestamp, canonical

_YES = frozenset("y Y yes Yes YES on On ON".split())
_NO = frozenset("n N no No NO off Off OFF".split())
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_SPAN = re.compile(rf"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)({'|'.join(_NANOSECONDS)})")
_DURATION = re.compile(rf"[-+]?(?:0|(?:{_SPAN.pattern})+)")
_LONGEST_QUOTE = 60
_LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class At:
    """A node that is being read, and what it is called."""

    node: Node
    path: str
    report: Report

    def error(self, message: str) -> None:
        self.report.error(self.node, self.path, message)

    def warn(self, message: str) -> None:
        self.report.warn(self.node, self.path, message)

    def expected(self, what: str) -> None:
        """Report that this is something else than `what`."""
        self.error(f"{found(self.node, self.report.told)} where {what} is needed")

    def children(self) -> Iterator[tuple[str, At]]:
        """Key and value of a mapping, in document order; anything but a mapping or null is reported."""
        if isinstance(self.node, MappingNode):
            for key, value in self.node.values.items():
                yield key, At(value, f"{self.path}.{key}" if self.path else key, self.report)
        elif not is_null(self.node):
            self.expected("a mapping")

    def items(self) -> Iterator[At]:
        """The items of a list; anything but a list or null is reported."""
        if isinstance(self.node, SequenceNode):
            for index, item in enumerate(self.node.items):
                yield At(item, f"{self.path}[{index}]", self.report)
        elif not is_null(self.node):
            self.expected("a list")

    def child(self, key: str) -> At | None:
        """The value of `key` in a mapping; None when it is absent or null."""
        node = self.node.values.get(key) if isinstance(self.node, MappingNode) else None
        if node is None or is_null(node):
            return None
        return At(node, f"{self.path}.{key}" if self.path else key, self.report)

    def at(self, *keys: str) -> At | None:
        """What stands under these keys, one inside the other; None when it is absent or null."""
        found: At | None = self
        for key in keys:
            found = found.child(key) if found else None
        return found

    def key(self, name: str) -> At:
        """The key `name` of a mapping itself, for what is wrong with it and not with its value."""
        node = self.node.keys[name] if isinstance(self.node, MappingNode) else self.node
        return At(node, f"{self.path}.{name}" if self.path else name, self.report)

    def remark(self, name: str, message: str) -> None:
        """A warning of the section that names its key `name`, at that key."""
        self.report.warn(self.key(name).node, self.path, message)


Reader = Callable[[At], Any]
"""Reads a value that is there and not null; None when it is unusable, which it has reported."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    name: str
    field: str
    """What `schema.py` calls it."""
    read: Reader


def read_keys(at: At, keys: Sequence[Key], elsewhere: Collection[str] = (), *, strict: bool = False) -> dict[str, Any]:
    """The values that the section gives, by field. Keys that are read `elsewhere` are known as well.

    `strict`: one that nobody knows is an error, as to ignore it would allow more than was meant.
    """
    names = (*(key.name for key in keys), *elsewhere)
    for name, _ in at.children():
        if name not in names and strict:
            at.report.error(at.key(name).node, at.path, _refusal(name, names))
        elif name not in names:
            at.remark(name, f"unknown key `{name}` is ignored{_hint(name, names)}")
    given = ((key, at.child(key.name)) for key in keys)
    values = {key.field: key.read(child) for key, child in given if child}
    return {field: value for field, value in values.items() if value is not None}


def subsection(at: At | None, name: str, known: Collection[str]) -> At | None:
    """The mapping under `name`, whose keys others read; None when there is none."""
    child = at.child(name) if at else None
    if child is None:
        return None
    read_keys(child, (), known)
    return child if isinstance(child.node, MappingNode) else None


def require(at: At, name: str, message: str) -> None:
    """Report `message` when the section `at` lacks `name`; one that is no mapping has been reported as that."""
    if (isinstance(at.node, MappingNode) or is_null(at.node)) and at.child(name) is None:
        at.error(message)


def listed(at: At | None) -> Iterator[tuple[str, At]]:
    """The texts of a list, for a second look: what is wrong with it is reported by the reader that takes the first."""
    for item in at.items() if at and isinstance(at.node, SequenceNode) else ():
        if isinstance(item.node, ScalarNode) and not is_null(item.node):
            yield canonical(item.node.value), item


def _refusal(name: str, names: tuple[str, ...]) -> str:
    """A name that is like none of them is not repeated: it may be a secret that was put in its place."""
    hint = _hint(name, names)
    return f"unknown key `{name}`{hint}" if hint else f"unknown key; there are {', '.join(names)}"


@lru_cache(maxsize=256)
def _hint(name: str, names: tuple[str, ...]) -> str:
    """The known key that was probably meant, as the end of a sentence."""
    folded = {known.lower(): known for known in names}
    wanted = name.lower().replace("_", "").replace("-", "")
    close = get_close_matches(wanted, folded, n=1, cutoff=0.75) if len(name) <= _LONGEST_KEY else []
    return f"; did you mean `{folded[close[0]]}`?" if close else ""


def found(node: Node, told: Callable[[str], str]) -> str:
    """A node in words, for a message that says what was found; `told` leaves out what must not be shown."""
    match node:
        case SequenceNode():
            return "a list"
        case MappingNode():
            return "a mapping"
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode(value=str(text)):
            return f"string `{' '.join(told(text)[:_LONGEST_QUOTE].split())}`"
        case ScalarNode(value=Timestamp(), text=text):
            return f"date `{text}`"
    return f"`{told(node.text)[:_LONGEST_QUOTE]}`"


# -- readers -----------------------------------------------------------------------------------------------------


def string(at: At) -> str | None:
    """Any scalar, as text."""
    if isinstance(at.node, ScalarNode):
        return canonical(at.node.value)
    at.expected("text")
    return None


def boolean(at: At) -> bool | None:
    """A truth, or one of YAML 1.1's words for it."""
    match at.node:
        case ScalarNode(value=bool(value)):
            return value
        case ScalarNode(value=str(text)) if text in _YES or text in _NO:
            return text in _YES
    at.expected("`true` or `false`")
    return None


def integer(at: At) -> int | None:
    """A whole number; a fraction is cut off, quoted digits are refused."""
    match at.node:
        case ScalarNode(value=bool()):
            pass
        case ScalarNode(value=int(value)) if value < 2**63:
            return value
        case ScalarNode(value=float(value)) if -(2.0**63) <= value < 2.0**63:
            return int(value)
    at.expected("an integer")
    return None


def natural(at: At) -> int | None:
    """A whole number from 0 on."""
    value = integer(at)
    if value is not None and value < 0:
        at.error(f"must be >= 0, not {value}")
        return None
    return value


def positive(at: At) -> int | None:
    """A whole number from 1 on."""
    value = integer(at)
    if value is not None and value < 1:
        at.error(f"must be >= 1, not {value}")
        return None
    return value


def some(at: At) -> int | None:
    """A whole number from 1 on; a smaller one is as if absent."""
    value = integer(at)
    return None if value is None or value < 1 else value


def seconds(at: At) -> float | None:
    """A span of time, 0 included; fractions count."""
    match at.node:
        case ScalarNode(value=bool()):
            pass
        case ScalarNode(value=int() | float() as value) if math.isfinite(value):
            if value >= 0:
                return float(value)
            at.error(f"must be >= 0, not {canonical(value)}")
            return None
    at.expected("a number of seconds")
    return None


def some_seconds(at: At) -> float | None:
    """A span of time longer than nothing."""
    value = seconds(at)
    if value == 0:
        at.error("must be > 0")
        return None
    return value


def duration(at: At, such: str = "90s, 1m30s or 5.5s") -> float | None:
    """A span of time with its units, such as `1m30s`, in seconds; it may be negative. `such` are given as examples."""
    text = at.node.value if isinstance(at.node, ScalarNode) else None
    if isinstance(text, str) and _DURATION.fullmatch(text):
        total = sum(float(count) * _NANOSECONDS[unit] for count, unit in _SPAN.findall(text))
        if total < 2**63:
            return total / 1e9 * (-1 if text.startswith("-") else 1)
    at.expected(f"a duration with its unit (such as {such})")
    return None


def strings(at: At) -> tuple[str, ...] | None:
    """A list of scalars, as text; null items vanish."""
    if not isinstance(at.node, SequenceNode):
        at.expected("a list")
        return None
    texts = [string(item) for item in at.items() if not is_null(item.node)]
    return tuple(text for text in texts if text is not None)
