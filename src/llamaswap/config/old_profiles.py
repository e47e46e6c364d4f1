"""Profiles as the first releases had them: `coding: [a, b]` lets a and b run together, and calls a `coding:a` too.

They are translated to what says the same today: a matrix with a set for each profile, and aliases. Whoever still has
them is told the translation. What profiles are now is `profiles.py`'s business.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType
from typing import Any

import yaml

from llamaswap.config.fields import At, listed, strings
from llamaswap.config.groups import anything_goes, resolve_member
from llamaswap.config.matrix import sharing_a_set
from llamaswap.config.names import Names
from llamaswap.config.nodes import MappingNode, SequenceNode
from llamaswap.config.profiles import check_name
from llamaswap.config.routers import Routers
from llamaswap.config.routing import Router, Styles, check_router
from llamaswap.config.scalars import plain
from llamaswap.config.schema import Matrix, Model
from llamaswap.ids import ModelId
from llamaswap.matrix.language import compile_sets

_SIGNS = (":", "/")
"""Between a profile and a model in the name of both."""
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
"""Model IDs that an expression can hold; others need a var."""
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*( & [A-Za-z0-9_.-]+)*")


@dataclass(frozen=True, slots=True)
class OldProfiles:
    """What the lists mean today."""

    aliases: Mapping[str, ModelId]
    matrix: Matrix
    place: At
    sound: bool
    """Whether none of them holds a mistake, so that no name is missing."""

    def added_to(self, names: Names) -> Names:
        """`names` with those that the lists add."""
        return replace(names, aliases={**names.aliases, **self.aliases}, complete=names.complete and self.sound)

    def added_to_models(self, models: Mapping[ModelId, Model]) -> dict[ModelId, Model]:
        """`models`, each with the names that the lists add to it."""
        added: dict[ModelId, list[str]] = {}
        for alias, model in self.aliases.items():
            added.setdefault(model, []).append(alias)
        return {
            id: replace(model, aliases=(*model.aliases, *added[id])) if id in added else model
            for id, model in models.items()
        }

    def router(self, names: Names, routers: Routers) -> Router:
        """The matrix router with a set for each profile."""
        check_router("matrix", routers, self.place)
        program, _ = compile_sets(self.matrix.sets, self.matrix.vars, names.models)
        together = sharing_a_set(program) if program else anything_goes
        return Router(use="matrix", matrix=self.matrix, together=together)


def read_old_profiles(at: At | None, names: Names, styles: Styles) -> OldProfiles | None:
    """The profiles that are lists; None when there is none. The new form of them is told in any case."""
    if at is None or not isinstance(at.node, MappingNode):
        return None
    lists = [(name, child) for name, child in at.children() if isinstance(child.node, SequenceNode)]
    if not lists:
        return None
    before = at.report.complaints
    aliases: dict[str, ModelId] = {}
    members = {name: tuple(_read_members(name, profile, names, aliases)) for name, profile in lists}
    old = OldProfiles(MappingProxyType(aliases), _matrix(members, names), at, at.report.complaints == before)
    has_pins = any(isinstance(node, MappingNode) for node in at.node.values.values())
    _tell(old, _rivals(styles, has_pins))
    return old


def _read_members(name: str, profile: At, names: Names, aliases: dict[str, ModelId]) -> Iterator[ModelId]:
    """The models of one profile; what they are called by way of it is entered in `aliases`."""
    check_name(name, profile)
    strings(profile)
    for member, place in listed(profile):
        model = resolve_member(place, member, names)
        if model is None:
            continue
        yield model
        for alias in dict.fromkeys(f"{name}{sign}{called}" for called in (model, member) for sign in _SIGNS):
            taken = _taken(alias, names)
            if taken is None and aliases.setdefault(alias, model) != model:
                taken = f"a name of model {aliases[alias]}"
            if taken:
                place.error(f"profile {name} adds the name {alias}, which is {taken}")


def _taken(name: str, names: Names) -> str | None:
    model = names.find(name)
    if model is not None:
        return "a model ID" if model == name else f"an alias of model {model}"
    if name in names.selectors:
        return "a selector"
    return "a fully qualified peer model name" if names.is_full(name) else None


def _matrix(members: Mapping[str, Sequence[ModelId]], names: Names) -> Matrix:
    """Profiles without members allow nothing that is not allowed anyway."""
    unspeakable = sorted({model for models in members.values() for model in models if not _NAME.fullmatch(model)})
    free = (name for number in count(1) if (name := f"m{number}") not in names.models)
    vars = dict(zip(free, unspeakable, strict=False))
    spoken = {model: var for var, model in vars.items()}
    sets = {
        name: " & ".join(dict.fromkeys(spoken.get(model, model) for model in models))
        for name, models in members.items()
        if models
    }
    return Matrix(sets=MappingProxyType(sets), vars=MappingProxyType(vars))


# -- what is told ------------------------------------------------------------------------------------------------


def _rivals(styles: Styles, has_pins: bool) -> list[str]:
    """What the file has besides that cannot stand beside lists."""
    present = {
        "groups": styles.old_groups,
        "matrix": styles.old_matrix,
        "routing.router": styles.new,
        "profiles that have pins": has_pins,
    }
    return [name for name, found in present.items() if found]


def _tell(old: OldProfiles, rivals: Sequence[str]) -> None:
    form = _new_form(old, beside_matrix="matrix" in rivals)
    if rivals:
        old.place.error(f"profiles that are lists cannot be used together with {' and '.join(rivals)}: {form}")
    else:
        old.place.warn(f"profiles that are lists are the form of the first releases: {form}")


def _new_form(old: OldProfiles, *, beside_matrix: bool = False) -> str:
    """How to write the same today, in the names of this file; `beside_matrix`: where it has a matrix already."""
    if not old.matrix.sets:
        return "these name no models, so leave them out"
    matrix = {"vars": old.matrix.vars, "sets": old.matrix.sets} if old.matrix.vars else {"sets": old.matrix.sets}
    routing = {"routing": {"router": {"use": "matrix", "settings": {"matrix": matrix}}}}
    models: dict[str, dict[str, list[str]]] = {}
    for alias, model in old.aliases.items():
        models.setdefault(model, {"aliases": []})["aliases"].append(alias)
    today = _yaml({"matrix": matrix} if beside_matrix else routing)
    return f"write `{today}` instead, and add the names as aliases: `{_yaml({'models': models})}`"


def _yaml(content: Mapping[str, Any]) -> str:
    """`content` on one line, as one would write it by hand."""
    return ", ".join(f"{_flow(key)}: {_flow(value)}" for key, value in content.items())


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{_yaml(value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if _SIMPLE.fullmatch(value) and plain(value) == value:
        return str(value)
    quoted: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=math.inf)
    return quoted.rstrip("\n")
