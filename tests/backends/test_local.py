"""A model's life from the outside, with an operating system, a clock and probes in memory."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from llamaswap.backends.child import GIVE_UP
from llamaswap.backends.interface import Backend
from llamaswap.backends.local import LocalBackend
from llamaswap.backends.process import DRAIN_LIMIT
from llamaswap.config.schema import Model, Timeouts
from llamaswap.errors import OutOfMemory, ShuttingDown, StartFailed
from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State
from tests.support.fake_host import FakeHost
from tests.support.fake_system import FakeChild, FakeTransport

START = [("stopped", "starting"), ("starting", "ready")]
STOP = [("ready", "stopping"), ("stopping", "stopped")]
FAILED_START = [("stopped", "starting"), ("starting", "stopped")]


class LocalCase(SynchronousTestCase):
    """One backend on a fake host."""

    def make(self, *, timeout: float = 15, slow_threads: bool = False, **settings: Any) -> None:
        self.world = FakeHost(health_check_timeout=timeout, slow_threads=slow_threads)
        self.clock, self.system = self.world.clock, self.world.system
        self.said: list[bytes] = []
        settings = {"cmd": f"{sys.executable} -m server", "proxy": "http://localhost:5800", **settings}
        self.backend = LocalBackend(Model(id=ModelId("m"), **settings), self.world.host, self.said.append)
        self.addCleanup(self.nothing_left)

    def nothing_left(self) -> None:
        """No test may leave an error in a listener, nor a timer when the output of its children has ended."""
        self.assertEqual(self.world.errors, [])
        for child in self.system.children:
            child.close_output()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def make_ready(self) -> FakeChild:
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        self.successResultOf(ready)
        return child

    def step(self, seconds: float, pieces: int = 100) -> None:
        self.clock.pump([seconds / pieces] * pieces)

    def cause_of(self, waiting: Deferred[Any]) -> str:
        error = self.failureResultOf(waiting, StartFailed).value
        assert isinstance(error, StartFailed)
        return error.cause

    def states(self) -> list[tuple[str, str]]:
        return self.world.changes


class StartTests(LocalCase):
    """From stopped to ready."""

    def test_the_fakes_are_what_they_replace(self) -> None:
        """A fake system is an `IReactorProcess`, its children's transports are `IProcessTransport`s."""
        self.make()
        verifyObject(IReactorProcess, self.system)
        verifyObject(IProcessTransport, FakeTransport(1))
        backend: Backend = self.backend
        self.assertEqual(backend.form.id, "m")

    def test_s01_a_normal_life_is_four_events(self) -> None:
        """stopped, starting, ready, stopping, stopped: each change once, and no event from a state to itself."""
        self.make()
        self.make_ready()
        self.assertIs(self.backend.state, State.READY)
        self.successResultOf(self.backend.stop(10))
        self.assertEqual(self.states(), START + STOP)
        self.assertEqual(self.world.reasons, [""] * 4)

    def test_s02_only_a_ready_model_has_an_upstream(self) -> None:
        """Nothing can be forwarded before ready, nor from the first moment of stopping."""
        self.make()
        self.assertIsNone(self.backend.upstream)
        self.make_ready().deaf = True
        self.assertIsNotNone(self.backend.upstream)
        stopped = self.backend.stop(1)
        self.assertIs(self.backend.state, State.STOPPING)
        self.assertIsNone(self.backend.upstream)
        self.step(2)
        self.successResultOf(stopped)

    def test_s03_ensure_ready_of_a_ready_model_starts_nothing(self) -> None:
        """Three callers, one child, one upstream."""
        self.make()
        self.make_ready()
        again = [self.successResultOf(self.backend.ensure_ready()) for _ in range(3)]
        self.assertEqual(len(self.system.children), 1)
        self.assertEqual(set(map(id, again)), {id(self.backend.upstream)})
        self.successResultOf(self.backend.stop(1))

    def test_all_who_wait_for_a_start_share_it(self) -> None:
        """Callers during the start get its result; one child in all."""
        self.make()
        waiting = [self.backend.ensure_ready() for _ in range(3)]
        self.system.last.run()
        for one in waiting:
            self.successResultOf(one)
        self.assertEqual(len(self.system.children), 1)
        self.successResultOf(self.backend.stop(1))

    def test_cancelling_gives_up_the_wait_only(self) -> None:
        """A caller that goes away does not end the start."""
        self.make()
        ready = self.backend.ensure_ready()
        ready.cancel()
        self.failureResultOf(ready, CancelledError)
        self.system.last.run()
        self.assertIs(self.backend.state, State.READY)
        self.successResultOf(self.backend.stop(1))

    def test_s07_an_early_exit_fails_the_start_at_once(self) -> None:
        """Whatever the exit code; the next request makes a new attempt."""
        self.make()
        self.world.answers = [None]
        for code in (0, 1):
            ready = self.backend.ensure_ready()
            child = self.system.last.run()
            self.step(0.5)
            child.exit(code)
            self.assertIn("upstream command exited prematurely (", self.cause_of(ready))
        self.assertEqual(self.states(), FAILED_START * 2)
        self.assertIn("upstream command exited prematurely (", self.world.reasons[1])
        self.assertEqual(len(self.system.children), 2)

    def test_j18_what_is_told_of_a_failure(self) -> None:
        """The exit code, and the last lines of this start; nothing of an end that was asked for."""
        self.make()
        told: list[tuple[int | None, tuple[str, ...]]] = []
        self.world.notices.subscribe(ModelChanged, lambda notice: told.append((notice.exit_code, notice.said)))
        self.make_ready().say(b"well\n")
        self.successResultOf(self.backend.stop(1))
        self.assertEqual(set(told), {(None, ())})
        self.world.answers = [None]
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        child.say(b"one\ntwo\n")
        child.exit(1)
        self.failureResultOf(ready, StartFailed)
        self.assertEqual(told[-1], (1, ("one", "two")))
        self.world.answers = [200]
        child = self.make_ready()
        child.say(b"three\n")
        child.die(signal.SIGSEGV)
        self.assertEqual(told[-1], (None, ("three",)))

    def test_w19_an_early_end_for_want_of_memory(self) -> None:
        """A kill that nobody here has sent, or words that engines have for it; the reason says which."""
        self.make()
        self.world.answers = [None]
        endings: list[tuple[Callable[[FakeChild], None], str]] = [
            (lambda child: child.die(signal.SIGKILL), "signal 9"),
            (lambda child: child.exit(1), "it said `CUDA error: out of memory`"),
        ]
        for end, proof in endings:
            ready = self.backend.ensure_ready()
            child = self.system.last.run()
            child.say(b"" if "9" in proof else b"loading\nCUDA error: out of memory\n")
            end(child)
            error = self.failureResultOf(ready, OutOfMemory).value
            self.assertIn("upstream command exited prematurely (", str(error))
            self.assertIn(proof, str(error))
            self.assertIn("out of memory", self.world.reasons[-1])
        self.assertEqual(self.states(), FAILED_START * 2)

    def test_w19_words_that_come_after_the_end(self) -> None:
        """What the process wrote may be read only after it was reaped."""
        self.make(slow_threads=True)
        self.world.answers = [None]
        ready = self.backend.ensure_ready()
        self.world.run_threads()
        child = self.system.last.run()
        child.output_held = True
        child.exit(1)
        self.world.run_threads()
        self.assertNoResult(ready)
        child.say(b"std::bad_alloc\n")
        child.close_output()
        self.failureResultOf(ready, OutOfMemory)

    def test_a_stranger_that_holds_the_output_of_an_early_end(self) -> None:
        """It is waited for as long as last words may take, and no longer."""
        self.make()
        self.world.answers = [None]
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        child.output_held = True
        child.exit(1)
        self.step(0.4)
        self.assertNoResult(ready)
        self.step(0.2)
        self.assertIn("exit code 1", self.cause_of(ready))

    def test_w19_ends_of_other_kinds(self) -> None:
        """Words of an earlier start, a start that is given up or takes too long, and a crash are no want of memory."""
        self.make(timeout=15)
        self.world.answers = [None]
        self.system.deaf = True
        first = self.backend.ensure_ready()
        child = self.system.last.run()
        child.say(b"out of memory\n")
        self.step(25)
        self.assertIn("timed out", self.cause_of(first))
        self.assertEqual(child.received[-1], signal.SIGKILL)
        second = self.backend.ensure_ready()
        self.system.last.run().say(b"out of memory\n")
        stopped = self.backend.stop(1)
        self.step(10)
        self.successResultOf(stopped)
        self.assertEqual(self.cause_of(second), "aborted")
        third = self.backend.ensure_ready()
        self.system.last.run().exit(1)
        failure = self.failureResultOf(third, StartFailed)
        self.assertNotIsInstance(failure.value, OutOfMemory)
        self.assertNotIn("memory", self.world.reasons[-1])

    def test_timeouts(self) -> None:
        """The connections have the model's, and other ones while it runs."""
        self.make(timeouts=Timeouts(connect=3))
        self.make_ready()
        (upstream,) = self.world.upstreams
        self.assertEqual(upstream.timeouts, Timeouts(connect=3))
        self.backend.adapt(replace(self.backend.form, timeouts=Timeouts(connect=4)))
        self.assertEqual(upstream.timeouts, Timeouts(connect=4))
        self.successResultOf(self.backend.stop(1))
        self.backend.adapt(replace(self.backend.form, timeouts=Timeouts()))

    def test_the_pid(self) -> None:
        """It is that of the process, while there is one."""
        self.make()
        self.assertIsNone(self.backend.pid)
        child = self.make_ready()
        self.assertEqual(self.backend.pid, child.seen.pid)
        self.successResultOf(self.backend.stop(1))
        self.assertIsNone(self.backend.pid)

    def test_s08_the_deadline_ends_the_start(self) -> None:
        """503 for ever: SIGTERM at the deadline, SIGKILL five seconds later, and no sooner."""
        self.make(timeout=15)
        self.world.answers = [503]
        self.system.deaf = True
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        self.step(14.9, 1000)
        self.assertEqual(child.received, [])
        self.step(0.2)
        self.assertEqual(child.received, [15])
        self.assertIs(self.backend.state, State.STARTING)
        self.step(5)
        self.assertEqual(child.received, [15, 9])
        self.assertIn("health check timed out after 15s; the last probe of /health met: ", self.cause_of(ready))
        self.assertEqual(self.states(), FAILED_START)

    def test_w01_a_probe_that_hangs_does_not_postpone_the_deadline(self) -> None:
        """Each probe has a deadline of its own, and the whole is ended by a timer."""
        self.make(timeout=15)
        self.world.answers = [...]
        ready = self.backend.ensure_ready()
        self.system.last.run()
        self.step(15.1)
        self.assertIn("health check timed out after 15s; the last probe of /health met: ", self.cause_of(ready))
        self.assertEqual(len(self.world.upstreams[0].probes), 3)

    def test_s09_only_200_is_ready(self) -> None:
        """503, 204 and 302 are not yet; probing begins as soon as the command runs (W-01)."""
        self.make()
        self.world.answers = [None, 503, 204, 302, 200]
        ready = self.backend.ensure_ready()
        self.system.last.run()
        self.assertEqual(len(self.world.upstreams[0].probes), 1)
        self.clock.pump([0.003] * 3)
        self.assertNoResult(ready)
        self.clock.pump([0.003])
        self.successResultOf(ready)
        self.assertEqual(self.world.upstreams[0].probes, ["/health"] * 5)
        self.successResultOf(self.backend.stop(1))

    def test_s10_none_means_ready_when_the_command_runs(self) -> None:
        """No probe at all; blanks around the word do not matter."""
        self.make(check_endpoint=" none ")
        ready = self.backend.ensure_ready()
        self.assertNoResult(ready)
        self.system.last.run()
        self.successResultOf(ready)
        self.assertEqual(self.world.upstreams[0].probes, [])
        self.successResultOf(self.backend.stop(1))

    def test_s11_a_missing_executable_is_no_process(self) -> None:
        """The text names the command; nothing is spawned."""
        self.make(cmd="no-such-server --port 1")
        self.assertIn("failed to start command 'no-such-server --port 1'", self.cause_of(self.backend.ensure_ready()))
        self.assertEqual(self.system.children, [])
        self.assertEqual(self.states(), FAILED_START)

    def test_s11_a_command_that_cannot_be_run_says_why(self) -> None:
        """What the launcher reports is the reason, and not its exit code."""
        self.make()
        ready = self.backend.ensure_ready()
        self.system.last.refuse(b"Exec format error")
        self.assertEqual(
            self.cause_of(ready), f"failed to start command '{sys.executable} -m server': Exec format error"
        )

    def test_no_more_processes(self) -> None:
        """A spawn that the system refuses fails the start and leaves the model startable."""
        self.make()
        self.system.full = True
        self.assertIn("temporarily unavailable", self.cause_of(self.backend.ensure_ready()))
        self.system.full = False
        self.make_ready()
        self.successResultOf(self.backend.stop(1))

    def test_preconditions_have_their_texts(self) -> None:
        """No proxy, no command, no URL: each fails the start with its own words (section 2.3)."""
        for key, value, text in (
            ("proxy", "", "upstream proxy missing"),
            ("cmd", "# nothing", "unable to get sanitized command: empty command"),
            ("proxy", "localhost:1", "invalid proxy URL 'localhost:1'"),
            (
                "proxy",
                "ftp://user:secret@h",
                "invalid proxy URL 'ftp://(not shown)@h': expected http:// or https:// in 'ftp://(not",
            ),
        ):
            settings: dict[str, Any] = {key: value}
            self.make(**settings)
            self.assertIn(text, self.cause_of(self.backend.ensure_ready()))
            self.assertEqual(self.states(), FAILED_START)

    def test_s12_the_probe_goes_below_the_base_path(self) -> None:
        """The upstream is made for the URL with its base, and asked for the endpoint."""
        self.make(proxy="http://127.0.0.1:9/base", check_endpoint="/health")
        self.make_ready()
        self.assertEqual(self.world.upstreams[0].origin.target(b"/health"), b"/base/health")
        self.successResultOf(self.backend.stop(1))

    def test_w02_a_good_answer_of_somebody_else_is_not_readiness(self) -> None:
        """The child is dead although its port answers 200: the start fails."""
        self.make()
        ready = self.backend.ensure_ready()
        child = self.system.last
        self.system.table.remove(child)  # a zombie, not reaped yet
        child.run()
        self.assertNoResult(ready)
        self.system.table.append(child)
        child.exit(1)
        self.assertIn("upstream command exited prematurely (", self.cause_of(ready))

    def test_s24_three_lives(self) -> None:
        """A backend can be started and stopped again and again; each start has its own upstream."""
        self.make()
        for _ in range(3):
            self.make_ready()
            self.successResultOf(self.backend.stop(1))
        self.assertEqual(self.states(), (START + STOP) * 3)
        self.assertEqual([upstream.closed for upstream in self.world.upstreams], [True] * 3)

    def test_every_start_has_its_own_mark(self) -> None:
        """Two starts cannot be taken for each other, and both carry this server's name."""
        self.make(env=("LLAMASWAP_MARK=forged", "A=2"))
        for _ in range(2):
            self.make_ready()
            self.successResultOf(self.backend.stop(1))
        marks = [child.environ["LLAMASWAP_MARK"] for child in self.system.children]
        self.assertEqual(marks, [f"{self.world.host.journal.name}.{number}" for number in (1, 2)])
        self.assertEqual(self.system.last.environ["A"], "2")


