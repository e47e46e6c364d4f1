"""Which model listens on which port (configuration section 6). Whether a port is free is found out at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from llamaswap.config.fields import At, integer
from llamaswap.config.nodes import MappingNode, Node, ScalarNode
from llamaswap.config.placeholders import filling, mentions, rewrite_model
from llamaswap.config.report import Report
from llamaswap.config.schema import DEFAULT_START_PORT, Settings
from llamaswap.config.stages import each_model
from llamaswap.ids import ModelId

HIGHEST_PORT = 65535


def assign_ports(
    root: MappingNode, report: Report, previous: Settings | None = None
) -> tuple[MappingNode, int, dict[str, int]]:
    """The tree with `${PORT}` filled in, the first port, and each port by model: one for all whose `cmd` asks for one.

    A model keeps the port that it has in `previous`, the settings in force, so that a new neighbour does not change
    what it is started with; the others go round these. Not so when the first port is another one.
    """
    first = _start_port(At(root, "", report))
    kept = _kept(previous, first)
    following = _free(first, kept)
    ports: dict[str, int] = {}

    def assigned(model: str, section: MappingNode) -> Node:
        cmd = section.values.get("cmd")
        if not mentions(cmd, "PORT"):
            return _without_port(model, section, report)
        port = ports[model] = kept[ModelId(model)] if model in kept else next(following)
        if port == max(first, HIGHEST_PORT + 1):
            report.error(cmd or section, f"models.{model}.cmd", _too_high(model, port))
        return rewrite_model(section, filling("PORT", port), f"models.{model}", report)

    return each_model(root, assigned), first, ports


def _kept(previous: Settings | None, first: int) -> Mapping[ModelId, int]:
    if previous is None or previous.start_port != first:
        return {}
    return {model: each.port for model, each in previous.models.items() if each.port is not None}


def _free(first: int, kept: Mapping[ModelId, int]) -> Iterator[int]:
    taken = frozenset(kept.values())
    return (port for port in count(first) if port not in taken)


def _start_port(root: At) -> int:
    at = root.child("startPort")
    port = integer(at) if at else None
    if at and port is not None and port < 1:
        at.error(f"startPort must be >= 1, not {port}")
        return DEFAULT_START_PORT
    return DEFAULT_START_PORT if port is None else port


def _too_high(model: str, port: int) -> str:
    return f"model {model} would get port {port}, and ports end at {HIGHEST_PORT}: lower startPort"


def _how_to_have_a_port(section: MappingNode) -> str:
    cmd = section.values.get("cmd")
    if not isinstance(cmd, ScalarNode) or not cmd.text.strip():
        return (
            "there is no cmd (the default proxy uses ${PORT} but cmd does not): give the command that starts the "
            "model's server, with ${PORT} as its port"
        )
    return (
        "proxy uses ${PORT} but cmd does not: put ${PORT} into cmd (the default proxy is http://localhost:${PORT}), "
        "or give a proxy with the port that cmd uses"
    )


def _without_port(model: str, section: MappingNode, report: Report) -> MappingNode:
    """A model that has no port must not speak of one in its proxy; a proxy that does is reported, and taken out."""
    proxy = section.values.get("proxy")
    if proxy is None or not mentions(proxy, "PORT"):
        return section
    if isinstance(section.values.get("cmd", proxy), ScalarNode):
        report.error(proxy, f"models.{model}", f"model {model}: {_how_to_have_a_port(section)}")
    return section.with_values({key: value for key, value in section.values.items() if key != "proxy"})
