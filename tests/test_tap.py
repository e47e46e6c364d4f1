"""Options and what is refused before anything is started; `test_commands.py` runs the commands."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from twisted.application.twist._options import TwistOptions
from twisted.logger import textFileLogObserver
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase, TestCase

from llamaswap.outlog import LossyStream
from llamaswap.tap import Options, makeService
from tests.support.folders import folder_for


def parsed(*words: str) -> Options:
    """Options of a command line."""
    options = Options()
    options.parseOptions(list(words))
    return options


def config_for(test: SynchronousTestCase, text: str) -> str:
    """A configuration file with this text, for the length of the test."""
    path = folder_for(test) / "config.yaml"
    path.write_text(text)
    return str(path)


@contextmanager
def taken() -> Iterator[str]:
    """An address that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


class OptionTests(SynchronousTestCase):
    """Words to options."""

    def test_listen_repeats(self) -> None:
        """Every `--listen` counts, in order."""
        self.assertEqual(parsed("--listen", ":1", "--listen=unix:/x")["listen"], [":1", "unix:/x"])

    def test_defaults(self) -> None:
        """Nothing is assumed that was not said."""
        options = parsed()
        self.assertEqual((options["config"], options["demo"], options["listen"]), (None, 0, []))

    def test_each_command_line_has_its_own(self) -> None:
        """Addresses do not leak from one command line into the next."""
        parsed("--listen", ":1")
        self.assertEqual(parsed()["listen"], [])

    def test_help(self) -> None:
        """The help text names every option and the default address."""
        shown = str(Options())
        options = ("--config", "--config-dir", "--watch-config", "--allow-config-edit", "--demo", "--listen")
        for part in (*options, "127.0.0.1:8080", "unix:"):
            self.assertIn(part, shown)

    def test_unknown_option(self) -> None:
        """A wrong word is a usage error, which `twist` reports in its way."""
        self.assertRaises(UsageError, parsed, "--nope")


class RefusalTests(TestCase):
    """What ends the program in `makeService`."""

    def refused(self, *words: str) -> str:
        """The one line that these words end with."""
        (line,) = self.lines(*words)
        return line

    def lines(self, *words: str) -> list[str]:
        """The lines that these words end with."""
        text = self.assertRaises(SystemExit, makeService, parsed(*words)).code
        assert isinstance(text, str)
        return text.split("\n")

    def test_s104_no_configuration(self) -> None:
        """S-104: without a configuration every way to give one is named."""
        line = self.refused()
        for word in ("--config FILE", "--config-dir DIR", "--demo"):
            self.assertIn(word, line)

    def test_both(self) -> None:
        """`--demo` has no files, and nothing to watch."""
        for words in (["--config", "c"], ["--config-dir", "d"], ["--watch-config"], ["--allow-config-edit"]):
            self.assertEqual(self.refused(*words, "--demo"), f"llamaswap: {words[0]} and --demo exclude each other")

    def test_missing_file(self) -> None:
        """A file that cannot be read is named, with the reason."""
        self.assertIn("/nonexistent: cannot be read: No such file", self.refused("--config", "/nonexistent"))

    def test_wrong_file(self) -> None:
        """Every problem of a file has its line, with file, line and key; so has what is odd about it."""
        path = config_for(self, "startPort: zero\nmodels:\n  m: {cmd: 'x ${PORT}', ttl: -5}\nmodles: 1\n")
        first, second, third = self.lines("--config", path)
        self.assertTrue(first.startswith(f"llamaswap: {path}:1:"), first)
        self.assertTrue(second.startswith(f"llamaswap: {path}:3:"), second)
        self.assertTrue(third.startswith(f"llamaswap: warning: {path}:4:"), third)

    def test_directory(self) -> None:
        """A directory without files is named; so is each file of one that cannot be used."""
        folder = folder_for(self)
        self.assertIn(f"{folder}: no configuration sources found", self.refused("--config-dir", str(folder)))
        (folder / "a.yaml").write_bytes(b"\xff")
        (folder / "b.yaml").write_bytes(b"\xff")
        self.assertEqual(
            self.lines("--config-dir", str(folder)),
            [f"llamaswap: {folder}/{name}.yaml:1:1: is not UTF-8 text" for name in "ab"],
        )

    def test_s103_address_in_use(self) -> None:
        """S-103: an address in use ends the program before anything is started, and gives back the others."""
        with taken() as address:
            line = self.refused("--config", config_for(self, ""), "--listen", "127.0.0.1:0", "--listen", address)
        self.assertEqual(line, f"llamaswap: cannot listen on {address}: Address already in use")


class ServiceTests(TestCase):
    """A service that was made is complete."""

    def test_w30_twist_writes_its_log_through_us(self) -> None:
        """Under `twist` the log is written so that a stalled stdout does not stall the server."""
        twist = TwistOptions()
        twist["fileLogObserverFactory"] = textFileLogObserver
        options = parsed("--config", config_for(self, "models: {}\n"), "--listen", "127.0.0.1:0")
        options.parent = twist
        service = makeService(options)
        self.addCleanup(service.stopService)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with open(writer, "w") as stdout:
            made = twist["fileLogObserverFactory"](stdout)
        self.assertIsInstance(made._outFile, LossyStream)

    async def test_stops_what_it_opened(self) -> None:
        """The ports are open before the service starts and closed when it has stopped."""
        path = config_for(self, "models: {}\n")
        with taken() as address:
            pass
        host, _, port = address.rpartition(":")
        service = makeService(parsed("--config", path, "--listen", address))
        socket.create_connection((host, int(port)), timeout=5).close()
        service.startService()
        await service.stopService()
        self.assertRaises(OSError, socket.create_connection, (host, int(port)), timeout=5)
