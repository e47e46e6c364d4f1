"""Configuration text to settings: the whole pipeline, as a function without effects (configuration section 1).

Texts become node trees (`compose.py`) and one tree (`merge.py`); stages change the tree (`stages.py`, `macros.py`,
`ports.py`); readers make typed values of it (`sections.py` and what it calls). Every problem is told at once, with its
place. Reading files is `files.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from llamaswap.config.commands import NATIVE, Dialect
from llamaswap.config.compose import compose
from llamaswap.config.concealed import concealed
from llamaswap.config.environment import substitute_environment
from llamaswap.config.fields import At
from llamaswap.config.keys import check_models, read_api_keys
from llamaswap.config.macros import expand_macros
from llamaswap.config.merge import merge
from llamaswap.config.names import remote_names
from llamaswap.config.nodes import MappingNode, is_null
from llamaswap.config.peers import with_certificates
from llamaswap.config.placeholders import check_leftovers, inside_models, outside_models
from llamaswap.config.ports import assign_ports
from llamaswap.config.report import Report
from llamaswap.config.routers import Routers
from llamaswap.config.schema import NOTHING, Settings
from llamaswap.config.sections import KNOWN, read_sections
from llamaswap.config.source import Source
from llamaswap.config.stages import each_model, with_proxy, without_comments
from llamaswap.errors import ConfigurationError

PACKAGE = Routers()
"""Those of this package."""


def load(
    sources: Sequence[Source],
    *,
    environ: Mapping[str, str] = NOTHING,
    routers: Routers = PACKAGE,
    previous: Settings | None = None,
    dialect: Dialect = NATIVE,
    store_fault: Callable[[str], str | None] = lambda path: None,
    read_certificates: Callable[[str], str] = lambda path: "",
) -> Settings:
    """The settings that `sources` ask for together, with the variables of `environ`.

    `routers` are the eviction policies that exist. Models keep the ports that they have in `previous`, the settings in
    force, unless `startPort` has changed. `dialect` is that of the platform's commands. `store_fault` tells why the
    activity cannot be stored at a path (`store.py`), and `read_certificates` reads a `caFile` (`certificates.py`):
    without it a peer that has one cannot be reached. Raises `ConfigurationError` with every problem found, and nothing
    else whatever the texts are.
    """
    report = Report()
    routers.look_again()
    root, missing = _root(sources, environ, report)
    for stage in (without_comments, with_proxy):
        root = each_model(root, stage)
    root, spoilt = expand_macros(root, report)
    spoilt |= {f"env.{name}" for name in missing}
    check_leftovers(outside_models(root, KNOWN), spoilt, report, sources)
    root, start_port, ports = assign_ports(root, report, previous)
    check_leftovers(inside_models(root), spoilt, report, sources)
    everything = At(root, "", report)
    fields = read_sections(everything, ports, routers, dialect)
    _check_router(everything, fields, routers)
    fields["api_keys"] = read_api_keys(everything.child("apiKeys"), environ)
    _check_permits(everything.child("apiKeys"), fields)
    place = everything.at("store", "path")
    fault = store_fault(fields["store_path"]) if place and fields.get("store_path") else None
    if place and fault:
        place.error(fault)
    fields["peers"] = MappingProxyType(with_certificates(everything.child("peers"), fields["peers"], read_certificates))
    report.raise_errors()
    return Settings(
        **fields,
        start_port=start_port,
        warnings=tuple(map(str, report.warnings)),
        concealed=concealed(root, report.variables),
    )


def _check_router(root: At, fields: Mapping[str, Any], routers: Routers) -> None:
    """What the router in use has to say of its settings, once all else is good."""
    if root.report.complaints:
        return
    name, settings = fields["router"], fields["router_settings"]
    fault = routers.fault(name, fields["models"], settings)
    at = root.at("routing", "router", "settings", name) or root.at("routing", "router", "use")
    if at and fault:
        at.error(fault)


def _check_permits(at: At | None, fields: Mapping[str, Any]) -> None:
    """Where all models are known, those that keys are for are among them."""
    if at and not at.report.complaints and not any(peer.refresh for peer in fields["peers"].values()):
        check_models(at, fields["api_keys"], (*fields["models"], *remote_names(fields["peers"])))


def _root(sources: Sequence[Source], environ: Mapping[str, str], report: Report) -> tuple[MappingNode, frozenset[str]]:
    """One tree of all sources, and the variables that they lack. Raises `ConfigurationError` if any is unreadable."""
    trees, missing, unreadable = [], frozenset[str](), False
    for source in sources:
        try:
            text = Source(source.file, source.text.removeprefix("\ufeff"))
            text, lacking = substitute_environment(text, environ, report)
            trees.append(_tree(text, report))
            missing |= lacking
        except ConfigurationError:  # goes into the report as well; the other sources may have more to tell
            unreadable = True
    if unreadable:
        report.raise_errors()
    return merge(trees, report), missing


def _tree(source: Source, report: Report) -> MappingNode:
    root = compose(source, report)
    if isinstance(root, MappingNode):
        return root
    if root is not None and not is_null(root):
        report.fail("the top level must be a mapping", root.place)
    return MappingNode({}, {}, source.place(1, 1))
