"""Who is on the way to whom, as far as the scheduler does not know of it. Pure; outlives the settings (W-16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from llamaswap.resolve.targets import Local, Target

_Key = tuple[str, str]


class Tally:
    """Requests that were sent to a target and have not arrived, or are under way to a peer; and whose turn it was."""

    def __init__(self) -> None:
        self._on_the_way: Counter[_Key] = Counter()
        self._last: dict[str, Target] = {}

    def take(self, target: Target) -> None:
        """One more is on its way."""
        self._on_the_way[_key(target)] += 1

    def give_back(self, target: Target) -> None:
        """One has arrived, or is over."""
        key = _key(target)
        self._on_the_way[key] -= 1
        if not self._on_the_way[key]:
            del self._on_the_way[key]

    def on_the_way(self, target: Target) -> int:
        """How many requests, by whatever name of its model."""
        return self._on_the_way[_key(target)]

    def last(self, selector: str) -> Target | None:
        """What this selector has chosen the time before."""
        return self._last.get(selector)

    def remember(self, selector: str, target: Target) -> None:
        self._last[selector] = target

    def forget_all_but(self, selectors: Collection[str]) -> None:
        """Other selectors are gone."""
        self._last = {name: target for name, target in self._last.items() if name in selectors}


def _key(target: Target) -> _Key:
    """Equal for two names of one model."""
    if isinstance(target, Local):
        return "", target.model.id
    return target.peer.id, target.model
