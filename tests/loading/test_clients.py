"""Whole streams, remarks included, as the packages that people use put them together: the answer is the upstream's.

The upstreams say what the APIs document; what a real engine says is `tests/engine/test_loading.py`'s business.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import anthropic
import openai
import pytest
from twisted.internet.defer import Deferred

from llamaswap.errors import StartFailed
from llamaswap.loading.script import TICK
from tests.loading.test_stream import CHAT, COMPLETIONS, JSON, MESSAGES, RESPONSES, body
from tests.support.relay import RelayWorld
from tests.support.web import model, settings_of

HELLO: Any = [{"role": "user", "content": "Hello"}]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"


def sse(*data: dict[str, Any], name: bool = False) -> bytes:
    events = ((f"event: {each['type']}\n" if name else "") + f"data: {json.dumps(each)}\n\n" for each in data)
    return "".join(events).encode()


def chat_chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    head = {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def text_chunk(text: str) -> dict[str, Any]:
    head = {"id": "cmpl-up", "object": "text_completion", "created": 1, "model": "m"}
    return {**head, "choices": [{"index": 0, "text": text, "finish_reason": None, "logprobs": None}]}


def response(kind: str, number: int, status: str, *output: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "resp_up", "object": "response", "created_at": 1, "model": "m", "tools": [], "tool_choice": "auto"}
    whole = {**head, "parallel_tool_calls": False, "status": status, "output": list(output)}
    return {"type": f"response.{kind}", "sequence_number": number, "response": whole}


SAID = {"type": "output_text", "text": "hi there", "annotations": []}
ITEM = {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed", "content": [SAID]}
MESSAGE: dict[str, Any] = {
    "id": "msg_up",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
}
USAGE = {"input_tokens": 1, "output_tokens": 2}
UPSTREAM = {
    CHAT: sse(chat_chunk(role="assistant", content=None), chat_chunk(content="hi there"), chat_chunk("stop"))
    + b"data: [DONE]\n\n",
    COMPLETIONS: sse(text_chunk("hi "), text_chunk("there")) + b"data: [DONE]\n\n",
    RESPONSES: sse(
        response("created", 0, "in_progress"),
        {
            "type": "response.output_item.added",
            "sequence_number": 1,
            "output_index": 0,
            "item": {**ITEM, "status": "in_progress", "content": []},
        },
        {"type": "response.output_item.done", "sequence_number": 2, "output_index": 0, "item": ITEM},
        response("completed", 3, "completed", ITEM),
        name=True,
    ),
    MESSAGES: sse(
        {"type": "message_start", "message": {**MESSAGE, "stop_sequence": None, "usage": USAGE}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi there"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
        {"type": "message_stop"},
        name=True,
    ),
}


def stream(path: str, *, fails: bool = False) -> bytes:
    """What a client of `path` is sent while its model loads, and after."""
    world = RelayWorld(settings_of(model("m", send_loading_state=True)))
    pending = world.leases.pending = Deferred()
    exchange, _ = world.begin("POST", path, JSON, body())
    for _ in range(12):
        world.clock.advance(TICK)
    if fails:
        pending.errback(StartFailed("it fell"))
    else:
        pending.callback(None)
        world.upstream("m").answer(HEAD % len(UPSTREAM[path]) + UPSTREAM[path])
    assert exchange.finished
    return exchange.answer


@contextmanager
def serving(answer: bytes) -> Iterator[str]:
    """The URL of a server that answers every POST with this event stream."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def gpt(url: str) -> openai.OpenAI:
    """OpenAI's client."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def claude(url: str) -> anthropic.Anthropic:
    """Anthropic's client."""
    return anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)


def chat(url: str) -> str | None:
    chunks = gpt(url).chat.completions.create(model="m", messages=HELLO, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def chat_helper(url: str) -> str | None:
    with gpt(url).chat.completions.stream(model="m", messages=HELLO) as told:
        message = told.until_done().get_final_completion().choices[0].message
    assert message.role == "assistant"
    return message.content


def completions(url: str) -> str | None:
    return "".join(chunk.choices[0].text for chunk in gpt(url).completions.create(model="m", prompt="x", stream=True))


def responses(url: str) -> str | None:
    *_, last = gpt(url).responses.create(model="m", input="x", stream=True)
    return last.response.output_text if last.type == "response.completed" else last.type


def responses_helper(url: str) -> str | None:
    with gpt(url).responses.stream(model="m", input="x") as told:
        return told.get_final_response().output_text


def messages_helper(url: str) -> str | None:
    with claude(url).messages.stream(model="m", max_tokens=9, messages=HELLO) as told:
        message = told.get_final_message()
    assert [block.type for block in message.content] == ["text"]
    return "".join(block.text for block in message.content if block.type == "text")


WAYS = (
    (CHAT, chat),
    (CHAT, chat_helper),
    (COMPLETIONS, completions),
    (RESPONSES, responses),
    (RESPONSES, responses_helper),
    (MESSAGES, messages_helper),
)
each_way = pytest.mark.parametrize(("path", "ask"), WAYS, ids=[ask.__name__ for _, ask in WAYS])


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stands between a client and the loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@each_way
def test_the_answer_is_the_upstreams(path: str, ask: Callable[[str], str | None]) -> None:
    """Every package gives what the upstream said, all of it and nothing else."""
    with serving(stream(path)) as url:
        assert ask(url) == "hi there"


@each_way
def test_w22_a_failure_is_the_clients_own_error(path: str, ask: Callable[[str], str | None]) -> None:
    """Every package raises its own error, with the reason."""
    with serving(stream(path, fails=True)) as url, pytest.raises((openai.APIError, anthropic.APIError)) as raised:
        ask(url)
    assert "it fell" in str(raised.value)
