"""Which models may run together, as a matrix (configuration section 17.1). The language is `llamaswap.matrix`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from llamaswap.config.fields import At, integer, read_keys, require, string
from llamaswap.config.groups import Together, anything_goes
from llamaswap.config.names import Names
from llamaswap.config.nodes import MappingNode, ScalarNode, is_null
from llamaswap.config.schema import Matrix
from llamaswap.ids import ModelId
from llamaswap.matrix.language import SetProblem, compile_sets
from llamaswap.matrix.program import Program
from llamaswap.matrix.solver import can_hold

KEYS = ("vars", "sets", "evict_costs")
_VAR = re.compile(r"[a-zA-Z0-9.-]{1,32}")
_NO_SETS = "at least one set is needed"
_WORD = re.compile(r"[\w.-]+")
_UNREADABLE = "_"
"""Stands for an expression that is no text, so that a set which refers to it is not blamed. No var is called so."""


def read_matrix(at: At, names: Names) -> tuple[Matrix, Together]:
    """The matrix at `at`; every mistake in it is reported at its place."""
    before = at.report.complaints
    read_keys(at, (), KEYS)
    given = at.child("vars")
    if given and not isinstance(given.node, MappingNode):
        names = replace(names, complete=False)
    vars = _read_vars(given, names)
    costs = _read_costs(at.child("evict_costs"), vars, names)
    sets, program = _read_sets(at, vars, names)
    matrix = Matrix(sets=MappingProxyType(sets), vars=MappingProxyType(vars), evict_costs=MappingProxyType(costs))
    sound = program is not None and at.report.complaints == before
    return matrix, sharing_a_set(program) if program and sound else anything_goes


def sharing_a_set(program: Program) -> Together:
    """Whether one set of `program` holds them all."""

    def fault(models: Sequence[ModelId]) -> str | None:
        return None if can_hold(program, models) else "local targets must appear together in one matrix set"

    return fault


def _read_vars(at: At | None, names: Names) -> dict[str, ModelId]:
    vars: dict[str, ModelId] = {}
    for name, child in at.children() if at else ():
        if not _VAR.fullmatch(name):
            child.error(f"var key {name} must be 1-32 characters, each alphanumeric, `-` or `.`")
        value = string(child)
        vars[name] = ModelId(value or "")
        if value is not None and value not in names.models and names.complete:
            child.error(f"var key {name} references unknown model {value}{_alias_hint(value, names)}")
    return vars


def _alias_hint(name: str, names: Names) -> str:
    model = names.find(name)
    return "" if model is None else f": it is an alias, write {model}"


def _read_costs(at: At | None, vars: Mapping[str, ModelId], names: Names) -> dict[ModelId, int]:
    costs: dict[ModelId, int] = {}
    for name, child in at.children() if at else ():
        model = vars[name] if name in vars else ModelId(name) if name in names.models else None
        cost = 0 if is_null(child.node) else integer(child)
        if model is None:
            if names.complete:
                child.error(f"evict_cost {name} references an unknown var or model{_alias_hint(name, names)}")
        elif cost is not None and cost < 1:
            child.error(f"evict_cost {name} must be a positive integer")
        elif model in costs:
            child.error(f"evict_cost {name}: model {model} has a cost already, under another name")
        elif cost is not None:
            costs[model] = cost
    return costs


# -- sets --------------------------------------------------------------------------------------------------------


def _read_sets(at: At, vars: Mapping[str, ModelId], names: Names) -> tuple[dict[str, str], Program | None]:
    """Every expression as it was written, and what they make together."""
    require(at, "sets", _NO_SETS)
    sets = at.child("sets")
    places = dict(sets.children()) if sets else {}
    if sets and isinstance(sets.node, MappingNode) and not places:
        sets.error(_NO_SETS)
    texts = {name: _expression(place) for name, place in places.items()}
    program, faults = compile_sets(texts, {**_forgiven(places, texts, names), **vars}, names.models)
    for fault in faults:
        _report(places[fault.set], fault)
    return texts, program


def _expression(at: At) -> str:
    text = string(at)
    return _UNREADABLE if text is None else text


def _forgiven(places: Mapping[str, At], texts: Mapping[str, str], names: Names) -> dict[str, ModelId]:
    """Names that must not be told as unknown, for that may follow from a mistake that has been reported."""
    words = {_UNREADABLE} if not all(isinstance(place.node, ScalarNode) for place in places.values()) else set()
    if not names.complete:
        words |= {word for text in texts.values() for word in _WORD.findall(text)}
    return dict.fromkeys(words - set(names.models), ModelId(""))


def _report(at: At, fault: SetProblem) -> None:
    """At the character of the expression if that can be found in the file, else at its beginning."""
    node = at.node
    if fault.position and isinstance(node, ScalarNode) and node.literal and "${" not in node.text:
        place = node.place._replace(column=node.place.column + fault.position - 1)
        node = replace(node, place=place)
    at.report.error(node, at.path, fault.message)
