"""How server-sent events are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.feeds import sse
from llamaswap.feeds.sse import Place
from tests.support.web import MemoryExchange


def read(stream: bytes) -> str:
    """What a reader makes of messages with `data: ` lines: their data put together."""
    *blocks, rest = stream.split(b"\n\n")
    assert not rest
    texts = []
    for block in blocks:
        name, *lines = block.decode().split("\n")
        assert name == "event:message"
        assert all(line.startswith("data: ") for line in lines), lines
        texts.append("\n".join(line[6:] for line in lines))
    return "".join(texts)


class MessageTests(SynchronousTestCase):
    def test_s12_message(self) -> None:
        """The two lines of the contract, behind an ID, and a blank line."""
        self.assertEqual(sse.message('{"a":1}', "t-1"), b'id:t-1\nevent:message\ndata:{"a":1}\n\n')

    def test_places(self) -> None:
        """What is an ID of ours is read back; of everything else nobody can go on."""
        place = Place("0a", 12)
        self.assertEqual(sse.place_of(sse.id_of(place).encode()), place)
        for id in (None, b"", b"12", b"0a-", b"0a-1x", b"0a--1", b"xy-1", b"0a-" + b"9" * 16, b"0a-1\n", b"\xff-1"):
            self.assertIsNone(sse.place_of(id), id)
        self.assertIsNone(sse.place_of(sse.part_of(place, 3).encode()))

    def test_s12_head(self) -> None:
        """The headers of the contract; `Connection` only where it is true."""
        exchange = MemoryExchange()
        sse.begin(exchange)
        self.assertEqual(
            {name: exchange.answered_header(name) for name in ("Content-Type", "Cache-Control", "Connection")},
            {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "Connection": "keep-alive"},
        )
        self.assertEqual(exchange.answered_header("X-Content-Type-Options"), "nosniff")
        self.assertEqual(exchange.answered_header("X-Accel-Buffering"), "no")
        for other in (MemoryExchange(version=b"1.0"), MemoryExchange(headers={"Connection": "Close"})):
            sse.begin(other)
            self.assertIsNone(other.answered_header("Connection"))


class LinesTests(SynchronousTestCase):
    def test_a_line_for_each_line(self) -> None:
        """Blanks and empty lines stay."""
        self.assertEqual(
            sse.Lines().message(b"one\n\n two\n"), b"event:message\ndata: one\ndata: \ndata:  two\ndata: \n\n"
        )

    def test_incomplete(self) -> None:
        """A character, or a line break, is told when it is whole."""
        lines = sse.Lines()
        self.assertEqual(lines.message("€".encode()[:2]), b"")
        self.assertEqual(read(lines.message("€\r".encode()[2:])), "€")
        self.assertEqual(read(lines.message(b"\nx")), "\nx")
        self.assertEqual(read(lines.message(b"\xff")), "\ufffd")

    @given(st.lists(st.binary(max_size=8) | st.text("a€\r\n\u2028", max_size=5).map(str.encode)))
    def test_however_it_is_cut(self, pieces: list[bytes]) -> None:
        """The text comes out whole, with line feeds for line breaks."""
        lines = sse.Lines()
        heard = read(b"".join(map(lines.message, [*pieces, b"."])))
        whole = b"".join([*pieces, b"."]).decode("utf-8", "replace")
        self.assertEqual(heard, whole.replace("\r\n", "\n").replace("\r", "\n"))
