"""Remarks and errors as events of each API that can stream (lifecycle section 8.2, W-22). Pure.

Whatever is said before the upstream's own stream must leave the client's answer as the upstream gave it: no role (the
upstream's own would be joined to it), no text, no item of a conversation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from llamaswap.loading.faults import Fault
from llamaswap.loading.script import Remark

_CLAUDE_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}


class Dialect(Protocol):
    """How one API's stream says things."""

    def remark(self, remark: Remark) -> bytes:
        """One or more whole events."""

    def fault(self, fault: Fault) -> bytes:
        """The events that end a stream with an error."""


class Chat:
    """`/v1/chat/completions`: the remarks are reasoning."""

    def __init__(self, token: str, model: str, created: int) -> None:
        self._head = {"id": f"chatcmpl-{token}", "object": "chat.completion.chunk", "created": created, "model": model}

    def remark(self, remark: Remark) -> bytes:
        choice = {"index": 0, "delta": {"reasoning_content": remark.flow}, "finish_reason": None}
        return _event({**self._head, "choices": [choice]})

    def fault(self, fault: Fault) -> bytes:
        return _event({"error": _openai_error(fault)}) + b"data: [DONE]\n\n"


class Completions:
    """`/v1/completions`: chunks without text, the remark beside it."""

    def __init__(self, token: str, model: str, created: int) -> None:
        self._head = {"id": f"cmpl-{token}", "object": "text_completion", "created": created, "model": model}

    def remark(self, remark: Remark) -> bytes:
        choice = {"index": 0, "text": "", "logprobs": None, "finish_reason": None, "reasoning_content": remark.flow}
        return _event({**self._head, "choices": [choice]})

    def fault(self, fault: Fault) -> bytes:
        return _event({"error": _openai_error(fault)}) + b"data: [DONE]\n\n"


class Responses:
    """`/v1/responses`: comments, because its first event names the response, which only the upstream can do."""

    def remark(self, remark: Remark) -> bytes:
        text = " ".join(remark.line.split())
        return f": {text}\n\n".encode("utf-8", "replace") if text else b":\n\n"

    def fault(self, fault: Fault) -> bytes:
        flat = {"code": fault.code, "message": fault.message, "param": None}
        return _event({"type": "error", "sequence_number": 0, **flat, "error": _openai_error(fault)}, "error")


class Messages:
    """`/v1/messages`: pings, which may come before the message starts; a block of thinking would need a signature."""

    def remark(self, remark: Remark) -> bytes:
        return _event({"type": "ping", **({"status": remark.line} if remark.line else {})}, "ping")

    def fault(self, fault: Fault) -> bytes:
        usual = "invalid_request_error" if 400 <= fault.status < 500 else "api_error"
        error = {"type": _CLAUDE_KINDS.get(fault.status, usual), "message": fault.message}
        return _event({"type": "error", "error": error}, "error")


_DIALECTS: dict[bytes, Callable[[str, str, int], Dialect]] = {
    b"/v1/chat/completions": Chat,
    b"/v1/completions": Completions,
    b"/v1/responses": lambda *_: Responses(),
    b"/v1/messages": lambda *_: Messages(),
}


def speaks(path: bytes) -> bool:
    """Whether anything can be said before the answer to a request for `path` (after prefixes are taken off)."""
    return path in _DIALECTS


def dialect(path: bytes, token: str, model: str, created: int) -> Dialect:
    """The dialect of `path`, which `speaks`; `token` goes into the IDs, `model` is the name that was asked for."""
    return _DIALECTS[path](token, model, created)


def _openai_error(fault: Fault) -> dict[str, Any]:
    return {"message": fault.message, "type": fault.kind, "param": None, "code": fault.code}


def _event(data: dict[str, Any], name: str = "") -> bytes:
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text}\n\n".encode("utf-8", "replace")
