"""Messages that begin like the one before them: what is remembered of a head, and that nobody can tell."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import LlamaSwapError
from llamaswap.wire.body import IncomingBody
from llamaswap.wire.connection import AnswerHead, Connection
from llamaswap.wire.familiar import Familiar, Recalled
from llamaswap.wire.reader import MessageHead, RequestReader
from tests.support.wire import MemoryTransport

HEAD = b"POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\nX-Y: z\r\n\r\n"


def message(body: bytes) -> bytes:
    return HEAD % len(body) + body


class FamiliarTests(SynchronousTestCase):
    """The pure part."""

    def setUp(self) -> None:
        self.familiar: Familiar[str] = Familiar()
        self.familiar.learn(message(b"abc"), 3, "it")

    def test_the_same_head_is_told(self) -> None:
        """Whatever the body says."""
        self.assertEqual(self.familiar.recall(message(b"xyz")), Recalled("it", 3, b"xyz"))

    def test_another_length_is_the_same_head(self) -> None:
        """And an empty body is one."""
        for body in (b"", b"x" * 12345):
            self.assertEqual(self.familiar.recall(message(body)), Recalled("it", len(body), body))

    def test_what_is_not_one_whole_message_is_not_told(self) -> None:
        """Less, more, another head, or a length that is no number."""
        whole = message(b"abc")
        others = [whole[:cut] for cut in range(len(whole))]
        others += [whole + b"\r\n", whole * 2, b"\r\n" + whole, whole.replace(b"z", b"y"), whole.replace(b"3", b"")]
        others += [whole.replace(b"3", b"+3"), whole.replace(b"3", b"03 "), whole.replace(b"3", b"0" * 9 + b"3")]
        for other in others:
            self.assertIsNone(self.familiar.recall(other), other)

    def test_a_head_without_a_length_is_told_as_it_is(self) -> None:
        """A GET has none."""
        get = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
        self.familiar.learn(get, 0, "get")
        self.assertEqual(self.familiar.recall(get), Recalled("get", 0, b""))
        self.assertIsNone(self.familiar.recall(get + b"x"))

    def test_a_long_head_is_not_kept(self) -> None:
        """A connection that idles should be small."""
        long = message(b"abc").replace(b"z", b"z" * 4096)
        self.familiar.learn(long, 3, "long")
        self.assertIsNone(self.familiar.recall(long))

    def test_line_breaks_around_a_message_are_not_taken_for_a_part_of_it(self) -> None:
        """A parser overlooks them, so that the body does not end where the bytes do."""
        for whole in (b"\r\n\r\n" + message(b"abc"), message(b"abc") + b"\r\n", message(b"\r\n\r") + b"\r\n"):
            self.familiar.learn(whole, 3, "other")
            self.assertIsNone(self.familiar.recall(whole), whole)


class Forgetful(Familiar[Any]):
    """Remembers nothing, so that everything is parsed."""

    def learn(self, message: bytes, length: int, meaning: Any) -> None:
        """Nothing."""


class Recorder:
    """What a reader tells."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._bodies: list[IncomingBody] = []

    def begun(self) -> None:
        """Not told of a message that comes whole."""

    def arrived(self, head: MessageHead) -> IncomingBody:
        body = IncomingBody(self, head.length, 1000)
        self.told.append(astuple(head))
        self._bodies.append(body)
        return body

    def broken(self, status: int, why: str) -> None:
        self.told.append((status, why))

    @property
    def bodies(self) -> list[tuple[bytes, bool]]:
        return [(body.take(), body.complete) for body in self._bodies]

    def wanted(self) -> None: ...
    def enough(self) -> None: ...
    def room(self) -> None: ...


