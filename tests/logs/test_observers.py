"""From Twisted's log to the proxy log, and from models' output to Twisted's log."""

from __future__ import annotations

from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, LogPublisher, capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from llamaswap.config.schema import Settings
from llamaswap.ids import ModelId
from llamaswap.logs.observers import LONGEST_LINE, MOST_LINES, UPSTREAM, OutputEvents, ProxyLines, threshold
from llamaswap.logs.sources import Logs


class ProxyLinesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.written: list[bytes] = []
        self.observer = ProxyLines(self.written.append, LogLevel.info, "")
        self.log = Logger(namespace="llamaswap.web.front", observer=self.observer)

    def test_is_an_observer(self) -> None:
        """Twisted's publisher can call it."""
        verifyObject(ILogObserver, self.observer)

    def test_levels(self) -> None:
        """Each level has its name in the line; what is below the threshold is left out."""
        for write in (self.log.debug, self.log.info, self.log.warn, self.log.error, self.log.critical):
            write("{what} said", what="it")
        self.assertEqual(
            self.written, [b"[INFO] it said\n", b"[WARN] it said\n", b"[ERROR] it said\n", b"[ERROR] it said\n"]
        )

    def test_other_peoples_events(self) -> None:
        """Of others' events only errors are the server's own; models' output never is."""
        for namespace in ("twisted.web.server", "llamaswapper", UPSTREAM):
            Logger(namespace=namespace, observer=self.observer).info("no")
        Logger(namespace=UPSTREAM, observer=self.observer).error("no")
        Logger(namespace="twisted.internet.defer", observer=self.observer).critical("unhandled")
        self.assertEqual(self.written, [b"[ERROR] unhandled\n"])

    def test_failure_brings_its_traceback(self) -> None:
        """A failure's traceback follows, indented, so that no text in it can pass for a line of the log."""
        try:
            raise ValueError("bad\n[INFO] forged")
        except ValueError:
            self.log.failure("it broke", Failure())
        first, *rest = b"".join(self.written).splitlines()
        self.assertEqual(first, b"[ERROR] it broke")
        self.assertTrue(rest)
        self.assertTrue(all(line.startswith(b"    ") for line in rest), rest)

    def test_timestamp(self) -> None:
        """`logTimeFormat` puts the event's time in front."""
        observer = ProxyLines(self.written.append, LogLevel.info, "rfc3339")
        Logger(namespace="llamaswap", observer=observer).info("now")
        self.assertRegex(self.written[0].decode(), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) \[INFO\] now\n$")

    def test_threshold(self) -> None:
        """What `logLevel` does not know means info."""
        names = ("debug", "info", " WARN ", "error", "loud", "")
        found = [threshold(name).name for name in names]
        self.assertEqual(found, ["debug", "info", "warn", "error", "info", "info"])


class OutputEventsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.events: list[LogEvent] = []
        log = Logger(namespace=UPSTREAM, observer=self.events.append)  # type: ignore[arg-type]
        self.output = OutputEvents("m", log)

    def lines(self) -> list[str]:
        return [event["line"] for event in self.events]

    def test_a_line_an_event(self) -> None:
        """Pieces are put together to lines; an unfinished one waits."""
        for piece in (b"one\ntw", b"o\r\nthr", b"ee"):
            self.output.write(piece)
        self.assertEqual(self.lines(), ["one", "two"])
        self.assertEqual({event["model"] for event in self.events}, {"m"})

    def test_the_end_of_a_process(self) -> None:
        """Its unfinished last line is a line, and is not put before the next one's first."""
        for piece in (b"Segmentation fau", b"lt", b"", b"", b"hello\n", b""):
            self.output.write(piece)
        self.assertEqual(self.lines(), ["Segmentation fault", "hello"])

    def test_endless_line(self) -> None:
        """A line that never ends is handed on in pieces."""
        self.output.write(b"x" * (2 * LONGEST_LINE + 1))
        self.assertEqual([len(line) for line in self.lines()], [LONGEST_LINE, LONGEST_LINE])

    def test_flood(self) -> None:
        """Of very many lines at once some are handed on, and how many are not."""
        self.output.write(b"y\n" * (MOST_LINES + 7))
        self.assertEqual(len(self.events), MOST_LINES + 1)
        self.assertEqual(self.events[-1]["dropped"], 7)

    def test_bytes_that_are_no_text(self) -> None:
        """Whatever a model writes can be logged."""
        self.output.write(b"\xff\x1b[0m\n")
        self.assertEqual(self.lines(), ["\\xff\\x1b[0m"])


