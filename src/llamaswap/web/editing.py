"""The configuration over HTTP: what is in force, for operators; and its files, for those who may edit them.

Whoever can write the configuration can have any command run. So the texts exist only where the server was started for
that, and for a page of this server that shows an API key with the scope `admin` each time. A session will not do, nor
Basic: browsers add these whichever page asks, and pages of models (`/upstream/`, `/comfyui/`) have the same origin. The
gate has been passed before; what is asked here is asked besides.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol, assert_never

from twisted.internet.defer import Deferred

from llamaswap.config.describe import describe
from llamaswap.config.originals import MOST, Facts, Text
from llamaswap.config.outcome import Applied, Checked, Outcome, Rejected, Saved
from llamaswap.config.schema import Settings
from llamaswap.errors import BadRequest, BodyTooLarge, ConfigurationFileNotFound, EditingOff, Forbidden
from llamaswap.threads import InThread
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.auth import Keys, presented
from llamaswap.web.browsers import is_ours
from llamaswap.web.call import Call, Respond
from llamaswap.web.hosts import is_own_name, same_origin
from llamaswap.web.routes import ADMIN

_MOST_BODY = MOST + 64 * 1024
_NO_STORE = (b"Cache-Control", b"no-store")
_WANTED_SAVE = 'give {"text": "<all of the file>", "hash": "<the hash that came with the text>"}'
_WANTED_CHECK = 'give {"files": {"<id>": "<all of the file>"}}'


class Desk(Protocol):
    """The files of the configuration, and what can be done with them (`reload/desk.py`)."""

    def facts(self) -> Deferred[list[Facts]]: ...
    def text(self, id: str) -> Deferred[Text]: ...
    def check(self, texts: Mapping[str, str]) -> Deferred[Checked | Rejected]: ...
    def save(self, id: str, text: str, hash: str, who: str) -> Deferred[Saved | Rejected]: ...


class Editing:
    """The endpoints of the configuration page.

    `desk` is None where the configuration has come from no files. With `allowed` the server was started so that they
    may be edited.
    """

    def __init__(self, settings: Settings, desk: Desk | None, in_thread: InThread, *, allowed: bool) -> None:
        self._desk = desk
        self._in_thread = in_thread
        self._allowed = allowed and desk is not None
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """These settings are in force."""
        self._settings = settings
        self._keys = Keys(settings.api_keys)

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {
            "config": self.config,
            "config_file": self.text,
            "config_check": self.check,
            "config_save": self.save,
        }

    async def config(self, call: Call) -> Answer:
        """What is in force, without secrets; the files it came from; and whether this client may edit them."""
        files = await self._desk.facts() if self._desk is not None else []
        return await self._in_thread(partial(_shown, self._settings, files, self._why_not(call)))

    async def text(self, call: Call) -> Answer:
        """What a file holds, with all its secrets, and the hash that says which version that is."""
        desk, _ = self._for_editors(call)
        return json_answer(asdict(await desk.text(_id(call))), _NO_STORE)

    async def check(self, call: Call) -> Answer:
        """What these texts would mean: everything that is wrong with them, or what they would change."""
        desk, _ = self._for_editors(call)
        body = call.body(_MOST_BODY + 1)
        outcome = await desk.check(await self._in_thread(partial(_texts_in, body)))
        return json_answer(_told(outcome), _NO_STORE)

    async def save(self, call: Call) -> Answer:
        """Write a text, and have it read: 409 when the file is another one by now, 422 when the text is no good."""
        desk, who = self._for_editors(call)
        body = call.body(_MOST_BODY + 1)
        text, hash = await self._in_thread(partial(_text_in, body))
        saved = await desk.save(_id(call), text, hash, who)
        if isinstance(saved, Rejected):
            return json_answer({**_told(saved), "saved": False}, _NO_STORE, status=422)
        good = isinstance(saved.outcome, Applied)
        told = {**_told(saved.outcome), "saved": True, "hash": saved.hash}
        return json_answer(told, _NO_STORE, status=200 if good else 422)

    def _for_editors(self, call: Call) -> tuple[Desk, str]:
        """The desk, and the name of the key that is shown.

        Raises `EditingOff`, or `Forbidden` unless this is a page of ours that shows the key of somebody who may edit.
        """
        if self._desk is None or not self._allowed:
            raise EditingOff()
        if call.caller is None:
            raise Forbidden("forbidden: editing needs an API key with the scope admin; there are no `apiKeys`")
        self._require_own_page(call)
        return self._desk, self._editor(call)

    def _editor(self, call: Call) -> str:
        """The name of the key that the request itself shows."""
        key = presented(call.header(b"authorization"), call.header(b"x-api-key"))
        caller = self._keys.find(key) if key is not None else None
        if caller is None or ADMIN.isdisjoint(caller.scopes):
            raise Forbidden(
                "forbidden: editing needs an API key with the scope admin in each request, as `Authorization: Bearer` "
                "or `x-api-key`; to be logged in is not enough"
            )
        return caller.name

    def _require_own_page(self, call: Call) -> None:
        host = _text(call.header(b"host"))
        if not is_own_name(host, self._settings.allowed_hosts):
            raise Forbidden(f"forbidden: to edit the configuration at Host {host!r}, add that to `allowedHosts`")
        origin = call.header(b"origin")
        if origin is None and call.request.method == b"GET":  # browsers say it of themselves with all others
            origin = call.header(b"referer")
        if origin is None or not same_origin(_text(origin), host) or not is_ours(call.header):
            raise Forbidden(
                "forbidden: editing needs an `Origin` that is this server's, and `X-Requested-With: llama-swap-ui`"
            )

    def _why_not(self, call: Call) -> str | None:
        """Why this client may not edit, in a word for programs; None when it may."""
        if self._desk is None:
            return "no-files"
        if not self._allowed:
            return "not-started-so"
        if call.caller is None:
            return "no-key"
        return None if is_own_name(_text(call.header(b"host")), self._settings.allowed_hosts) else "host"


def _shown(settings: Settings, files: Collection[Facts], why: str | None) -> Answer:
    told = {
        "config": describe(settings),
        "warnings": settings.warnings,
        "edit": {"allowed": why is None, "why": why},
        "files": [asdict(file) for file in files],
    }
    return json_answer(told, _NO_STORE)


def _told(outcome: Checked | Outcome) -> dict[str, Any]:
    match outcome:
        case Checked(changes, untouched, warnings):
            told = {**asdict(changes), "untouched": untouched}
            return {"ok": True, "errors": [], "warnings": warnings, "changes": told}
        case Applied(changes, warnings):
            return {"ok": True, "errors": [], "warnings": warnings, "changes": asdict(changes)}
        case Rejected(problems, warnings):
            errors = [asdict(problem) for problem in problems]
            return {"ok": False, "errors": errors, "warnings": warnings, "changes": None}
    assert_never(outcome)


def _id(call: Call) -> str:
    if not call.rest:
        raise ConfigurationFileNotFound()
    return call.rest


def _texts_in(body: bytes) -> dict[str, str]:
    """The texts to check, by ID. Raises `BadRequest`, and `BodyTooLarge`."""
    texts = _object_in(body, _WANTED_CHECK).get("files")
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise BadRequest(_WANTED_CHECK)
    return texts


def _text_in(body: bytes) -> tuple[str, str]:
    """The text to save, and the hash of what it was made from."""
    value = _object_in(body, _WANTED_SAVE)
    text, hash = value.get("text"), value.get("hash")
    if not isinstance(text, str) or not isinstance(hash, str):
        raise BadRequest(_WANTED_SAVE)
    return text, hash


def _object_in(body: bytes, wanted: str) -> dict[str, Any]:
    if len(body) > _MOST_BODY:
        raise BodyTooLarge()
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is no JSON: {wanted}") from None
    if not isinstance(value, dict):
        raise BadRequest(wanted)
    return value


def _text(value: bytes | None) -> str:
    return (value or b"").decode("latin-1")
