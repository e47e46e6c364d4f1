"""Which eviction policies are there, and how is one made of settings?

Two are of this package; others come with packages of other people. How these are found is somebody else's business
(`plugins.py`), and it is asked only when a configuration names what is not of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from llamaswap.config.routers import Routers
from llamaswap.config.schema import NOTHING, ROUTERS, Model, Settings
from llamaswap.ids import ModelId
from llamaswap.schedule.events import EvictionPolicy
from llamaswap.schedule.eviction import make_policy
from llamaswap.schedule.guard import Complain, Guard


class Maker(Protocol):
    """What a package offers (`plugins.py`, `IPolicyMaker`)."""

    @property
    def name(self) -> str: ...
    def make(self, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> EvictionPolicy: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What other packages offer."""

    makers: Mapping[str, Maker] = field(default_factory=lambda: NOTHING)
    unusable: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Names that nobody can have, and why."""
    remarks: tuple[str, ...] = ()
    """What else is wrong there."""


class Policies(Routers):
    """Those of this package, and those that `find` finds, which may block. It is asked when a name is looked up, or
    listed, that is not of this package: at most once for each reading of a configuration."""

    def __init__(self, find: Callable[[], Found] = Found) -> None:
        super().__init__()
        self._find = find
        self._found: Found | None = None

    def __contains__(self, name: object) -> bool:
        return name in ROUTERS or name in self.found.makers or name in self.found.unusable

    def __iter__(self) -> Iterator[str]:
        return chain(ROUTERS, self.found.makers)

    @property
    def found(self) -> Found:
        """What there was when somebody looked last."""
        found = self._found  # another thread may forget it
        if found is None:
            found = self._found = self._find()
        return found

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was wrong with those of other packages when somebody looked; nothing where nobody has looked."""
        found = self._found
        return found.remarks if found is not None else ()

    def look_again(self) -> None:
        self._found = None

    def fault(self, name: str, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> str | None:
        if name in ROUTERS:
            return None
        try:
            self._make(name, models, settings)
        except ValueError as error:
            return " ".join(str(error).split()) or f"the policy {name} cannot be made"
        return None

    def make(self, settings: Settings, complain: Complain) -> EvictionPolicy:
        """The policy that `settings` name. Raises `ValueError` with what is wrong with them.

        One of another package is held to its contract; `complain` hears when it breaks it.
        """
        if settings.router in ROUTERS:
            return make_policy(settings)
        policy = self._make(settings.router, settings.models, settings.router_settings)
        return Guard(settings.router, policy, complain)

    def _make(self, name: str, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> EvictionPolicy:
        found = self.found
        if name in found.unusable:
            raise ValueError(found.unusable[name])
        if name not in found.makers:
            raise ValueError(f"unknown router: {name}")
        try:
            policy = found.makers[name].make(models, settings)
        except ValueError:
            raise
        except (Exception, SystemExit) as error:
            raise ValueError(f"the policy {name} cannot be made: {type(error).__name__}: {error}") from error
        if not callable(getattr(policy, "decide", None)):
            raise ValueError(f"the policy {name} cannot be made: what was made has no method `decide`")
        return policy


PACKAGE = Policies()
"""Those of this package."""
