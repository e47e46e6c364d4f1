"""The section `hooks:`: what the server does at moments of its life, and of its models' (configuration section 15)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from llamaswap.config.commands import split_command
from llamaswap.config.fields import (
    At,
    Key,
    boolean,
    listed,
    read_keys,
    require,
    some_seconds,
    string,
    strings,
    subsection,
)
from llamaswap.config.names import Names
from llamaswap.config.nodes import MappingNode, SequenceNode, is_null
from llamaswap.config.schema import MOMENTS, Hook, IdleModel
from llamaswap.config.urls import url_fault
from llamaswap.ids import ModelId

_CAN_REFUSE = ("before_load", "after_load")
_NO_MODEL = "idle_model: model is needed"


def read_hooks(root: At, names: Names) -> dict[str, Any]:
    """The fields of `Settings` that the section decides."""
    section = subsection(root, "hooks", ("on_startup", "idle_model", *MOMENTS))
    moments = {moment: _hooks(section.child(moment) if section else None, moment, names) for moment in MOMENTS}
    return {
        "preload": _preload(section, names),
        "idle_model": _idle_model(section.child("idle_model") if section else None, names),
        "hooks": MappingProxyType({moment: hooks for moment, hooks in moments.items() if hooks}),
    }


def _preload(section: At | None, names: Names) -> tuple[ModelId, ...]:
    """The models that are loaded at the start, in order; a name that is no model here is dropped with a warning."""
    moment = subsection(section, "on_startup", ("preload",))
    preload = moment.child("preload") if moment else None
    if preload is None or strings(preload) is None:
        return ()
    return tuple(_models(preload, names, "so it is not loaded at the start"))


def _models(at: At, names: Names, consequence: str) -> Iterator[ModelId]:
    """Those of a list of names that are models here; a warning for each other one."""
    for name, place in ((name.strip(), place) for name, place in listed(at)):
        model = names.find(name) if name else None
        if model is not None:
            yield model
        elif name:
            place.warn(f"{name} is not a model of this server, {consequence}")


# -- the idle model ----------------------------------------------------------------------------------------------


def _idle_model(at: At | None, names: Names) -> IdleModel | None:
    if at is None:
        return None
    require(at, "model", _NO_MODEL)
    given = read_keys(at, IDLE_MODEL)
    name, place = given.pop("model", None), at.child("model")
    if not name or not place:
        return None
    model = names.find(name)
    if model is None:
        if names.complete:
            place.error(f"{name} is not a model of this server")
        return None
    return IdleModel(model=model, **given)


def _name(at: At) -> str | None:
    name = string(at)
    if name is not None and not name.strip():
        at.error(_NO_MODEL)
    return name.strip() if name else None


IDLE_MODEL = (
    Key("model", "model", _name),
    Key("after", "after", some_seconds),
)


# -- hooks of a model's life -------------------------------------------------------------------------------------


def _hooks(at: At | None, moment: str, names: Names) -> tuple[Hook, ...]:
    """Those of one moment: a list of them, or one that stands alone."""
    if at is None:
        return ()
    if isinstance(at.node, MappingNode):
        entries: Collection[At] = (at,)
    elif isinstance(at.node, SequenceNode):
        entries = [item for item in at.items() if not is_null(item.node)]
    else:
        at.expected("a hook, or a list of hooks,")
        return ()
    hooks = (_hook(entry, moment, names) for entry in entries)
    return tuple(hook for hook in hooks if hook is not None)


def _hook(at: At, moment: str, names: Names) -> Hook | None:
    given = read_keys(at, KEYS)
    if not isinstance(at.node, MappingNode):
        return None
    if (at.child("command") is None) == (at.child("webhook") is None):
        at.error("either `command` or `webhook` is needed, and not both")
    if given.get("required") and moment not in _CAN_REFUSE:
        at.remark("required", f"`required` has no effect in {moment}: the model stops whatever happens")
    models = at.child("models")
    if models is not None and "models" in given:
        given["models"] = tuple(dict.fromkeys(_models(models, names, "so this hook does not run for it")))
        if not given["models"]:
            models.warn("no model is left, so this hook never runs")
    return Hook(**given)


def _command(at: At) -> str | None:
    text = string(at)
    if text is None:
        return None
    if not split_command(text):
        at.error("names no program")
    elif "\0" in text:
        at.error("holds the character NUL, which no command can")
    return text


def _webhook(at: At) -> str | None:
    """A URL, which is never quoted: it may hold a secret."""
    url = string(at)
    fault = url_fault(url) or _reach_fault(url) if url is not None else None
    if fault:
        at.error(f"invalid webhook URL: {fault}")
    return url


def _reach_fault(url: str) -> str | None:
    """Why nothing can be posted to `url`; None when it can be tried."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        if parts.scheme not in ("http", "https"):
            return "it must begin with http:// or https://"
        if not host:
            return "it names no host"
        host.encode("idna")
    except UnicodeError:
        return "its host cannot be the name of a host"
    except ValueError:
        return "its host or port cannot be read"
    return None


KEYS = (
    Key("command", "command", _command),
    Key("webhook", "webhook", _webhook),
    Key("timeout", "timeout", some_seconds),
    Key("required", "required", boolean),
    Key("models", "models", strings),
)
