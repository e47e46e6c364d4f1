"""What operators and clients may ask about the models, and have done to them (http-api sections 8 and 9).

Each method answers the endpoint of its name in the route table. The gate has been passed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Protocol
from urllib.parse import parse_qs

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.config.schema import Settings
from llamaswap.errors import BadRequest, ModelNotFound, Refusal
from llamaswap.ids import ModelId
from llamaswap.notices import State, StateOf
from llamaswap.resolve.permits import may_use, require_use
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.resolve.resolver import Resolver
from llamaswap.resolve.targets import Local, Remote
from llamaswap.web.answers import Answer, json_answer, text
from llamaswap.web.call import Call, Respond
from llamaswap.web.listing import States, model_list, running_list


class Models(Protocol):
    """Loads and unloads models (`schedule/dispatcher.py`)."""

    async def load(self, model: ModelId) -> None: ...
    async def unload(self, models: Sequence[ModelId] | None, grace: float | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Version:
    """What `GET /api/version` says of this program."""

    version: str
    commit: str = "unknown"
    build_date: str = "unknown"


class Api:
    """The operators' endpoints."""

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        models: Models,
        state_of: StateOf,
        states: States,
        resolver: Resolver,
        version: Version,
        clock: IReactorTime,
        active: ActiveProfile,
    ) -> None:
        self.configure(settings, resolver)
        self._active = active
        self._models = models
        self._state_of = state_of
        self._states = states
        self._version = version
        self._clock = clock
        self._begun: dict[ModelId, Deferred[None]] = {}
        """Loads that nobody waits for, until the scheduler grants or refuses them: at its close at the latest."""

    def configure(self, settings: Settings, resolver: Resolver) -> None:
        """Answer from these settings."""
        self._settings = settings
        self._resolver = resolver

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {
            "models": self.models,
            "running": self.running,
            "unload": self.unload,
            "unload_all": self.unload_all,
            "unload_one": self.unload_one,
            "load_one": self.load_one,
            "version": self.version,
        }

    async def models(self, call: Call) -> Answer:
        """The models that clients may ask for. Pages of any origin may read it, with the key."""
        origin = call.header(b"origin")
        echo = ((b"Access-Control-Allow-Origin", origin),) if origin else ()
        now, profile = int(self._clock.seconds()), self._settings.profiles.get(self._active.name or "")
        listed = model_list(self._settings, self._resolver, self._state_of, now, profile, call.caller)
        return json_answer(listed, *echo)

    async def running(self, call: Call) -> Answer:
        """The models in memory."""
        return json_answer(running_list(self._settings, self._states(), call.caller))

    async def unload(self, call: Call) -> Answer:
        """Stop every model that is for the caller; answers when all are gone."""
        await self._models.unload(self._theirs(call))
        return text("OK")

    async def unload_all(self, call: Call) -> Answer:
        """As `unload`, in the UI's words."""
        await self._models.unload(self._theirs(call))
        return json_answer({"msg": "ok"})

    async def unload_one(self, call: Call) -> Answer:
        """Stop the model that the path names; answers when it is gone, at once when it did not run."""
        await self._models.unload([self._named(call)])
        return text("OK")

    async def load_one(self, call: Call) -> Answer:
        """Load the model that the path names, in its turn; answers when it is ready. Raises the load's `Refusal`.

        With `wait=no` it answers 202 as soon as the load has its place in the line, and hanging up changes nothing.
        """
        model, waits = self._named(call), _waits(call.query)
        if self._state_of(model) is State.READY:  # a busy one need not find a place for this
            return json_answer({"msg": "ok"})
        if waits:
            await self._models.load(model)
            return json_answer({"msg": "ok"})
        return await self._begin(model)

    async def _begin(self, model: ModelId) -> Answer:
        if model not in self._begun:
            loading = Deferred.fromCoroutine(self._models.load(model))
            if loading.called:
                await loading  # raises what refused it at once
                return json_answer({"msg": "ok"})
            self._begun[model] = loading
            loading.addErrback(partial(self._not_loaded, model))
            loading.addBoth(lambda _: self._begun.__delitem__(model))
        return json_answer({"msg": "ok"}, status=202)

    def _not_loaded(self, model: ModelId, failure: Failure) -> None:
        if failure.check(Refusal) is None:
            self._log.failure("loading {model}", failure, model=model)
        else:
            self._log.info("{model} is not loaded: {error}", model=model, error=failure.value)

    async def version(self, call: Call) -> Answer:
        return json_answer(asdict(self._version))

    def _theirs(self, call: Call) -> Sequence[ModelId] | None:
        """The models of a caller that is not for all; None: all there are."""
        caller = call.caller
        if caller is None or not caller.models:
            return None
        return [model.id for model, _ in self._states() if may_use(caller, Local(model, model.id))]

    def _named(self, call: Call) -> ModelId:
        found = self._resolver.local(call.rest) if call.rest else None
        if found is None:
            raise ModelNotFound(self._why_unknown(call.rest or ""))
        require_use(call.caller, found)
        return found.model.id

    def _why_unknown(self, name: str) -> str:
        if name in self._settings.selectors:
            return f"model not found: {name} is a selector; name one of the models that it stands for"
        target = self._resolver.resolve(name)
        if isinstance(target, Remote):
            return f"model not found: {name} is a model of peer {target.peer.id}, and is loaded there"
        return "model not found"


def _waits(query: bytes) -> bool:
    """What `wait` says. Raises `BadRequest`."""
    given = parse_qs(query[1:].decode("latin-1")).get("wait", ["yes"])[0]
    if given not in ("yes", "no"):
        raise BadRequest("wait must be yes or no")
    return given == "yes"