class LogsTests(SynchronousTestCase):
    def logs(self, **settings: str) -> Logs:
        self.events: list[LogEvent] = []
        self.publisher = LogPublisher(self.events.append)  # type: ignore[arg-type]
        logs = Logs(Settings(**settings), self.publisher)  # type: ignore[arg-type]
        logs.start()
        return logs

    def say(self, logs: Logs) -> tuple[bytes, bytes, bytes]:
        """One line of the server, one of each of two models; (proxy, upstream, combined) histories."""
        Logger(namespace="llamaswap", observer=self.publisher).info("own")
        logs.output(ModelId("a"))(b"from a\n")
        logs.output(ModelId("b"))(b"from b\n")
        return logs.proxy.history(), logs.upstream.history(), logs.combined.history()

    def test_log_to_stdout(self) -> None:
        """`logToStdout` decides what is combined; every source keeps its own history."""
        own, models = b"[INFO] own\n", b"from a\nfrom b\n"
        expected = {"proxy": own, "upstream": models, "both": own + models, "none": b""}
        for choice, combined in expected.items():
            self.assertEqual(self.say(self.logs(log_to_stdout=choice)), (own, models, combined))

    def test_output_on_stdout(self) -> None:
        """Only when asked for, models' output becomes log events of the process."""
        for choice, expected in (("proxy", []), ("none", []), ("upstream", ["a", "b"]), ("both", ["a", "b"])):
            logs = self.logs(log_to_stdout=choice)
            self.say(logs)
            shown = [event["model"] for event in self.events if event["log_namespace"] == UPSTREAM]
            self.assertEqual(shown, expected)

    def test_the_end_of_a_process(self) -> None:
        """An event gets its unfinished line; the model's log has what was written, and not a byte more."""
        logs = self.logs(log_to_stdout="upstream")
        write = logs.output(ModelId("a"))
        for data in (b"one", b"", b"two\n", b""):
            write(data)
        self.assertEqual([event["line"] for event in self.events], ["one", "two"])
        self.assertEqual(logs.model(ModelId("a")).history(), b"onetwo\n")

    def test_s23_model_log_outlives_its_process(self) -> None:
        """A model's log is one source, whoever writes to it: after a restart the old lines are still there."""
        logs = self.logs()
        logs.model(ModelId("a")).write(b"first run\n")
        logs.model(ModelId("a")).write(b"second run\n")
        self.assertEqual(logs.model(ModelId("a")).history(), b"first run\nsecond run\n")

    def test_other_settings(self) -> None:
        """Level and stamps change at once; what is combined was settled at the start, and who changes it is told."""
        logs = self.logs(log_level="warn")
        logs.configure(Settings(log_level="info", log_time_format="kitchen"))
        self.assertTrue(logs.shows(LogLevel.info))
        own, _, _ = self.say(logs)
        self.assertRegex(own.decode(), r"^\d+:\d\d[AP]M \[INFO\] own\n$")
        with capturedLogs() as events:
            logs.configure(Settings())
            logs.configure(Settings(log_to_stdout="both"))
        self.assertEqual(
            [formatEvent(event) for event in events], ["logToStdout stays `proxy` until the server is restarted"]
        )

    def test_models_that_are_gone(self) -> None:
        """Their logs are forgotten, but not those that somebody follows; the others keep their history."""
        logs = self.logs()
        for name in "abc":
            logs.model(ModelId(name)).write(b"said")
        heard: list[bytes] = []
        unsubscribe = logs.model(ModelId("b")).subscribe(heard.append)
        logs.keep({ModelId("a")})
        self.assertEqual([logs.model(ModelId(name)).history() for name in "abc"], [b"said", b"said", b""])
        logs.output(ModelId("b"))(b"again")
        self.assertEqual(heard, [b"again"])
        unsubscribe()
        logs.keep({ModelId("a")})
        self.assertEqual(logs.model(ModelId("b")).history(), b"")

    def test_stop(self) -> None:
        """Stopped, it records no more; stopping twice is harmless."""
        logs = self.logs()
        logs.stop()
        logs.stop()
        self.assertEqual(self.say(logs)[0], b"")

    def test_shows(self) -> None:
        """Who would log a line can ask first whether anybody wants it."""
        logs = self.logs(log_level="warn")
        self.assertEqual([logs.shows(LogLevel.info), logs.shows(LogLevel.warn)], [False, True])
