"""Which running models make room for a target?

The policies: pure, silent, and asked often. When an eviction happens, and who has to wait for it, is the core's
business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llamaswap.config.schema import DEFAULT_GROUP, Group, Settings
from llamaswap.ids import ModelId
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict


class GroupPolicy:
    """Groups of models that swap among themselves and may exclude others (lifecycle section 6).

    Exclusiveness is one-way: a target of a group that is not exclusive leaves a running exclusive model alone.
    A model that no group lists belongs to the default group: one at a time.
    """

    def __init__(self, settings: Settings) -> None:
        self._group: dict[ModelId, Group] = {}
        for group in settings.groups:
            for model in group.members:
                if model in self._group:
                    raise ValueError(f"model {model} is in the groups {self._group[model].id} and {group.id}")
                self._group[model] = group
        default = Group(id=DEFAULT_GROUP)
        for model in settings.models:
            self._group.setdefault(model, default)
        self._seen: Sequence[Running] | None = None
        self._answers: dict[str, Verdict] = {}  # on what was seen last, by the target's group

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """The siblings of `target` where its group swaps; of other groups, where its own is exclusive, all that are
        not persistent."""
        if running is not self._seen:
            self._seen, self._answers = running, {}
        group = self._group[target]
        answer = self._answers.get(group.id)
        if answer is None:
            answer = self._answers[group.id] = self._making_room_for(group, running)
        if target in answer.evict:
            others = tuple(model for model in answer.evict if model != target)
            return replace(answer, evict=others, cost=len(others))
        return answer

    def _making_room_for(self, own: Group, running: Sequence[Running]) -> Verdict:
        """For a target of the group that does not run."""
        group_of = self._group
        if own.exclusive:
            shown = [other.model for other in running]
            evict = [m for m in shown if (own.swap if (group := group_of[m]) is own else not group.persistent)]
        elif own.swap:
            evict = [other.model for other in running if group_of[other.model] is own]
        else:
            evict = []
        return Verdict(evict=tuple(evict), cost=len(evict), why=f"group {own.id}")


_POLICIES = {"group": GroupPolicy}


def make_policy(settings: Settings) -> EvictionPolicy:
    """The policy that `routing.router.use` names."""
    try:
        policy = _POLICIES[settings.router]
    except KeyError:
        raise ValueError(f"unknown router: {settings.router}") from None
    return policy(settings)
