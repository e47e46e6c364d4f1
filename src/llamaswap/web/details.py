"""What the configuration says of one model, and which models may run together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from twisted.internet.defer import DeferredLock

from llamaswap.config.describe import describe_model
from llamaswap.config.schema import Group, Model, Settings
from llamaswap.errors import ModelNotFound
from llamaswap.exchange import Caller
from llamaswap.ids import ModelId
from llamaswap.matrix.language import compile_sets
from llamaswap.resolve.permits import require_use
from llamaswap.resolve.resolver import Resolver
from llamaswap.threads import InThread
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.call import Call, Respond
from llamaswap.web.listing import abilities


class Details:
    """Its endpoints."""

    def __init__(self, settings: Settings, resolver: Resolver, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._turn = DeferredLock()
        self.configure(settings, resolver)

    def configure(self, settings: Settings, resolver: Resolver) -> None:
        """Answer from these settings."""
        self._settings = settings
        self._resolver = resolver
        self._routing: dict[str, Any] | None = None  # worked out for the first who asks

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"model_detail": self.detail, "model_groups": self.groups}

    async def detail(self, call: Call) -> Answer:
        """The model that the path names, by its ID or an alias. Raises `ModelNotFound`, `Forbidden`."""
        settings, found = self._settings, self._resolver.local(call.rest) if call.rest else None
        if found is None:
            raise ModelNotFound
        require_use(call.caller, found)
        together = await self._together()
        return json_answer(detail(found.model, settings, _where(found.model.id, together), call.caller))

    async def groups(self, call: Call) -> Answer:
        """Which models may run together."""
        return json_answer(await self._together())

    async def _together(self) -> dict[str, Any]:
        """Once for each configuration, as the sets of a large one take seconds; who asks meanwhile waits for that."""
        async with self._turn:
            if self._routing is not None:
                return self._routing
            settings = self._settings
            found = await self._in_thread(partial(routing, settings))
            if settings is self._settings:
                self._routing = found
            return found


def _where(model: ModelId, together: Mapping[str, Any]) -> dict[str, Any]:
    """The groups and sets that it is in."""
    return {kind: [each for each in together[kind] if model in each["members"]] for kind in ("groups", "sets")}


def routing(settings: Settings) -> dict[str, Any]:
    """Groups or sets, each with its members."""
    return {
        "router": settings.router,
        "groups": [_group(group) for group in settings.groups],
        "sets": _sets(settings),
    }


def detail(model: Model, settings: Settings, where: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
    """All that people want to know of a model.

    Commands and the names of variables are for those who may do everything. Secrets are shown to nobody, as in the
    description of the whole configuration.
    """
    shown = describe_model(model, settings)
    told = {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "aliases": list(model.aliases),
        "unlisted": model.unlisted,
        "use_model_name": model.use_model_name,
        "capabilities": abilities(model.capabilities),
        "context_length": model.capabilities.context,
        "ttl": model.ttl,
        "unload_timeout": model.unload_timeout,
        "concurrency_limit": model.concurrency_limit,
        "queue_size": model.queue_size,
        "queue_timeout": model.queue_timeout,
        "priority": settings.priorities.get(model.id, 0),
        "check_endpoint": shown["checkEndpoint"],
        "health_check_timeout": settings.health_check_timeout,
        "send_loading_state": model.send_loading_state,
        "preload": model.id in settings.preload,
        "metadata": shown["metadata"],
        "router": settings.router,
        **where,
    }
    return told | _launch(shown) if caller is None or "admin" in caller.scopes else told


def _launch(shown: Mapping[str, Any]) -> dict[str, Any]:
    names = [pair.partition("=")[0] for pair in shown["env"]]
    return {"cmd": shown["cmd"], "cmd_stop": shown["cmdStop"], "env": names, "proxy": shown["proxy"]}


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "members": list(group.members),
        "swap": group.swap,
        "exclusive": group.exclusive,
        "persistent": group.persistent,
    }


def _sets(settings: Settings) -> list[dict[str, Any]]:
    matrix = settings.matrix
    if matrix is None:
        return []
    program, _ = compile_sets(matrix.sets, matrix.vars, settings.models)
    members = {each.name: list(program.named(each.node.mask)) for each in program.sets} if program is not None else {}
    return [
        {"id": name, "expression": expression, "members": members.get(name, [])}
        for name, expression in matrix.sets.items()
    ]
