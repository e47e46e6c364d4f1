"""What is there and what runs, as JSON-ready values (http-api sections 8 and 9). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from llamaswap.config.describe import describe_model
from llamaswap.config.schema import Capabilities, Model, Profile, Selector, Settings
from llamaswap.exchange import Caller
from llamaswap.notices import State, StateOf
from llamaswap.resolve.permits import may_use
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Local, Remote

States = Callable[[], Iterable[tuple[Model, State]]]
"""Every model as it runs, or would: one whose entry is gone counts for as long as it runs."""

_IN_MEMORY = (State.STARTING, State.READY, State.STOPPING)
_USABLE = (State.STARTING, State.READY)
_ABILITIES = frozenset(("architecture", "capabilities", "supported_parameters", "context_length"))


def model_list(
    settings: Settings,
    resolver: Resolver,
    state_of: StateOf,
    created: int,
    profile: Profile | None = None,
    caller: Caller | None = None,
) -> dict[str, Any]:
    """The body of `GET /v1/models`: every name listed for `caller`, sorted by bytes. `profile` is the active one."""

    def is_theirs(name: str) -> bool:
        """A name of a model that is for the caller."""
        target = resolver.resolve(name)
        return caller is None or not caller.models or (target is not None and may_use(caller, target))

    def leads(name: str) -> bool:
        """A name that stands for others stands for one of the caller's."""
        selector = settings.selectors.get(name)
        names = [name] if selector is None else _considered(selector)
        return caller is None or any(is_theirs(each) for each in names)

    records = [
        record
        for model in settings.models.values()
        if not model.unlisted and may_use(caller, Local(model, model.id))
        for record in _records(model, state_of(model.id), created, with_aliases=settings.include_aliases_in_list)
    ]
    records += [_peer_record(remote, created) for remote in resolver.remotes if may_use(caller, remote)]
    selectors = settings.selectors
    shown = [each for each in selectors.values() if not each.unlisted and leads(each.id)]
    records += [_selector_record(each, resolver, state_of, created, is_theirs) for each in shown]
    pins = profile.pins if profile is not None else {}
    known = selectors.keys()
    records += [
        _other(pin, created, {"type": "profile"})
        for pin, target in pins.items()
        if target and pin not in known and resolver.resolve(pin) is None and leads(target)
    ]
    return {"object": "list", "data": sorted(records, key=lambda record: record["id"].encode(errors="replace"))}


def running_list(
    settings: Settings, states: Iterable[tuple[Model, State]], caller: Caller | None = None
) -> dict[str, Any]:
    """The body of `GET /running`: every model in memory that is for `caller`, sorted by ID.

    Commands, which may hold what the environment keeps secret, are for those who may do everything. Others see of
    addresses what a description of `settings` shows.
    """
    shown = [(model, state) for model, state in states if may_use(caller, Local(model, model.id))]
    all_of_it = caller is None or "admin" in caller.scopes
    running = [
        {
            **_running(model, state),
            **({} if all_of_it else {"cmd": "", "proxy": describe_model(model, settings)["proxy"]}),
        }
        for model, state in shown
        if state in _IN_MEMORY
    ]
    return {"running": sorted(running, key=lambda record: record["model"].encode())}


def _records(model: Model, state: State, created: int, *, with_aliases: bool) -> Iterator[dict[str, Any]]:
    own: dict[str, Any] = {"type": "model"}
    if model.aliases:
        own["aliases"] = list(model.aliases)
    yield _record(model.id, model, state, created, own)
    for alias in model.aliases if with_aliases else ():
        if alias.strip():
            yield _record(alias, model, state, created, {"type": "alias", "modelID": model.id})


