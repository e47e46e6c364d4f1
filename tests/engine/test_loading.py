"""The client packages that people use, while a real model takes its time to load: nothing of the answer is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.support.engine import ALICE, BOB, CAROL, configuration, needs_engine, speaker
from tests.support.live import LiveServer

pytestmark = needs_engine
SLOWLY = "--load-seconds 0.9 --alias"
OPENING, CLOSING = "llama-swap loading model: ", "Done! ("
HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def slow(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that tells what is going on, whose models take a second to load."""
    text = "sendLoadingState: true\n" + configuration(models).replace("--alias", SLOWLY)
    with LiveServer.of(text, tmp_path_factory.mktemp("slow")) as server:
        yield server


@pytest.fixture
def cold(slow: LiveServer, monkeypatch: pytest.MonkeyPatch) -> LiveServer:
    """The same, with no model loaded."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert slow.ask("GET", "/unload").status == 200
    return slow


@pytest.fixture
def broken(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    """A server whose models cannot be loaded."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    text = "sendLoadingState: true\n" + configuration(models).replace("--model ", "--model /nowhere")
    with LiveServer.of(text, tmp_path) as server:
        yield server


def gpt(server: LiveServer) -> openai.OpenAI:
    """OpenAI's client, pointed at the server."""
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def claude(server: LiveServer) -> anthropic.Anthropic:
    """Anthropic's client, pointed at the server."""
    return anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0)


def test_s85_chat(cold: LiveServer) -> None:
    """Every chunk is a complete one; reasoning comes first, then the answer of the model that was asked."""
    chunks = list(
        gpt(cold).chat.completions.create(model=ALICE, messages=HELLO, max_tokens=16, temperature=0, stream=True)
    )
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    told = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert OPENING + ALICE in told
    assert CLOSING in told
    assert speaker("".join(delta.content or "" for delta in deltas)) == ALICE


def test_s85_chat_by_the_helper(cold: LiveServer) -> None:
    """The helper that puts a stream together finds one answer of one assistant."""
    with gpt(cold).chat.completions.stream(model=BOB, messages=HELLO, stop=["."], temperature=0) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        (choice,) = stream.get_final_completion().choices
    assert (choice.message.role, choice.message.content) == ("assistant", "".join(pieces))
    assert choice.finish_reason == "stop"
    assert speaker(choice.message.content or "") == BOB
    assert CLOSING in getattr(choice.message, "reasoning_content", "")


def test_completions(cold: LiveServer) -> None:
    """Not a character of text is ours."""
    prompt = "Once upon a time"
    again: dict[str, Any] = {
        "model": CAROL,
        "prompt": prompt,
        "max_tokens": 16,
        "temperature": 0,
        "extra_body": {"ignore_eos": True},
    }
    chunks = list(gpt(cold).completions.create(**again, stream=True))
    told = "".join(getattr(chunk.choices[0], "reasoning_content", None) or "" for chunk in chunks if chunk.choices)
    assert OPENING + CAROL in told
    assert CLOSING in told
    text = "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)
    assert text == gpt(cold).completions.create(**again).choices[0].text


def test_responses(cold: LiveServer) -> None:
    """The first event is the engine's own, and so is every other one."""
    stream = gpt(cold).responses.create(model=ALICE, input="Hello", max_output_tokens=16, stream=True)
    told = list(stream)
    assert told[0].type == "response.created"
    assert told[-1].type == "response.completed"
    assert speaker(told[-1].response.output_text) == ALICE


def test_responses_on_the_wire(cold: LiveServer) -> None:
    """What a person with curl sees."""
    body = {"model": BOB, "input": "Hello", "max_output_tokens": 16, "stream": True}
    answer = cold.ask("POST", "/v1/responses", body)
    assert answer.body.startswith(f": {OPENING}{BOB}\n\n".encode())
    assert f"\n\n: {CLOSING}".encode() in answer.body


def test_messages_by_the_helper(cold: LiveServer) -> None:
    """Pings are nothing to the helper; the message has no block but the model's."""
    with claude(cold).messages.stream(model=CAROL, max_tokens=16, messages=HELLO) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["text"]
    assert speaker("".join(pieces)) == CAROL


def test_messages_on_the_wire(cold: LiveServer) -> None:
    """What a person with curl sees."""
    body = {"model": ALICE, "max_tokens": 16, "messages": HELLO, "stream": True}
    answer = cold.ask("POST", "/v1/messages", body)
    assert answer.body.startswith(b'event: ping\ndata: {"type":"ping","status":"' + OPENING.encode())


def test_w22_a_failed_load_is_the_clients_own_error(broken: LiveServer) -> None:
    """Each package raises its error, with the reason in it, although the answer had begun."""
    with pytest.raises(openai.APIError, match="unspecific error"):
        list(gpt(broken).chat.completions.create(model=ALICE, messages=HELLO, stream=True))
    with pytest.raises(openai.APIError, match="unspecific error"):
        with gpt(broken).responses.stream(model=BOB, input="Hello") as stream:
            stream.get_final_response()
    with pytest.raises(anthropic.APIStatusError, match="unspecific error"):
        with claude(broken).messages.stream(model=CAROL, max_tokens=16, messages=HELLO) as told:
            told.get_final_message()


def test_an_engine_that_refuses_is_the_clients_own_error(cold: LiveServer) -> None:
    """What the engine says about a request that it does not take arrives in its words."""
    with pytest.raises(openai.APIError) as raised:
        odd: Any = [{"role": "user", "content": [{"type": "nonsense"}]}]
        list(gpt(cold).chat.completions.create(model=ALICE, messages=odd, stream=True))
    assert not isinstance(raised.value, openai.APIStatusError)
    assert "type" in raised.value.message
