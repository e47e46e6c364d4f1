"""Starts that wait for the memory of those that were stopped, on a clock and gauges in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from twisted.internet.defer import CancelledError, Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.interface import Attendant
from llamaswap.backends.memory import Gauges, MemorySettle
from llamaswap.backends.settling import Device, Look
from llamaswap.config.schema import Model
from llamaswap.ids import ModelId
from llamaswap.wire.upstream import Upstream

T = TypeVar("T")
GIB = 1024**3


class FakeGauges:
    """Shows one GPU, and how much of it each process holds; `stuck` is what the driver has not given back."""

    def __init__(self) -> None:
        self.processes: dict[int, int] = {}
        self.stuck = 0
        self.system: dict[int, int] = {}
        self.free = 50 * GIB
        self.looks = 0
        self.opened = 0

    def open(self) -> None:
        self.opened += 1

    def look(self) -> Look:
        self.looks += 1
        used = GIB + self.stuck + sum(self.processes.values())
        return Look([Device("GPU 0", used, dict(self.processes))], self.free)

    def members(self, leader: int, among: Iterable[int]) -> set[int]:
        return {leader} & set(among)

    def private(self, leader: int) -> int:
        return self.system.get(leader, 0)


class MemoryCase(SynchronousTestCase):
    """Models a, b and c with the processes 1, 2 and 3."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.gauges = FakeGauges()
        self.settle = 5.0
        self.hangs = False
        self.hanging: list[Deferred[Any]] = []
        """What is at work in threads and does not come back."""
        gauges: Gauges = self.gauges
        pids = {"a": 1, "b": 2, "c": 3}
        self.memory = MemorySettle(gauges, lambda model: pids.get(model), lambda: self.settle, self.thread, self.clock)
        self.attendant: Attendant = self.memory
        self.lines: list[str] = []

    def thread(self, work: Callable[[], T]) -> Deferred[T]:
        if self.hangs:
            self.hanging.append(Deferred())
            return self.hanging[-1]
        return execute(work)

    def model(self, name: str) -> Model:
        return Model(id=ModelId(name))

    def load(self, name: str) -> Deferred[None]:
        return Deferred.fromCoroutine(self.attendant.before_load(self.model(name), "load"))

    def leave(self, name: str) -> None:
        """The stop of a model begins."""
        self.successResultOf(Deferred.fromCoroutine(self.attendant.before_stop(self.model(name))))

    def gone(self, name: str) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.attendant.after_stop(self.model(name))))

    def evict(self, name: str, pid: int, *, stuck: int = 0) -> None:
        """A stop of a model whose process is on the GPU; the driver keeps `stuck` bytes of it."""
        self.leave(name)
        self.gauges.processes.pop(pid, None)
        self.gauges.stuck += stuck
        self.gone(name)

    def pass_time(self, seconds: float) -> None:
        with capturedLogs() as events:
            self.clock.pump([0.05] * round(seconds / 0.05))
        self.lines += [str(formatEvent(event)) for event in events]


