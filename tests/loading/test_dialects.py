"""Events as each API's clients read them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.loading.dialects import Dialect, dialect, speaks
from llamaswap.loading.faults import Fault
from llamaswap.loading.script import Remark

PATHS = (b"/v1/chat/completions", b"/v1/completions", b"/v1/responses", b"/v1/messages")
DOT, NEWS = Remark(".", ""), Remark("\nstopping a ", "stopping a")
BROKEN = Fault(503, "not now", "server_error", "service_unavailable")


def events(stream: bytes) -> list[tuple[str, Any]]:
    """(event, data) of every event, by the rules of event streams; data that is JSON is read."""
    assert stream.endswith(b"\n\n")
    found = []
    for block in stream.decode().removesuffix("\n\n").split("\n\n"):
        fields = [line.partition(": ") for line in block.split("\n") if not line.startswith(":")]
        named = {name: value for name, _, value in fields}
        if data := named.get("data"):
            found.append((named.get("event", "message"), data if data == "[DONE]" else json.loads(data)))
    return found


def of(path: bytes) -> Dialect:
    return dialect(path, "token", "al", 17)


class RemarkTests(SynchronousTestCase):
    def test_chat(self) -> None:
        """Whole chunks with nothing but reasoning; no role, which clients would join to the upstream's."""
        head = {"id": "chatcmpl-token", "object": "chat.completion.chunk", "created": 17, "model": "al"}
        choice = {"index": 0, "delta": {"reasoning_content": "\nstopping a "}, "finish_reason": None}
        self.assertEqual(events(of(PATHS[0]).remark(NEWS)), [("message", {**head, "choices": [choice]})])

    def test_completions(self) -> None:
        """Chunks without text."""
        ((kind, chunk),) = events(of(PATHS[1]).remark(DOT))
        self.assertEqual((kind, chunk["object"], chunk["id"]), ("message", "text_completion", "cmpl-token"))
        (choice,) = chunk["choices"]
        self.assertEqual((choice["text"], choice["reasoning_content"], choice["finish_reason"]), ("", ".", None))

    def test_responses(self) -> None:
        """Comments, which no client takes for an event."""
        self.assertEqual(of(PATHS[2]).remark(NEWS), b": stopping a\n\n")
        self.assertEqual(of(PATHS[2]).remark(DOT), b":\n\n")

    def test_messages(self) -> None:
        """Pings, with what there is to say."""
        self.assertEqual(events(of(PATHS[3]).remark(NEWS)), [("ping", {"type": "ping", "status": "stopping a"})])
        self.assertEqual(events(of(PATHS[3]).remark(DOT)), [("ping", {"type": "ping"})])

    def test_s89_which_paths(self) -> None:
        """Four routes that can stream; nothing below them, and nothing of `/v/`."""
        self.assertTrue(all(map(speaks, PATHS)))
        others = b"/v1/chat/completions/extra /v1/messages/count_tokens /v1/embeddings /chat/completions /v1/completion"
        self.assertFalse(any(map(speaks, others.split())))

    @given(st.sampled_from(PATHS), st.text(), st.text())
    def test_any_text_stays_in_its_event(self, path: bytes, text: str, model: str) -> None:
        """Line breaks in a name cannot begin another event."""
        stream = dialect(path, "token", model, 17).remark(Remark(text, text))
        self.assertEqual(len([block for block in stream.split(b"\n\n") if block]), 1)
        self.assertNotIn(b"\r", stream)
        self.assertEqual(len(events(stream)), 0 if path == b"/v1/responses" else 1)
        self.assertTrue(
            all(line.startswith((b"data: {", b"event: ping", b":")) for line in stream.split(b"\n") if line)
        )


class FaultTests(SynchronousTestCase):
    def test_chat_and_completions(self) -> None:
        """An error instead of a chunk, and the end."""
        error = {"message": "not now", "type": "server_error", "param": None, "code": "service_unavailable"}
        for path in PATHS[:2]:
            self.assertEqual(events(of(path).fault(BROKEN)), [("message", {"error": error}), ("message", "[DONE]")])

    def test_responses(self) -> None:
        """The event `error`, flat as documented and nested as clients look for it."""
        ((kind, data),) = events(of(PATHS[2]).fault(BROKEN))
        self.assertEqual((kind, data["type"], data["sequence_number"]), ("error", "error", 0))
        self.assertEqual((data["message"], data["code"]), ("not now", "service_unavailable"))
        self.assertEqual(data["error"]["message"], "not now")

    def test_messages(self) -> None:
        """The event `error`, with the types of that API."""
        for status, kind in ((429, "rate_limit_error"), (503, "overloaded_error"), (500, "api_error")):
            ((name, data),) = events(of(PATHS[3]).fault(Fault(status, "m", "x", "y")))
            self.assertEqual((name, data), ("error", {"type": "error", "error": {"type": kind, "message": "m"}}))
        ((_, data),) = events(of(PATHS[3]).fault(Fault(422, "m", "x", "y")))
        self.assertEqual(data["error"]["type"], "invalid_request_error")
