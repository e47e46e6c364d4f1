"""Commands of hooks, on a system in memory."""

from __future__ import annotations

import signal
from typing import ClassVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.hooks.commands import KILL_AFTER, Commands
from llamaswap.ids import ModelId
from tests.support.fake_host import FakeHost

VARIABLES = ("LLAMASWAP_EVENT=before_load", "HOME=/other")


class CommandTests(SynchronousTestCase):
    """`sh -c x`, for three seconds at most."""

    WORDS: ClassVar = ["sh", "-c", "x"]

    def setUp(self) -> None:
        self.host = FakeHost()
        self.commands = Commands(self.host.host)
        self.said = b""

    def tearDown(self) -> None:
        self.assertEqual(self.host.system.table, [])
        self.successResultOf(self.commands.over())
        self.host.clock.advance(60)  # the pipe of a command that ended is read for a while
        self.assertEqual(self.host.clock.getDelayedCalls(), [])

    def run_it(self, words: list[str] | None = None) -> Deferred[str | None]:
        running = self.commands.run(words or self.WORDS, ModelId("m"), VARIABLES, self.hear, 3.0)
        return Deferred.fromCoroutine(running)

    def hear(self, data: bytes) -> None:
        self.said += data

    def test_success(self) -> None:
        """It has the server's environment and ours; what it says is handed on."""
        running = self.run_it()
        child = self.host.system.last.run()
        self.assertEqual(child.command, self.WORDS)
        told = {name: child.environ[name] for name in ("PATH", "HOME", "LLAMASWAP_EVENT")}
        self.assertEqual(told, {"PATH": "/bin:/usr/bin", "HOME": "/other", "LLAMASWAP_EVENT": "before_load"})
        child.say(b"hello")
        self.assertNoResult(running)
        self.assertNoResult(self.commands.over())
        child.exit()
        self.assertIsNone(self.successResultOf(running))
        self.assertEqual(self.said, b"hello")

    def test_failures(self) -> None:
        """How it ended, or why it could not begin."""
        for end, problem in (
            (lambda child: child.run().exit(3), "exit code 3"),
            (lambda child: child.run().receive(signal.SIGSEGV), "signal 11"),
            (lambda child: child.refuse(b"Exec format error"), "cannot be started: Exec format error"),
        ):
            running = self.run_it()
            end(self.host.system.last)
            self.assertEqual(self.successResultOf(running), problem)

    def test_what_cannot_be_started(self) -> None:
        """No such program, or no more processes; no message holds an argument."""
        nowhere = self.successResultOf(self.run_it(["no-such-program", "SECRET"]))
        self.assertEqual(nowhere, "cannot be started: no executable 'no-such-program' in PATH")
        self.host.system.full = True
        full = self.successResultOf(self.run_it())
        self.assertEqual(full, "cannot be started: [Errno 11] Resource temporarily unavailable")
        self.assertEqual(self.host.system.children, [])

    def test_too_long(self) -> None:
        """It is asked to end, and its group with it, and what happens then does not make it a success."""
        running = self.run_it()
        child = self.host.system.last.run()
        self.host.clock.advance(2.9)
        self.assertEqual(child.received, [])
        self.host.clock.advance(0.1)
        self.assertEqual(child.received, [signal.SIGTERM])
        self.assertEqual(self.successResultOf(running), "took longer than 3 s")

    def test_too_long_and_deaf(self) -> None:
        """It is killed after a grace."""
        self.host.system.deaf = True
        running = self.run_it()
        child = self.host.system.last.run()
        self.host.clock.advance(3)
        self.host.clock.advance(KILL_AFTER)
        self.assertEqual(child.received, [signal.SIGTERM, signal.SIGKILL])
        self.assertEqual(self.successResultOf(running), "took longer than 3 s")

    def test_nothing_is_left_behind(self) -> None:
        """What it started in the background ends with it, and is waited for."""
        running = self.run_it()
        child = self.host.system.last.run()
        left = child.fork(deaf=True, session=True)
        child.exit()
        self.assertEqual(left.received, [signal.SIGKILL])
        self.host.clock.advance(1)
        self.assertIsNone(self.successResultOf(running))

    def test_cancelled(self) -> None:
        """Nobody waits for it any more, and it is ended all the same."""
        self.host.system.deaf = True
        running = self.run_it()
        child = self.host.system.last.run()
        running.cancel()
        self.failureResultOf(running, CancelledError)
        over = self.commands.over()
        self.assertEqual(child.received, [signal.SIGTERM])
        self.assertNoResult(over)
        self.host.clock.advance(KILL_AFTER)
        self.assertEqual(child.received, [signal.SIGTERM, signal.SIGKILL])
        self.successResultOf(over)

    def test_killed(self) -> None:
        """A forced exit leaves no time for anything."""
        running = self.run_it()
        child = self.host.system.last.run()
        self.commands.kill()
        self.assertEqual(child.received, [signal.SIGKILL])
        self.assertEqual(self.successResultOf(running), "signal 9")
