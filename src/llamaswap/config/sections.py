"""The sections of a finished tree, read in the order in which they need each other.

Who has which name is known first; routing says who can run together; selectors and profiles speak of both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from llamaswap.config import activity, models, server
from llamaswap.config.aliases import aliases_readable, read_aliases
from llamaswap.config.commands import DEFAULT_CMD_STOP, Dialect
from llamaswap.config.fields import At, read_keys
from llamaswap.config.hooks import read_hooks
from llamaswap.config.names import Names, remote_names
from llamaswap.config.nodes import MappingNode
from llamaswap.config.old_profiles import read_old_profiles
from llamaswap.config.peers import check_failover, check_names, read_peers
from llamaswap.config.profiles import read_profiles
from llamaswap.config.routers import Routers
from llamaswap.config.routing import find_styles, read_router, read_scheduler
from llamaswap.config.schema import Model, Peer
from llamaswap.config.selectors import read_selectors
from llamaswap.ids import ModelId

KEYS = (*server.KEYS, *server.INHERITED)
ELSEWHERE = (
    *("macros", "models", "startPort", "routing", "groups", "matrix"),
    *("peers", "selectors", "profiles", "hooks", "memory", "store", "apiKeys"),
)
KNOWN = frozenset((*(key.name for key in KEYS), *ELSEWHERE))
"""Every top-level key, once macros are expanded."""


def read_sections(root: At, ports: Mapping[str, int], routers: Routers, dialect: Dialect) -> dict[str, Any]:
    """The fields of `Settings` that the tree decides; what is wrong with it is reported."""
    given = read_keys(root, KEYS, ELSEWHERE)
    inherited = {key.field: given.pop(key.field) for key in server.INHERITED if key.field in given}
    found, peers, names = _read_names(root, {"cmd_stop": DEFAULT_CMD_STOP[dialect], **inherited}, ports)
    styles = find_styles(root, routers)
    old = read_old_profiles(root.child("profiles"), names, styles)
    if old:
        names, found = old.added_to(names), old.added_to_models(found)
    by_lists = old and old.matrix.sets and not styles.given
    router = old.router(names, routers) if old and by_lists else read_router(styles, names, routers)
    return {
        **given,
        **{server.GLOBAL_FIELDS.get(field, field): value for field, value in inherited.items()},
        **router.fields(),
        **read_scheduler(root, names),
        **server.read_memory(root.child("memory")),
        **activity.read_store(root.child("store")),
        "models": MappingProxyType(found),
        "aliases": MappingProxyType(names.aliases),
        "peers": MappingProxyType(peers),
        "selectors": MappingProxyType(read_selectors(root.child("selectors"), names, router.together)),
        "profiles": MappingProxyType(read_profiles(root.child("profiles"), names)),
        **read_hooks(root, names),
    }


def _read_names(
    root: At, inherited: Mapping[str, Any], ports: Mapping[str, int]
) -> tuple[dict[ModelId, Model], dict[str, Peer], Names]:
    section, others, selectors = root.child("models"), root.child("peers"), root.child("selectors")
    found, aliases = read_aliases(section, models.read_models(section, inherited, ports))
    peers = read_peers(others)
    names = Names(
        models=found.keys(),
        aliases=aliases,
        remote=remote_names(peers),
        selectors=_keys(selectors),
        open=[peer.id for peer in peers.values() if peer.refresh],
        complete=aliases_readable(section)
        and all(peer.models or peer.refresh for peer in peers.values())
        and all(at is None or isinstance(at.node, MappingNode) for at in (others, selectors)),
    )
    check_names(others, peers, names)
    check_failover(others, peers)
    return found, peers, names


def _keys(at: At | None) -> Collection[str]:
    return at.node.values if at and isinstance(at.node, MappingNode) else ()