BODIES = st.sampled_from([b"", b"a", b"abc", b"\r\n", b"\r\n\r\n", b"\r\n\r", b"GET / HTTP/1.1\r\n\r\n", b"x" * 20])
ENDS = st.sampled_from([b"", b"\r\n", b"x", b"\r\n\r\n"])
REQUEST_HEADS = st.sampled_from(
    [
        HEAD,
        HEAD.replace(b"X-Y", b"x-y"),
        HEAD.replace(b"Content-Length: %d", b"content-length:%d "),
        HEAD.replace(b"X-Y: z", b"Connection: close"),
        HEAD.replace(b"X-Y: z", b"Expect: 100-continue"),
        HEAD.replace(b"X-Y: z", b"Connection: Upgrade\r\nUpgrade: h2c"),
        HEAD.replace(b"X-Y: z", b"Transfer-Encoding: chunked"),
        HEAD.replace(b"X-Y: z", b"Content-Length: 3"),
        HEAD.replace(b"/x HTTP/1.1", b"http://there/x HTTP/1.1"),
        HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
        HEAD.replace(b"POST", b"GET").replace(b"Content-Length: %d\r\n", b"X-%d: y\r\n"),
        HEAD.replace(b"\r\n", b"\n"),
    ]
)
ANSWER = b"HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: %d\r\n\r\n"
ANSWER_HEADS = st.sampled_from(
    [
        ANSWER,
        ANSWER.replace(b"Server: s", b"Keep-Alive: timeout=5, max=100"),
        ANSWER.replace(b"Server: s", b"Connection: close"),
        ANSWER.replace(b"200 OK", b"204 None"),
        ANSWER.replace(b"200 OK", b"304 Same"),
        ANSWER.replace(b"HTTP/1.1 200", b"HTTP/1.0 200"),
        ANSWER.replace(b"Content-Length: %d", b"X-Length: %d"),
        b"HTTP/1.1 103 Hints\r\n\r\n" + ANSWER,
        ANSWER.replace(b"Content-Length: %d", b"X-%d: y\r\nTransfer-Encoding: chunked") + b"0\r\n\r\n",
    ]
)


@st.composite
def messages(draw: st.DrawFn, heads: st.SearchStrategy[bytes]) -> list[bytes]:
    """Bytes as they come in, piece by piece: often the same head several times."""
    pieces = []
    few = [draw(heads), draw(heads)]
    odd = draw(st.integers(1, 5))
    for number in range(odd + 3):
        body = draw(BODIES)
        whole = few[draw(st.sampled_from([0, 0, 0, 1]))] % len(body) + body
        if number != odd:
            pieces.append(whole)
            continue
        whole += draw(ENDS)
        cut = draw(st.sampled_from([0, 5, -1, -3, whole.find(b"\r\n\r\n") + 4]))
        pieces += [piece for piece in (whole[:cut], whole[cut:]) if piece]
    return pieces


class NobodyCanTellTests(SynchronousTestCase):
    """With and without a memory, the same comes of the same bytes."""

    @given(messages(REQUEST_HEADS))
    @settings(deadline=None, derandomize=True, max_examples=400)
    def test_requests(self, pieces: list[bytes]) -> None:
        """Messages, bodies and refusals."""
        told = []
        for familiar in (Familiar[MessageHead](), Forgetful()):
            recorder = Recorder()
            reader = RequestReader(recorder, 10_000)
            reader._familiar = familiar
            for piece in pieces:
                reader.feed(piece)
            told.append((_without_memory(recorder.told), recorder.bodies, reader.in_head))
        self.assertEqual(*told)

    @given(messages(ANSWER_HEADS), st.booleans())
    @settings(deadline=None, derandomize=True, max_examples=400)
    def test_answers(self, pieces: list[bytes], is_head: bool) -> None:
        """Each piece meets a request if none is under way, one of them a HEAD; then the server closes."""
        told = [_answered(familiar, pieces, is_head) for familiar in (Familiar[AnswerHead](), Forgetful())]
        self.assertEqual(*told)


def _without_memory(told: list[Any]) -> list[Any]:
    return [tuple(each for each in fact if not isinstance(each, dict) or b"host" in each) for fact in told]


def _answered(familiar: Familiar[AnswerHead], pieces: list[bytes], is_head: bool) -> list[Any]:
    """All that a connection makes of `pieces`."""
    transport = MemoryTransport()
    told: list[Any] = []
    connection = Connection(lambda lost: None)
    connection._familiar = familiar
    connection.makeConnection(transport)

    def answered(head: AnswerHead) -> None:
        told.append(astuple(head)[:-1])
        end = connection.hand_on(lambda data: told.append(data), watch=lambda data: told.append(list(data)))
        if end is None:
            told.append("end")
        else:
            end.addCallbacks(lambda _: told.append("end"), failed)

    def failed(failure: Failure) -> None:
        failure.trap(LlamaSwapError)
        told.append(failure.getErrorMessage())

    waits = False
    for place, piece in enumerate(pieces):
        if not waits and not transport.aborted:
            connection.send(b"x", no_body=is_head and place == 1).addCallbacks(answered, failed)
        connection.dataReceived(piece)
        told.append((connection.reusable, transport.aborted, connection.unheard))
        waits = not connection.reusable
    connection.connectionLost(Failure(ConnectionDone()))
    return told
