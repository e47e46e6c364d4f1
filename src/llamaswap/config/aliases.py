"""The other names of models: those they list, and those under which their filters set something (section 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from llamaswap.config.fields import At, listed
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId


def read_aliases(at: At | None, models: Mapping[ModelId, Model]) -> tuple[dict[ModelId, Model], dict[str, ModelId]]:
    """The models with all their aliases, and which model each alias stands for; a name of two is reported."""
    if at is None:
        return dict(models), {}
    owners = _listed_owners(at, models)
    grown = {}
    for name, model in models.items():
        more = tuple(_automatic(at, model, models, owners))
        grown[name] = replace(model, aliases=(*model.aliases, *more)) if more else model
    return grown, {alias: owner for alias, owner in owners.items() if alias and alias not in models}


def aliases_readable(at: At | None) -> bool:
    """Whether every place that may hold a model's ID or alias is of the right kind, so that no name is missing."""
    if at is None or not isinstance(at.node, MappingNode):
        return at is None
    return all(_has_readable_aliases(at.child(name)) for name in at.node.values)


def _listed_owners(at: At, models: Mapping[ModelId, Model]) -> dict[str, ModelId]:
    owners: dict[str, ModelId] = {}
    for model in models:
        for alias, place in listed(at.at(model, "aliases")):
            if alias in owners:
                place.error(f"duplicate alias {alias} in model {model}{_elsewhere(owners[alias], model)}")
            elif alias in models:
                place.warn(f"alias {alias} is the ID of a model, which is what the name stands for")
            elif not alias:
                place.warn("an empty alias names nothing")
            owners.setdefault(alias, model)
    return owners


def _automatic(at: At, model: Model, models: Collection[ModelId], owners: dict[str, ModelId]) -> Iterator[str]:
    """The names of `filters.setParamsByID` that become aliases; they are entered in `owners`."""
    section = at.at(model.id, "filters", "setParamsByID")
    if section is None:
        return
    for name in model.filters.set_params_by_id:
        place = section.key(name)
        if name in models:
            if name != model.id:
                place.error(f"setParamsByID key {name} conflicts with an existing model ID")
        elif name not in owners:
            owners[name] = model.id
            yield name
        elif owners[name] != model.id:
            place.error(f"setParamsByID key {name} is a duplicate alias, used by model {owners[name]}")


def _elsewhere(owner: ModelId, model: ModelId) -> str:
    return "" if owner == model else f": it belongs to model {owner}"


def _has_readable_aliases(section: At | None) -> bool:
    if section is None:
        return True
    aliases, filters, by_id = section.at("aliases"), section.at("filters"), section.at("filters", "setParamsByID")
    return (
        isinstance(section.node, MappingNode)
        and (aliases is None or _is_list_of_scalars(aliases.node))
        and all(place is None or isinstance(place.node, MappingNode) for place in (filters, by_id))
    )


def _is_list_of_scalars(node: Node) -> bool:
    return isinstance(node, SequenceNode) and all(isinstance(item, ScalarNode) for item in node.items)
