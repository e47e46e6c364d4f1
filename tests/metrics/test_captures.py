"""Captures: what is kept of requests and answers, and how much memory that takes (http-api section 16)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import CaptureRules, Settings
from llamaswap.metrics.captures import COMPLAIN_EVERY, FOLDED, MOST_A_SECOND, PACK_AFTER, Captures, Taking
from llamaswap.metrics.packing import Capture
from llamaswap.metrics.parts import parts_of
from tests.support.activity import LaterThread, MemoryBody

MIB = 1024 * 1024
ASKED = [(b"Host", b"h"), (b"content-length", b"5"), (b"AUTHORIZATION", b"Bearer x"), (b"X-A", b"1"), (b"x-a", b"2")]
ANSWERED = [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip"), (b"Set-Cookie", b"c")]


def rules(buffer: int = 5, **captures: Any) -> Settings:
    return Settings(capture_buffer=buffer, captures=CaptureRules(**captures))


class CapturesCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.thread = LaterThread()
        self.clock = Clock()
        self.captures = Captures(rules(), self.thread, self.clock)

    def gathered(self, request: bytes = b"{}", *answer: bytes, path: str = "/v1/chat/completions") -> Taking:
        taking = self.captures.take(path)
        assert taking is not None
        taking.request(ASKED, MemoryBody(request))
        for piece in answer or (b'{"a":', b"1}"):
            taking.response(piece)
        return taking

    def keep(self, id: int, *args: bytes, path: str = "/v1/chat/completions", **how: Any) -> None:
        self.gathered(*args, path=path).finish(id, path, ANSWERED, **how)
        self.pack()

    def pack(self) -> None:
        """Pack a part of what is finished."""
        self.clock.advance(PACK_AFTER)
        self.thread.run()

    def got(self, id: int) -> Capture | None:
        answer = self.captures.get(id)
        self.thread.run()
        return self.successResultOf(answer)

    def kept(self) -> list[int]:
        return [id for id in range(1, 200) if id in self.captures]


class KeptTests(CapturesCase):
    def test_whole(self) -> None:
        """Headers by name without secrets, the request as it was forwarded, the answer without its coding."""
        self.keep(7, b'{"model":1}')
        headers = {"Host": "h", "Content-Length": "11", "Authorization": "[REDACTED]", "X-A": "1"}
        answered = {"Content-Type": "application/json", "Set-Cookie": "[REDACTED]"}
        self.assertEqual(self.got(7), Capture("/v1/chat/completions", headers, b'{"model":1}', answered, b'{"a":1}'))
        self.assertEqual((7 in self.captures, 8 in self.captures, self.got(8)), (True, False, None))

    def test_before_it_is_packed(self) -> None:
        """It is there as soon as its request has ended, with the same redaction."""
        self.gathered(b'{"password":"x"}').finish(1, "/p", ANSWERED)
        self.assertIn(1, self.captures)
        answer = self.captures.get(1)
        self.thread.run()
        self.pack()
        before, after = self.successResultOf(answer), self.got(1)
        self.assertEqual((before, after and after.request_body), (after, b'{"password":"[REDACTED]"}'))

    def test_parts(self) -> None:
        """By path; headers always."""
        for path, kept in {
            "/v1/chat/completions": (True, True),
            "/v1/audio/speech": (True, False),
            "/v1/images/generations": (True, False),
            "/sdapi/v1/txt2img": (True, False),
            "/v1/audio/transcriptions": (False, True),
            "/v1/audio/voices": (False, True),
            "/v1/images/edits": (False, False),
            "/v1/images/ed%69ts": (False, False),
            "/sdapi/v1/img2img": (False, False),
        }.items():
            self.assertEqual(parts_of(path), kept, path)
            self.keep(1, path=path)
            found = self.got(1)
            assert found is not None
            self.assertEqual((found.request_body is not None, found.response_body is not None), kept, path)
            self.assertIn("X-A", found.request_headers)
            self.assertIn("Content-Type", found.response_headers)

    def test_an_answer_that_is_an_error(self) -> None:
        """Its body is left out."""
        self.keep(1, body=False)
        found = self.got(1)
        self.assertEqual(found and (found.request_body, found.response_body), (b"{}", None))

    def test_levels(self) -> None:
        """Everything, headers only, nothing."""
        self.captures.configure(rules(level="headers"))
        self.keep(1)
        found = self.got(1)
        self.assertEqual(found and (found.request_body, found.response_body), (None, None))
        self.assertEqual(found and found.request_headers["Content-Length"], "2")
        for off in (rules(level="off"), rules(0)):
            self.captures.configure(off)
            self.assertIsNone(self.captures.take("/v1/chat/completions"))
            self.assertEqual((self.kept(), self.captures._used), ([], 0))

    def test_more_secrets(self) -> None:
        """Configured headers and members, in any case."""
        self.captures.configure(rules(redact_headers=("x-A",), redact_fields=("PIN",)))
        self.keep(1, b'{"pin":"1234","a":1}', b'{"Pin": 9}')
        found = self.got(1)
        assert found is not None
        self.assertEqual(found.request_headers["X-A"], "[REDACTED]")
        self.assertEqual(found.request_body, b'{"pin":"[REDACTED]","a":1}')
        self.assertEqual(found.response_body, b'{"Pin": "[REDACTED]"}')


class BudgetTests(CapturesCase):
    """captureBuffer bounds all of it."""

    def test_oldest_go_first(self) -> None:
        """Compressed bytes count for what is kept."""
        self.captures.configure(rules(1))
        for id in range(1, 8):
            self.keep(id, os.urandom(200_000))
        self.assertEqual(self.kept(), [3, 4, 5, 6, 7])
        for id in range(10, 40):
            self.keep(id, b"x" * 200_000)
        self.assertLess(len(self.kept()), 36)
        self.assertEqual(self.kept()[-30:], list(range(10, 40)))

    def test_what_is_gathered_counts(self) -> None:
        """It drives out what is kept; who asks for more than there is loses its own, and the others go on."""
        self.captures.configure(rules(1))
        self.keep(1, os.urandom(300_000))
        one, other = self.gathered(b"", b"a" * 400_000), self.gathered(b"", b"b" * 400_000)
        self.assertEqual(self.kept(), [])
        with capturedLogs() as events:
            other.response(b"b" * 400_000)
        self.assertEqual([formatEvent(event) for event in events], [])  # it would have had room alone
        self.assertLess(self.captures._used, 450_000)
        other.response(b"more")
        other.finish(2, "/", ANSWERED)
        one.finish(3, "/", ANSWERED)
        self.pack()
        self.assertEqual(self.kept(), [3])

    def test_one_that_is_too_large(self) -> None:
        """A warning says so."""
        self.captures.configure(rules(1))
        with capturedLogs() as events:
            taking = self.gathered(b"x" * MIB)
        self.assertIn("larger than captureBuffer (1 MiB): they are not captured", formatEvent(events[0]))
        self.assertEqual((self.captures._used, len(events)), (0, 1))
        taking.finish(1, "/", ANSWERED)
        self.assertEqual((self.kept(), self.thread.busy), ([], 0))
        with capturedLogs() as events:
            self.gathered(b"x" * MIB)
            self.clock.advance(COMPLAIN_EVERY)
            self.gathered(b"x" * MIB)
        self.assertEqual(len(events), 1)

    def test_one_that_is_too_large_costs_the_others_nothing(self) -> None:
        """Its length is known before anything of it is kept: what is there stays, and it is not even looked at."""
        self.captures.configure(rules(1))
        self.keep(1)
        self.keep(2)
        taking = self.captures.take("/v1/chat/completions")
        assert taking is not None
        body = MemoryBody(b"x" * 2 * MIB)
        taking.request((), body)
        self.assertEqual((self.kept(), body.asked), ([1, 2], 0))

    def test_bodies_are_put_together_in_a_thread(self) -> None:
        """They may be long, and on a disk."""
        taking = self.captures.take("/v1/chat/completions")
        assert taking is not None
        body = MemoryBody(b"{}")
        taking.request((), body)
        taking.finish(1, "/", ANSWERED)
        self.assertEqual(body.asked, 0)
        self.pack()
        self.assertEqual(body.asked, 1)

    def test_a_body_that_cannot_be_kept(self) -> None:
        """No file can be opened any more: that is no reason for the request to fail."""

        class Refusing(MemoryBody):
            def kept(self) -> Callable[[], bytes]:
                raise OSError("too many open files")

        taking = self.captures.take("/v1/chat/completions")
        assert taking is not None
        taking.request((), Refusing(b"{}"))
        taking.finish(1, "/", ANSWERED)
        self.assertEqual((self.kept(), self.captures._used), ([], 0))

    def test_an_error_takes_no_room_for_its_answer(self) -> None:
        """The body of it is never kept (section 13.1), so it drives nobody out, nor itself."""
        self.captures.configure(rules(1))
        self.keep(1)
        taking = self.gathered()
        taking.failed()
        for _ in range(40):
            taking.response(b"x" * 65536)
        taking.finish(2, "/", ANSWERED, body=False)
        self.assertEqual(self.kept(), [1, 2])

    def test_small_pieces_count_as_much_as_they_take(self) -> None:
        """A token a piece is mostly overhead."""
        self.captures.configure(rules(1))
        taking = self.gathered(b"", *[b"a"] * 10_000)
        self.assertGreater(taking.size, 600_000)

    def test_dropped(self) -> None:
        """A capture that is not wanted leaves nothing, whenever that turns out; twice is harmless."""
        taking = self.gathered()
        taking.drop()
        taking.drop()
        self.gathered().finish(1, "/", ANSWERED)
        self.captures.forget(1)
        self.pack()
        self.keep(2)
        self.captures.forget(2)
        self.captures.forget(3)
        self.assertEqual((self.kept(), self.captures._used), ([], 0))

    def test_much_at_once(self) -> None:
        """It is packed part by part, so that memory is given back early; all of it is kept in order."""
        for id in (1, 2, 3, 4):
            self.gathered(b"x" * 700_000).finish(id, "/", ANSWERED)
        sizes = []
        while self.clock.getDelayedCalls():
            self.pack()
            sizes.append(self.captures._used // 100_000)
        self.assertEqual((sizes, self.kept(), list(self.captures._kept)), ([21, 14, 7, 0], [1, 2, 3, 4], [1, 2, 3, 4]))
        self.assertEqual(self.got(3) and len(self.got(3).request_body), 700_000)  # type: ignore[union-attr,arg-type]

    def test_more_than_anybody_can_look_at(self) -> None:
        """So many are captured within a second, whatever the clock does, and others cost nothing."""
        taken = [self.captures.take("/") for _ in range(MOST_A_SECOND + 50)]
        self.assertEqual(taken.index(None), MOST_A_SECOND)
        for step in (1.0, -3600.0):
            self.clock.rightNow += step
            self.assertIsNotNone(self.captures.take("/"))
        self.assertEqual(self.captures._used, 0)

    def test_more_than_is_packed(self) -> None:
        """What is driven out before its turn costs nothing more."""
        self.captures.configure(rules(1))
        for id in range(1, 8):
            self.gathered(os.urandom(200_000)).finish(id, "/", ANSWERED)
        self.assertEqual((self.kept(), self.thread.busy), ([3, 4, 5, 6, 7], 0))
        self.captures.close()
        self.captures.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_thread_that_fails(self) -> None:
        """Those captures are lost, and later ones are not."""
        bad = self.gathered(b"x" * FOLDED)
        bad.response("no bytes")  # type: ignore[arg-type]
        bad.finish(1, "/", ANSWERED)
        self.pack()
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
        self.keep(2)
        self.assertEqual(self.kept(), [2])

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500_000)), max_size=60))
    @settings(max_examples=50, deadline=None)
    def test_the_bound_holds(self, steps: list[tuple[int, int]]) -> None:
        """Whatever begins, grows, ends and is packed: the sum stays right, and within the budget."""
        thread = LaterThread()
        clock = Clock()
        captures = Captures(rules(1), thread, clock)
        under_way: list[Taking] = []
        for id, (step, size) in enumerate(steps):
            if step == 0 and (taking := captures.take("/")):
                taking.request([], MemoryBody(b"r" * (size // 4)))
                under_way.append(taking)
            elif step == 1 and under_way:
                under_way[size % len(under_way)].response(os.urandom(size))
            elif step == 2 and under_way:
                under_way.pop(size % len(under_way)).finish(id, "/", [], body=bool(size % 2))
            elif step == 3:
                clock.advance(PACK_AFTER)
                thread.run()
            assert captures._used <= MIB
            waiting = captures._finished.values()
            finished = sum(each.size if isinstance(each, Taking) else len(each) + 64 for each in waiting)
            held = sum(len(data) + 64 for data in captures._kept.values())
            assert captures._used == held + finished + sum(taking.size for taking in under_way)


class ReloadTests(CapturesCase):
    """Other settings."""

    def test_they_stay(self) -> None:
        """Unless there is less room; the oldest go."""
        for id in (1, 2, 3):
            self.keep(id, os.urandom(400_000))
        taking = self.gathered()
        self.captures.configure(rules(9))
        self.assertEqual(self.kept(), [1, 2, 3])
        self.captures.configure(rules(1))
        self.assertEqual(self.kept(), [2, 3])
        taking.finish(4, "/", ANSWERED)
        self.assertEqual(self.kept(), [2, 3, 4])

    def test_other_rules(self) -> None:
        """What was captured by others is forgotten, what is under way or being packed as well."""
        self.keep(1)
        self.gathered().finish(2, "/", ANSWERED)
        taking = self.gathered()
        self.captures.configure(rules(level="headers"))
        self.thread.run()
        taking.finish(3, "/", ANSWERED)
        self.thread.run()
        self.assertEqual((self.kept(), self.captures._used), ([], 0))

    def test_off_while_one_is_under_way(self) -> None:
        """It lets go of its memory with the next piece, or at its end."""
        one, other = self.gathered(), self.gathered()
        self.captures.configure(rules(0))
        one.response(b"x")
        other.finish(1, "/", ANSWERED)
        self.assertEqual((self.kept(), self.captures._used), ([], 0))
