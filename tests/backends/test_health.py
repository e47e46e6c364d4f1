"""The probe loop, on a clock."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.health import LONGEST_PAUSE, PROBE_DEADLINE, SHORTEST_PAUSE, pause_after, wait_until_healthy
from llamaswap.errors import UpstreamFailed


class PauseTests(SynchronousTestCase):
    """How long until the next probe?"""

    def test_a_hundredth_of_the_time_waited(self) -> None:
        """So that a probe that just missed the moment costs one per cent, within bounds."""
        pauses = [pause_after(waited) for waited in (0.0, 0.1, 0.3, 1.0, 5.0, 10.0, 100.0)]
        self.assertEqual(pauses, [SHORTEST_PAUSE] * 2 + [0.003, 0.01, 0.05, LONGEST_PAUSE, LONGEST_PAUSE])


class LoopTests(SynchronousTestCase):
    """When is it healthy?"""

    def setUp(self) -> None:
        self.clock = Clock()
        self.probes: list[Deferred[int]] = []
        self.lives = True
        self.met: list[str] = []

    def wait(self) -> Deferred[None]:
        return Deferred.fromCoroutine(wait_until_healthy(self.probe, lambda: self.lives, self.clock, self.met.append))

    def probe(self) -> Deferred[int]:
        probe: Deferred[int] = Deferred()
        self.probes.append(probe)
        return probe

    def test_the_first_probe_is_immediate(self) -> None:
        """And one good answer is enough."""
        healthy = self.wait()
        self.probes[0].callback(200)
        self.successResultOf(healthy)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_only_200_counts(self) -> None:
        """Everything else, a refused connection included, is "not yet"."""
        healthy = self.wait()
        for status in (204, 302, 401, 503, 201):
            self.probes[-1].callback(status)
            self.clock.advance(1)
        self.probes[-1].errback(UpstreamFailed("refused"))
        self.assertNoResult(healthy)
        self.clock.advance(1)
        self.probes[-1].callback(200)
        self.successResultOf(healthy)

    def test_each_probe_has_a_deadline(self) -> None:
        """A server that accepts and never answers is asked again."""
        healthy = self.wait()
        self.clock.advance(PROBE_DEADLINE)
        self.clock.advance(LONGEST_PAUSE)
        self.assertEqual(len(self.probes), 2)
        self.probes[1].callback(200)
        self.successResultOf(healthy)
        self.assertEqual(self.met, ["no answer within 5s", "status 200"])

    def test_a_dead_process_is_never_healthy(self) -> None:
        """Its port may be another's by now."""
        self.lives = False
        healthy = self.wait()
        self.probes[0].callback(200)
        self.assertNoResult(healthy)
        healthy.cancel()
        self.failureResultOf(healthy, CancelledError)

    def test_cancelling_ends_the_probe_and_the_pause(self) -> None:
        """No timer and no connection are left."""
        healthy = self.wait()
        healthy.cancel()
        self.failureResultOf(healthy, CancelledError)
        self.assertTrue(self.probes[0].called)
        pausing = Deferred.fromCoroutine(
            wait_until_healthy(lambda: succeed(503), lambda: True, self.clock, self.met.append)
        )
        pausing.cancel()
        self.failureResultOf(pausing, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_other_errors_are_not_swallowed(self) -> None:
        """A mistake in the prober ends the start with its own words."""
        broken = Deferred.fromCoroutine(
            wait_until_healthy(lambda: fail(ValueError("bad")), lambda: True, self.clock, self.met.append)
        )
        self.failureResultOf(broken, ValueError)
