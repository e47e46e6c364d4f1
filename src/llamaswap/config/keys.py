"""The API keys (http-api section 3): who may ask, for what, and how much.

The text of a key is never quoted in a message. A key that cannot be read is an error and is never dropped: fewer keys
than the file means would open a door.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from llamaswap.config.fields import At, Key, duration, integer, listed, positive, read_keys, require, string, strings
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.report import SHORTEST_SECRET
from llamaswap.config.schema import SCOPES, ApiKey, Quota, RateLimit

LONGEST_NAME = 64
_VARIABLE = re.compile("[A-Z_][A-Z0-9_]*")
_BLANK = "an api key must be text without blanks"
DEFAULT_SCOPES = ("inference", "read")
"""Of a key that is written as a mapping; one that is mere text has all."""


def read_api_keys(at: At | None, environ: Mapping[str, str]) -> tuple[ApiKey, ...]:
    """Every key of the list, in its order; `environ` holds what those with `env` name."""
    if at is None:
        return ()
    if not isinstance(at.node, SequenceNode):
        at.error("a list of keys is needed")
        return ()
    read = [(item, _api_key(item, position, environ)) for position, item in enumerate(at.items(), 1)]
    found = [(item, key) for item, key in read if key is not None]
    _check_names(found)
    _check_texts(found)
    return tuple(key for _, key in found)


def check_models(at: At | None, keys: Sequence[ApiKey], names: Collection[str]) -> None:
    """Warn of patterns that match none of these `names`, by which models are permitted."""
    items = list(at.items()) if at else []
    for item, key in zip(items, keys, strict=False):
        for pattern, place in listed(item.child("models")):
            if pattern in key.models and not any(fnmatchcase(name, pattern) for name in names):
                place.warn(f"`{pattern}` matches no model")


def _api_key(at: At, position: int, environ: Mapping[str, str]) -> ApiKey | None:
    name = f"key-{position}"
    if not isinstance(at.node, MappingNode):
        text = _readable(at, at.node)
        return None if text is None else ApiKey(key=text, name=name)
    given: dict[str, Any] = {"name": name, "scopes": DEFAULT_SCOPES, **read_keys(at, KEYS, strict=True)}
    text = _of_environment(at, environ) if at.child("env") else _of_file(at)
    if text is None:
        return None
    return ApiKey(**{**given, "key": text})


def _of_file(at: At) -> str | None:
    key = at.child("key")
    if key is None:
        if not _is_misspelt(at):
            at.error("give the key as `key`, or as `env` the name of the variable that holds it")
        return None
    return _readable(key, key.node)


def _is_misspelt(at: At) -> bool:
    """It has a word that nobody knows, which has been reported; that may stand for one that is missed."""
    return any(name not in _NAMES for name, _ in at.children())


def _of_environment(at: At, environ: Mapping[str, str]) -> str | None:
    variable = at.child("env")
    assert variable is not None
    name = string(variable)
    if at.child("key") is not None:
        at.error("give `key` or `env`, not both")
    elif not name or name not in environ:
        variable.error(f"environment variable{_shown(name)} is not set")
    elif _fault(environ[name]):
        variable.error(f"environment variable {name}: {_fault(environ[name])}")
    else:
        return environ[name]
    return None


def _shown(name: str | None) -> str:
    """The name of a variable; what looks like none may be a key."""
    return f" {name}" if name and _VARIABLE.fullmatch(name) else ""


def _readable(at: At, node: Node) -> str | None:
    """The key that `node` writes. What is wrong with it is reported."""
    text = _text(node)
    if text is None:
        at.error("an api key must be a string; put it in quotes")
    elif not text:
        at.error("empty api key")
    elif " " in text:
        at.error(f"{at.path} cannot contain spaces")
    elif _fault(text):
        at.error(_fault(text))
    else:
        return text
    return None


def _text(node: Node) -> str | None:
    """Text, or a whole number that reads as it is written."""
    match node:
        case ScalarNode(value=str(key)):
            return key
        case ScalarNode(value=bool()):
            return None
        case ScalarNode(value=int(number), text=text) if text == str(number):
            return text
    return None


def _fault(text: str) -> str:
    """Why no client could show this key; empty when one can."""
    if not text or " " in text or any(character in text for character in "\n\r\0"):
        return f"{_BLANK}, and not empty"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "an api key must be valid UTF-8"
    return ""


def _check_names(found: Sequence[tuple[At, ApiKey]]) -> None:
    """Activity and limits tell keys apart by their names, which people read."""
    texts = {key.key for _, key in found}
    lengths = sorted({len(text) for text in texts if len(text) >= SHORTEST_SECRET})
    for item, key in found:
        starts = ((start, length) for length in lengths for start in range(len(key.name) - length + 1))
        shows = key.name in texts or any(key.name[start : start + length] in texts for start, length in starts)
        if item.child("name") and shows:
            item.error("the name shows the text of a key; give another `name`")
    taken: dict[str, str] = {}
    for item, key in found:
        other = taken.setdefault(key.name, item.path)
        if other != item.path:
            item.error(f"the name {key.name} is that of {other}")


def _check_texts(found: Sequence[tuple[At, ApiKey]]) -> None:
    """The same key twice is harmless where both say the same: files of a directory may repeat it."""
    first: dict[str, tuple[At, ApiKey]] = {}
    for item, key in found:
        place, other = first.setdefault(key.key, (item, key))
        if key.rights != other.rights:
            item.error(f"the same key as {place.path}, with other rights")


# -- keys --------------------------------------------------------------------------------------------------------


def _name(at: At) -> str | None:
    name = string(at)
    if name is None:
        return None
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        at.error(f"a name is 1 to {LONGEST_NAME} printable characters")
        return None
    return name.strip()


def _models(at: At) -> tuple[str, ...] | None:
    patterns = strings(at)
    if patterns is not None and not all(patterns):
        at.error("an empty pattern matches no model")
    elif patterns == ():
        at.error("name at least one model, or leave `models` out for all")
    return patterns or None


def _scopes(at: At) -> tuple[str, ...] | None:
    given = strings(at)
    for scope, item in listed(at):
        if scope not in SCOPES:
            item.error(f"unknown scope {scope!r}: there are {', '.join(SCOPES)}")
    if given == ():
        at.error(f"name at least one of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in given) if given else None


def _rate_limit(at: At) -> RateLimit | None:
    require(at, "requests", "rateLimit needs `requests`, a number")
    given = read_keys(at, RATE_LIMIT, strict=True)
    return RateLimit(**given) if "requests" in given else None


def _quota(at: At) -> Quota | None:
    require(at, "tokens", "quota needs `tokens`, a number")
    given = read_keys(at, QUOTA, strict=True)
    return Quota(**given) if "tokens" in given else None


def _per(at: At) -> float | None:
    span = duration(at)
    if span is not None and span < 1:
        at.error("must be at least 1s")
        return None
    return span


def _accepted(at: At) -> None:
    """Read elsewhere, as it must not be quoted."""


KEYS = (
    Key("key", "", _accepted),
    Key("env", "env", string),
    Key("name", "name", _name),
    Key("models", "models", _models),
    Key("scopes", "scopes", _scopes),
    Key("priority", "priority", integer),
    Key("rateLimit", "rate_limit", _rate_limit),
    Key("quota", "quota", _quota),
)

_NAMES = frozenset(key.name for key in KEYS)

RATE_LIMIT = (
    Key("requests", "requests", positive),
    Key("per", "per", _per),
)

QUOTA = (
    Key("tokens", "tokens", positive),
    Key("per", "per", _per),
)
