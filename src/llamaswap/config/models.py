"""The section `models:`: what a model may say, and what it inherits (configuration section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llamaswap.config.fields import (
    At,
    Key,
    boolean,
    integer,
    listed,
    natural,
    read_keys,
    seconds,
    some,
    string,
    strings,
)
from llamaswap.config.filters import read_model_filters
from llamaswap.config.schema import NO_CHECK, Capabilities, Model, Timeouts
from llamaswap.config.slots import check_slots, read_slots
from llamaswap.config.timeouts import read_timeouts
from llamaswap.config.urls import url_fault, wire_path
from llamaswap.config.values import json_object
from llamaswap.ids import ModelId

COMFYUI = "comfyui_auto"
COMFYUI_CONCURRENCY = 50
MODALITIES = ("text", "audio", "image")
"""Keys whose values nothing acts on yet."""


def read_models(at: At | None, inherited: Mapping[str, Any], ports: Mapping[str, int]) -> dict[ModelId, Model]:
    """Every model in ascending order of the IDs; `inherited` holds the values that the file gives for all of them."""
    models = {}
    for name, section in sorted(at.children(), key=lambda child: child[0]) if at else ():
        given = read_keys(section, KEYS, elsewhere=("macros",))
        model = Model(id=ModelId(name), port=ports.get(name), **{**inherited, **given})
        if name == COMFYUI:
            limit = max(COMFYUI_CONCURRENCY, model.concurrency_limit)
            model = replace(model, concurrency_limit=limit, ignore_websockets=True)
        models[model.id] = model
        if slots := section.child("slots"):
            check_slots(slots, model)
    return models


# -- keys --------------------------------------------------------------------------------------------------------


def _launch_text(at: At) -> str | None:
    """Text that a process is started with, and which therefore cannot hold the character NUL."""
    text = string(at)
    if text is not None and "\0" in text:
        at.error("holds the character NUL, which no command can")
        return None
    return text


def _environment(at: At) -> tuple[str, ...] | None:
    entries = strings(at)
    if entries is not None and any("\0" in entry for entry in entries):
        at.error("holds the character NUL, which no environment variable can")
        return None
    return entries


def _proxy(at: At) -> str | None:
    url = string(at)
    fault = url_fault(url) if url else None
    if fault:
        at.error(f"invalid proxy URL: {fault}")
        return None
    if url is not None and not url.lower().startswith(("http://", "https://")):
        at.warn("not an http:// or https:// URL, so the model cannot be reached")
    return url


def _check_endpoint(at: At) -> str | None:
    path = string(at)
    if path is None or path.strip() == NO_CHECK:
        return path and NO_CHECK
    fault = url_fault(path)
    if fault:
        at.error(f"invalid path: {fault}")
        return None
    return wire_path(path)


def _ttl(at: At) -> int | None:
    value = integer(at)
    if value is not None and value < -1:
        at.error(f"invalid TTL value {value}: give seconds, 0 (never unload) or -1 (what globalTTL says)")
    return None if value is None or value < 0 else value


def _unload_timeout(at: At) -> int | None:
    value = integer(at)
    if value is not None and value < 0:
        at.error(f"invalid unloadTimeout value {value}: give seconds, or 0 for the global unloadTimeout")
    return None if value is None or value <= 0 else value


def _timeouts(at: At) -> Timeouts:
    return read_timeouts(at, Timeouts())


def _ignore_websockets(at: At) -> bool | None:
    return read_keys(at, (Key("ignoreWebsockets", "ignore", boolean),)).get("ignore")


def _capabilities(at: At) -> Capabilities:
    return Capabilities(**read_keys(at, CAPABILITIES))


def _modalities(at: At) -> tuple[str, ...] | None:
    for name, item in listed(at):
        if name not in MODALITIES:
            item.error(f"invalid modality `{name}`: valid values are {', '.join(MODALITIES)}")
    return strings(at)


def _overruled(at: At) -> None:
    integer(at)


KEYS = (
    Key("cmd", "cmd", _launch_text),
    Key("cmdStop", "cmd_stop", _launch_text),
    Key("proxy", "proxy", _proxy),
    Key("checkEndpoint", "check_endpoint", _check_endpoint),
    Key("env", "env", _environment),
    Key("aliases", "aliases", strings),
    Key("useModelName", "use_model_name", string),
    Key("ttl", "ttl", _ttl),
    Key("unloadTimeout", "unload_timeout", _unload_timeout),
    Key("concurrencyLimit", "concurrency_limit", some),
    Key("queueSize", "queue_size", natural),
    Key("queueTimeout", "queue_timeout", seconds),
    Key("unlisted", "unlisted", boolean),
    Key("name", "name", string),
    Key("description", "description", string),
    Key("filters", "filters", read_model_filters),
    Key("metadata", "metadata", json_object),
    Key("sendLoadingState", "send_loading_state", boolean),
    Key("timeouts", "timeouts", _timeouts),
    Key("slots", "slots", read_slots),
    Key("compat", "ignore_websockets", _ignore_websockets),
    Key("capabilities", "capabilities", _capabilities),
    Key("healthCheckTimeout", "", _overruled),
)

CAPABILITIES = (
    Key("in", "inputs", _modalities),
    Key("out", "outputs", _modalities),
    Key("tools", "tools", boolean),
    Key("reranker", "reranker", boolean),
    Key("context", "context", natural),
)
