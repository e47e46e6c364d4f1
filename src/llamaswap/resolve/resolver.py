"""Which model a name means (http-api section 0): a model's ID first, then an alias, then a peer's model. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from llamaswap.config.schema import Settings
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.targets import Local, Target

_SEPARATOR = re.compile(r"/|%2[Ff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A path of `/upstream/…`, taken apart."""

    target: Target
    name: str
    """As the client wrote it: an alias stays an alias."""
    rest: str
    """What follows the name, percent-encoding untouched: empty, or starting with `/`."""


class Resolver:
    """Names and paths to models."""

    def __init__(self, settings: Settings, remote: RemoteNames) -> None:
        aliases = {alias: Local(settings.models[model], alias) for alias, model in settings.aliases.items()}
        self._names = aliases | {str(key): Local(model, str(key)) for key, model in settings.models.items()}
        self._remote = remote
        self._deepest = max((name.count("/") + 1 for name in self._names), default=0)

    def resolve(self, name: str) -> Target | None:
        """What `name` stands for."""
        return self._names.get(name) or self._remote.find(name)

    def local(self, name: str) -> Local | None:
        """The model of this server that `name` stands for."""
        return self._names.get(name)

    def passage(self, path: str) -> Passage | None:
        """Take `path` (what follows `/upstream/`, still percent-encoded) apart at the longest name that resolves.

        `author/model` and `author%2Fmodel` are one (http-api section 7.1).
        """
        segments: list[str] = []
        best: Passage | None = None
        deepest = max(self._deepest, self._remote.deepest)
        start = 0
        for end, after in _cuts(path):
            if segment := unquote(path[start:end], errors="replace"):
                segments.append(segment)
                name = "/".join(segments)
                if (target := self.resolve(name)) is not None:
                    best = Passage(target, name, _rest(path[end:]))
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