class StopTests(LocalCase):
    """To stopped, from wherever."""

    def test_s04_stopping_what_does_not_run_is_done_at_once(self) -> None:
        """Before any start and twice after one; no events."""
        self.make()
        self.successResultOf(self.backend.stop(1))
        self.assertEqual(self.states(), [])
        self.make_ready()
        self.successResultOf(self.backend.stop(1))
        self.successResultOf(self.backend.stop(1))
        self.assertEqual(self.states(), START + STOP)

    def test_s05_a_stop_aborts_the_start(self) -> None:
        """The starter gets "aborted", the stop ends when the child is dead, and nobody saw *stopping*."""
        self.make()
        self.world.answers = [...]
        self.system.deaf = True
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        stopped = self.backend.stop(100)
        self.step(4.9)
        self.assertNoResult(stopped)
        self.assertIs(self.backend.state, State.STARTING)
        self.step(0.2)
        self.successResultOf(stopped)
        self.assertEqual(self.cause_of(ready), "aborted")
        self.assertEqual(child.received, [15, 9])
        self.assertEqual(self.states(), FAILED_START)

    def test_a_stop_before_there_is_a_process(self) -> None:
        """While the port is still being looked at, a stop ends the start, and nothing is spawned afterwards."""
        self.make(slow_threads=True)
        ready = self.backend.ensure_ready()
        self.successResultOf(self.backend.stop(1))
        self.assertEqual(self.cause_of(ready), "aborted")
        self.world.run_threads()
        self.assertEqual(self.system.children, [])

    def test_a_stop_while_the_launcher_still_runs(self) -> None:
        """There is no group yet: the launcher alone is signalled."""
        self.make()
        ready = self.backend.ensure_ready()
        stopped = self.backend.stop(1)
        self.assertEqual(self.system.last.received, [15])
        self.system.last.protocol.childConnectionLost(3)
        self.successResultOf(stopped)
        self.assertEqual(self.cause_of(ready), "aborted")

    def test_a_joiner_outlives_the_abort(self) -> None:
        """Who came during the start that was aborted gets a start of its own."""
        self.make()
        self.world.answers = [...]
        starter = self.backend.ensure_ready()
        joiner = self.backend.ensure_ready()
        self.system.last.run()
        self.world.answers = [200]
        stopped = self.backend.stop(1)
        self.successResultOf(stopped)
        self.assertEqual(self.cause_of(starter), "aborted")
        self.assertNoResult(joiner)
        self.system.last.run()
        self.successResultOf(joiner)
        self.successResultOf(self.backend.stop(1))

    def test_s14_a_deaf_child_is_killed_after_the_grace(self) -> None:
        """Two seconds, then SIGKILL to the whole group."""
        self.make()
        child = self.make_ready()
        child.deaf = True
        stopped = self.backend.stop(2)
        self.step(1.95)
        self.assertNoResult(stopped)
        self.step(0.1)
        self.successResultOf(stopped)
        self.assertEqual(child.received, [15, 9])
        self.assertIs(self.backend.state, State.STOPPED)

    def test_s15_a_slow_but_willing_child_gets_its_grace(self) -> None:
        """Nothing but the grace limits it: not the time for draining its output either."""
        self.make()
        child = self.make_ready()
        child.deaf = True
        stopped = self.backend.stop(60)
        self.step(DRAIN_LIMIT + 20)
        self.assertNoResult(stopped)
        child.exit(0)
        self.successResultOf(stopped)
        self.assertEqual(child.received, [15])

    def test_s16_the_group_gets_the_signal(self) -> None:
        """A wrapper's server dies with it, and the stop ends at once."""
        self.make()
        server = self.make_ready().fork()
        self.successResultOf(self.backend.stop(10))
        self.assertEqual((server.alive, server.received), (False, [15]))

    def test_s17_w11_a_deaf_descendant_is_awaited_and_then_killed(self) -> None:
        """The wrapper's exit does not end the stop: what it left has the grace, then SIGKILL."""
        self.make()
        child = self.make_ready()
        deaf = child.fork(deaf=True)
        stopped = self.backend.stop(2)
        self.assertFalse(child.alive)
        self.step(1.9)
        self.assertNoResult(stopped)
        self.assertEqual(deaf.received, [15])
        self.step(0.2)
        self.successResultOf(stopped)
        self.assertEqual(deaf.received, [15, 9])

    def test_w11_a_descendant_in_another_session_is_asked_and_then_killed(self) -> None:
        """The group's signal does not reach it, its mark gives it away."""
        self.make()
        child = self.make_ready()
        away = child.fork(session=True, deaf=True)
        stopped = self.backend.stop(2)
        self.assertEqual(away.received, [15])
        self.step(2.1)
        self.successResultOf(stopped)
        self.assertEqual(away.received, [15, 9])

    def test_a_stranger_is_never_signalled(self) -> None:
        """Neither in our session nor carrying our mark: not ours, and not waited for."""
        self.make()
        child = self.make_ready()
        stranger = child.fork(session=True, marked=False, deaf=True)
        self.successResultOf(self.backend.stop(2))
        self.assertEqual((stranger.alive, stranger.received), (True, []))

    def test_what_survives_sigkill_does_not_hold_us_up_for_ever(self) -> None:
        """A descendant in the kernel's hands is named in the log after a while, and the model is stopped."""
        self.make()
        undead = self.make_ready().fork(deaf=True)
        undead.die = lambda number: None  # type: ignore[method-assign]
        stopped = self.backend.stop(1)
        self.step(1 + GIVE_UP - 0.5)
        self.assertNoResult(stopped)
        self.step(1)
        self.successResultOf(stopped)

    def test_looks_that_fail_are_done_again(self) -> None:
        """Without a free descriptor nothing is known: the stop goes on when there is one, and nobody survives it."""
        self.make()
        away = self.make_ready().fork(session=True, deaf=True)
        self.system.blind = True
        with capturedLogs() as events:
            stopped = self.backend.stop(1)
            self.step(GIVE_UP + 2)
            self.backend.kill()
        self.assertNoResult(stopped)
        said = [event["log_format"] for event in events]
        self.assertEqual(said, ["{model}: cannot look for what it left: {error}"])
        self.system.blind = False
        self.step(1)
        self.successResultOf(stopped)
        self.assertEqual(away.received, [9])

    def test_a_start_that_cannot_be_looked_at_is_not_ready(self) -> None:
        """Whether its own server has answered is not known (W-02): the next probe will tell."""
        self.make()
        self.system.blind = True
        ready = self.backend.ensure_ready()
        self.system.last.run()
        self.assertNoResult(ready)
        self.system.blind = False
        self.step(0.1)
        self.successResultOf(ready)
        self.successResultOf(self.backend.stop(1))

    def test_a_second_stop_keeps_the_first_ones_grace(self) -> None:
        """The wait is for the stop in progress."""
        self.make()
        self.make_ready().deaf = True
        first, second = self.backend.stop(2), self.backend.stop(100)
        self.step(2.1)
        self.successResultOf(first)
        self.successResultOf(second)

    def test_s20_a_request_during_the_stop_gets_a_new_child(self) -> None:
        """It waits until the old one is gone; the stop's caller is answered too (#946)."""
        self.make()
        self.make_ready().deaf = True
        stopped = self.backend.stop(2)
        ready = self.backend.ensure_ready()
        self.assertEqual(len(self.system.children), 1)
        self.step(2.1)
        self.successResultOf(stopped)
        self.system.last.run()
        self.successResultOf(ready)
        self.assertEqual(len(self.system.children), 2)
        self.successResultOf(self.backend.stop(1))

    def test_s21_starts_and_stops_at_once(self) -> None:
        """Ten rounds: every call returns, no child is left."""
        self.make()
        for _ in range(10):
            ready, stopped = self.backend.ensure_ready(), self.backend.stop(1)
            self.system.last.protocol.childConnectionLost(3)
            self.successResultOf(stopped)
            self.assertEqual(self.cause_of(ready), "aborted")
        self.assertEqual(self.system.table, [])


