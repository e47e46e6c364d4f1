"""What is known of an answer from its body: the probes, and what each kind of body comes to."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.answers import LONGEST_FAILURE, SHORT
from llamaswap.metrics.row import NO_TOKENS, Tokens
from llamaswap.metrics.usage import Meter, Reading, cost

CHAT = "/v1/chat/completions"
JSON = "application/json"
EVENTS = "text/event-stream"
NOTHING = Reading(NO_TOKENS, 0, "", True, False)


def read(
    body: Any, *, path: str = CHAT, kind: str = JSON, coding: str = "", status: int = 200, reason: str = ""
) -> Reading:
    """The reading of a whole body; what is no text of its own is sent as JSON."""
    meter = Meter(status, reason, path, kind, coding)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    meter.feed(data)
    return meter.close()


def events(*objects: Any) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(each).encode() for each in objects) + b"data: [DONE]\n\n"


def tokens(*numbers: float) -> Tokens:
    return Tokens(*map(int, numbers[:5]), *map(float, numbers[5:7]), *map(int, numbers[7:]))


def events_of(body: bytes, kind: str) -> int:
    meter = Meter(200, "", CHAT, kind, "", counting=True)
    meter.feed(body)
    meter.close()
    return meter.events


class ProbeTests(SynchronousTestCase):
    """Probes 84 to 97 and 99 of the contract, as far as the body decides them."""

    def test_probe_84_nothing_to_count(self) -> None:
        """It says nothing."""
        self.assertEqual(read({"a": 1}), NOTHING)

    def test_probe_85_openai(self) -> None:
        """OpenAI's names."""
        usage = {"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4}}
        self.assertEqual(read({"usage": usage}).tokens, tokens(12, 7, 4, -1, -1, -1, -1))

    def test_probe_86_anthropic(self) -> None:
        """Anthropic's."""
        usage = {"input_tokens": 12, "output_tokens": 7, "cache_read_input_tokens": 3}
        self.assertEqual(read({"usage": usage}, path="/v1/messages").tokens, tokens(12, 7, 3, -1, -1, -1, -1, 3))

    def test_probe_87_llamacpp(self) -> None:
        """llama.cpp's timings replace usage."""
        usage = {"prompt_tokens": 99, "completion_tokens": 98, "prompt_tokens_details": {"cached_tokens": 4}}
        timings = {
            "prompt_n": 20,
            "predicted_n": 50,
            "prompt_per_second": 100.5,
            "predicted_per_second": 40.25,
            "prompt_ms": 200.9,
            "predicted_ms": 1250.9,
            "draft_n": 30,
            "draft_n_accepted": 12,
        }
        found = read({"usage": usage, "timings": timings})
        self.assertEqual(found, Reading(tokens(20, 50, 4, 30, 12, 100.5, 40.25, 4), 1451, "", True, False))

    def test_probe_88_infill(self) -> None:
        """The last element of a list, on that path only."""
        body = [{"timings": {"prompt_n": 1}}, {"timings": {"prompt_n": 5, "predicted_n": 9, "cache_n": 2}}]
        self.assertEqual(read(body, path="/infill").tokens, tokens(5, 9, 2, -1, -1, 0, 0, 2))
        self.assertEqual(read(body, path=CHAT), NOTHING)

    def test_probe_89_vllm(self) -> None:
        """vLLM's metrics."""
        metrics = {
            "time_to_first_token_ms": 100,
            "mean_itl_ms": 10,
            "tokens_per_second": 3,
            "speculative_decoding": {"num_draft_tokens": 20, "num_accepted_draft_tokens": 14},
        }
        found = read({"usage": {"prompt_tokens": 42, "completion_tokens": 8}, "metrics": metrics})
        self.assertEqual(found.tokens, tokens(42, 8, -1, 20, 14, 420, 100))

    def test_probe_90_stream(self) -> None:
        """One chunk of a stream has it."""
        body = events({"choices": [{}]}, {"choices": [], "usage": {"prompt_tokens": 15, "completion_tokens": 33}})
        self.assertEqual(read(body, kind=EVENTS).tokens, tokens(15, 33, -1, -1, -1, -1, -1))

    def test_probe_91_anthropic_stream(self) -> None:
        """The beginning and the end of a stream add up."""
        start = {"input_tokens": 25, "output_tokens": 1, "cache_read_input_tokens": 5}
        body = events({"type": "message_start", "message": {"usage": start}}, {"usage": {"output_tokens": 42}})
        self.assertEqual(read(body, kind=EVENTS).tokens, tokens(25, 42, 5, -1, -1, -1, -1, 5))

    def test_probe_92_responses_stream(self) -> None:
        """Within the response."""
        usage = {"input_tokens": 25, "output_tokens": 11, "input_tokens_details": {"cached_tokens": 0}}
        body = events({"type": "response.completed", "response": {"usage": usage}})
        self.assertEqual(read(body, kind=EVENTS).tokens, tokens(25, 11, 0, -1, -1, -1, -1))

    def test_probe_93_stream_without_usage(self) -> None:
        """It says nothing."""
        self.assertEqual(read(events({"choices": [{}]}), kind=EVENTS), NOTHING)

    def test_probe_94_gzip(self) -> None:
        """Read decoded."""
        body = gzip.compress(b'{"usage":{"prompt_tokens":1,"completion_tokens":2}}')
        self.assertEqual(read(body, coding="gzip").tokens, tokens(1, 2, -1, -1, -1, -1, -1))

    def test_probe_95_not_gzip(self) -> None:
        """Counts for nothing."""
        found = read({"usage": {"prompt_tokens": 1}}, coding="gzip")
        error = "response decompression failed: incorrect header check"
        self.assertEqual(found, Reading(NO_TOKENS, 0, error, False, False))

    def test_probe_96_error(self) -> None:
        """Says why, whatever else it says."""
        found = read({"error": {"message": " boom "}, "usage": {"prompt_tokens": 1}}, status=500, reason="x")
        self.assertEqual(found, Reading(NO_TOKENS, 0, "boom", True, False))

    def test_probe_97_html(self) -> None:
        """Is called by its status."""
        found = read(b"<html>no</html>", kind="text/html", status=502, reason="Bad Gateway")
        self.assertEqual(found.error, "502 Bad Gateway")

    def test_probe_99_q4_timings_null(self) -> None:
        """Where the original says 0,0,-1,-1,-1,0,0."""
        body = {"usage": {"prompt_tokens": 9, "completion_tokens": 8}, "timings": None}
        self.assertEqual(read(body).tokens, tokens(9, 8, -1, -1, -1, -1, -1))


class AnswerTests(SynchronousTestCase):
    def test_empty(self) -> None:
        """Is said to be; also under a coding, which nothing is amiss with."""
        for coding in ("", "gzip"):
            for kind in (JSON, EVENTS):
                self.assertEqual(read(b"", kind=kind, coding=coding), NOTHING._replace(empty=True))

    def test_kinds(self) -> None:
        """A stream is told by its type, in any spelling, and by nothing else."""
        body = events({"usage": {"prompt_tokens": 1}})
        for kind in (EVENTS, "Text/Event-Stream; charset=utf-8"):
            self.assertEqual(read(body, kind=kind).tokens.input, 1, kind)
        for kind in (JSON, "", "text/plain"):
            self.assertEqual(read(body, kind=kind), NOTHING, kind)
            self.assertEqual(read({"usage": {"prompt_tokens": 1}}, kind=kind).tokens.input, 1, kind)

    def test_no_json(self) -> None:
        """Tells nothing, and text that is not quite UTF-8 does not matter."""
        for body in (b'{"usage":{"prompt_tokens":1}', b'"usage"', b'["usage"]', b'{"usage":1}{}', b"\xff\xfe"):
            for size in (1, SHORT):
                self.assertEqual(read(body + b" " * size), NOTHING, body)
        for size in (1, SHORT):
            body = b'{"a":"\xff\xc3","b":"%b","usage":{"prompt_tokens":1}}' % (b"x" * size)
            self.assertEqual(read(body).tokens.input, 1)

    def test_depth(self) -> None:
        """Nesting that would break a parser breaks nothing."""
        for depth in (SHORT // 4, SHORT * 4):
            body = b'{"a":%b%b,"usage":{"prompt_tokens":1}}' % (b"[" * depth, b"]" * depth)
            self.assertEqual(read(body).tokens.input, 1, depth)
            self.assertEqual(read(b"data: %b\n\n" % body, kind=EVENTS).tokens.input, 1, depth)
            self.assertEqual(read(body, status=500).error, "500 Internal Server Error")

    def test_unknown_coding(self) -> None:
        """The body is read as it is."""
        self.assertEqual(read({"usage": {"prompt_tokens": 1}}, coding="compress").tokens.input, 1)

    def test_decoded_data(self) -> None:
        """Is handed out piece by piece; nothing more once it is damaged."""
        body = b'{"usage":{"prompt_tokens":1}}'
        meter = Meter(200, "", CHAT, JSON, "gzip")
        data = gzip.compress(body)
        self.assertEqual(b"".join(meter.feed(data[at : at + 1]) for at in range(len(data))), body)
        self.assertEqual(meter.feed(b"damage"), b"")
        self.assertEqual(meter.feed(data), b"")
        self.assertFalse(meter.close().decoded)
        plain = Meter(200, "", CHAT, JSON, "")
        self.assertIs(plain.feed(body), body)


class EventsTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """Any end of a line, any blanks behind the colon; the last line need not end."""
        event = b'{"usage":{"prompt_tokens":3}}'
        for end in (b"\n", b"\r\n", b"\r"):
            for start in (b"data:", b"data: ", b"data: \t "):
                for last in (b"", end, end + end):
                    body = b": hello" + end + b"event: x" + end + start + event + last
                    self.assertEqual(read(body, kind=EVENTS).tokens.input, 3, body)

    def test_lines_that_tell_nothing(self) -> None:
        """What is no data, no object, or broken off; other lines count."""
        event = b'{"usage":{"prompt_tokens":3}}'
        long = b"x" * SHORT
        for line in (
            b"datum: " + event,
            b" data: " + event,
            b": data: " + event,
            b"data: [%b]" % event,
            b"data: " + event[:-1],
            b"data: " + event + event,
            b'data: {"usage":{"prompt_tokens":}}',
            b'data: {"a":"\\"usage\\":{\\"prompt_tokens\\":3}"}',
            b'event: {"a":"%b","usage":{"prompt_tokens":3}}' % long,
            b'data: {"a":"%b","usage":{"prompt_tokens":3}' % long,
        ):
            self.assertEqual(read(line + b"\n\n", kind=EVENTS), NOTHING, line[:50])
            after = b'\n\ndata: {"usage":{"prompt_tokens":7}}\n\n'
            self.assertEqual(read(line + after, kind=EVENTS).tokens.input, 7, line[:50])

    def test_long_events(self) -> None:
        """Are read like short ones, wherever the usage stands."""
        for body in (
            b'{"usage":{"prompt_tokens":3},"a":"%b"}',
            b'{"a":"%b","usage":{"prompt_tokens":3}}',
            b'{"response":{"a":"%b","usage":{"input_tokens":3}},"timings":{}}',
            b'{"message":{"usage":{"input_tokens":3},"a":"%b"}}',
        ):
            for size in (SHORT - len(body), SHORT, 20 * SHORT):
                self.assertEqual(read(b"data: %b\n\n" % (body % (b"x" * size)), kind=EVENTS).tokens.input, 3, body)

    def test_events_are_counted(self) -> None:
        """Those with data, wherever pieces end; not what only looks like one, within a text or a comment."""
        body = b': hi\n\nevent: x\ndata: {"a":"data:"}\n\ndata:1\r\n\r\n data: no\n\n: data: no\n\ndata: [DONE]'
        for size in range(1, len(body) + 1):
            meter = Meter(200, "", CHAT, EVENTS, "", counting=True)
            for at in range(0, len(body), size):
                meter.feed(body[at : at + size])
            meter.close()
            self.assertEqual(meter.events, 3, size)
        long = b"data: " + b"x" * 3 * SHORT + b"\n\n"
        self.assertEqual([events_of(long, EVENTS), events_of(long, JSON)], [1, 0])

    def test_what_a_quota_counts(self) -> None:
        """An answer is taken at its word, if it is whole; else each event is a token at least."""
        for said, events, whole, expected in (
            (Tokens(5, 7), 99, True, 12),
            (Tokens(5, 1), 30, False, 35),
            (Tokens(5, 40), 30, False, 45),
            (Tokens(5, -1), 30, True, 35),
            (NO_TOKENS, 30, True, 30),
            (Tokens(-1, -1), 0, True, 0),
        ):
            self.assertEqual(cost(said, events, whole=whole), expected, said)

    def test_memory(self) -> None:
        """An event of fifty megabytes, and a line of as many that is none, leave a few KiB."""
        for start in (b'data: {"response":{"usage":{"input_tokens":3},"a":"', b": "):
            meter = Meter(200, "", CHAT, EVENTS, "")
            tracemalloc.start()
            meter.feed(start)
            for _ in range(200):
                meter.feed(b"QUJD" * 62_500)
            meter.feed(b'"}}\n\ndata: {"usage":{"output_tokens":4}}\n')
            found = meter.close()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertEqual(found.tokens[:2], (3 if start[:1] == b"d" else 0, 4))
            self.assertLess(peak, 1024 * 1024)


class FailureTests(SynchronousTestCase):
    def test_where_the_reason_stands(self) -> None:
        """The first text that is not blank."""
        for body, said in (
            ({"error": {"message": "a"}, "message": "b"}, "a"),
            ({"error": "a", "message": "b"}, "a"),
            ({"error": {"message": " "}, "message": "b"}, "b"),
            ({"error": {"message": ["a"]}, "message": 5, "detail": " c\n"}, "c"),
            ({"error": " ", "message": None, "detail": "c"}, "c"),
            ({"error": {"detail": "x"}}, "400 Bad Request"),
            ({"detail": [{"msg": "x"}]}, "400 Bad Request"),
            (["x"], "400 Bad Request"),
            ("x", "400 Bad Request"),
        ):
            self.assertEqual(read(body, status=400).error, said, body)

    def test_without_a_reason(self) -> None:
        """The phrase that came with the status, else the usual one, else the number."""
        for status, phrase, said in ((418, " short ", "418 short"), (404, "", "404 Not Found"), (599, " ", "HTTP 599")):
            self.assertEqual(read(b"", status=status, reason=phrase).error, said)

    def test_q14_other_successes(self) -> None:
        """Every status but 200 is an error, whatever it is and whatever the body tells."""
        for status, said in ((101, "101 Switching Protocols"), (201, "201 Created"), (206, "206 Partial Content")):
            found = read({"usage": {"prompt_tokens": 1}}, status=status)
            self.assertEqual(found, Reading(NO_TOKENS, 0, said, True, False))

    def test_q12_whole_characters(self) -> None:
        """A long reason is cut to 500 bytes, before a character that does not fit."""
        for text, said in (
            ("x" * 500, "x" * 500),
            ("x" * 501, "x" * 500 + "..."),
            ("é" * 251, "é" * 250 + "..."),
            ("x" + "é" * 250, "x" + "é" * 249 + "..."),
            ("x" + "🌊" * 125, "x" + "🌊" * 124 + "..."),
            ("\ud800", "?"),
        ):
            self.assertEqual(read({"error": text}, status=400).error, said)
        self.assertEqual(read(b"", status=400, reason="x" * 999).error, "400 " + "x" * 496 + "...")

    def test_long_bodies(self) -> None:
        """What is longer than 64 KiB gives no reason, and is not kept."""
        for more, said in ((0, "no"), (1, "400 Bad Request")):
            start, end = b'{"error":"no","a":"', b'"}'
            body = start + b"x" * (LONGEST_FAILURE - len(start + end) + more) + end
            self.assertEqual(read(body, status=400).error, said)
        meter = Meter(400, "", CHAT, JSON, "")
        tracemalloc.start()
        for _ in range(100):
            meter.feed(b"x" * 65_536)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertLess(peak, 4 * LONGEST_FAILURE)

    def test_coded(self) -> None:
        """The reason is read in the decoded body; without one it is why that failed."""
        self.assertEqual(read(gzip.compress(b'{"error":"no"}'), status=400, coding="gzip").error, "no")
        found = read(b'{"error":"no"}', status=400, coding="gzip")
        error = "response decode failed: incorrect header check"
        self.assertEqual(found, Reading(NO_TOKENS, 0, error, False, False))
