"""When samples are taken, what is kept of them, and what a driver that hangs does to that: nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Performance
from llamaswap.hardware.sampler import Sampler
from llamaswap.hardware.samples import GpuLook, Held, SystemSample
from llamaswap.ids import ModelId
from tests.support.machines import gpu, system

A = ModelId("a")
START = 1_700_000_000.1234567
ON, OFF = Performance(every=5.0), Performance(disabled=True)


class System:
    """A machine; `error` is raised by the next looks."""

    def __init__(self) -> None:
        self.opened = 0
        self.error: Exception | None = None

    def open(self) -> None:
        self.opened += 1

    def look(self, when: float) -> SystemSample:
        if self.error:
            raise self.error
        return system(when)


class Gpus:
    """Two cards."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.cards: tuple[int, ...] = (1, 0)
        self.leaders: list[Mapping[ModelId, int]] = []

    def open(self) -> None:
        self.opened += 1

    def look(self, when: float, leaders: Mapping[ModelId, int]) -> GpuLook:
        self.leaders.append(leaders)
        return GpuLook(
            [gpu(id, when) for id in self.cards], {model: Held({0: 1000 + pid}) for model, pid in leaders.items()}
        )

    def close(self) -> None:
        self.closed += 1


class SamplerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.system, self.gpus = System(), Gpus()
        self.hangs: list[tuple[Callable[[], Any], Deferred[Any]]] | None = None
        self.at_work = 0
        self.leaders = {A: 7}
        self.sampler = Sampler(
            lambda: self.system, lambda: self.gpus, lambda: self.leaders, in_thread=self.in_thread, clock=self.clock
        )

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Done at once; while `hangs` is a list, when the test says so."""
        self.at_work += 1
        result: Deferred[Any] = Deferred()
        if self.hangs is None:
            self.come_back(work, result)
        else:
            self.hangs.append((work, result))
        return result

    def come_back(self, work: Callable[[], Any], result: Deferred[Any]) -> None:
        self.at_work -= 1
        try:
            outcome = work()
        except Exception as error:
            result.errback(error)
        else:
            result.callback(outcome)

    def times(self) -> list[float]:
        """When samples were taken, in seconds from the start."""
        return [round(sample.when - START, 3) for sample in self.sampler.history().system]

    # -- when and what -------------------------------------------------------------------------------------------

    def test_the_first_comes_after_one_interval(self) -> None:
        """Shares are measured from the start; which source tells of the GPUs is found out by the first look."""
        self.sampler.configure(ON)
        self.assertEqual((self.system.opened, self.gpus.opened), (1, 0))
        self.assertIsNone(self.sampler.latest)
        self.clock.advance(4.9)
        self.assertEqual(self.times(), [])
        self.clock.advance(0.1)
        self.clock.pump([5, 5])
        self.assertEqual(self.times(), [5, 10, 15])
        self.assertEqual((self.system.opened, self.gpus.opened), (1, 1))

    def test_q15_all_cards_of_a_moment_are_one_snapshot(self) -> None:
        """Both rings hold an hour, however many cards there are."""
        self.sampler.configure(ON)
        self.clock.pump([5] * 730)
        kept = self.sampler.history()
        self.assertEqual((len(kept.system), len(kept.gpus)), (720, 1440))
        self.assertEqual(self.times()[0], 55)
        self.assertEqual([sample.id for sample in kept.gpus[:2]], [1, 0])
        self.assertEqual(kept.gpus[0].when, kept.system[0].when)

    def test_latest(self) -> None:
        """Cards in the order of their numbers; none when the last look found none."""
        self.sampler.configure(ON)
        self.clock.advance(5)
        latest = self.sampler.latest
        assert latest is not None
        self.assertEqual((list(latest.gpus), latest.system.when), ([0, 1], round(START + 5, 6)))
        self.assertEqual(self.sampler.model_memory, {A: 1007})
        self.assertEqual(self.gpus.leaders, [{A: 7}])
        self.gpus.cards, self.leaders = (), {}
        self.clock.advance(5)
        latest = self.sampler.latest
        assert latest is not None
        self.assertEqual((latest.gpus, self.sampler.model_memory), ({}, {}))
        self.assertEqual(len(self.sampler.history().gpus), 2)

    def test_after(self) -> None:
        """Strictly later."""
        self.sampler.configure(ON)
        self.clock.pump([5, 5, 5])
        second = self.sampler.history().system[1].when
        kept = self.sampler.history(second)
        self.assertEqual([sample.when for sample in kept.system], [round(START + 15, 6)])
        self.assertEqual(len(kept.gpus), 2)
        self.assertEqual(self.sampler.history(START + 15.2), ([], []))

    # -- other settings ------------------------------------------------------------------------------------------

    def test_off_from_the_start(self) -> None:
        """Nothing is looked at; a reload can switch it on."""
        self.sampler.configure(OFF)
        self.clock.advance(100)
        self.assertEqual((self.sampler.offered, self.system.opened, self.clock.getDelayedCalls()), (False, 0, []))
        self.sampler.configure(ON)
        self.assertTrue(self.sampler.offered)
        self.clock.advance(5)
        self.assertEqual(self.times(), [105])

    def test_switched_off(self) -> None:
        """The rings are empty, no timer is left; it is offered all the same. Then on again, measured from there."""
        self.sampler.configure(ON)
        self.clock.pump([5, 5])
        self.sampler.configure(OFF)
        self.assertEqual((self.sampler.history(), self.sampler.latest, self.sampler.model_memory), (([], []), None, {}))
        self.assertEqual((self.sampler.offered, self.clock.getDelayedCalls()), (True, []))
        self.sampler.configure(ON)
        self.assertEqual((self.system.opened, self.gpus.closed), (2, 1))
        self.clock.advance(5)
        self.assertEqual((self.times(), self.gpus.opened), ([15], 2))

    def test_another_interval_empties_the_rings(self) -> None:
        """The same interval changes nothing; the drivers are kept."""
        self.sampler.configure(ON)
        self.clock.pump([5, 5])
        self.sampler.configure(Performance(every=5.0))
        self.assertEqual(self.times(), [5, 10])
        self.sampler.configure(Performance(every=3600.0))
        self.assertEqual(self.times(), [])
        self.clock.pump([3600, 3600])
        self.assertEqual((self.times(), self.gpus.opened, self.gpus.closed), ([7210], 1, 0))

    def test_an_interval_longer_than_the_hour(self) -> None:
        """Keeps nothing, as floor(3600 / every) says, and does no harm."""
        self.sampler.configure(Performance(every=7200.0))
        self.clock.pump([7200, 7200])
        self.assertEqual(self.sampler.history(), ([], []))

    def test_stop(self) -> None:
        """No timer is left, and the drivers are let go of, once."""
        self.sampler.configure(ON)
        self.clock.advance(5)
        self.sampler.stop()
        self.sampler.stop()
        self.assertEqual((self.clock.getDelayedCalls(), self.gpus.closed), ([], 1))

    def test_stop_while_a_driver_hangs(self) -> None:
        """It is let go of as soon as it comes back, whatever it says then."""
        self.sampler.configure(ON)
        self.clock.advance(5)
        self.hangs = []
        self.clock.advance(5)
        held, self.hangs = self.hangs, None
        for each in held:  # the machine's, and then that of the GPUs, which hangs
            self.hangs = []
            self.come_back(*each)
        ((work, result),) = self.hangs or []
        self.hangs = None
        self.sampler.stop()
        self.assertEqual(self.gpus.closed, 0)
        self.come_back(work, result)
        self.assertEqual((self.gpus.closed, len(self.sampler.history().gpus), self.at_work), (1, 2, 0))

    # -- what goes wrong -----------------------------------------------------------------------------------------

    def test_a_look_that_fails(self) -> None:
        """Is a line in the log, once until it works again; the GPUs are looked at all the same."""
        self.sampler.configure(ON)
        with capturedLogs() as events:
            for error in (OSError("a disk"), OSError("a disk"), None, ValueError("odd")):
                self.system.error = error
                self.clock.advance(5)
        said = [formatEvent(event) for event in events]
        self.assertEqual(said, [f"figures of the machine cannot be had: {why}" for why in ("a disk", "odd")])
        self.assertEqual((self.times(), len(self.sampler.history().gpus)), ([15], 8))

    def test_a_driver_that_hangs(self) -> None:
        """The machine is looked at as ever, no threads pile up, and the log says so once."""
        self.sampler.configure(ON)
        self.clock.advance(5)
        self.hangs = []
        with capturedLogs() as events:
            for _ in range(5):
                self.clock.advance(5)
                for each in [each for each in self.hangs if not self.is_gpu(each[0])]:
                    self.hangs.remove(each)
                    self.come_back(*each)
                self.assertEqual(self.at_work, 1)
        self.assertEqual(self.times(), [5, 10, 15, 20, 25, 30])
        late = ["figures of the GPUs are late: no others until they have come"]
        self.assertEqual([formatEvent(event) for event in events], late)
        ((work, result),) = self.hangs
        self.hangs = None
        self.come_back(work, result)
        self.clock.advance(5)
        self.assertEqual([round(each.when - START) for each in self.sampler.history().gpus], [5, 5, 10, 10, 35, 35])

    def is_gpu(self, work: Callable[[], Any]) -> bool:
        return "gpus" in getattr(work, "func", work).__name__

    def test_what_comes_too_late(self) -> None:
        """After other settings, or the end, it counts for nothing; and until it has come nothing else is asked."""
        self.sampler.configure(ON)
        self.hangs = []
        self.clock.advance(5)
        self.sampler.configure(Performance(every=10.0))
        self.clock.advance(10)
        self.assertEqual([self.is_gpu(work) for work, _ in self.hangs], [False, True])
        held, self.hangs = self.hangs, None
        for work, result in held:
            self.come_back(work, result)
        self.assertEqual((self.times(), len(self.sampler.history().gpus)), ([], 2))
        self.clock.advance(10)
        self.assertEqual(self.times(), [25])
        self.hangs = []
        self.clock.advance(10)
        self.sampler.stop()
        for work, result in self.hangs:
            self.come_back(work, result)
        self.assertEqual((self.times(), self.clock.getDelayedCalls()), ([25], []))
