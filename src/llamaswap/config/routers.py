"""Which eviction policies are there for `routing.router.use` to name, and what do they say of their settings?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from llamaswap.config.schema import ROUTERS, Model
from llamaswap.ids import ModelId


class Routers:
    """Those of `names`, which have nothing to say. Who knows of others overrides this (`schedule/policies.py`)."""

    def __init__(self, names: Collection[str] = ROUTERS) -> None:
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def look_again(self) -> None:
        """A configuration is about to be read: others may be there by now."""

    def fault(self, name: str, models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> str | None:
        """What is wrong with `settings` of the policy `name`, which there is; None when it can be made of them."""
        return None

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why others than these are not there, as far as anybody has looked."""
        return ()
