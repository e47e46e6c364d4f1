"""Hooks at the turns of a model's life, on a system in memory."""

from __future__ import annotations

import json
import signal
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Hook, Model, Timeouts
from llamaswap.errors import StartFailed
from llamaswap.hooks.lifecycle import LifecycleHooks
from llamaswap.ids import ModelId
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import INetworkReactor, Upstream
from tests.support.fake_host import FakeHost
from tests.support.wire import MemoryTransport

MODEL = Model(id=ModelId("m"), cmd="serve", env=("OWN=1",), cmd_stop="never")
UPSTREAM = cast(Upstream, object())
ONE, TWO = Hook(command="sh one"), Hook(command="sh two")


class LifecycleCase(SynchronousTestCase):
    """Hooks that the test sets."""

    def setUp(self) -> None:
        self.fake = FakeHost()
        self.reactor = MemoryReactorClock()
        self.in_force: dict[str, tuple[Hook, ...]] = {}
        self.said: dict[str, bytes] = {}
        host = replace(self.fake.host, connect=self.connect)
        self.hooks = LifecycleHooks(host, lambda model: lambda data: self.hear(model, data), lambda: self.in_force)

    def connect(self, origin: Origin, timeouts: Timeouts) -> Upstream:
        return Upstream(cast(INetworkReactor, self.reactor), origin, timeouts=timeouts)

    def hear(self, model: str, data: bytes) -> None:
        self.said[model] = self.said.get(model, b"") + data

    def begin(self, work: Coroutine[Any, Any, None]) -> Deferred[None]:
        return Deferred.fromCoroutine(work)

    @property
    def run_words(self) -> list[str]:
        """The second words of all commands so far."""
        return [child.command[1] for child in self.fake.system.children]


class OrderTests(LifecycleCase):
    """What runs when."""

    def test_one_after_the_other(self) -> None:
        """In their order; the turn is over with the last."""
        self.in_force = {"before_load": (ONE, TWO)}
        turn = self.begin(self.hooks.before_load(MODEL, "load"))
        self.assertEqual(self.run_words, ["one"])
        self.fake.system.last.run().exit()
        self.assertEqual(self.run_words, ["one", "two"])
        self.assertNoResult(turn)
        self.fake.system.last.run().exit()
        self.assertIsNone(self.successResultOf(turn))

    def test_every_turn(self) -> None:
        """Each has its own hooks, which are told what happens; their output is the model's."""
        turns = {
            "before_load": (self.hooks.before_load(MODEL, "load"), "stopped", "load"),
            "after_load": (self.hooks.after_load(MODEL, UPSTREAM), "ready", "load"),
            "before_unload": (self.hooks.before_unload(MODEL, UPSTREAM, "evict"), "ready", "evict"),
            "after_unload": (self.hooks.after_unload(MODEL, "crash"), "stopped", "crash"),
        }
        self.in_force = {moment: (Hook(command=f"sh {moment}"),) for moment in turns}
        for moment, (turn, state, reason) in turns.items():
            work = self.begin(turn)
            child = self.fake.system.last.run()
            told = {name: value for name, value in child.environ.items() if name.startswith("LLAMASWAP_")}
            told.pop("LLAMASWAP_MARK")
            self.assertEqual(list(told.values()), [moment, "m", state, reason])
            self.assertNotIn("OWN", child.environ)
            child.say(moment.encode())
            child.exit()
            self.assertIsNone(self.successResultOf(work))
        self.assertEqual(self.run_words, list(turns))
        self.assertEqual(self.said["m"], "".join(turns).encode())

    def test_none(self) -> None:
        """Without hooks no turn takes any time; those of other models are not run."""
        self.in_force = {"before_load": (Hook(command="sh x", models=(ModelId("other"),)),)}
        self.assertIsNone(self.successResultOf(self.begin(self.hooks.before_load(MODEL, "load"))))
        self.assertIsNone(self.successResultOf(self.begin(self.hooks.after_load(MODEL, UPSTREAM))))
        self.assertEqual(self.run_words, [])

    def test_a_reload(self) -> None:
        """The next turn has the hooks in force then."""
        self.in_force = {"before_load": (ONE,)}
        self.begin(self.hooks.before_load(MODEL, "load"))
        self.fake.system.last.run().exit()
        self.in_force = {"before_load": (TWO,)}
        self.begin(self.hooks.before_load(MODEL, "load"))
        self.assertEqual(self.run_words, ["one", "two"])


