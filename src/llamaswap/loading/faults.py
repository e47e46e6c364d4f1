"""What went wrong, for a client whose answer has begun with status 200 (W-22). Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llamaswap.errors import BadGateway, Refusal
from llamaswap.proxy.continued import AnswerStart

Words = Callable[[int], tuple[str, str]]
"""The `type` and `code` of an error with a status (`web/refusals.py`)."""

_LONGEST = 2000
"""Characters of a message that are passed on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it would have been answered."""

    status: int
    message: str
    kind: str
    code: str


def of_refusal(refusal: Refusal, words: Words) -> Fault:
    """One of our own."""
    kind, code = words(refusal.status)
    return Fault(refusal.status, str(refusal)[:_LONGEST], kind, refusal.code or code)


def of_answer(answer: AnswerStart, words: Words) -> Fault:
    """An upstream's: its own words where it has an error; else what is wrong with the answer."""
    told = {} if answer.coding else _told(answer.body)
    if answer.status < 400:
        return of_refusal(BadGateway(_complaint(answer)), words)
    kind, code = words(answer.status)
    message = told.get("message") or _complaint(answer)
    return Fault(answer.status, message[:_LONGEST], told.get("type") or kind, told.get("code") or code)


def _complaint(answer: AnswerStart) -> str:
    if answer.coding:
        return f"the model's server answered {answer.status} in the coding {answer.coding!r}, which was not asked for"
    if answer.status == 200:
        return f"the model's server answered with {answer.content_type or 'no type'} instead of an event stream"
    text = " ".join(answer.body.decode("utf-8", "replace").split())
    return f"the model's server answered {answer.status}" + (f": {text}" if text else "")


def _told(body: bytes) -> dict[str, str]:
    """The texts of an error in JSON, as model servers write it."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error", answer.get("detail", answer)) if isinstance(answer, dict) else answer
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return {}
    return {key: value for key in ("message", "type", "code") if isinstance(value := error.get(key), str)}