class StopCommandTests(LocalCase):
    """`cmdStop` instead of SIGTERM."""

    def test_s18_it_runs_with_the_pid_and_the_childs_environment(self) -> None:
        """The child gets no signal from us; ending it is the command's business."""
        self.make(cmd_stop=f"{sys.executable} -c stop ${{PID}}", env=("A=2",))
        child = self.make_ready()
        child.deaf = True
        stopped = self.backend.stop(10)
        helper = self.system.last.run()
        self.assertEqual(helper.command, [sys.executable, "-c", "stop", str(child.seen.pid)])
        self.assertEqual(helper.environ, child.environ)
        child.exit(0)
        helper.exit(0)
        self.step(1)
        self.successResultOf(stopped)
        self.assertEqual(child.received, [])

    def test_s19_one_that_never_ends_is_killed_with_the_rest(self) -> None:
        """After the grace both are gone."""
        self.make(cmd_stop=f"{sys.executable} -c sleep")
        child = self.make_ready()
        child.deaf = True
        stopped = self.backend.stop(2)
        helper = self.system.last.run()
        self.step(1.9)
        self.assertNoResult(stopped)
        self.step(0.2)
        self.successResultOf(stopped)
        self.assertEqual((child.received, helper.received), ([9], [9]))

    def test_w14_a_failure_falls_back_to_sigterm(self) -> None:
        """And is told in the model's own output, beside what the command wrote."""
        self.make(cmd_stop=f"{sys.executable} -c fail")
        child = self.make_ready()
        stopped = self.backend.stop(10)
        helper = self.system.last.run()
        helper.say(b"no such container\n")
        helper.exit(3)
        self.successResultOf(stopped)
        self.assertEqual(child.received, [15])
        said = [line for line in self.said if line]
        self.assertEqual(said, [b"no such container\n", b"[ERROR] stop command failed: exit code 3\n"])

    def test_w14_one_that_cannot_be_started_falls_back_too(self) -> None:
        """A missing helper does not cost the whole grace."""
        self.make(cmd_stop="no-such-helper ${PID}")
        child = self.make_ready()
        self.successResultOf(self.backend.stop(10))
        self.assertEqual(child.received, [15])
        self.assertIn(b"failed to start command 'no-such-helper", self.said[0])

    def test_one_that_was_slow_to_start_is_not_started_after_the_grace(self) -> None:
        """A forced end leaves nothing behind that would start later."""
        self.make(cmd_stop=f"{sys.executable} -c stop", slow_threads=True)
        ready = self.backend.ensure_ready()
        self.world.run_threads()
        self.system.last.run()
        self.successResultOf(ready)
        self.backend.kill()
        self.world.run_threads()
        self.assertEqual(len(self.system.children), 1)
        self.assertEqual(self.system.table, [])

    def test_an_empty_one_is_sigterm(self) -> None:
        """Comments only: the group is signalled."""
        self.make(cmd_stop="# nothing")
        child = self.make_ready()
        self.successResultOf(self.backend.stop(10))
        self.assertEqual(child.received, [15])