class WaitTests(MemoryCase):
    """A start after a stop."""

    def test_w19_what_is_free_at_once_costs_one_look(self) -> None:
        """No pause, no timer, no word."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1)
        looks = self.gauges.looks
        with capturedLogs() as events:
            self.successResultOf(self.load("b"))
        self.assertEqual((self.gauges.looks - looks, self.clock.getDelayedCalls(), events), (1, [], []))
        self.successResultOf(self.load("c"))
        self.assertEqual(self.gauges.looks - looks, 1)

    def test_w19_a_driver_that_takes_its_time(self) -> None:
        """The start waits as long as the memory is not back, and the log says how long."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=20 * GIB)
        start = self.load("b")
        self.pass_time(1)
        self.assertNoResult(start)
        self.gauges.stuck = 0
        self.pass_time(0.2)
        self.successResultOf(start)
        (line,) = self.lines
        self.assertRegex(line, r"^b: waited 1\.\d s for memory of a$")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_w19_not_for_ever(self) -> None:
        """After `memory.settle` it starts, and the log says what is still held; the next one does not wait for that."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=15 * GIB)
        start = self.load("b")
        self.pass_time(4.8)
        self.assertNoResult(start)
        self.pass_time(0.4)
        self.successResultOf(start)
        self.assertEqual(
            self.lines,
            ["b starts although memory of a is not free after 5 s (memory.settle): 15360 MiB of GPU 0"],
        )
        self.successResultOf(self.load("c"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_w19_a_failure_for_want_of_what_was_not_free(self) -> None:
        """It is told, once; and the next start waits for the same memory anew."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=15 * GIB)
        start = self.load("b")
        self.pass_time(8)
        self.successResultOf(start)
        self.assertEqual((self.memory.unsettled(ModelId("c")), self.memory.unsettled(ModelId("b"))), (False, True))
        self.assertFalse(self.memory.unsettled(ModelId("b")))
        start = self.load("b")
        self.pass_time(3)
        self.assertNoResult(start)
        self.gauges.stuck = 0
        self.pass_time(0.2)
        self.successResultOf(start)
        self.assertFalse(self.memory.unsettled(ModelId("b")))

    def test_w19_a_failure_for_want_of_system_memory(self) -> None:
        """The start that was in vain does not count as one that takes memory; others do."""
        self.gauges.processes, self.gauges.system = {}, {1: 4 * GIB}
        self.evict("a", 1)
        start = self.load("b")
        self.pass_time(5.1)
        self.successResultOf(start)
        self.assertTrue(self.memory.unsettled(ModelId("b")))
        start = self.load("b")
        self.pass_time(0.3)
        self.assertNoResult(start)
        self.successResultOf(self.load("c"))
        self.pass_time(0.2)
        self.successResultOf(start)

    def test_loads_that_were_good(self) -> None:
        """A load that succeeds, or had nothing to wait for, is not told of."""
        self.successResultOf(self.load("b"))
        self.assertFalse(self.memory.unsettled(ModelId("b")))
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=15 * GIB)
        self.load("b")
        self.pass_time(5.1)
        ready = self.attendant.after_load(self.model("b"), cast(Upstream, None))
        self.successResultOf(Deferred.fromCoroutine(ready))
        self.assertFalse(self.memory.unsettled(ModelId("b")))

    def test_several(self) -> None:
        """The start waits for the last of them."""
        self.gauges.processes = {1: 20 * GIB, 2: 10 * GIB}
        for name in "ab":
            self.leave(name)
        self.gauges.processes = {1: 20 * GIB}
        for name in "ab":
            self.gone(name)
        start = self.load("c")
        self.pass_time(1)
        self.assertNoResult(start)
        self.gauges.processes = {}
        self.pass_time(0.2)
        self.successResultOf(start)
        self.assertIn("for memory of a, b", self.lines[0])

    def test_what_went_long_ago(self) -> None:
        """A stop that no start followed within the time is nobody's business."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=20 * GIB)
        self.clock.advance(5)
        self.successResultOf(self.load("b"))

    def test_cancelled(self) -> None:
        """At once, and no timer is left; the next start waits in its place."""
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=20 * GIB)
        for _ in range(2):
            start = self.load("b")
            self.pass_time(0.3)
            start.cancel()
            self.failureResultOf(start, CancelledError)
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_driver_that_hangs(self) -> None:
        """It holds up a stop for a second and a start for no longer than the time."""
        self.gauges.processes = {1: 20 * GIB}
        self.hangs = True
        leave = Deferred.fromCoroutine(self.attendant.before_stop(self.model("a")))
        self.pass_time(1.05)
        self.successResultOf(leave)
        self.assertIn("cannot be measured in time", self.lines[0])
        self.gone("a")
        self.successResultOf(self.load("b"))
        self.evict("a", 1)
        self.assertEqual((len(self.hanging), self.lines[-1]), (1, self.lines[0]))  # it gets no thread more
        self.hangs = False
        self.hanging.pop().callback(None)
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1)
        self.hangs = True
        start = self.load("c")
        self.pass_time(5.05)
        self.successResultOf(start)
        self.assertIn("it cannot be measured", self.lines[-1])


class SystemTests(MemoryCase):
    """Without a word from a driver."""

    def test_system_memory(self) -> None:
        """It is waited for in the same way."""
        self.gauges.system = {1: 4 * GIB}
        self.evict("a", 1)
        start = self.load("b")
        self.pass_time(0.3)
        self.assertNoResult(start)
        self.gauges.free += 4 * GIB
        self.pass_time(0.2)
        self.successResultOf(start)

    def test_others_that_load_meanwhile(self) -> None:
        """Then free memory says nothing about who has gone."""
        self.gauges.system = {1: 4 * GIB}
        self.leave("a")
        self.successResultOf(self.load("c"))
        self.gone("a")
        self.successResultOf(self.load("b"))

    def test_small_models(self) -> None:
        """They cost not even a look."""
        self.gauges.system = {1: 40 * 1024**2}
        self.evict("a", 1)
        looks = self.gauges.looks
        self.successResultOf(self.load("b"))
        self.assertEqual(self.gauges.looks, looks)


class QuietTests(MemoryCase):
    """When nothing is measured."""

    def test_switched_off(self) -> None:
        """`memory.settle: 0`."""
        self.settle = 0
        self.gauges.processes = {1: 20 * GIB}
        self.evict("a", 1, stuck=20 * GIB)
        self.successResultOf(self.load("b"))
        self.assertEqual((self.gauges.looks, self.gauges.opened), (0, 0))

    def test_a_model_without_a_process(self) -> None:
        """One that is not of this machine."""
        self.leave("elsewhere")
        self.assertEqual(self.gauges.looks, 0)

    def test_a_crash(self) -> None:
        """Nobody knows what it held."""
        self.gauges.stuck = 20 * GIB
        self.successResultOf(Deferred.fromCoroutine(self.attendant.after_unload(self.model("a"), "crash")))
        self.successResultOf(self.load("b"))

    def test_the_driver_is_opened_beside_the_first_start(self) -> None:
        """Once, and a start does not wait for it."""
        self.hangs = True
        self.successResultOf(self.load("a"))
        self.hangs = False
        self.successResultOf(self.load("b"))
        self.assertEqual(self.gauges.opened, 0)
