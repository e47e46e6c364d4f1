"""The order of a graceful end, on a fake clock."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.shutdown import Shutdown


class FakeHouse:
    """Writes down what is done to it; the test says when answers and models end."""

    def __init__(self) -> None:
        self.patience = 12.0
        self.did: list[str] = []
        self.answers: Deferred[None] = Deferred()
        self.models: Deferred[None] = Deferred()
        self.written: Deferred[None] = succeed(None)

    def stop_accepting(self) -> None:
        self.did.append("stop accepting")

    def refuse_waiting(self) -> None:
        self.did.append("refuse")

    def end_feeds(self) -> None:
        self.did.append("end feeds")

    def drained(self) -> Deferred[None]:
        self.did.append("drain")
        return self.answers

    def cut(self) -> None:
        self.did.append("cut")

    def stop_models(self, grace: float) -> Deferred[None]:
        self.did.append(f"stop models within {grace:g}")
        return self.models

    def kill_models(self) -> None:
        self.did.append("kill")

    def close(self) -> Deferred[None]:
        self.did.append("close")
        return self.written


BEFORE = ["stop accepting", "refuse", "end feeds", "drain"]


class ShutdownTests(SynchronousTestCase):
    """With models that may take twelve seconds to stop, so that ten of the thirty are kept for them."""

    def setUp(self) -> None:
        self.house = FakeHouse()
        self.clock = Clock()
        self.shutdown = Shutdown(self.house, self.clock)

    def test_s101_running_answers_finish_first(self) -> None:
        """S-101: models are stopped only when the running answers are complete; feeds and waiters delay nothing."""
        ended = self.shutdown.begin()
        self.clock.advance(3)
        self.assertEqual(self.house.did, BEFORE)
        self.house.answers.callback(None)
        self.assertEqual(self.house.did, [*BEFORE, "cut", "stop models within 12"])
        self.assertNoResult(ended)
        self.house.models.callback(None)
        self.assertEqual(self.house.did[-1], "close")
        self.successResultOf(ended)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_s102_long_answers_are_cut(self) -> None:
        """S-102: an answer that does not end in time is cut, and the models keep their reserve."""
        self.shutdown.begin()
        self.clock.advance(19.9)
        self.assertEqual(self.house.did, BEFORE)
        self.clock.advance(0.1)
        self.assertEqual(self.house.did, [*BEFORE, "cut", "stop models within 10"])

    def test_begun_twice(self) -> None:
        """A second call waits for the end of the first, one after it is answered at once, and nothing is done twice."""
        first, second = self.shutdown.begin(), self.shutdown.begin()
        self.house.answers.callback(None)
        self.house.models.callback(None)
        self.successResultOf(first)
        self.successResultOf(second)
        self.successResultOf(self.shutdown.begin())
        self.assertEqual(self.house.did.count("cut"), 1)

    def test_forced_while_answers_run(self) -> None:
        """W-25: force kills the models and gives up the answers in the same instant."""
        ended = self.shutdown.begin()
        self.shutdown.force()
        self.assertEqual(self.house.did, [*BEFORE, "kill", "cut", "stop models within 12"])
        self.house.models.callback(None)
        self.successResultOf(ended)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_forced_before_it_begins(self) -> None:
        """An end that begins after a kill waits for no answer."""
        self.shutdown.force()
        self.shutdown.begin()
        self.assertEqual(self.house.did, ["kill", *BEFORE[:3], "cut", "stop models within 12"])

    def test_a_failing_step_stops_the_models_all_the_same(self) -> None:
        """Whatever breaks while answers are waited for, the models are stopped, and the failure is logged."""
        ended = self.shutdown.begin()
        self.house.answers.errback(ZeroDivisionError())
        self.house.models.callback(None)
        self.assertEqual(self.house.did[-3:], ["cut", "stop models within 12", "close"])
        self.successResultOf(ended)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_nothing_to_stop(self) -> None:
        """Where no model needs time to stop, the answers have all of it."""
        self.house.patience = 0.0
        self.shutdown.begin()
        self.clock.advance(29.9)
        self.assertEqual(self.house.did, BEFORE)
        self.clock.advance(0.1)
        self.assertEqual(self.house.did[-1], "stop models within 0")
