"""What the log says of a server's addresses, and how it gets out."""

from __future__ import annotations

import os

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from llamaswap.config.files import Files
from llamaswap.config.schema import ApiKey, Model, Settings
from llamaswap.errors import ConfigurationError, LlamaSwapError, Problem, lines
from llamaswap.ids import ModelId
from llamaswap.reload.snapshot import look
from llamaswap.schedule.policies import Found, Policies
from llamaswap.startup import Announcement, Origin, file_settings, root_service
from tests.support.folders import folder_for


@implementer(IListeningPort)
class FakePort:
    """A port that is an address and nothing else."""

    def __init__(self, address: IAddress) -> None:
        self._address = address

    def startListening(self) -> None: ...
    def stopListening(self) -> None: ...
    def getHost(self) -> IAddress:
        return self._address


def tcp(host: str) -> FakePort:
    """A port on this host."""
    return FakePort(IPv4Address("TCP", host, 8080))


class RootTests(SynchronousTestCase):
    """The service of a command line."""

    def test_what_others_have_installed(self) -> None:
        """A server whose configuration names no policy of another package imports none of them."""

        def find() -> Found:
            raise AssertionError("nobody has asked for them")

        origin = Origin(Files(), policies=Policies(find))
        root_service(Settings(), [], MemoryReactorClock(), signals=False, origin=origin)


class AnnouncementTests(SynchronousTestCase):
    """Said once, when the service starts."""

    def said(self, settings: Settings, *ports: FakePort) -> list[tuple[LogLevel, str]]:
        """Level and text of every line."""
        with capturedLogs() as events:
            Announcement(settings, ports).startService()
        return [(event["log_level"], event["log_format"].format(**event)) for event in events]

    def test_fake(self) -> None:
        """The fake is a port."""
        verifyObject(IListeningPort, tcp("127.0.0.1"))

    def test_addresses(self) -> None:
        """Every address has its line; a server that only this machine reaches gets no warning."""
        settings = Settings(models={ModelId(f"m{n}"): Model(id=ModelId(f"m{n}")) for n in range(11)})
        lines = self.said(settings, tcp("127.0.0.1"), FakePort(UNIXAddress("/run/x")))
        self.assertEqual(
            lines,
            [
                (LogLevel.info, "listening on 127.0.0.1:8080"),
                (LogLevel.info, "listening on unix:/run/x"),
                (LogLevel.info, "models: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, …"),
            ],
        )

    def test_nothing_to_serve(self) -> None:
        """A configuration without models is probably not what was meant."""
        self.assertIn(
            (LogLevel.warn, "no models: the configuration has no `models:`, so no request can be served"),
            self.said(Settings(), tcp("127.0.0.1")),
        )

    def test_reachable_without_keys(self) -> None:
        """A server that others reach without a key warns, and says what to do."""
        level, text = self.said(Settings(), tcp("0.0.0.0"))[-1]
        self.assertEqual(level, LogLevel.warn)
        self.assertIn("apiKeys", text)
        self.assertIn("--listen 127.0.0.1:8080", text)

    def test_reachable_with_keys(self) -> None:
        """With keys it is a hint."""
        level, text = self.said(Settings(api_keys=(ApiKey(key="k", name="k"),)), tcp("192.0.2.1"))[-1]
        self.assertEqual(level, LogLevel.info)
        self.assertIn("reachable from the network", text)

    def test_warnings_of_the_configuration(self) -> None:
        """What the loader wants to be heard is heard."""
        self.assertIn((LogLevel.warn, "careful"), self.said(Settings(warnings=("careful",)), tcp("127.0.0.1")))


class LinesTests(SynchronousTestCase):
    """What goes to stderr."""

    def test_one_line(self) -> None:
        """However many lines an error has, the user reads one."""
        self.assertEqual(lines(LlamaSwapError("a\n  b")), "llamaswap: a b")

    def test_a_line_for_each_problem(self) -> None:
        """All that is wrong with a configuration is told, and what is odd about it, a line each."""
        problems = (Problem("wrong", "c.yaml", 1, 2), Problem("cannot\nbe read", "d.yaml"))
        self.assertEqual(
            lines(ConfigurationError(problems, (Problem("odd", "c.yaml", 3, 4, "x"),))),
            "llamaswap: c.yaml:1:2: wrong\nllamaswap: d.yaml: cannot be read\nllamaswap: warning: c.yaml:3:4: x: odd",
        )


class OriginTests(SynchronousTestCase):
    """Settings that can be read again."""

    def setUp(self) -> None:
        self.path = folder_for(self) / "config.yaml"
        self.path.write_text("healthCheckTimeout: 20")

    def test_read_again(self) -> None:
        """What the file says now, also from another directory."""
        settings, origin = file_settings(Files(os.path.relpath(self.path)), watch=False)
        self.assertEqual(settings.health_check_timeout, 20)
        self.path.write_text("healthCheckTimeout: 30")
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir("/")
        self.assertEqual(origin.read(settings).health_check_timeout, 30)

    def test_watched_from_before_it_was_read(self) -> None:
        """A look from before comes along, when somebody wants to watch."""
        files = Files(str(self.path))
        self.assertEqual(file_settings(files, watch=True)[1], Origin(files, look(files)))
        self.assertIsNone(file_settings(files, watch=False)[1].watched)

    def test_edited(self) -> None:
        """Only when the server is started so."""
        files = Files(str(self.path))
        self.assertTrue(file_settings(files, watch=False, edit=True)[1].edit)
        self.assertFalse(file_settings(files, watch=False)[1].edit)
