"""Who answers a request for a name (lifecycle section 10.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Target


@dataclass(frozen=True, slots=True)
class Choice:
    """Who answers one request. What it holds is given back at the end of the block."""

    target: Target
    selector: str = ""
    """The selector that chose."""

    def __enter__(self) -> Choice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Chooser:
    """Names to those who answer."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def choose(self, name: str) -> Choice | None:
        """Who answers a request for `name`; None when nobody does."""
        target = self._resolver.resolve(name)
        return Choice(target) if target is not None else None
