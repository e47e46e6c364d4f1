"""A stalled reader of the log stops nobody."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from io import StringIO
from typing import IO, Any

from twisted.logger import FileLogObserver, jsonFileLogObserver, textFileLogObserver
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.outlog import LossyStream, unstalled
from tests.support.folders import folder_for
from tests.support.live import PATIENCE


class UnstalledTests(SynchronousTestCase):
    """W-30: who writes the log never waits for who reads it."""

    def setUp(self) -> None:
        reader, self.writer = os.pipe()
        self.reader = open(reader, encoding="utf-8")
        self.file = open(self.writer, "w", encoding="utf-8")
        self.addCleanup(self.file.close)
        self.addCleanup(self.reader.close)

    def filled(self) -> int:
        """Fill the pipe; how many bytes that took."""
        os.set_blocking(self.writer, False)
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                count += os.write(self.writer, b"." * 1024)
        os.set_blocking(self.writer, True)
        return count

    def test_lines_come_in_order(self) -> None:
        """A reader that keeps up gets every line, also the last ones before the end."""
        stream = LossyStream(self.writer, str)
        for number in range(100):
            stream.write(f"line {number} \N{SNOWMAN} \udcff\n")
        stream.finish(PATIENCE)
        self.file.close()
        self.assertEqual(
            self.reader.read().splitlines(), [f"line {number} \N{SNOWMAN} \\udcff" for number in range(100)]
        )

    def test_w30_reader_that_does_not_read(self) -> None:
        """Lines above the limit are dropped until the reader has caught up; then one line says how many."""
        count = self.filled()
        stream = LossyStream(self.writer, lambda dropped: f"{dropped} dropped\n", limit=10)
        for number in range(50):
            stream.write(f"{number}\n")
        self.reader.read(count)
        lines: list[str] = []
        while not lines or "dropped" not in lines[-1]:
            lines.append(self.reader.readline().strip())
        stream.write("again\n")
        self.assertEqual(self.reader.readline(), "again\n")
        stream.finish(PATIENCE)
        *kept, news = lines
        self.assertIn(len(kept), (10, 11))  # one more may have left the queue before the pipe refused it
        self.assertEqual(kept, [str(number) for number in range(len(kept))])
        self.assertEqual(news, f"{50 - len(kept)} dropped")

    def test_end_waits_a_bounded_time(self) -> None:
        """A reader that does not read cannot keep the process from ending."""
        self.filled()
        stream = LossyStream(self.writer, str)
        stream.write("never read\n")
        stream.finish(0.01)
        self.addCleanup(stream.finish, PATIENCE)
        self.addCleanup(self.reader.close)

    def test_reader_that_is_gone(self) -> None:
        """A closed stdout is no error of the server, now or at the end."""
        self.reader.close()
        stream = LossyStream(self.writer, str, limit=10)
        for _ in range(100):
            stream.write("nobody there\n")
        stream.finish(PATIENCE)

    def test_pipe_that_does_not_block(self) -> None:
        """A stdout that somebody has set non-blocking is waited for in the writer's own thread."""
        count = self.filled()
        os.set_blocking(self.writer, False)
        stream = LossyStream(self.writer, str)
        stream.write("late\n")
        self.reader.read(count)
        self.assertEqual(self.reader.readline(), "late\n")
        stream.finish(PATIENCE)

    def test_news_come_in_the_format_of_the_log(self) -> None:
        """What was dropped is said as an event of the log: a log of JSON stays one."""
        self.assertIn("[llamaswap.outlog#warn] 3 lines of the log were dropped", self.news(textFileLogObserver))
        record = json.loads(self.news(jsonFileLogObserver).lstrip("\x1e"))
        self.assertEqual((record["log_level"]["name"], record["dropped"]), ("warn", 3))

    def news(self, make: Callable[[IO[Any]], FileLogObserver]) -> str:
        """The one line about three dropped lines in the log that `make` makes."""
        stream = unstalled(make, self.file)._outFile
        assert isinstance(stream, LossyStream)
        stream.finish(PATIENCE)
        line = stream.news(3)
        self.assertEqual(line.find("\n"), len(line) - 1)
        return line

    def test_files_are_written_directly(self) -> None:
        """A file on the disk, or what is no file at all, has no reader to wait for."""
        with open(folder_for(self) / "log", "w") as file:
            self.assertIs(unstalled(textFileLogObserver, file)._outFile, file)
        memory = StringIO()
        self.assertIs(unstalled(textFileLogObserver, memory)._outFile, memory)
