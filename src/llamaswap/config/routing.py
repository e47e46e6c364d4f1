"""Which models may run together and who is served first: groups and scheduler (configuration section 16)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from llamaswap.config.fields import At, Key, boolean, integer, read_keys, seconds, string, subsection
from llamaswap.config.nodes import MappingNode, is_null
from llamaswap.config.schema import DEFAULT_GROUP, Group
from llamaswap.ids import ModelId

SCHEDULERS = ("fifo",)
_DEFAULT_ROUTER = "group"


@dataclass(frozen=True, slots=True)
class Names:
    """What a model may be called where the configuration speaks of one."""

    models: Collection[ModelId]
    aliases: Mapping[str, ModelId]

    def find(self, name: str) -> ModelId | None:
        """The model that `name` stands for; IDs hide aliases (section 10)."""
        return ModelId(name) if name in self.models else self.aliases.get(name)


def read_routing(root: At, names: Names, routers: Collection[str]) -> dict[str, Any]:
    """The fields of `Settings` that routing decides: `router`, `groups`, `max_wait`, `priorities`."""
    routing = subsection(root, "routing", ("router", "scheduler"))
    router = subsection(routing, "router", ("use", "settings"))
    settings = subsection(router, "settings", ("groups", "matrix"))
    _check_styles(root, router, settings)
    use = _router(root, router, routers)
    ignored = settings.child("matrix") if settings else None
    if ignored and use != "matrix":
        ignored.warn(f"is ignored, for routing.router.use is {use}")
    groups = _filled(root.child("groups")) or (settings.child("groups") if settings else None)
    return {"router": use, "groups": read_groups(groups, names), **_read_scheduler(routing, names)}


def read_groups(at: At | None, names: Names) -> tuple[Group, ...]:
    """The groups in document order, and `(default)` with every model that is in none of them."""
    groups: list[Group] = []
    owners: dict[ModelId, str] = {}
    for name, section in at.children() if at else ():
        if name == DEFAULT_GROUP:
            section.error(f"{DEFAULT_GROUP} is the group of all models that no other group lists: use another name")
            continue
        given = read_keys(section, GROUP_KEYS, elsewhere=("members",))
        groups.append(Group(id=name, members=tuple(_read_members(section, name, names, owners)), **given))
    rest = tuple(sorted(model for model in names.models if model not in owners))
    return (*groups, Group(id=DEFAULT_GROUP, members=rest))


def _read_members(group: At, name: str, names: Names, owners: dict[ModelId, str]) -> Iterator[ModelId]:
    listed = group.child("members")
    for item in listed.items() if listed else ():
        member = None if is_null(item.node) else string(item)
        model = None if member is None else _found(item, member, names)
        if model is None:
            continue
        if model not in owners:
            owners[model] = name
            yield model
        elif owners[model] == name:
            item.error(f"duplicate member {model} in group {name}")
        else:
            item.error(f"member {model} is used in multiple groups: {owners[model]} and {name}")


def _found(at: At, name: str, names: Names) -> ModelId | None:
    model = names.find(name)
    if model is None:
        at.error(f"unknown model {name}")
    elif model != name:
        at.warn(f"{name} is an alias; taken as model {model}")
    return model


GROUP_KEYS = (
    Key("swap", "swap", boolean),
    Key("exclusive", "exclusive", boolean),
    Key("persistent", "persistent", boolean),
)


# -- which router ------------------------------------------------------------------------------------------------


def _check_styles(root: At, router: At | None, settings: At | None) -> None:
    """Legacy top-level keys and the new section are never mixed (section 16.1)."""
    modern = (router and router.child("use")) or (
        settings and (settings.child("matrix") or _filled(settings.child("groups")))
    )
    if not modern:
        return
    for legacy in (_filled(root.child("groups")), root.child("matrix")):
        if legacy:
            legacy.error("cannot be used together with routing.router: migrate it to routing.router.settings")


def _router(root: At, router: At | None, routers: Collection[str]) -> str:
    at = router.child("use") if router else None
    use = (string(at) if at else None) or _DEFAULT_ROUTER
    legacy = root.child("matrix")
    if legacy:
        at, use = legacy, "matrix"
    if at and use not in routers:
        at.error(f"unknown router {use}: valid values are {', '.join(sorted(routers))}")
    return use


def _filled(at: At | None) -> At | None:
    """`at`, unless it is an empty mapping, which counts as absent."""
    return None if at and isinstance(at.node, MappingNode) and not at.node.values else at


# -- scheduler ---------------------------------------------------------------------------------------------------


def _read_scheduler(routing: At | None, names: Names) -> dict[str, Any]:
    scheduler = subsection(routing, "scheduler", ("use", "settings"))
    at = scheduler.child("use") if scheduler else None
    use = string(at) if at else None
    if at and use and use not in SCHEDULERS:
        at.error(f"unknown scheduler {use}: valid values are {', '.join(SCHEDULERS)}")
    fifo = subsection(subsection(scheduler, "settings", ("fifo",)), "fifo", ("maxWait", "priority"))
    if fifo is None:
        return {}
    wait = fifo.child("maxWait")
    given = seconds(wait) if wait else None
    return ({} if given is None else {"max_wait": given}) | {
        "priorities": _read_priorities(fifo.child("priority"), names)
    }


def _read_priorities(at: At | None, names: Names) -> Mapping[ModelId, int]:
    priorities: dict[ModelId, int] = {}
    for name, child in at.children() if at else ():
        model = names.find(name)
        priority = None if is_null(child.node) else integer(child)
        if model is None:
            child.error(f"priority references unknown model {name}")
        elif priority is not None and priorities.setdefault(model, priority) != priority:
            child.error(f"model {model} already has priority {priorities[model]} under another name")
    return MappingProxyType(priorities)
