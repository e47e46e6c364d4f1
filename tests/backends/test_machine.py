"""The table of a model's life: no row is missing, and each step asks for the right thing."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.machine import ABANDONED_GRACE, Inputs, Machine
from llamaswap.notices import State


class RecordingBody:
    """Remembers what it was asked to do; its processes are gone when the test says so."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def enter(self, state: State, reason: str = "") -> None:
        self.did.append(state.value)

    def attempt(self, machine: Inputs) -> RecordingBody:
        self.did.append("attempt")
        return self

    def abandon(self) -> None:
        self.did.append("abandon")

    def end(self, machine: Inputs, grace: float) -> None:
        self.did.append(f"end {grace:g}")

    def serve(self) -> None:
        self.did.append("serve")

    def crash(self) -> None:
        self.did.append("crash")

    def disappoint(self, why: str) -> None:
        self.did.append(f"disappoint {why}")

    def rest(self, machine: Inputs) -> None:
        self.did.append("rest")

    def shut(self) -> None:
        self.did.append("shut")


Step = Callable[[Inputs], None]
START: Step = lambda machine: machine.start()  # noqa: E731
HEALTHY: Step = lambda machine: machine.healthy()  # noqa: E731
FAILED: Step = lambda machine: machine.failed("why")  # noqa: E731
EXITED: Step = lambda machine: machine.exited("early")  # noqa: E731
GONE: Step = lambda machine: machine.gone()  # noqa: E731
STOP: Step = lambda machine: machine.stop(9)  # noqa: E731
CLOSE: Step = lambda machine: machine.close(7)  # noqa: E731

PATHS: dict[str, tuple[Step, ...]] = {
    "stopped": (),
    "starting": (START,),
    "failing": (START, FAILED),
    "aborting": (START, STOP),
    "ready": (START, HEALTHY),
    "stopping": (START, HEALTHY, STOP),
    "clearing": (START, HEALTHY, EXITED),
    "closing": (CLOSE,),
    "shutdown": (CLOSE, GONE),
}


class TableTests(SynchronousTestCase):
    """Where each thing that can happen leads."""

    def walk(self, *steps: Step) -> list[str]:
        """What the last step made the body do."""
        body = RecordingBody()
        machine = Machine(body)
        for step in steps[:-1]:
            step(machine)
        body.did.clear()
        steps[-1](machine)
        return body.did

    def test_anybody_may_ask_for_anything_at_any_time(self) -> None:
        """Start, stop and close are rows of every state."""
        for path in PATHS.values():
            for wish in (START, STOP, CLOSE):
                self.walk(*path, wish)

    def test_a_running_process_may_exit_at_any_time(self) -> None:
        """Exit is a row of every state that may have a process, *gone* of every one that ends."""
        for name in ("starting", "failing", "aborting", "ready", "stopping", "closing"):
            self.walk(*PATHS[name], EXITED)
        for name in ("failing", "aborting", "stopping", "clearing", "closing"):
            self.walk(*PATHS[name], GONE)

    def test_the_ways_of_a_start(self) -> None:
        """Success, failure with a process still there, early exit, abort."""
        self.assertEqual(self.walk(START), ["attempt"])
        self.assertEqual(self.walk(START, HEALTHY), ["serve"])
        self.assertEqual(self.walk(START, FAILED), [f"end {ABANDONED_GRACE:g}"])
        self.assertEqual(self.walk(START, FAILED, GONE), ["disappoint why", "rest"])
        self.assertEqual(self.walk(START, EXITED), ["abandon"])
        self.assertEqual(self.walk(START, EXITED, GONE), ["disappoint early", "rest"])
        self.assertEqual(self.walk(START, STOP), ["abandon", f"end {ABANDONED_GRACE:g}"])
        self.assertEqual(self.walk(START, STOP, EXITED, GONE), ["disappoint aborted", "rest"])

    def test_the_ways_out_of_ready(self) -> None:
        """A stop is polite and takes its own grace; a crash is stopped at once."""
        self.assertEqual(self.walk(START, HEALTHY, STOP), ["stopping", "end 9"])
        self.assertEqual(self.walk(START, HEALTHY, STOP, EXITED, GONE), ["stopped", "rest"])
        self.assertEqual(self.walk(START, HEALTHY, EXITED), ["crash"])
        self.assertEqual(self.walk(START, HEALTHY, EXITED, GONE), ["rest"])

    def test_closing_shows_first_and_ends_then(self) -> None:
        """From everywhere; a start under way has no longer than an abandoned one."""
        for name in ("stopped", "failing", "aborting", "ready", "stopping", "clearing"):
            self.assertEqual(self.walk(*PATHS[name], CLOSE), ["shut", "end 7"])
        self.assertEqual(self.walk(START, CLOSE), ["abandon", "shut", f"end {ABANDONED_GRACE:g}"])
        self.assertEqual(self.walk(CLOSE, GONE), ["rest"])

    def test_shutdown_is_the_end(self) -> None:
        """Nothing leads out of it."""
        for wish in (START, STOP, CLOSE):
            self.assertEqual(self.walk(*PATHS["shutdown"], wish), [])
