"""What operators may do with the configuration: have it read again.

What a reload is, and how several of them become one, is the reloader's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol, assert_never

from twisted.internet.defer import Deferred

from llamaswap.config.outcome import Applied, Outcome, Rejected
from llamaswap.web.answers import Answer, json_answer
from llamaswap.web.call import Call, Respond


class Reloads(Protocol):
    """Reads the configuration again (`house.py`)."""

    def reload(self, why: str) -> Deferred[Outcome]:
        """Fires with what came of it; fails with a `Refusal`. Cancelling gives up the wait only."""


class Configuration:
    """The endpoint of the configuration."""

    def __init__(self, reloads: Reloads) -> None:
        self._reloads = reloads

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"reload": self.reload}

    async def reload(self, call: Call) -> Answer:
        """Have it read again; answers when it is in force, or 422 with all that is wrong.

        Raises the `Refusal` of a server that has nothing to read, or is ending.
        """
        outcome = await self._reloads.reload("POST /api/config/reload")
        match outcome:
            case Applied(difference, warnings):
                return json_answer({"ok": True, **asdict(difference), "warnings": warnings})
            case Rejected(problems, warnings):
                errors = [asdict(problem) for problem in problems]
                return json_answer({"ok": False, "errors": errors, "warnings": warnings}, status=422)
        assert_never(outcome)
