"""Conversations outlive the unload of their model: llama.cpp's slots are saved before a stop and restored after a load.

An attendant. The engine writes and reads the files itself, in the directory that its `--slot-save-path` and the model's
`slots.save` name; we say which slot goes where, and keep the directory in order. All of it is best effort: what fails
is a line in the log, and the model loads or stops as it would have without.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.backends.guarded import GuardedThreads
from llamaswap.backends.interface import Attendance
from llamaswap.backends.slot_files import all_there, kept_slots, prepare, remove, tidy
from llamaswap.backends.slot_names import MOST_SLOTS, Names
from llamaswap.config.schema import Model, Slots
from llamaswap.errors import LlamaSwapError
from llamaswap.ids import ModelId
from llamaswap.threads import InThread
from llamaswap.wire.ask import ask
from llamaswap.wire.upstream import Upstream

_ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes that an engine may answer: older ones repeat the whole prompt of each slot."""
_QUOTE = 200


class SlotKeeper(Attendance):
    """Saves and restores the slots of models that are configured so."""

    _log = Logger()

    def __init__(self, in_thread: InThread, clock: IReactorTime) -> None:
        self._in_thread = GuardedThreads(in_thread)
        self._clock = clock
        self._names: dict[ModelId, Names] = {}
        """What the files of each model are called, as it was launched."""
        self._doubtful: dict[ModelId, set[str]] = {}
        """Files that an engine may have begun to write when it was stopped, or could not read."""

    async def before_load(self, model: Model, why: str) -> None:
        self._names.pop(model.id, None)
        if model.slots is not None:
            await self._bounded(self._prepare(model, model.slots), model, model.slots, "its slots will not be kept")

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        if model.slots is not None and (names := self._names.get(model.id)):
            work = self._restore(model, model.slots, names, _Engine(upstream))
            await self._bounded(work, model, model.slots, "its slots are not all restored")
            if doubtful := self._doubtful.pop(model.id, set()):
                work = self._remove(model.slots, doubtful)
                await self._bounded(work, model, model.slots, "what could not be restored stays")

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        if model.slots is not None:
            work = self._save(model, model.slots, _Engine(upstream))
            await self._bounded(work, model, model.slots, "its slots are not all saved")

    async def after_unload(self, model: Model, why: str) -> None:
        names, doubtful = self._names.pop(model.id, None), self._doubtful.pop(model.id, set())
        if why == "abandon":  # in the middle of a restore: no file is to blame
            doubtful = set()
        if model.slots is not None and names is not None:
            work = self._tidy(model.slots, names, doubtful)
            await self._bounded(work, model, model.slots, "the directory of its slots is not in order")

    async def _bounded(self, work: Coroutine[Any, Any, None], model: Model, slots: Slots, otherwise: str) -> None:
        """Do the work within its time; say so when that is not possible."""
        try:
            await Deferred.fromCoroutine(work).addTimeout(slots.timeout, self._clock)
        except TimeoutError:
            self._complain(model, otherwise, f"it takes longer than {slots.timeout:g} s")
        except (LlamaSwapError, OSError) as error:
            self._complain(model, otherwise, str(error))

    def _tell(self, model: Model, what: str, tokens: int, slots: int) -> None:
        fields = {"what": what, "tokens": tokens, "slots": slots}
        self._log.info("{model}: {what} {tokens} tokens of {slots} slots", model=model.id, **fields)

    def _complain(self, model: Model, otherwise: str, why: str) -> None:
        self._log.warn("{model}: {otherwise}: {why}", model=model.id, otherwise=otherwise, why=why)

    async def _prepare(self, model: Model, slots: Slots) -> None:
        self._names[model.id] = await self._in_thread(partial(prepare, model, slots))

    async def _tidy(self, slots: Slots, names: Names, doubtful: set[str]) -> None:
        await self._in_thread(partial(tidy, slots, names, doubtful))

    async def _remove(self, slots: Slots, files: set[str]) -> None:
        await self._in_thread(partial(remove, slots, files))

    async def _restore(self, model: Model, slots: Slots, names: Names, engine: _Engine) -> None:
        kept = await self._in_thread(partial(kept_slots, slots, names))
        tokens, problem = 0, ""
        doubtful: set[str] = set()
        self._doubtful[model.id] = doubtful
        for slot in kept:
            doubtful.add(names.of(slot))
            try:
                count = await engine.act(slot, "restore", names.of(slot), "n_restored")
            except EngineRefused as error:
                problem = problem or str(error)
                continue
            if count:
                doubtful.discard(names.of(slot))
                tokens += count
        if tokens:
            self._tell(model, "restored", tokens, len(kept) - len(doubtful))
        if problem:
            self._complain(model, "slots that could not be restored are dropped", problem)

    async def _save(self, model: Model, slots: Slots, engine: _Engine) -> None:
        if model.id not in self._names:  # they were switched on while it ran
            await self._prepare(model, slots)
        names = self._names[model.id]
        doubtful: set[str] = set()
        self._doubtful[model.id] = doubtful
        saved: dict[str, int] = {}
        problem = ""
        for slot in await engine.slots():
            doubtful.add(names.of(slot))
            try:
                count = await engine.act(slot, "save", names.of(slot), "n_saved")
            except EngineRefused as error:
                problem = problem or str(error)
                continue
            if count:  # else there is nothing worth a file
                doubtful.discard(names.of(slot))
                saved[names.of(slot)] = count
        if saved:
            self._tell(model, "saved", sum(saved.values()), len(saved))
        if not await self._in_thread(partial(all_there, slots, saved)):
            problem = f"the engine has written them, but not to {slots.save}: that must be its --slot-save-path"
        if problem:
            self._complain(model, "slots that could not be saved are lost", problem)


