"""Since when, and what a load has failed of."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State, Swapped
from llamaswap.overview.records import Failure, Records

A, B = ModelId("a"), ModelId("b")


class RecordsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.records = Records()

    def change(self, old: State, new: State, when: float, reason: str = "", code: int | None = None) -> None:
        said = ("one", "two") if code is not None else ()
        self.records.changed(ModelChanged(A, old, new, when, reason, code, said))

    def swapped(self, outcome: str, when: float, error: str, *, start: float = 1.0) -> None:
        self.records.swapped(Swapped(A, (), "", outcome, {"start": start}, when, "request", error))

    def test_j18_until_it_is_ready(self) -> None:
        """Exit code and lines stay, also while it is tried again."""
        self.change(State.STARTING, State.STOPPED, 5.0, "exited", 1)
        failure = Failure(5.0, "exited", 1, ("one", "two"))
        self.assertEqual((self.records.failures, self.records.since), ({A: failure}, {A: 5.0}))
        self.change(State.STOPPED, State.STARTING, 6.0)
        self.assertEqual(self.records.failures, {A: failure})
        self.change(State.STARTING, State.READY, 7.0)
        self.assertEqual((self.records.failures, self.records.since), ({}, {A: 7.0}))

    def test_asked_for(self) -> None:
        """A load that was given up, or a model that was stopped, has not failed."""
        self.change(State.STARTING, State.STOPPED, 5.0)
        self.swapped("abandoned", 5.0, "aborted")
        self.assertEqual(self.records.failures, {})

    def test_what_the_scheduler_says_of_it(self) -> None:
        """Is the last word; the process's own stay."""
        self.change(State.STARTING, State.STOPPED, 5.0, "exited", 1)
        self.swapped("out_of_memory", 5.0, "exited; tried again")
        self.assertEqual(self.records.failures[A], Failure(5.0, "exited; tried again", 1, ("one", "two")))

    def test_no_process_has_ended(self) -> None:
        """Then that is all, and an older failure is over."""
        self.change(State.STARTING, State.STOPPED, 5.0, "exited", 1)
        self.swapped("failed", 9.0, "a hook refused", start=2.0)
        self.assertEqual(self.records.failures[A], Failure(9.0, "a hook refused"))

    def test_gone(self) -> None:
        """Models that are configured no more are forgotten."""
        self.change(State.READY, State.STOPPED, 5.0, "died", 1)
        self.records.keep_known([B])
        self.assertEqual((self.records.failures, self.records.since), ({}, {}))
