"""Server-sent events, in whatever pieces they come."""

from __future__ import annotations

from time import thread_time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal import sse
from llamaswap.terminal.sse import EventReader, Message

STREAM = (
    b': hello\n\nevent:message\nid:a-1\ndata:{"x":1}\n\n: heartbeat\n\n'
    b"id: a-2\r\ndata: one\r\ndata:  two\r\n\r\nretry: 5\ndata\n\nid\ndata:\xe2\x82\xac\n\ndata: never complete"
)
MESSAGES = [Message('{"x":1}', "a-1"), Message("one\n two", "a-2"), Message("", "a-2"), Message("€", "")]


class ReaderTests(SynchronousTestCase):
    def test_whole(self) -> None:
        """Names, comments and all three line ends; a blank behind the colon belongs to nobody."""
        self.assertEqual(EventReader().feed(STREAM), MESSAGES)
        self.assertEqual(EventReader().feed(b"data: a\rdata: b\r\r\n"), [Message("a\nb", "")])

    def test_cut_anywhere(self) -> None:
        """Where the pieces end makes no difference."""
        for place in range(len(STREAM)):
            reader = EventReader()
            self.assertEqual(reader.feed(STREAM[:place]) + reader.feed(STREAM[place:]), MESSAGES)

    def test_an_earlier_streams_id(self) -> None:
        """It is the latest one until there is another; one with a NUL is none."""
        self.assertEqual(EventReader("z").feed(b"id:a\0b\ndata:x\n\n"), [Message("x", "z")])

    def test_too_long(self) -> None:
        """Such an event is left out, in one piece or many, and the next is not."""
        self.patch(sse, "LONGEST", 100)
        for long in (
            [b"data:" + b"x" * 200],
            [b"data:" + b"x" * 60, b"x" * 60, b"x"],
            [b"data:" + b"x" * 60 + b"\n"] * 2,
        ):
            reader = EventReader()
            self.assertEqual([reader.feed(piece) for piece in long], [[] for _ in long])
            self.assertEqual(reader.feed(b"\n\ndata:y\n\n"), [Message("y", "")])

    def test_a_long_line_in_many_pieces(self) -> None:
        """It is looked at once, and not anew with each piece, which would take minutes."""
        reader, began = EventReader(), thread_time()
        reader.feed(b"data:")
        for _ in range(15 * 1024):
            reader.feed(b"x" * 1024)
        self.assertEqual(len(reader.feed(b"\n\n")[0].data), 15 * 1024 * 1024)
        self.assertLess(thread_time() - began, 5.0)

    @given(st.lists(st.binary(max_size=20), max_size=20))
    def test_anything(self, pieces: list[bytes]) -> None:
        """No bytes are a mistake, and their cuts make no difference."""
        reader = EventReader()
        cut = [message for piece in pieces for message in reader.feed(piece)]
        self.assertEqual(cut, EventReader().feed(b"".join(pieces)))
