"""An answer in the words of the three chat protocols: events of a stream, and the whole as JSON. Pure.

An event is a pair of its name (empty where the protocol has none) and its data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from tests.journeys.upstream.scripts import Script

Event = tuple[str, object]
CACHED = 3


class Dialect(Protocol):
    """One protocol."""

    def __init__(self, model: str, script: Script, prompt: int) -> None: ...
    def events(self) -> Iterator[Event]:
        """The stream, up to and with its end or its error."""

    def whole(self) -> dict[str, Any]:
        """The same without streaming."""


class Completions:
    """`/v1/chat/completions`, as llama.cpp speaks it: reasoning apart, timings beside the usage."""

    def __init__(self, model: str, script: Script, prompt: int) -> None:
        self._model, self._script, self._prompt = model, script, prompt

    def events(self) -> Iterator[Event]:
        script = self._script
        yield self._chunk({"role": "assistant", "content": None})
        yield from (self._chunk({"reasoning_content": piece}) for piece in script.pieces(script.reasoning))
        yield from (self._chunk({"content": piece}) for piece in script.pieces(script.text))
        for index, call in enumerate(self._calls()):
            yield self._chunk({"tool_calls": [{"index": index, **call}]})
        if script.error:
            yield "", {"error": {"code": 500, "message": script.error, "type": "server_error"}}
        elif not script.cut:
            yield self._chunk({}, self._finish)
            yield "", {**self._head("chat.completion.chunk"), "choices": [], **self._cost()}
            yield "", "[DONE]"

    def whole(self) -> dict[str, Any]:
        script = self._script
        message: dict[str, Any] = {"role": "assistant", "content": script.text}
        message |= {"reasoning_content": script.reasoning} if script.reasoning else {}
        message |= {"tool_calls": self._calls()} if script.tools else {}
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return {**self._head("chat.completion"), "choices": [choice], **self._cost()}

    @property
    def _finish(self) -> str:
        return "tool_calls" if self._script.tools else self._script.finish

    def _calls(self) -> list[dict[str, Any]]:
        return [
            {"id": f"call_{n}", "type": "function", "function": {"name": tool.name, "arguments": tool.arguments}}
            for n, tool in enumerate(self._script.tools)
        ]

    def _chunk(self, delta: object, finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return "", {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-journey", "object": kind, "created": 1_700_000_000, "model": self._model}

    def _cost(self) -> dict[str, Any]:
        made, asked = self._script.tokens, self._prompt
        return {
            "usage": {
                "prompt_tokens": asked + CACHED,
                "completion_tokens": made,
                "total_tokens": asked + CACHED + made,
                "prompt_tokens_details": {"cached_tokens": CACHED},
            },
            "timings": {
                "cache_n": CACHED,
                "prompt_n": asked,
                "prompt_ms": asked * 2.0,
                "prompt_per_second": 500.0,
                "predicted_n": made,
                "predicted_ms": made * 20.0,
                "predicted_per_second": 50.0,
            },
        }


class Messages:
    """`/v1/messages`."""

    def __init__(self, model: str, script: Script, prompt: int) -> None:
        self._model, self._script, self._prompt = model, script, prompt

    def events(self) -> Iterator[Event]:
        script = self._script
        yield _named("message_start", message=self._message([], None))
        index = 0
        if script.reasoning:
            yield from self._block(index, {"type": "thinking", "thinking": ""}, "thinking", script.reasoning)
            index += 1
        if script.text:
            yield from self._block(index, {"type": "text", "text": ""}, "text", script.text)
            index += 1
        if script.error:
            yield _named("error", error={"type": "overloaded_error", "message": script.error})
        elif not script.cut:
            yield from self._end(index)

    def _end(self, index: int) -> Iterator[Event]:
        for block, tool in zip(self._tools(), self._script.tools, strict=True):
            yield _named("content_block_start", index=index, content_block={**block, "input": {}})
            delta = {"type": "input_json_delta", "partial_json": tool.arguments}
            yield _named("content_block_delta", index=index, delta=delta)
            yield _named("content_block_stop", index=index)
            index += 1
        usage = {"output_tokens": self._script.tokens}
        yield _named("message_delta", delta={"stop_reason": self._stop, "stop_sequence": None}, usage=usage)
        yield _named("message_stop")

    def whole(self) -> dict[str, Any]:
        script = self._script
        thoughts = [{"type": "thinking", "thinking": script.reasoning}] if script.reasoning else []
        return self._message([*thoughts, {"type": "text", "text": script.text}, *self._tools()], self._stop)

    @property
    def _stop(self) -> str:
        return "tool_use" if self._script.tools else {"length": "max_tokens"}.get(self._script.finish, "end_turn")

    def _tools(self) -> list[dict[str, Any]]:
        return [
            {"type": "tool_use", "id": f"toolu_{n}", "name": tool.name, "input": json.loads(tool.arguments)}
            for n, tool in enumerate(self._script.tools)
        ]

    def _block(self, index: int, block: object, kind: str, text: str) -> Iterator[Event]:
        yield _named("content_block_start", index=index, content_block=block)
        for piece in self._script.pieces(text):
            yield _named("content_block_delta", index=index, delta={"type": f"{kind}_delta", kind: piece})
        yield _named("content_block_stop", index=index)

    def _message(self, content: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
        usage = {"input_tokens": self._prompt, "cache_read_input_tokens": CACHED}
        usage["output_tokens"] = self._script.tokens if stop else 1
        return {
            "id": "msg_journey",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": stop,
            "usage": usage,
        }


class Responses:
    """`/v1/responses`."""

    def __init__(self, model: str, script: Script, prompt: int) -> None:
        self._model, self._script, self._prompt = model, script, prompt

    def events(self) -> Iterator[Event]:
        script = self._script
        yield _named("response.created", response=self._response("in_progress"))
        for piece in script.pieces(script.reasoning):
            yield _named("response.reasoning_summary_text.delta", item_id="rs_1", output_index=0, delta=piece)
        for piece in script.pieces(script.text):
            yield _named("response.output_text.delta", item_id="msg_1", output_index=1, content_index=0, delta=piece)
        if script.error:
            failure = {"code": "server_error", "message": script.error}
            yield _named("response.failed", response={**self._response("failed"), "error": failure})
        elif not script.cut:
            yield from self._end()

    def _end(self) -> Iterator[Event]:
        for item in self._tools():
            yield _named("response.output_item.added", output_index=2, item={**item, "arguments": ""})
            yield _named("response.function_call_arguments.delta", item_id=item["id"], delta=item["arguments"])
            yield _named("response.output_item.done", output_index=2, item=item)
        kind = "response.incomplete" if self._script.finish == "length" else "response.completed"
        yield _named(kind, response=self.whole())

    def whole(self) -> dict[str, Any]:
        script = self._script
        thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": script.reasoning}]}
        part = {"type": "output_text", "text": script.text, "annotations": []}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
        output = [*([thought] if script.reasoning else []), message, *self._tools()]
        cut_short = script.finish == "length"
        more = {"incomplete_details": {"reason": "max_output_tokens"}} if cut_short else {}
        return {**self._response("incomplete" if cut_short else "completed"), "output": output, **more, **self._cost()}

    def _tools(self) -> list[dict[str, Any]]:
        return [
            {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": tool.name}
            | {"arguments": tool.arguments}
            for n, tool in enumerate(self._script.tools)
        ]

    def _response(self, status: str) -> dict[str, Any]:
        return {"id": "resp_journey", "object": "response", "status": status, "model": self._model, "output": []}

    def _cost(self) -> dict[str, Any]:
        asked, made = self._prompt + CACHED, self._script.tokens
        details = {"input_tokens_details": {"cached_tokens": CACHED}}
        return {
            "usage": {"input_tokens": asked, "output_tokens": made, "total_tokens": asked + made, **details},
        }


def _named(kind: str, **data: object) -> Event:
    return kind, {"type": kind, **data}


DIALECTS: dict[str, type[Dialect]] = {
    "/v1/chat/completions": Completions,
    "/v1/messages": Messages,
    "/v1/responses": Responses,
}
