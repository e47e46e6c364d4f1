"""Which models may run together, as groups (configuration section 16.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from llamaswap.config.fields import At, Key, boolean, read_keys, string
from llamaswap.config.names import Names
from llamaswap.config.nodes import is_null
from llamaswap.config.schema import DEFAULT_GROUP, Group
from llamaswap.ids import ModelId

Together = Callable[[Sequence[ModelId]], str | None]
"""Why these models, at least two, cannot run at the same time; None when they can, or when nobody knows."""


def read_groups(at: At | None, names: Names) -> tuple[tuple[Group, ...], Together]:
    """The groups in document order, and `(default)` with every model that is in none of them."""
    before = at.report.complaints if at else 0
    owners: dict[ModelId, str] = {}
    groups = [_read_group(name, section, names, owners) for name, section in (at.children() if at else ())]
    rest = tuple(sorted(model for model in names.models if model not in owners))
    found = (*groups, Group(id=DEFAULT_GROUP, members=rest))
    return found, _sharing(found) if at is None or at.report.complaints == before else anything_goes


def anything_goes(_: Sequence[ModelId]) -> None:
    """`Together` where nobody knows: a router of somebody else's, or one whose settings are wrong already."""


def resolve_member(at: At, name: str, names: Names) -> ModelId | None:
    """The model that a list of models means by `name`: an alias is a warning, an unknown name is reported."""
    model = names.find(name)
    if model is None and names.complete:
        at.error(f"unknown model {name}")
    elif model is not None and model != name:
        at.warn(f"{name} is an alias; taken as model {model}")
    return model


def _read_group(name: str, section: At, names: Names, owners: dict[ModelId, str]) -> Group:
    if name == DEFAULT_GROUP:
        section.error(f"{DEFAULT_GROUP} is the group of all models that no other group lists: use another name")
    given = read_keys(section, KEYS, elsewhere=("members",))
    return Group(id=name, members=tuple(_read_members(section, name, names, owners)), **given)


def _read_members(group: At, name: str, names: Names, owners: dict[ModelId, str]) -> Iterator[ModelId]:
    members = group.child("members")
    for item in members.items() if members else ():
        member = None if is_null(item.node) else string(item)
        model = None if member is None else resolve_member(item, member, names)
        if model is None:
            continue
        if model not in owners:
            owners[model] = name
            yield model
        elif owners[model] == name:
            item.error(f"duplicate member {model} in group {name}")
        else:
            item.error(f"member {model} is used in multiple groups: {owners[model]} and {name}")


def _sharing(groups: Sequence[Group]) -> Together:
    group_of = {model: group for group in groups for model in group.members}

    def fault(models: Sequence[ModelId]) -> str | None:
        first, *others = models
        group = group_of[first]
        if group.id == DEFAULT_GROUP:
            return f"{first} is not in a group, so it cannot run beside others"
        if group.swap:
            return f"local targets must share a group with swap false, and {group.id} swaps"
        strangers = [model for model in others if group_of[model] is not group]
        return f"local targets must share one group, and {strangers[0]} is not in {group.id}" if strangers else None

    return fault


KEYS = (
    Key("swap", "swap", boolean),
    Key("exclusive", "exclusive", boolean),
    Key("persistent", "persistent", boolean),
)
