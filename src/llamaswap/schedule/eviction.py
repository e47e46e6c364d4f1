"""Which running models make room for a target?

The policies: pure, silent, and asked often. When an eviction happens, and who has to wait for it, is the core's
business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

from llamaswap.config.schema import DEFAULT_GROUP, Group, Settings
from llamaswap.ids import ModelId
from llamaswap.matrix.language import compile_sets
from llamaswap.matrix.solver import Situation, Solution
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict

_REMEMBERED = 64
"""For how many different lists of running models the answers of a matrix are kept."""
_LONGEST = 200
"""Of an expression in the log, in characters."""


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

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """All others, but for the persistent ones of other groups."""
        own, group_of = self._group[target], self._group
        others = (other.model for other in running if other.model != target)
        evict = tuple(m for m in others if (group := group_of[m]) is own or not group.persistent)
        return Verdict(evict, cost=len(evict), why=f"group {own.id}")

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


class MatrixPolicy:
    """Models run together as one of the matrix's sets allows; the cheapest make room (lifecycle section 7).

    A model that no set contains runs alone.
    """

    def __init__(self, settings: Settings) -> None:
        matrix = settings.matrix
        if matrix is None:
            raise ValueError("the router matrix has no matrix")
        program, problems = compile_sets(matrix.sets, matrix.vars, settings.models)
        if program is None:
            raise ValueError("; ".join(problem.message for problem in problems))
        self._program = program
        self._written = {each.name: shorten(each.expression, _LONGEST, placeholder=" …") for each in program.sets}
        self._costs = matrix.evict_costs
        self._seen: Sequence[Running] | None = None
        self._views: dict[tuple[ModelId, ...], _View] = {}  # the least recently used first
        self._view = self._view_of(())  # of what was seen last

    def decide(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """Those that are not in the cheapest state with `target`; none if it runs already."""
        if running is not self._seen:
            self._seen, self._view = running, self._view_of(tuple([shown.model for shown in running]))
        answers = self._view.answers
        if target not in answers:
            answers[target] = self._work_out(target, self._view)
        return answers[target]

    def spare(self, target: ModelId, running: Sequence[Running], when: float) -> Verdict:
        """All others: a set says what may run together, not what has to."""
        return Verdict(tuple(other.model for other in running if other.model != target), why="matrix")

    def _view_of(self, running: tuple[ModelId, ...]) -> _View:
        view = self._views.pop(running, None)
        if view is None:
            view = _View(bool(running), Situation(self._program, self._costs, running))
        self._views[running] = view
        if len(self._views) > _REMEMBERED:
            del self._views[next(iter(self._views))]
        return view

    def _work_out(self, target: ModelId, view: _View) -> Verdict:
        solution = view.situation.solve(target)
        why = self._reason(target, solution, view.anything)
        return Verdict(solution.evict, solution.set, solution.cost, why)

    def _reason(self, target: ModelId, solution: Solution, anything_runs: bool) -> str:
        if solution.set is None:
            return f"matrix: no set allows more beside {target}"
        cost = f"cost {solution.cost}" if anything_runs else "no models running"
        return f"matrix set {solution.set}: {self._written[solution.set]}, allows {'+'.join(solution.witness)}, {cost}"


@dataclass(frozen=True, slots=True)
class _View:
    """Models that run, and what was answered about them."""

    anything: bool
    """Any do."""
    situation: Situation
    answers: dict[ModelId, Verdict] = field(default_factory=dict)


_POLICIES: Mapping[str, Callable[[Settings], EvictionPolicy]] = {"group": GroupPolicy, "matrix": MatrixPolicy}


def make_policy(settings: Settings) -> EvictionPolicy:
    """The policy that `routing.router.use` names."""
    try:
        policy = _POLICIES[settings.router]
    except KeyError:
        raise ValueError(f"unknown router: {settings.router}") from None
    return policy(settings)
