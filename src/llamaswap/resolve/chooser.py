"""Who answers a request for a name: a profile's pin, then a selector, then a model (lifecycle section 10). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from llamaswap.config.schema import NOTHING, Selector, Settings
from llamaswap.errors import NoModelGiven, NoTarget
from llamaswap.exchange import Caller
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.resolve.permits import may_use, not_yours, require_use
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.selection import Standing, spillover, warm
from llamaswap.resolve.tally import Tally
from llamaswap.resolve.targets import Local, Remote, Target


class Models(Protocol):
    """What can be known of the models here."""

    def state_of(self, model: ModelId) -> State:
        """As a new request will find it."""

    def busy(self, model: ModelId) -> int:
        """How many requests for it are served, or wait."""


class Choice:
    """Who answers one request. What it holds is given back at the end of the block, or before."""

    __slots__ = ("_tally", "peer", "selector", "target")

    def __init__(self, target: Target, selector: str = "", tally: Tally | None = None) -> None:
        self.target = target
        self.selector = selector
        """The selector that chose."""
        self.peer = target.peer.id if isinstance(target, Remote) else ""
        """The ID of the peer that answers, which may be another than that of `target`; empty for a model here."""
        self._tally = tally
        if tally is not None:
            tally.take(target)

    def release(self) -> None:
        """The request counts no longer. May be called again."""
        tally, self._tally = self._tally, None
        if tally is not None:
            tally.give_back(self.target)

    def __enter__(self) -> Choice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Chooser:
    """Names to those who answer, by these settings. `active` and `tally` outlive it."""

    def __init__(
        self, settings: Settings, resolver: Resolver, models: Models, active: ActiveProfile, tally: Tally
    ) -> None:
        self._resolver = resolver
        self._selectors = settings.selectors
        self._profiles = settings.profiles
        self._models = models
        self._active = active
        self._tally = tally

    def choose(self, name: str, caller: Caller | None = None) -> Choice | None:
        """Who answers a request of `caller` for `name`; None when nobody does. It counts from now on: enter it at once.

        A selector chooses among those that the caller may use. Raises `NoModelGiven` for a name that the active profile
        disables, `NoTarget`, and `Forbidden` for a model that is not for the caller.
        """
        if self._active.name is not None:
            name = self._pinned(name)
        selector = self._selectors.get(name)
        if selector is not None:
            return self._select(selector, caller)
        target = self._resolver.resolve(name)
        if target is not None and caller is not None:
            require_use(caller, target)
        if isinstance(target, Local):
            return Choice(target)
        return Choice(target, tally=self._tally) if target is not None else None

    def to(self, target: Remote) -> Choice:
        """A request that names the model of a peer in its path."""
        return Choice(target, tally=self._tally)

    @property
    def pins(self) -> Mapping[str, str]:
        """Those of the active profile: names to other names, or to nothing."""
        profile = self._profiles.get(self._active.name or "")
        return profile.pins if profile is not None else NOTHING

    def _pinned(self, name: str) -> str:
        target = self.pins.get(name, name)
        if not target:
            raise NoModelGiven(f"no model id could be identified: profile {self._active.name} disables this name")
        return target

    def _select(self, selector: Selector, caller: Caller | None) -> Choice | None:
        names = selector.targets[:1] if selector.strategy == "pin" else selector.targets
        targets = [target for name in names if (target := self._resolver.resolve(name)) is not None]
        if not targets:  # models of peers that are not offered any more
            return None
        targets = [target for target in targets if may_use(caller, target)]
        if not targets:
            raise not_yours(selector.id)
        return Choice(self._by_strategy(selector, targets), selector.id, self._tally)

    def _by_strategy(self, selector: Selector, targets: list[Target]) -> Target:
        if selector.strategy == "pin":
            return targets[0]
        standings = [self._standing(target) for target in targets]
        if selector.strategy == "warm":
            return warm(standings).target
        chosen = spillover(standings, selector.spillover, self._tally.last(selector.id))
        if chosen is None:
            raise NoTarget(f"no available spillover targets: all those of {selector.id} are stopping")
        self._tally.remember(selector.id, chosen.target)
        return chosen.target

    def _standing(self, target: Target) -> Standing:
        """The scheduler knows who is there, by whatever way they came (W-28); the tally who is still under way."""
        on_the_way = self._tally.on_the_way(target)
        if isinstance(target, Remote):
            return Standing(target, on_the_way)
        model = target.model.id
        return Standing(target, self._models.busy(model) + on_the_way, self._models.state_of(model))
