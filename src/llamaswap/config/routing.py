"""How models make room for each other, and who is served first: router and scheduler (configuration section 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from llamaswap.config.fields import At, integer, seconds, string, subsection
from llamaswap.config.groups import Together, anything_goes, read_groups
from llamaswap.config.matrix import read_matrix
from llamaswap.config.names import Names
from llamaswap.config.nodes import MappingNode, ScalarNode, is_null
from llamaswap.config.routers import Routers
from llamaswap.config.schema import NOTHING, ROUTERS, Group, Matrix
from llamaswap.config.values import json_object
from llamaswap.ids import ModelId

SCHEDULERS = ("fifo",)
_DEFAULT_ROUTER = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Where the file speaks of the router, in the older style and in the newer one; what is empty counts as absent."""

    old_groups: At | None
    old_matrix: At | None
    use: At | None
    groups: At | None
    matrix: At | None
    settings: At | None
    """Those of every router, each under its name."""
    complete: bool
    """False when there are settings that cannot be read."""

    @property
    def old(self) -> list[At]:
        return [at for at in (self.old_groups, self.old_matrix) if at]

    @property
    def new(self) -> list[At]:
        return [at for at in (self.use, self.groups, self.matrix) if at]

    @property
    def given(self) -> bool:
        return bool(self.old or self.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """The eviction policy, and its settings."""

    use: str
    groups: tuple[Group, ...] = ()
    matrix: Matrix | None = None
    settings: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Of one that is not of this package."""
    together: Together = anything_goes

    def fields(self) -> dict[str, Any]:
        """Those of `Settings`."""
        own = {"router": self.use, "router_settings": self.settings}
        return {**own, "groups": self.groups, "matrix": self.matrix}


def find_styles(root: At, routers: Routers) -> Styles:
    """The sections that concern the router; of `routers` that are not of this package the settings are left alone."""
    router = subsection(subsection(root, "routing", ("router", "scheduler")), "router", ("use", "settings"))
    strangers = _strangers(router.child("settings") if router else None, routers)
    settings = subsection(router, "settings", ("groups", "matrix", *(name for name, _ in strangers)))
    return Styles(
        old_groups=_filled(root.child("groups")),
        old_matrix=root.child("matrix"),
        use=_said(router.child("use")) if router else None,
        groups=_filled(settings.child("groups")) if settings else None,
        matrix=settings.child("matrix") if settings else None,
        settings=settings,
        complete=settings is not None or router is None or router.child("settings") is None,
    )


def _strangers(settings: At | None, routers: Routers) -> list[tuple[str, At | None]]:
    """The routers of other packages that have settings; nobody asks for such routers where there are none."""
    given = settings.node.values if settings and isinstance(settings.node, MappingNode) else ()
    own = ("groups", *ROUTERS)
    return [(name, settings and settings.child(name)) for name in given if name not in own and name in routers]


def read_router(styles: Styles, names: Names, routers: Routers) -> Router:
    """The router that the file asks for (section 16.1), of `routers`; settings of another one are not looked at."""
    _check_styles(styles)
    if styles.old_groups and styles.old_matrix:
        read_groups(styles.old_groups, names)  # not in use, but what is wrong with them will be wrong then as well
    if styles.old:
        use, groups, matrix = "matrix" if styles.old_matrix else "group", styles.old_groups, styles.old_matrix
    else:
        use, groups, matrix = _use(styles), styles.groups, styles.matrix
        if use in routers:
            _remark_unused(use, styles, routers)
    asked = styles.old_matrix or styles.use
    if asked and not check_router(use, routers, asked):
        _check_unasked(styles, names)
        return Router(use=use)
    if use == "matrix":
        return _matrix_router(matrix, names, asked if styles.complete else None)
    return _group_router(groups, names) if use == "group" else _strange_router(use, styles.settings)


def _check_unasked(styles: Styles, names: Names) -> None:
    """Which router is wanted is not known; the settings are looked at all the same."""
    if styles.groups:
        read_groups(styles.groups, names)
    if styles.matrix:
        read_matrix(styles.matrix, names)


def check_router(use: str, routers: Routers, at: At) -> bool:
    """Whether there is a router of that name; reported at `at` if not."""
    if use in routers:
        return True
    at.error("; ".join((f"unknown router {use}: valid values are {', '.join(sorted(routers))}", *routers.remarks)))
    return False


def _check_styles(styles: Styles) -> None:
    if styles.new:
        for old in styles.old:
            old.error("cannot be used together with routing.router: migrate it to routing.router.settings")
    elif styles.old_groups and styles.old_matrix:
        styles.old_groups.error("cannot use both groups and matrix")


def _use(styles: Styles) -> str:
    return (string(styles.use) if styles.use else None) or _DEFAULT_ROUTER


def _remark_unused(use: str, styles: Styles, routers: Routers) -> None:
    given = [("group", styles.groups), ("matrix", styles.matrix)]
    given += [(name, at) for name, at in _strangers(styles.settings, routers) if use != name]
    for router, settings in given:
        if settings and use != router:
            settings.warn(f"is ignored, for routing.router.use is {use}")


def _group_router(at: At | None, names: Names) -> Router:
    groups, together = read_groups(at, names)
    return Router(use="group", groups=groups, together=together)


def _matrix_router(at: At | None, names: Names, asked: At | None) -> Router:
    """`asked`: where the file wants a matrix, unless what it says of it cannot be read."""
    if at is None:
        if asked:
            asked.error("the router is matrix, but routing.router.settings.matrix is not set")
        return Router(use="matrix")
    matrix, together = read_matrix(at, names)
    return Router(use="matrix", matrix=matrix, together=together)


def _strange_router(use: str, settings: At | None) -> Router:
    """One of another package, which knows what its settings mean."""
    at = settings.child(use) if settings else None
    given = json_object(at) if at else None
    return Router(use=use, settings=given or NOTHING)


def _filled(at: At | None) -> At | None:
    """`at`, unless it is an empty mapping."""
    return None if at and isinstance(at.node, MappingNode) and not at.node.values else at


def _said(at: At | None) -> At | None:
    """`at`, unless it is an empty text."""
    return None if at and isinstance(at.node, ScalarNode) and at.node.value == "" else at


# -- scheduler ---------------------------------------------------------------------------------------------------


def read_scheduler(root: At, names: Names) -> dict[str, Any]:
    """The fields of `Settings` that the scheduler decides (section 16.3)."""
    scheduler = subsection(root.at("routing"), "scheduler", ("use", "settings"))
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
            if names.complete:
                child.error(f"priority references unknown model {name}{names.hint(name)}")
        elif priority is not None and priorities.setdefault(model, priority) != priority:
            child.error(f"model {model} already has priority {priorities[model]} under another name")
    return MappingProxyType(priorities)