def _record(name: str, model: Model, state: State, created: int, ours: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": name, "object": "model", "created": created, "owned_by": "llama-swap"}
    record |= _said(model.name, model.description)
    able = _able(model.capabilities)
    record |= able
    record["meta"] = {"llamaswap": _metadata(model, hidden=bool(able)) | ours}
    if model.capabilities.context:
        record["meta"]["n_ctx"] = model.capabilities.context
    record["status"] = {"value": "loaded" if state in _IN_MEMORY else "unloaded"}
    return record


def _peer_record(remote: Remote, created: int) -> dict[str, Any]:
    peer = remote.peer.id
    return _other(remote.name, created, {"type": "peer", "peerID": peer}, name=f"{peer}: {remote.model}")


def _selector_record(
    selector: Selector, resolver: Resolver, state_of: StateOf, created: int, is_theirs: Callable[[str], bool]
) -> dict[str, Any]:
    targets = [target for target in selector.targets if is_theirs(target)]
    ours: dict[str, Any] = {"strategy": selector.strategy, "targets": targets}
    if selector.strategy == "spillover":
        ours["spillover"] = selector.spillover
    models = [target.model for name in _considered(selector) if (target := resolver.local(name)) is not None]
    return _other(
        selector.id,
        created,
        {**selector.metadata, "type": "selector", **ours},
        name=selector.name,
        description=selector.description,
        loaded=any(state_of(model.id) in _USABLE for model in models),
    )


def _considered(selector: Selector) -> Sequence[str]:
    """Those of its targets that it ever chooses."""
    return selector.targets[:1] if selector.strategy == "pin" else selector.targets


def _other(
    id: str, created: int, meta: dict[str, Any], *, name: str = "", description: str = "", loaded: bool = False
) -> dict[str, Any]:
    """The record of a name that is no model of this server."""
    record: dict[str, Any] = {"id": id, "object": "model", "created": created, "owned_by": "llama-swap"}
    record |= _said(name, description)
    record["meta"] = {"llamaswap": meta}
    record["status"] = {"value": "loaded" if loaded else "unloaded"}
    return record


def _said(name: str, description: str) -> dict[str, str]:
    """What people are told, trimmed; what is blank is left out."""
    said = {"name": name.strip(), "description": description.strip()}
    return {key: value for key, value in said.items() if value}


def _metadata(model: Model, *, hidden: bool) -> dict[str, Any]:
    """What the file says freely; `hidden`: without what the record says itself."""
    return {key: value for key, value in model.metadata.items() if not (hidden and key in _ABILITIES)}


def _able(given: Capabilities) -> dict[str, Any]:
    """The fields of a record that say what a model can do; none when nothing is configured."""
    fields: dict[str, Any] = {}
    if given.inputs or given.outputs:
        fields["architecture"] = _architecture(given)
    if able := abilities(given):
        fields["capabilities"] = able
    if given.tools:
        fields["supported_parameters"] = ["tools", "tool_choice"]
    if given.context:
        fields["context_length"] = given.context
    return fields


def _architecture(given: Capabilities) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if given.inputs:
        fields["input_modalities"] = list(given.inputs)
    if given.outputs:
        fields["output_modalities"] = list(given.outputs)
    if given.inputs and given.outputs:
        fields["modality"] = f"{'+'.join(given.inputs)}->{'+'.join(given.outputs)}"
    return fields


def abilities(given: Capabilities) -> dict[str, bool]:
    """What a model can do, by the names that clients know."""
    return {name: True for name, is_able in _abilities(given) if is_able}


def _abilities(given: Capabilities) -> Iterator[tuple[str, bool]]:
    yield "vision", "image" in given.inputs
    yield "audio_transcriptions", "audio" in given.inputs and "text" in given.outputs
    yield "audio_speech", "text" in given.inputs and "audio" in given.outputs
    yield "image_generation", "text" in given.inputs and "image" in given.outputs
    yield "image_to_image", "image" in given.inputs and "image" in given.outputs
    yield "function_calling", given.tools
    yield "reranker", given.reranker


def _running(model: Model, state: State) -> dict[str, Any]:
    return {
        "model": model.id,
        "state": state.value,
        "cmd": model.cmd,
        "proxy": model.proxy,
        "ttl": model.ttl,
        "name": model.name,
        "description": model.description,
    }
