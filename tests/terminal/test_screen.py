"""What a terminal shows."""

from __future__ import annotations

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.picture import Picture, View
from llamaswap.terminal.plain import shown
from llamaswap.terminal.screen import duration, heading, screen, size
from tests.terminal.telling import BURST, PERFORMANCE, envelope, request, row, status


def picture_of(*events: tuple[str, object]) -> Picture:
    picture = Picture()
    for kind, data in events:
        picture.take_event(envelope(kind, data), 0)
    return picture


def drawn(view: View, width: int, height: int | None = None, title: str = "title", **console: bool) -> list[str]:
    out = StringIO()
    Console(file=out, width=width, **console).print(screen(view, title, width, height))  # type: ignore[arg-type]
    return out.getvalue().splitlines()


class ScreenTests(SynchronousTestCase):
    def setUp(self) -> None:
        picture = picture_of(*BURST)
        picture.take_performance(PERFORMANCE)
        picture.take_activity({"data": [row(1, "m", 41.25, 300)]})
        self.view = picture.view(3.25)

    def test_wide(self) -> None:
        """Everything is there."""
        lines = drawn(self.view, 120)
        self.assertEqual(lines[0].strip(), "title")
        self.assertEqual(lines[1].strip(), "CPU 75 % · load 1.50 · memory 1.0 GiB of 4.0 GiB")
        self.assertEqual(lines[2].strip(), "GPU 0 90 % · memory 2.0 GiB of 8.0 GiB · 60 °C · A")
        self.assertEqual(lines[5].split(), ["MODEL", "STATE", "BUSY", "WAIT", "TOK/S", "PROMPT/S", "GPU", "MIB"])
        self.assertEqual(lines[6].split(), ["m", "ready", "1", "1", "41.2", "300.0", "700"])
        self.assertEqual(lines[9].split(), ["p/q", "at", "p", "·", "·"])
        self.assertEqual(lines[12].split(), ["m", "/v1/chat/completions", "127.0.0.1", "waiting", "4.2s", "0", "B"])
        self.assertIn("answering", lines[13])

    def test_narrow(self) -> None:
        """Columns go, the most important ones stay whole."""
        text = "\n".join(drawn(self.view, 40))
        for kept in ("m ", "ready", "answering", "4.2s"):
            self.assertIn(kept, text)
        for gone in ("TOK/S", "PATH", "127.0.0.1"):
            self.assertNotIn(gone, text)

    def test_low(self) -> None:
        """Rows go, and it is said how many."""
        models = [status(f"m{number:03}", "stopped") for number in range(100)]
        requests = [request(str(number), "m") for number in range(50)]
        view = picture_of(("modelStatus", models), ("inflight", {"operation": "snapshot", "requests": requests})).view(
            0
        )
        lines = drawn(view, 100, 24)
        self.assertLessEqual(len(lines), 24)
        self.assertEqual([line.strip() for line in lines if "more" in line], ["… 91 more", "… 42 more"])
        self.assertEqual(len(drawn(view, 100)), 100 + 50 + 5)

    def test_without_colours(self) -> None:
        """Plain text where no terminal is; colours on one, unless they are unwanted."""
        self.assertNotIn("\x1b", "\n".join(drawn(self.view, 80)))
        self.assertIn("\x1b[32m", "\n".join(drawn(self.view, 80, force_terminal=True)))
        self.assertNotIn("\x1b[32m", "\n".join(drawn(self.view, 80, force_terminal=True, no_color=True)))

    def test_text_of_others(self) -> None:
        """Nothing that a client or a file says moves the cursor or changes a colour."""
        evil = "\x1b[2J[bold red]\r\n\u202e\x9b"
        view = picture_of(
            ("modelStatus", [status(evil, "\x1b[0m")]),
            ("inflight", {"operation": "snapshot", "requests": [request("1", "m", remote_ip=evil, req_path=evil)]}),
        ).view(0)
        text = "\n".join(drawn(view, 200, title=heading(view, "http://x", evil)))
        self.assertNotRegex(text, "[\x1b\r\u202e\x9b]")
        self.assertIn("�[2J[bold red]", text)

    @given(st.integers(10, 200), st.integers(1, 60))
    def test_it_fits(self, width: int, height: int) -> None:
        """No line is wider than the terminal."""
        for line in drawn(self.view, width, height):
            self.assertLessEqual(cell_len(line), width)

    def test_heading(self) -> None:
        """Where it is, how much there is, and what is wrong."""
        said = heading(self.view, "http://x:1", "no answer")
        self.assertEqual(said, "http://x:1 · 1 of 3 models ready · 2 requests · profile night · no answer")
        self.assertEqual(heading(View(None, (), (), None), "u", ""), "u · 0 of 0 models ready · 0 requests")


class WordsTests(SynchronousTestCase):
    def test_duration(self) -> None:
        """In the units of its length."""
        said = [duration(seconds) for seconds in (0, 3.25, 59.94, 60, 245, 3600, 7380)]
        self.assertEqual(said, ["0.0s", "3.2s", "59.9s", "1m00s", "4m05s", "1h00m", "2h03m"])

    def test_size(self) -> None:
        """The number stays short."""
        said = [size(count) for count in (0, 999, 1000, 1536, 5 << 20, 1 << 40, 1 << 60)]
        self.assertEqual(said, ["0 B", "999 B", "1.0 KiB", "1.5 KiB", "5.0 MiB", "1.0 TiB", "1048576.0 TiB"])

    def test_shown(self) -> None:
        """Letters of any script are letters."""
        self.assertEqual(shown("a\tü漢\x00"), "a�ü漢�")