class AdaptTests(LocalCase):
    """Another entry for a model that is launched alike (lifecycle section 12)."""

    def adapt(self, **settings: Any) -> None:
        form = self.backend.form
        self.backend.adapt(replace(form, **settings))
        self.assertEqual(self.backend.form, replace(form, **settings))

    def test_a_running_process_is_not_touched(self) -> None:
        """Nothing starts, stops or is told."""
        self.make()
        child = self.make_ready()
        upstream = self.backend.upstream
        self.adapt(unload_timeout=3, name="other")
        self.assertIs(self.backend.upstream, upstream)
        self.assertEqual((child.received, self.states()), ([], START))
        self.successResultOf(self.backend.stop(1))

    def test_the_stop_command_is_the_newest(self) -> None:
        """`cmdStop` is read when the model is to stop."""
        self.make(cmd_stop=f"{sys.executable} -c old")
        server = self.make_ready()
        self.adapt(cmd_stop=f"{sys.executable} -c new")
        stopped = self.backend.stop(5)
        self.assertEqual(self.system.last.command, [sys.executable, "-c", "new"])
        self.system.last.run().exit()
        server.exit()
        self.step(1)
        self.successResultOf(stopped)

    def test_while_it_starts(self) -> None:
        """A start under way goes on."""
        self.make(slow_threads=True)
        ready = self.backend.ensure_ready()
        self.adapt(cmd_stop="x")
        self.world.run_threads()
        self.system.last.run()
        self.successResultOf(ready)
        self.adapt(cmd_stop="")
        stopped = self.backend.stop(1)
        self.world.run_threads()
        self.successResultOf(stopped)

    def test_health_check_timeout(self) -> None:
        """A start has the time that was allowed when it began; the next one what is allowed then."""
        self.make(timeout=15)
        self.world.answers = [503]
        for seconds in (15, 30):
            ready = self.backend.ensure_ready()
            self.system.last.run()
            self.world.health_check_timeout = 30
            self.step(seconds - 0.1, 1000)
            self.assertNoResult(ready)
            self.step(0.2)
            self.assertIn(f"health check timed out after {seconds}s", self.cause_of(ready))


