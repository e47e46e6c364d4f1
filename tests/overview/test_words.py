"""The picture of the scheduler in JSON."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.overview import words
from llamaswap.overview.records import Failure


class FailureTests(SynchronousTestCase):
    FAILURE = Failure(1.0, "out of memory, for it said `the prompt was: my diary`; it died", 1, ("my diary",))

    def test_with_lines_of_the_log(self) -> None:
        told = words.failure(self.FAILURE, lines=True)
        self.assertEqual(told, {"when": 1.0, "why": self.FAILURE.why, "exit_code": 1, "lines": ["my diary"]})

    def test_without(self) -> None:
        """Nor is one quoted."""
        told = words.failure(self.FAILURE, lines=False)
        why = "out of memory, for its log says so; it died"
        self.assertEqual(told, {"when": 1.0, "why": why, "exit_code": 1, "lines": []})