class EngineRefused(LlamaSwapError):
    """The engine did not do what it was asked for."""


class _Engine:
    """The part of llama.cpp's server that deals with slots."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._first = True

    async def slots(self) -> list[int]:
        """Their numbers, those that are at work last. Raises `EngineRefused`, `UpstreamFailed`."""
        listed = await self._ask(b"GET", b"/slots")
        if not isinstance(listed, list):
            raise EngineRefused("GET /slots answers no list")
        found = [entry for entry in listed if isinstance(entry, dict) and _is_slot(entry.get("id"))]
        return [int(entry["id"]) for entry in sorted(found, key=lambda entry: bool(entry.get("is_processing")))]

    async def act(self, slot: int, action: str, name: str, count: str) -> int:
        """Save a slot to a file, or restore it; returns the number of tokens. Raises as `slots`."""
        answer = await self._ask(b"POST", f"/slots/{slot}?action={action}".encode(), {"filename": name})
        tokens = answer.get(count) if isinstance(answer, dict) else None
        if not isinstance(tokens, int) or tokens < 0:
            raise EngineRefused(f"the answer to action={action} does not say how many tokens")
        return tokens

    async def _ask(self, method: bytes, path: bytes, body: object = None) -> object:
        data = b"" if body is None else json.dumps(body).encode()
        lines = [(b"Accept", b"application/json"), *([(b"Content-Type", b"application/json")] if data else [])]
        fresh, self._first = self._first, False  # one that was kept may have died unseen
        status, text = await ask(self._upstream, method, path, lines, data, limit=_ANSWER_LIMIT, fresh=fresh)
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = None
        if status != 200:
            raise EngineRefused(f"{method.decode()} {path.decode()} answers {status}{_message(told)}")
        return told


def _is_slot(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < MOST_SLOTS


def _message(told: object) -> str:
    """What the engine says of its refusal."""
    error = told.get("error") if isinstance(told, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f": {' '.join(message.split())[:_QUOTE]}" if isinstance(message, str) else ""