class ExitTests(LocalCase):
    """Ends that nobody asked for."""

    def test_s13_a_crash_is_stopped_without_stopping(self) -> None:
        """With a reason, after the upstream is closed; the next request starts a new child."""
        self.make()
        seen: list[object] = []
        self.world.notices.subscribe(ModelChanged, lambda notice: seen.append(self.backend.upstream))
        self.make_ready().receive(9)
        self.assertEqual(self.states(), [*START, ("ready", "stopped")])
        self.assertEqual(self.world.reasons[-1], "upstream process exited unexpectedly")
        self.assertIsNone(seen[-1])
        self.assertTrue(self.world.upstreams[0].closed)
        self.make_ready()
        self.assertEqual(len(self.system.children), 2)
        self.successResultOf(self.backend.stop(1))

    def test_w12_what_a_crash_leaves_is_killed_before_the_next_start(self) -> None:
        """A start waits until port and memory are free again; so does a stop."""
        self.make(slow_threads=True)
        ready = self.backend.ensure_ready()
        self.world.run_threads()
        child = self.system.last.run()
        self.successResultOf(ready)
        orphan = child.fork(deaf=True)
        child.receive(9)
        self.assertIs(self.backend.state, State.STOPPED)
        ready, stopped = self.backend.ensure_ready(), self.backend.stop(1)
        self.world.run_threads()
        self.assertFalse(orphan.alive)
        self.assertNoResult(stopped)
        self.step(0.1)
        self.world.run_threads()  # nothing is left
        self.successResultOf(stopped)
        self.world.run_threads()  # the port is free
        self.system.last.run()
        self.successResultOf(ready)
        self.assertEqual(orphan.received, [9])
        self.successResultOf(self.stop_now())

    def stop_now(self) -> Deferred[None]:
        stopped = self.backend.stop(1)
        self.world.run_threads()
        return stopped

    def test_w12_a_launcher_that_forks_and_exits_is_a_failed_start(self) -> None:
        """And its descendant is killed, in whatever session."""
        self.make()
        self.world.answers = [None]
        ready = self.backend.ensure_ready()
        child = self.system.last.run()
        server, away = child.fork(), child.fork(session=True)
        child.exit(0)
        self.step(0.1)
        self.assertIn("upstream command exited prematurely (", self.cause_of(ready))
        self.assertEqual((server.alive, away.alive), (False, False))

    def test_output_is_read_on_after_the_exit_but_not_for_ever(self) -> None:
        """A stranger that holds the pipe delays nothing, and loses it after the drain limit."""
        self.make()
        child = self.make_ready()
        child.output_held = True
        self.successResultOf(self.backend.stop(1))
        child.say(b"last words")
        self.assertEqual(self.said, [b"last words"])
        self.step(DRAIN_LIMIT + 0.1)
        self.assertEqual(child.transport.closed, [1])


