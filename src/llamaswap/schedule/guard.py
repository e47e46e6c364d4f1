"""What if a policy of somebody else's does not keep its contract?

Whatever it answers, the core gets an answer that it can work with: where the policy is wrong, all other models make
room, which is always safe. That is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llamaswap.ids import ModelId
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict

Complain = Callable[[str, BaseException], None]
"""Hears what is wrong with a policy, and the exception that says so or was raised by it."""


class Guard:
    """The policy `name`. Satisfies `SparingPolicy`."""

    def __init__(self, name: str, policy: EvictionPolicy, complain: Complain) -> None:
        self._name = name
        self._policy = policy
        self._spare = getattr(policy, "spare", None)
        self._complain: Complain | None = complain

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """What the policy says, if it can be said; else all others go."""
        try:
            return _checked(self._policy.decide(target, running, when), target, running)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._tell("decide", error)
        others = tuple(shown.model for shown in running if shown.model != target)
        return Verdict(others, cost=len(others), why=f"the policy {self._name} has failed, so all others make room")

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """What the policy says, if it can be said; else nobody goes."""
        if self._spare is not None:
            try:
                return _checked(self._spare(target, running, when), target, running)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._tell("spare", error)
        return Verdict(())

    def _tell(self, asked: str, error: BaseException) -> None:
        complain, self._complain = self._complain, None
        if complain is not None:
            complain(f"the policy {self._name} has failed in `{asked}`; this is told once", error)


def _checked(verdict: object, target: ModelId, running: Sequence[Running]) -> Verdict:
    """`verdict` if the core can follow it, in the order of what is running. Raises what is wrong with it."""
    if not isinstance(verdict, Verdict):
        raise TypeError(f"it answered {type(verdict).__name__} where a Verdict is needed")
    evict = set(verdict.evict)
    ordered = tuple([shown.model for shown in running if shown.model in evict])
    if target in evict:
        raise ValueError(f"it evicts the target {target}")
    if len(ordered) != len(evict):
        raise ValueError(f"it evicts what does not run: {sorted(map(str, evict.difference(ordered)))}")
    if len(evict) != len(verdict.evict):
        raise ValueError(f"it evicts somebody twice: {list(verdict.evict)}")
    if not isinstance(verdict.why, str) or not isinstance(verdict.cost, int):
        raise TypeError("its reason is no text, or its cost no whole number")
    return verdict if ordered == verdict.evict else Verdict(ordered, verdict.set, verdict.cost, verdict.why)
