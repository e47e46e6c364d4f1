"""The section `selectors:`: names that stand for one of several models (configuration section 13)."""

from __future__ import annotations

from typing import Any

from llamaswap.config.fields import At, Key, boolean, integer, listed, read_keys, require, string, strings
from llamaswap.config.groups import Together
from llamaswap.config.names import Names
from llamaswap.config.nodes import is_null
from llamaswap.config.schema import Selector
from llamaswap.config.values import json_object
from llamaswap.ids import ModelId

STRATEGIES = ("warm", "pin", "spillover")
_CHOICE = "valid values are " + ", ".join(STRATEGIES)
_NO_TARGETS = "targets must contain at least one entry"


def read_selectors(at: At | None, names: Names, together: Together) -> dict[str, Selector]:
    """Every selector in document order; `together` says which local models can run at the same time."""
    selectors: dict[str, Selector] = {}
    if at is None:
        return selectors
    for name, section in at.children():
        _check_id(name, at.key(name), names)
        selectors[name] = selector = _read_selector(name, section)
        local = _check_targets(section, selector, names)
        if selector.strategy == "spillover":
            _check_spillover(section, selector, local, together)
    return selectors


def _check_id(name: str, at: At, names: Names) -> None:
    model = names.find(name)
    if not name.strip():
        at.error("names of selectors cannot be empty")
    elif model == name:
        at.error(f"selector {name} conflicts with model ID {name}")
    elif model is not None:
        at.error(f"selector {name} conflicts with a model alias: it stands for model {model}")
    elif names.is_full(name):
        at.error(f"selector {name} conflicts with a fully qualified peer model name")


def _read_selector(name: str, section: At) -> Selector:
    require(section, "strategy", f"strategy is required: {_CHOICE}")
    require(section, "targets", _NO_TARGETS)
    given = read_keys(section, KEYS)
    settings = given.pop("settings", {})
    return Selector(**{"id": name, "strategy": "", "targets": (), **given, **settings})


# -- targets -----------------------------------------------------------------------------------------------------


def _check_targets(section: At, selector: Selector, names: Names) -> tuple[ModelId, ...]:
    """Report targets that cannot be; the answer is the models here among the others, each once."""
    local: dict[ModelId, None] = {}
    seen: dict[str, str] = {}
    for target, place in listed(section.child("targets")):
        base = names.base(target)
        fault = _target_fault(target, selector.strategy, names)
        if fault:
            place.error(fault)
        elif base is not None and base in seen and selector.strategy == "spillover":
            place.error(f"duplicate resolved model {base}: {seen[base]} is a target already")
        elif base is not None:
            seen[base] = target
            model = names.find(target)
            local |= {} if model is None else {model: None}
    return tuple(local)


def _target_fault(target: str, strategy: str, names: Names) -> str | None:
    if target in names.selectors and names.find(target) is None:
        return f"{target} is a selector: no selector chaining"
    if names.base(target) is None:
        return names.fault(target)
    if strategy == "warm" and names.find(target) is None:
        return f"{target} is the model of a peer, and targets must be local for `warm`"
    return None


def _check_spillover(section: At, selector: Selector, local: tuple[ModelId, ...], together: Together) -> None:
    limit, targets = section.at("settings", "spillover"), section.child("targets")
    if limit and selector.spillover < 1:
        limit.error(f"settings.spillover must be >= 1, not {selector.spillover}")
    fault = together(local) if len(local) > 1 else None
    if targets and fault:
        targets.error(fault)


# -- keys --------------------------------------------------------------------------------------------------------


def _strategy(at: At) -> str | None:
    strategy = string(at)
    if strategy is not None and strategy not in STRATEGIES:
        at.error(f"unknown strategy `{strategy}`: {_CHOICE}" if strategy else f"strategy is required: {_CHOICE}")
        return None
    return strategy


def _targets(at: At) -> tuple[str, ...] | None:
    targets = strings(at)
    if targets == () and all(is_null(item.node) for item in at.items()):
        at.error(_NO_TARGETS)
    return targets


def _settings(at: At) -> dict[str, Any]:
    return read_keys(at, (Key("spillover", "spillover", integer),))


KEYS = (
    Key("strategy", "strategy", _strategy),
    Key("targets", "targets", _targets),
    Key("settings", "settings", _settings),
    Key("name", "name", string),
    Key("description", "description", string),
    Key("unlisted", "unlisted", boolean),
    Key("metadata", "metadata", json_object),
)