class CloseTests(LocalCase):
    """The end of all."""

    def test_s06_a_teardown_releases_the_starter_at_once(self) -> None:
        """It fails with "shutdown"; the state is visible before the child is gone; nothing starts any more."""
        self.make(timeout=60)
        self.world.answers = [...]
        self.system.deaf = True
        ready = self.backend.ensure_ready()
        self.system.last.run()
        closed = self.backend.close(30)
        self.assertEqual(str(self.failureResultOf(ready, ShuttingDown).value), "unspecific error: [m] shutdown")
        self.assertIs(self.backend.state, State.SHUTDOWN)
        self.assertNoResult(closed)
        self.step(5.1)
        self.successResultOf(closed)
        self.failureResultOf(self.backend.ensure_ready(), ShuttingDown)
        self.assertEqual(self.states(), [("stopped", "starting"), ("starting", "shutdown")])

    def test_closing_what_does_not_run(self) -> None:
        """Done at once, and only once told."""
        self.make()
        self.successResultOf(self.backend.close(1))
        self.successResultOf(self.backend.close(1))
        self.successResultOf(self.backend.stop(1))
        self.assertEqual(self.states(), [("stopped", "shutdown")])

    def test_closing_a_ready_model(self) -> None:
        """Polite first, for the grace that is left."""
        self.make()
        child = self.make_ready()
        child.deaf = True
        closed = self.backend.close(1)
        self.step(1.1)
        self.successResultOf(closed)
        self.assertEqual(child.received, [15, 9])

    def test_closing_shortens_a_stop_under_way(self) -> None:
        """The server's end does not wait for a long `unloadTimeout`."""
        self.make()
        self.make_ready().deaf = True
        stopped, closed = self.backend.stop(60), self.backend.close(1)
        self.step(1.1)
        self.successResultOf(stopped)
        self.successResultOf(closed)

    def test_a_forced_exit_kills_everything_at_once(self) -> None:
        """No politeness, no timer: the session, the marked, whatever the state."""
        self.make()
        child = self.make_ready()
        away = child.fork(session=True, deaf=True)
        self.backend.kill()
        self.assertEqual((child.received, away.received), ([9], [9]))
        self.assertEqual(self.system.table, [])
        self.step(0.1)
        self.assertIs(self.backend.state, State.SHUTDOWN)

    def test_a_forced_exit_during_a_start(self) -> None:
        """Before there is a process: none is made afterwards."""
        self.make(slow_threads=True)
        ready = self.backend.ensure_ready()
        self.backend.kill()
        self.world.run_threads()
        self.failureResultOf(ready, ShuttingDown)
        self.assertEqual(self.system.children, [])