class FailureTests(LifecycleCase):
    """What goes wrong."""

    def failing(self, moment: str, turn: Coroutine[Any, Any, None], **keys: Any) -> tuple[Deferred[None], list[str]]:
        """The turn with a hook that fails and one behind it, and the log."""
        self.in_force = {moment: (replace(ONE, **keys), TWO)}
        work = self.begin(turn)
        with capturedLogs() as events:
            self.fake.system.last.run().exit(3)
        return work, [formatEvent(event) for event in events]

    def test_is_told_and_no_more(self) -> None:
        """The log names the hook; the next one runs, and the turn is a success."""
        work, said = self.failing("before_load", self.hooks.before_load(MODEL, "load"))
        self.assertEqual(said, ["m: hooks.before_load[0] (command sh) failed: exit code 3"])
        self.fake.system.last.run().exit()
        self.assertIsNone(self.successResultOf(work))

    def test_required(self) -> None:
        """The load is refused in its name; what follows does not run."""
        for moment, turn in (
            ("before_load", self.hooks.before_load(MODEL, "load")),
            ("after_load", self.hooks.after_load(MODEL, UPSTREAM)),
        ):
            work, _ = self.failing(moment, turn, required=True)
            error = self.failureResultOf(work, StartFailed).value
            self.assertEqual(error.cause, f"hooks.{moment}[0] (command sh) failed: exit code 3")
        self.assertEqual(self.run_words, ["one", "one"])

    def test_a_stop_cannot_be_refused(self) -> None:
        """It goes on, required or not."""
        for moment, turn in (
            ("before_unload", self.hooks.before_unload(MODEL, UPSTREAM, "ttl")),
            ("after_unload", self.hooks.after_unload(MODEL, "ttl")),
        ):
            work, said = self.failing(moment, turn, required=True)
            self.assertEqual(len(said), 1)
            self.fake.system.last.run().exit()
            self.assertIsNone(self.successResultOf(work))

    def test_what_nobody_has_foreseen(self) -> None:
        """It is a failure of the hook, in the log with its traceback, and no more."""
        self.in_force = {"before_load": (ONE,)}
        with capturedLogs() as events:
            self.patch(self.fake.host.journal, "mark", lambda: 1 // 0)
            work = self.begin(self.hooks.before_load(MODEL, "load"))
        self.assertIsNone(self.successResultOf(work))
        self.assertIn("failed: ZeroDivisionError", formatEvent(events[-1]))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_too_long(self) -> None:
        """A command is ended after its time, and a webhook given up; both are failures."""
        self.in_force = {"before_load": (replace(ONE, timeout=2.0), Hook(webhook="http://127.0.0.1:9", timeout=3.0))}
        work = self.begin(self.hooks.before_load(MODEL, "load"))
        self.fake.system.last.run()
        with capturedLogs() as events:
            self.fake.clock.advance(2)
            self.fake.clock.advance(3)
        self.assertIsNone(self.successResultOf(work))
        said = [formatEvent(event).partition(" failed: ")[2] for event in events]
        self.assertEqual(said, ["took longer than 2 s", "took longer than 3 s"])


class WebhookTests(LifecycleCase):
    """A hook that posts."""

    def test_required(self) -> None:
        """The model is loaded when it has answered, and not if it refuses."""
        self.in_force = {"after_load": (Hook(webhook="http://127.0.0.1:9/x", required=True),)}
        for answer, problem in ((b"HTTP/1.1 200 OK", ""), (b"HTTP/1.1 503 No", "answered with status 503")):
            work = self.begin(self.hooks.after_load(MODEL, UPSTREAM))
            protocol: Any = self.reactor.tcpClients[-1][2].buildProtocol(None)
            transport = MemoryTransport()
            protocol.makeConnection(transport)
            told = json.loads(transport.take().partition(b"\r\n\r\n")[2])
            self.assertEqual(
                (told["event"], told["model"], told["time"]), ("after_load", "m", "1970-01-01T00:00:00.000Z")
            )
            self.assertNoResult(work)
            protocol.dataReceived(answer + b"\r\nContent-Length: 0\r\n\r\n")
            if problem:
                error = self.failureResultOf(work, StartFailed).value
                self.assertEqual(error.cause, f"hooks.after_load[0] (webhook on 127.0.0.1:9) failed: {problem}")
            else:
                self.assertIsNone(self.successResultOf(work))


class EndTests(LifecycleCase):
    """Turns that are cut short."""

    def setUp(self) -> None:
        super().setUp()
        self.in_force = {"before_load": (ONE, TWO)}
        self.turn = self.begin(self.hooks.before_load(MODEL, "load"))
        self.child = self.fake.system.last.run()

    def test_cancelled(self) -> None:
        """The command is ended, the next one does not run, and the turn is over at once."""
        over = self.hooks.over()
        self.turn.cancel()
        self.failureResultOf(self.turn, CancelledError)
        self.assertEqual(self.child.received, [signal.SIGTERM])
        self.assertEqual(self.run_words, ["one"])
        self.successResultOf(over)

    def test_killed(self) -> None:
        """No hook runs any more."""
        self.hooks.kill()
        self.assertEqual(self.child.received, [signal.SIGKILL])
        self.assertIsNone(self.successResultOf(self.turn))
        self.assertIsNone(self.successResultOf(self.begin(self.hooks.before_load(MODEL, "load"))))
        self.assertEqual(self.run_words, ["one"])
