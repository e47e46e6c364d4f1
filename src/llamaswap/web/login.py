"""A browser logs in with an API key, and gets a session for it; the form is the UI's business."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import SCOPES
from llamaswap.errors import BadRequest, BodyTooLarge, Unauthorized
from llamaswap.exchange import Caller
from llamaswap.web.allowances import Allowances
from llamaswap.web.answers import Answer, json_answer, redirect
from llamaswap.web.auth import WRONG_KEY, Doorman, cookies_in
from llamaswap.web.browsers import is_ours, require_own_page
from llamaswap.web.call import Call, Respond
from llamaswap.web.hosts import nearest
from llamaswap.web.sessions import Sessions, cookie, tokens_in
from llamaswap.web.throttle import Throttle

_LONGEST_BODY = 8 * 1024
_ALLOWED = 'give {"key": "<API key>"}, or the form field `key`'
_NO_STORE = (b"Cache-Control", b"no-store")


class Login:
    """The endpoints of sessions. `doorman` knows the keys in force; without keys nobody needs to log in."""

    log = Logger()

    def __init__(
        self, doorman: Doorman | None, sessions: Sessions, allowances: Allowances, clock: IReactorTime
    ) -> None:
        self._sessions = sessions
        self._allowances = allowances
        self._clock = clock
        self._throttle = Throttle()
        self.configure(doorman)

    def configure(self, doorman: Doorman | None) -> None:
        """These keys are in force; sessions of others end."""
        self._doorman = doorman
        self._sessions.keep(doorman.keys.known if doorman is not None else ())

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"login": self.login, "logout": self.logout, "session": self.session}

    async def session(self, call: Call) -> Answer:
        """Whether keys are needed, and who asks with which rights."""
        found = self._doorman.find(call.header, call.headers) if self._doorman is not None else None
        return json_answer(self._record(found[0] if found is not None else None), _NO_STORE)

    async def login(self, call: Call) -> Answer:
        """Begin a session with the key in the body. A form of a page without scripts is sent on to the UI.

        Raises `BadRequest`, `BodyTooLarge`, `TooManyLogins`, and `Unauthorized` for a key that is none.
        """
        key, is_form = _key_in(call.body(_LONGEST_BODY + 1))
        if self._doorman is None:
            return self._welcome(call, None, (), is_form)
        when, address = self._clock.seconds(), nearest(call.peer, call.header(b"x-forwarded-for"))
        self._throttle.check(address, when)
        keys = self._doorman.keys
        caller = keys.find(key)
        if caller is None:
            self._throttle.failed(address, when)
            self.log.warn("a login from {address} failed: no such API key", address=address or "unix")
            raise Unauthorized(WRONG_KEY, challenge=False)
        self._sessions.end(tokens_in(cookies_in(call.headers)))
        token = self._sessions.begin(keys.known_by(key), when)
        return self._welcome(call, caller, (_cookie(call, token),), is_form)

    def _welcome(
        self, call: Call, caller: Caller | None, cookies: tuple[tuple[bytes, bytes], ...], is_form: bool
    ) -> Answer:
        if not is_form or is_ours(call.header):
            return json_answer(self._record(caller), _NO_STORE, *cookies)
        answer = redirect(303, b"/ui/")
        return Answer(answer.status, (*answer.headers, _NO_STORE, *cookies))

    def _record(self, caller: Caller | None) -> dict[str, Any]:
        needed = self._doorman is not None
        scopes = [scope for scope in SCOPES if not needed or (caller is not None and scope in caller.scopes)]
        return {
            "keyNeeded": needed,
            "loggedIn": caller is not None,
            "name": caller.name if caller is not None else None,
            "scopes": scopes,
            "models": list(caller.models) if caller is not None else [],
            **self._allowances.shown(caller.name if caller is not None else "", self._clock.seconds()),
        }

    async def logout(self, call: Call) -> Answer:
        """End the session of the cookie, and take the cookie away. Raises `Forbidden` for a page of somebody else."""
        require_own_page(call.header, foreign_pages=False)
        self._sessions.end(tokens_in(cookies_in(call.headers)))
        return json_answer({"msg": "ok"}, _NO_STORE, _cookie(call, ""))


def _key_in(body: bytes) -> tuple[bytes, bool]:
    """The key in a JSON object or in a urlencoded form, and whether it is the form. Raises `BadRequest`."""
    if len(body) > _LONGEST_BODY:
        raise BodyTooLarge(f"the body is too long: {_ALLOWED}")
    is_form = not body.lstrip().startswith(b"{")
    key = _form_key(body) if is_form else _json_key(body)
    if not key:
        raise BadRequest(f"no key: {_ALLOWED}")
    return key.encode(errors="surrogatepass"), is_form


def _json_key(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is no JSON: {_ALLOWED}") from None
    key = value.get("key")
    return key if isinstance(key, str) else None


def _form_key(body: bytes) -> str | None:
    try:
        fields = parse_qs(body.decode(), max_num_fields=16)
    except ValueError:
        raise BadRequest(f"the body is no form: {_ALLOWED}") from None
    return fields.get("key", [None])[0]


def _cookie(call: Call, token: str) -> tuple[bytes, bytes]:
    path = quote(call.mount.decode("latin-1"), safe="/%") or "/"
    secure = call.secure or call.header(b"x-forwarded-proto") == b"https"
    return b"Set-Cookie", cookie(token, path=path, secure=secure)
