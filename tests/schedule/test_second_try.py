"""A load that ended for want of memory is tried once more, after what is idle has made room (W-19)."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Matrix, Model
from llamaswap.errors import OutOfMemory, ShuttingDown, StartFailed, Unloaded
from llamaswap.ids import ModelId, TicketId
from llamaswap.notices import State
from llamaswap.schedule.events import EvictionPolicy, Running, Verdict
from llamaswap.schedule.eviction import make_policy
from tests.support.schedule import Driver, TablePolicy, edited, group, settings


def beside(models: str, table: dict[str, str] | None = None, **every: Any) -> Driver:
    """Models that run side by side, but for those in the table."""
    return Driver(settings(models, **every), TablePolicy(table))


class SecondTryTests(SynchronousTestCase):
    def short(self, driver: Driver, model: str = "a", *, unsettled: bool = False) -> None:
        error = OutOfMemory("no memory")
        error.unsettled = unsettled
        driver.end_swap(model, error)

    def test_idle_ones_go(self) -> None:
        """What is idle goes, although it could run beside the target; those that waited are served."""
        driver = beside("a b c")
        driver.run("b")
        driver.run("c")
        tickets = driver.arrivals("a a")
        self.short(driver)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b", "c")))
        self.assertEqual(driver.begun[-1].why, "second try, for want of memory; table")
        self.assertEqual(driver.refused, {})
        driver.end_swap("a")
        self.assertEqual(driver.granted[-2:], tickets)

    def test_busy_ones_stay(self) -> None:
        """Nobody who is being served, or waits, is disturbed."""
        driver = beside("a b c")
        driver.run("b")
        driver.arrive("c")
        driver.end_swap("c")
        driver.arrive("a")
        self.short(driver)
        self.assertEqual(driver.begun[-1].evict, ("b",))

    def test_what_an_older_one_needs_stays(self) -> None:
        """What an older overdue request waits to evict is left to it; the second try makes do with the others."""
        driver = beside("a w x y z", {"w": "x y"}, max_wait=10.0)
        driver.run("x")
        driver.run("z")
        driver.arrive("y")
        driver.end_swap("y")
        driver.arrivals("w a")
        driver.advance(10)
        self.short(driver)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("z",)))

    def test_nothing_to_evict(self) -> None:
        """Where nobody could go there is no second try."""
        driver = beside("a b")
        driver.arrive("b")
        driver.end_swap("b")
        a = driver.arrive("a")
        self.short(driver)
        self.assertEqual((driver.targets, driver.why(a)), (["b", "a"], "unspecific error: no memory"))

    def test_w19_memory_that_was_not_free_yet(self) -> None:
        """It is tried once more also where nobody could go: what it lacks may be on its way."""
        driver = beside("a b")
        driver.arrive("b")
        driver.end_swap("b")
        a = driver.arrive("a")
        self.short(driver, unsettled=True)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict, driver.refused), ("a", (), {}))
        self.short(driver, unsettled=True)
        self.assertEqual(driver.targets, ["b", "a", "a"])
        self.assertEqual(driver.why(a), "unspecific error: no memory; tried again")

    def test_memory_that_was_not_free_yet_and_idle_ones(self) -> None:
        """Who is idle goes as ever."""
        driver = beside("a b")
        driver.run("b")
        driver.arrive("a")
        self.short(driver, unsettled=True)
        self.assertEqual(driver.begun[-1].evict, ("b",))

    def test_memory_that_was_not_free_yet_and_nobody_waits(self) -> None:
        """Or nobody wants it: no second try."""
        driver = beside("a")
        driver.leave(driver.arrive("a"))
        self.short(driver, unsettled=True)
        self.assertEqual(driver.targets, ["a"])
        driver = Driver(edited(settings("a"), memory_retry=False), TablePolicy())
        a = driver.arrive("a")
        self.short(driver, unsettled=True)
        self.assertIn(a, driver.refused)

    def test_only_once(self) -> None:
        """The second failure is told to all who wait, with what was tried; it is the model's first."""
        driver = beside("a b")
        driver.run("b")
        early = driver.arrive("a")
        self.short(driver)
        late = driver.arrive("a")
        self.short(driver)
        wording = "unspecific error: no memory; tried again after evicting b"
        self.assertEqual((driver.why(early), driver.why(late)), (wording, wording))
        self.assertIsInstance(driver.refused[early], OutOfMemory)
        again = driver.arrive("a")
        self.assertNotIn(again, driver.refused)
        self.short(driver)
        self.assertIn("no memory; next attempt in 1 s", driver.why(driver.arrive("a")))

    def test_another_failure_the_second_time(self) -> None:
        """Whatever ends it, there is no third try."""
        driver = beside("a b")
        driver.run("b")
        a = driver.arrive("a")
        self.short(driver)
        driver.end_swap("a", StartFailed("exited"))
        self.assertEqual(driver.why(a), "unspecific error: exited; tried again after evicting b")

    def test_switched_off(self) -> None:
        """`memory.retry: false`, also by a reload."""
        before = settings("a b")
        driver = Driver(before, TablePolicy())
        driver.run("b")
        driver.reconfigure(edited(before, memory_retry=False), TablePolicy())
        a = driver.arrive("a")
        self.short(driver)
        self.assertIn(a, driver.refused)

    def test_other_failures(self) -> None:
        """Only want of memory is a reason."""
        driver = beside("a b")
        driver.run("b")
        a = driver.arrive("a")
        driver.end_swap("a", StartFailed("exited"))
        self.assertIn(a, driver.refused)

    def test_what_began_beside_the_first_try(self) -> None:
        """It is waited for, also by a request that was overdue: nothing held it back while that try lasted."""
        driver = beside("a b", {"a": "b"}, max_wait=3.0)
        a = driver.arrive("a")
        driver.advance(4)
        b = driver.arrive("b")
        self.assertEqual(driver.targets, ["a", "b"])
        self.short(driver, unsettled=True)
        self.assertEqual((len(driver.begun), driver.refused), (2, {}))
        driver.end_swap("b")
        driver.serve(b)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b",)))
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], a)

    def test_nobody_waits_any_more(self) -> None:
        """Without a request there is no second try, and the failure counts."""
        driver = beside("a b")
        driver.run("b")
        driver.leave(driver.arrive("a"))
        self.short(driver)
        self.assertEqual(driver.targets, ["b", "a"])

    def test_it_waits_for_its_turn(self) -> None:
        """A request of higher priority goes first; the second try follows, with those that joined."""
        driver, a, b = self.waiting_for_its_turn()
        joined = driver.arrive("a")
        self.assertEqual(driver.refused, {})
        driver.end_swap("b")
        driver.serve(b)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b", "c")))
        driver.end_swap("a")
        self.assertEqual(driver.granted[-2:], [a, joined])

    def waiting_for_its_turn(self) -> tuple[Driver, TicketId, TicketId]:
        """The request for a wants a second try, and that for b is in its way; c is idle."""
        driver = beside("a b c", {"a": "b", "b": "a"}, priorities={"b": 1})
        driver.run("c")
        a, b = driver.arrivals("a b")
        self.short(driver)
        self.assertEqual(driver.begun[-1].target, "b")
        return driver, a, b

    def test_who_could_have_gone_is_in_use(self) -> None:
        """By the time of its turn nobody can go: those that wait are told of the first failure, which counts."""
        driver, a, b = self.waiting_for_its_turn()
        driver.arrive("c")
        driver.end_swap("b", StartFailed("exited"))
        self.assertEqual((driver.why(a), driver.why(b)), ("unspecific error: no memory", "unspecific error: exited"))
        driver.arrive("a")
        self.short(driver)
        self.assertIn("next attempt", driver.why(driver.arrive("a")))

    def test_all_leave_before_its_turn(self) -> None:
        """The failure counts; the next request is a first try again."""
        driver, a, b = self.waiting_for_its_turn()
        driver.leave(a)
        driver.end_swap("b")
        driver.serve(b)
        driver.arrive("a")
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b",)))
        self.short(driver)
        self.assertEqual(driver.begun[-1].evict, ("c",))

    def test_given_up(self) -> None:
        """A second try that is given up leaves one failure behind."""
        driver = beside("a b c", {"b": "a"})
        driver.run("c")
        a = driver.arrive("a")
        self.short(driver)
        driver.leave(a)
        driver.arrive("b")
        self.assertEqual(len(driver.cancelled), 1)
        driver.end_swap("a", StartFailed("aborted"))
        driver.end_swap("b")
        driver.serve(driver.granted[-1])
        driver.arrive("a")
        self.short(driver)
        driver.end_swap("a", OutOfMemory("no memory"))
        self.assertIn("next attempt in 1 s", driver.why(driver.arrive("a")))

    def test_unload_and_close(self) -> None:
        """Whatever ends the wait ends the second try."""
        driver, a, _ = self.waiting_for_its_turn()
        driver.unload("a")
        self.assertIsInstance(driver.refused[a], Unloaded)
        driver, a, _ = self.waiting_for_its_turn()
        driver.close()
        self.assertIsInstance(driver.refused[a], ShuttingDown)

    def test_edited_before_its_turn(self) -> None:
        """A model that is to be started differently has its first try."""
        driver, _, b = self.waiting_for_its_turn()
        table = TablePolicy({"a": "b", "b": "a"})
        driver.reconfigure(edited(driver.settings, Model(id=ModelId("a"), cmd="new")), table)
        driver.end_swap("b")
        driver.serve(b)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b",)))

    def test_policy_that_spares_nobody(self) -> None:
        """A policy without `spare` has all that could run beside the target stay."""

        class Plain:
            def decide(self, target: ModelId, running: object, when: float) -> Verdict:
                return Verdict(())

        driver = Driver(settings("a b"), Plain())
        driver.run("b")
        a = driver.arrive("a")
        self.short(driver)
        self.assertIn(a, driver.refused)


def spared(policy: EvictionPolicy, target: str, models: str) -> tuple[ModelId, ...]:
    running = tuple(Running(ModelId(name), State.READY, 0, 0, 0.0, 0.0) for name in models.split())
    answer: Verdict = policy.spare(ModelId(target), running, 0.0)  # type: ignore[attr-defined]
    return answer.evict


class SpareTests(SynchronousTestCase):
    """Who may go although it could stay."""

    def test_groups(self) -> None:
        """All but the persistent ones of other groups."""
        groups = (group("g", "a b", swap=False, persistent=True), group("p", "c", persistent=True), group("n", "d"))
        policy = make_policy(settings("a b c d", groups=groups))
        self.assertEqual(spared(policy, "a", "a b c d"), ("b", "d"))
        self.assertEqual(spared(policy, "d", "a c d"), ())

    def test_matrix(self) -> None:
        """All others."""
        policy = make_policy(settings("a b c", matrix=Matrix(sets={"s": "a & b & c"})))
        self.assertEqual(spared(policy, "b", "a b c"), ("a", "c"))
