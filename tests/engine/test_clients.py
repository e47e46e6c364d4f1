"""The client packages that people use, against real models behind one address."""

from __future__ import annotations

import anthropic
import openai
import pytest

from tests.support.engine import (
    ALICE,
    BOB,
    CAROL,
    EMBED,
    RERANK,
    VOICES,
    busy_slots,
    chat,
    long_stream,
    needs_engine,
    speaker,
)
from tests.support.live import LiveServer

pytestmark = needs_engine
HELLO = "Hello"


@pytest.fixture
def client(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> openai.OpenAI:
    """OpenAI's client, pointed at the server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


@pytest.fixture
def claude(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> anthropic.Anthropic:
    """Anthropic's client, pointed at the server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0)


def test_models_are_listed(client: openai.OpenAI) -> None:
    """Every model of the configuration is offered."""
    assert [model.id for model in client.models.list()] == [ALICE, BOB, CAROL, EMBED, RERANK]


@pytest.mark.parametrize("model", VOICES)
def test_chat_is_answered_by_the_wanted_model(client: openai.OpenAI, model: str) -> None:
    """The answer is in the words of the model that was asked for."""
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": HELLO}], max_tokens=16, temperature=0
    )
    assert answer.model == model
    assert speaker(answer.choices[0].message.content or "") == model


def test_stream_is_complete(client: openai.OpenAI) -> None:
    """A streamed answer has one event a token and the usage last."""
    events = list(
        client.chat.completions.create(
            model=ALICE,
            messages=[{"role": "user", "content": HELLO}],
            max_tokens=16,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"ignore_eos": True},
        )
    )
    pieces = [event.choices[0].delta.content for event in events if event.choices and event.choices[0].delta.content]
    assert len(pieces) == 16
    assert speaker("".join(pieces)) == ALICE
    assert events[-1].usage is not None
    assert events[-1].usage.completion_tokens == 16


def test_stream_ends_with_done(server: LiveServer) -> None:
    """The last event of a stream is the one that says so."""
    answer = server.ask("POST", "/v1/chat/completions", chat(ALICE, stream=True))
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.body.endswith(b"data: [DONE]\n\n")


def test_events_arrive_while_the_model_still_speaks(server: LiveServer) -> None:
    """The first event is in the client's hands long before the answer is complete."""
    with server.asking("POST", "/v1/chat/completions", long_stream(CAROL)) as response:
        assert response.readline().startswith(b"data: {")
        assert busy_slots(server, CAROL) == 1


def test_completion_is_answered(client: openai.OpenAI) -> None:
    """The older completions route works too."""
    answer = client.completions.create(
        model=BOB, prompt="Once upon a time", max_tokens=16, extra_body={"ignore_eos": True}
    )
    assert speaker(answer.choices[0].text) == BOB


def test_response_is_answered(client: openai.OpenAI) -> None:
    """So does the newer responses route."""
    answer = client.responses.create(model=BOB, input=HELLO, max_output_tokens=16)
    assert speaker(answer.output_text) == BOB


def test_texts_are_embedded(client: openai.OpenAI) -> None:
    """Every text gets a vector of its own that is not just zeros."""
    answer = client.embeddings.create(model=EMBED, input=["the sea", "the forest"])
    one, other = (entry.embedding for entry in answer.data)
    assert one != other
    assert len(one) == 64
    assert all(map(any, (one, other)))


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v1/reranking", "/reranking"])
def test_documents_are_reranked(server: LiveServer, path: str) -> None:
    """Every document gets a score, on each of the four spellings of the route."""
    body = {"model": RERANK, "query": "the sea", "documents": ["a boat", "a tree", "a house"]}
    answer = server.ask("POST", path, body)
    assert answer.status == 200
    assert sorted(entry["index"] for entry in answer.json()["results"]) == [0, 1, 2]


def test_message_is_answered(claude: anthropic.Anthropic) -> None:
    """Anthropic's messages are answered by the wanted model."""
    answer = claude.messages.create(model=BOB, max_tokens=16, messages=[{"role": "user", "content": HELLO}])
    assert [speaker(block.text) for block in answer.content if block.type == "text"] == [BOB]


def test_message_is_streamed(claude: anthropic.Anthropic) -> None:
    """A streamed message arrives in pieces and ends in order."""
    with claude.messages.stream(model=ALICE, max_tokens=16, messages=[{"role": "user", "content": HELLO}]) as stream:
        pieces = list(stream.text_stream)
        assert stream.get_final_message().stop_reason in {"end_turn", "max_tokens"}
    assert len(pieces) > 1
    assert speaker("".join(pieces)) == ALICE


def test_message_tokens_are_counted(claude: anthropic.Anthropic) -> None:
    """A longer message counts more tokens."""
    short, long = (
        claude.messages.count_tokens(model=ALICE, messages=[{"role": "user", "content": text}]).input_tokens
        for text in ("hi", "hi there")
    )
    assert 0 < short < long


def test_unknown_model_is_refused(client: openai.OpenAI) -> None:
    """The client's own exception says which model is not there."""
    with pytest.raises(openai.NotFoundError, match="no router"):
        client.completions.create(model="tiny-dave", prompt="Hello")


def test_error_of_the_engine_comes_through(server: LiveServer) -> None:
    """What the engine refuses reaches the client in the engine's words."""
    answer = server.ask("POST", "/v1/rerank", chat(ALICE, query="x", documents=["y"]))
    assert answer.status == 501
    assert "does not support reranking" in answer.json()["error"]["message"]
