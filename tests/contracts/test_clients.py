"""LiteLLM, and both makers' packages with a key, against real models. Without a key: `tests/engine/test_clients.py`."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import litellm
import openai
import pytest

from tests.contracts.conftest import KEY
from tests.support.engine import ALICE, BOB, EMBED, speaker
from tests.support.live import LiveServer, eventually

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


class TestLiteLlm:
    """As a gateway or a library would call us."""

    def ask(self, engine: LiveServer, model: str, **more: Any) -> Any:
        whole = {"messages": HELLO, "max_tokens": 16, "num_retries": 0, "max_retries": 0, **more}
        return litellm.completion(model=f"openai/{model}", api_base=f"{engine.url}/v1", **{"api_key": KEY, **whole})

    def test_chat(self, engine: LiveServer) -> None:
        """The wanted model answers, and says what it cost."""
        answer = self.ask(engine, ALICE)
        assert speaker(answer.choices[0].message.content) == ALICE
        assert answer.usage.completion_tokens > 0

    def test_stream(self, engine: LiveServer) -> None:
        """Piece by piece."""
        pieces = [chunk.choices[0].delta.content or "" for chunk in self.ask(engine, BOB, stream=True)]
        assert speaker("".join(pieces)) == BOB
        assert len(pieces) > 2

    def test_messages(self, engine: LiveServer) -> None:
        """Anthropic's way, too."""
        answer = litellm.completion(
            model=f"anthropic/{ALICE}", api_base=engine.url, api_key=KEY, messages=HELLO, max_tokens=16, num_retries=0
        )
        assert speaker(answer.choices[0].message.content) == ALICE

    def test_embeddings(self, engine: LiveServer) -> None:
        """And vectors."""
        answer = litellm.embedding(
            model=f"openai/{EMBED}", api_base=f"{engine.url}/v1", api_key=KEY, input=["sea"], encoding_format="float"
        )
        assert len(answer.data[0]["embedding"]) == 64

    def test_a_wrong_key(self, engine: LiveServer) -> None:
        """Its own exception for it."""
        with pytest.raises(litellm.exceptions.AuthenticationError, match="unauthorized"):
            self.ask(engine, ALICE, api_key="wrong")

    def test_no_such_model(self, engine: LiveServer) -> None:
        """Its own exception, with our reason."""
        with pytest.raises(litellm.exceptions.NotFoundError, match="no router"):
            self.ask(engine, "dave")


class TestMakers:
    """OpenAI's and Anthropic's packages."""

    def test_openai(self, engine: LiveServer) -> None:
        """The key is taken as it is sent, and a wrong one is its own exception."""
        client = openai.OpenAI(base_url=f"{engine.url}/v1", api_key=KEY, max_retries=0)
        assert ALICE in [model.id for model in client.models.list()]
        answer = client.chat.completions.create(model=BOB, messages=HELLO, max_tokens=16)
        assert speaker(answer.choices[0].message.content or "") == BOB
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="wrong").models.list()

    def test_anthropic(self, engine: LiveServer) -> None:
        """The same."""
        client = anthropic.Anthropic(base_url=engine.url, api_key=KEY, max_retries=0)
        answer = client.messages.create(model=ALICE, max_tokens=16, messages=HELLO)
        assert [speaker(block.text) for block in answer.content if block.type == "text"] == [ALICE]
        with pytest.raises(anthropic.AuthenticationError):
            client.with_options(api_key="wrong").messages.create(model=ALICE, max_tokens=16, messages=HELLO)

    def test_activity(self, engine: LiveServer) -> None:
        """What a package is told of its tokens is what the list of activity says."""
        client = openai.OpenAI(base_url=f"{engine.url}/v1", api_key=KEY, max_retries=0)
        usage = client.chat.completions.create(model=ALICE, messages=HELLO, max_tokens=16).usage
        assert usage is not None
        for _ in eventually(patience=5):
            with engine.asking("GET", f"/api/metrics/activity?model={ALICE}", headers={"x-api-key": KEY}) as response:
                page: Any = json.load(response)
            if page["data"]:
                break
        newest = page["data"][0]
        assert newest["req_path"] == "/v1/chat/completions"
        assert newest["tokens"]["output_tokens"] == usage.completion_tokens
