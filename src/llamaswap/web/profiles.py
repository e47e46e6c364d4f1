"""Which profile is active, for operators: seen, chosen, and told to whoever listens (http-api section 10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.config.schema import Profile, Settings
from llamaswap.errors import BadRequest, ProfileNotFound
from llamaswap.notices import ProfileChanged
from llamaswap.resolve.profiles import ActiveProfile
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.call import Call, Respond

_DECODER = json.JSONDecoder()
_LONGEST_BODY = 8 * 1024
_ALLOWED = 'give {"name": "<profile>"}, or {"name": null} for none'


class Profiles:
    """The endpoints of the profiles, and who changes `active`; `publish` hears of every change."""

    log = Logger()

    def __init__(
        self,
        settings: Settings,
        active: ActiveProfile,
        publish: Callable[[ProfileChanged], None],
        clock: IReactorTime,
    ) -> None:
        self._profiles = settings.profiles
        self._active = active
        self._publish = publish
        self._clock = clock

    def configure(self, settings: Settings) -> None:
        """Answer from these settings. The active profile stays so if it is among them (W-16)."""
        self._profiles = settings.profiles
        self._choose(self._active.among(settings.profiles))

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"profiles": self.profiles, "profile_active": self.choose}

    async def profiles(self, call: Call) -> Answer:
        """Every profile with its pins, by name, and which is active."""
        listed = [_record(self._profiles[name]) for name in sorted(self._profiles, key=str.encode)]
        return json_answer({"active": self._active.name, "profiles": listed})

    async def choose(self, call: Call) -> Answer:
        """Make the named profile the active one, or none. Raises `BadRequest`, and `ProfileNotFound` with no change."""
        name = _name_in(call.body(_LONGEST_BODY + 1))
        if name is not None and name not in self._profiles:
            raise ProfileNotFound(f"profile not found; there are: {', '.join(self._profiles) or 'none'}")
        self._choose(name)
        return json_answer({"active": name})

    def _choose(self, name: str | None) -> None:
        old = self._active.name
        if not self._active.choose(name):
            return
        self.log.info("active profile: {new} (was {old})", new=name or "none", old=old or "none")
        self._publish(ProfileChanged(old, name, self._clock.seconds()))


def _name_in(body: bytes) -> str | None:
    """What the first JSON value of `body` names; what follows it does not matter. Raises `BadRequest`."""
    if len(body) > _LONGEST_BODY:
        raise BadRequest(f"the body is too long: {_ALLOWED}")
    try:
        value, _ = _DECODER.raw_decode(body.decode().lstrip())
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is no JSON: {_ALLOWED}") from None
    if not isinstance(value, dict) or "name" not in value:
        raise BadRequest(f"the body is no object with the member `name`: {_ALLOWED}")
    name = value["name"]
    if name is not None and not isinstance(name, str):
        raise BadRequest(f"`name` is neither text nor null: {_ALLOWED}")
    return name or None


def _record(profile: Profile) -> dict[str, Any]:
    return {"id": profile.name, "description": profile.description, "pins": dict(profile.pins)}
