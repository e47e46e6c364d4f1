"""How it is with the scheduler, and what has happened to models: `GET /api/schedule`, `GET /api/timeline`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from llamaswap.errors import BadRequest
from llamaswap.overview.overview import Overview
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.call import Call, Respond

_LONGEST_NUMBER = 16
"""Digits."""


class ScheduleApi:
    """Its endpoints."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"schedule": self.schedule, "timeline": self.timeline}

    async def schedule(self, call: Call) -> Answer:
        """The picture of this moment. Lines of logs are for admins."""
        lines = call.caller is None or "admin" in call.caller.scopes
        return json_answer({"at": self._overview.now, **self._overview.schedule(lines=lines)})

    async def timeline(self, call: Call) -> Answer:
        """What has happened, or what came after the entry that the query names. Raises `BadRequest`."""
        entries = self._overview.timeline.after(number(call.query))
        return json_answer({"at": self._overview.now, "entries": entries})


def number(query: bytes) -> int:
    """The value of `after`; 0 when there is none. Raises `BadRequest`."""
    given = parse_qs(query[1:].decode("latin-1")).get("after")
    if not given:
        return 0
    if not (given[0].isascii() and given[0].isdigit() and len(given[0]) <= _LONGEST_NUMBER):
        raise BadRequest("after must be the number of an entry")
    return int(given[0])
