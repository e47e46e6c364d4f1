"""Which model a name means (http-api section 0): a model's ID first, then an alias, then a peer's model. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, unquote

from llamaswap.config.schema import NOTHING, Settings
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.targets import Local, Remote, Target

T = TypeVar("T")

_SEPARATOR = re.compile(r"/|%2[Ff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A path of `/upstream/…`, taken apart."""

    target: Target
    name: str
    """As the client wrote it, after pins: an alias stays an alias."""
    rest: str
    """What follows the name, percent-encoding untouched: empty, or starting with `/`."""


class Resolver:
    """Names and paths to models."""

    def __init__(self, settings: Settings, remote: RemoteNames) -> None:
        aliases = {alias: Local(settings.models[model], alias) for alias, model in settings.aliases.items()}
        self._names = aliases | {str(key): Local(model, str(key)) for key, model in settings.models.items()}
        self._remote = remote
        self._own_deepest = _deepest(self._names)

    def resolve(self, name: str) -> Target | None:
        """What `name` stands for."""
        return self._names.get(name) or self._remote.find(name)

    @property
    def remotes(self) -> Sequence[Remote]:
        """Every model of every peer, by its full name."""
        return self._remote.all()

    def local(self, name: str) -> Local | None:
        """The model of this server that `name` stands for."""
        return self._names.get(name)

    def passage(self, path: str, pins: Mapping[str, str] = NOTHING) -> Passage | None:
        """Take `path` (what follows `/upstream/`, still percent-encoded) apart at the longest name that resolves.

        `author/model` and `author%2Fmodel` are one. The longest of `pins` that begins the path is replaced before, and
        one without a target is no model (http-api section 7.1).
        """
        pinned = _longest(path, pins.get, _deepest(pins)) if pins else None
        if pinned is not None:
            if not pinned.found:
                return None
            path = quote(pinned.found, safe="") + pinned.rest
        found: _Front[Target] | None = _longest(path, self.resolve, max(self._own_deepest, self._remote.deepest))
        return Passage(found.found, found.name, found.rest) if found is not None else None


def _deepest(names: Iterable[str]) -> int:
    """Of how many segments, with `/` between them, the longest name consists."""
    return max((name.count("/") + 1 for name in names), default=0)


@dataclass(frozen=True, slots=True)
class _Front(Generic[T]):
    """The beginning of a path that means something."""

    found: T
    name: str
    rest: str


def _longest(path: str, find: Callable[[str], T | None], deepest: int) -> _Front[T] | None:
    """The longest beginning of `path`, of at most so many segments, that `find` knows; empty segments do not count."""
    segments: list[str] = []
    best: _Front[T] | None = None
    start = 0
    for end, after in _cuts(path):
        if segment := unquote(path[start:end], errors="replace"):
            segments.append(segment)
            name = "/".join(segments)
            if (found := find(name)) is not None:
                best = _Front(found, name, _rest(path[end:]))
        start = after
        if len(segments) >= deepest:
            break
    return best


def _cuts(path: str) -> list[tuple[int, int]]:
    """(end of a segment, start of the next) for every segment of `path`."""
    cuts = [(found.start(), found.end()) for found in _SEPARATOR.finditer(path)]
    return [*cuts, (len(path), len(path))]


def _rest(tail: str) -> str:
    return "/" + tail[3:] if tail[:3].lower() == "%2f" else tail
