"""How far a waiting request has come: position, victims, seconds, and an estimate."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import StartFailed
from llamaswap.ids import ModelId, TicketId
from llamaswap.schedule.events import SwapEnded
from llamaswap.schedule.station import Station
from llamaswap.stay import Progress
from tests.schedule.test_histories import QUICK, WISHES, History, Wish, worlds
from tests.support.schedule import Driver, TablePolicy, World, settings

ALL_EXCLUDE = {"a": "b c d x", "b": "a c d x", "c": "a b d x", "d": "a b c x", "x": "a b c d"}


def exclusive(**every: Any) -> Driver:
    """Models of which one runs at a time."""
    return Driver(settings("a b c d x", **every), TablePolicy(ALL_EXCLUDE))


def positions(driver: Driver, tickets: list[TicketId]) -> list[int]:
    return [driver.core.position(ticket) for ticket in tickets]


class PositionTests(SynchronousTestCase):
    def test_s51_by_priority(self) -> None:
        """Arrivals B D C A with priorities 5, 1, 5, 10 behind a load stand, and are served, as A B C D."""
        driver = exclusive(priorities={"a": 10, "b": 5, "c": 5, "d": 1})
        blocking = driver.arrive("x")
        b, d, c, a = driver.arrivals("b d c a")
        self.assertEqual(positions(driver, [blocking, a, b, c, d]), [0, 1, 2, 3, 4])
        driver.end_swap("x")
        driver.serve(blocking)
        for model, ticket in zip("abcd", (a, b, c, d), strict=True):
            self.assertEqual(driver.targets[-1], model)
            driver.end_swap(model)
            driver.serve(ticket)

    def test_s87_somebody_is_put_in_front(self) -> None:
        """The first behind a load is #1, and #2 when a request of higher priority has come."""
        driver = exclusive(priorities={"c": 1})
        driver.arrive("a")
        b = driver.arrive("b")
        self.assertEqual(driver.core.position(b), 1)
        c = driver.arrive("c")
        self.assertEqual(positions(driver, [c, b]), [1, 2])
        driver.leave(c)
        self.assertEqual(driver.core.position(b), 1)

    def test_one_model_stands_together(self) -> None:
        """Requests for one model are served together, and stand so."""
        driver = exclusive()
        driver.arrive("a")
        self.assertEqual(positions(driver, driver.arrivals("b c b c")), [1, 3, 2, 4])

    def test_overdue_ones_first(self) -> None:
        """Who is overdue stands before all others, the oldest first, whatever their priority."""
        driver = exclusive(max_wait=10.0, priorities={"b": -1, "d": 9})
        driver.arrive("a")
        driver.end_swap("a")
        b, c = driver.arrivals("b c")
        driver.advance(5)
        d = driver.arrive("d")
        self.assertEqual(positions(driver, [d, c, b]), [1, 2, 3])
        driver.advance(5)
        self.assertEqual(positions(driver, [b, c, d]), [1, 2, 3])

    def test_ready_models_first(self) -> None:
        """Who waits for a place of a ready model is served before those that need another one."""
        driver = exclusive(priorities={"b": 9}, concurrency_limit=1)
        driver.run("a")
        driver.arrive("a")
        b = driver.arrive("b")
        a = driver.arrive("a")
        self.assertEqual(positions(driver, [a, b]), [1, 2])

    def test_who_does_not_wait(self) -> None:
        """A request that was granted or has left is in no line."""
        driver = exclusive()
        granted = driver.arrive("a")
        driver.end_swap("a")
        left = driver.arrive("b")
        driver.leave(left)
        for ticket in (granted, left, TicketId(99)):
            self.assertEqual((driver.core.position(ticket), driver.core.progress(ticket, 1.0)), (0, Progress()))

    def test_behind_a_load_that_was_given_up(self) -> None:
        """It answers nobody: who waits for its model by then waits for another one."""
        driver = exclusive()
        driver.leave(driver.arrive("a"))
        b = driver.arrive("b")
        a = driver.arrive("a")
        self.assertEqual(positions(driver, [b, a]), [1, 2])
        self.assertIsNone(driver.core.progress(a, 0.0).loading)


class ProgressTests(SynchronousTestCase):
    def test_loading(self) -> None:
        """Who goes, how long it has waited and loaded, and what past loads say of the rest."""
        driver = exclusive()
        driver.arrive("a")
        driver.now = 8.0
        driver.end_swap("a")
        first = driver.granted[0]
        driver.serve(first)
        driver.run("b")
        driver.now = 20.0
        a = driver.arrive("a")
        driver.now = 21.0
        late = driver.arrive("a")
        self.assertEqual(driver.core.progress(a, 23.0), Progress(0, (ModelId("b"),), 3.0, 3.0, 5.0))
        self.assertEqual(driver.core.progress(late, 23.0), Progress(0, (ModelId("b"),), 2.0, 3.0, 5.0))
        self.assertEqual(driver.core.progress(a, 90.0).remaining, 0.0)

    def test_first_load(self) -> None:
        """Nothing is known of a model that has never been loaded."""
        driver = exclusive()
        self.assertEqual(driver.core.progress(driver.arrive("a"), 2.0), Progress(0, (), 2.0, 2.0, None))

    def test_behind_another(self) -> None:
        """Nobody goes for it yet, and nothing loads."""
        driver = exclusive()
        driver.run("a")
        driver.now = 1.0
        driver.arrive("a")
        b = driver.arrive("b")
        self.assertEqual(driver.core.progress(b, 4.0), Progress(1, (), 3.0))

    def test_room_for_a_ready_model(self) -> None:
        """A ready model that has others stopped is not loaded: there is no estimate."""
        driver = Driver(settings("a b"), TablePolicy({"a": "b"}))
        driver.run("a")
        driver.run("b")
        a = driver.arrive("a")
        self.assertEqual(driver.core.progress(a, 1.0), Progress(0, (ModelId("b"),), 1.0, 1.0))

    def test_clock_set_back(self) -> None:
        """No span is negative."""
        driver = exclusive()
        driver.now = 5.0
        self.assertEqual(driver.core.progress(driver.arrive("a"), 1.0), Progress(0, (), 0.0, 0.0))


class OrderTests(SynchronousTestCase):
    """The line is the order in which the core serves."""

    @QUICK
    @given(
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=12), st.lists(st.integers(-1, 1), min_size=4), st.data()
    )
    def test_it_comes_true(self, models: list[str], ranks: list[int], data: st.DataObject) -> None:
        """If nothing else happens, those that wait are granted in the order of their positions."""
        driver = exclusive(priorities=dict(zip("abcd", ranks, strict=False)), max_wait=10.0)
        busy = driver.arrive("x")
        driver.end_swap("x")
        tickets = []
        for model in models:
            tickets.append(driver.arrive(model, data.draw(st.sampled_from([0, 0, 2, -2]))))
            driver.advance(data.draw(st.sampled_from([0, 0, 3])))
        driver.advance(data.draw(st.sampled_from([0, 4])))
        expected = sorted(tickets, key=driver.core.position)
        self.assertEqual(sorted(positions(driver, tickets)), list(range(1, len(tickets) + 1)))
        driver.serve(busy)
        while driver.swaps:
            (model,) = driver.swaps
            before = len(driver.granted)
            driver.end_swap(model)
            driver.serve(*driver.granted[before:])
        self.assertEqual(driver.granted[1:], expected)

    @QUICK
    @given(worlds(), WISHES, st.integers(0, 4))
    def test_always_a_line(self, world: World, wishes: list[Wish], load: int) -> None:
        """At every moment the positions of those whose load has not begun are 1, 2, 3 …"""
        check = world.feed

        def feed(event: Any) -> Any:
            effects = check(event)
            core = world.core
            standing = [core.position(ticket) for ticket in world.waiting]
            found = sorted(filter(None, standing))
            assert found == list(range(1, len(found) + 1)), found
            core._line.changed(world.now)
            anew = [core.position(ticket) for ticket in world.waiting]
            assert standing == anew, "what was kept since the last change holds no more"
            return effects

        world.feed = feed  # type: ignore[method-assign]
        history = History(world, [(load, 1), (load, 0), (load, 9)])
        history.expect(wishes)
        history.play()
        world.settle()


class CostTests(SynchronousTestCase):
    """What asking costs, in questions to the policy and in looks at the stations."""

    def test_worked_out_once(self) -> None:
        """Hundreds that ask between two changes cost one sort; after a change it is another."""
        driver = exclusive(queue_size=1000)
        driver.arrive("x")
        tickets = driver.arrivals("a b c d " * 100)
        with Counted(driver) as counted:
            self.assertEqual(sorted(positions(driver, tickets)), list(range(1, 401)))
            self.assertEqual(counted.sorts, 1)
            driver.feed(SwapEnded(driver.swaps[ModelId("x")].id, 1.0, StartFailed("exited")))
            positions(driver, tickets)
            self.assertEqual(counted.sorts, 2)

    def test_arrivals(self) -> None:
        """Each that comes and asks costs no sort, whether others wait for its model or it is the first; and the
        answers are those of a line that was worked out anew."""
        driver = exclusive(queue_size=1000, priorities={"c": 2, "d": 1})
        tickets = [driver.arrive("x"), driver.arrive("a")]
        positions(driver, tickets)
        with Counted(driver) as counted:
            for model in "b c d a " * 20:
                if model != " ":
                    tickets.append(driver.arrive(model))
                    found = positions(driver, tickets)
                    self.assertEqual((found[0], sorted(found)), (0, list(range(len(tickets)))))
            self.assertEqual(counted.sorts, 0)
            driver.core._line.changed(driver.now)
            self.assertEqual((positions(driver, tickets), counted.sorts), (found, 1))

    def test_arrivals_that_are_refused(self) -> None:
        """They cost no sort either: who floods a full queue does not slow down the others."""
        driver = exclusive(queue_size=1, concurrency_limit=1)
        tickets = driver.arrivals("x a b b c")
        positions(driver, tickets)
        with Counted(driver) as counted:
            for _ in range(5):
                self.assertIn(driver.arrive("b"), driver.refused)
            self.assertEqual((positions(driver, tickets), counted.sorts), ([0, 1, 2, 3, 4], 0))


class Counted:
    """Counts how often the line of a driver's core is worked out."""

    def __init__(self, driver: Driver) -> None:
        self._line = driver.core._line
        self._work_out = self._line._work_out
        self.sorts = 0

    def __enter__(self) -> Counted:
        self._line._work_out = self._count  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self._line._work_out = self._work_out  # type: ignore[method-assign]

    def _count(self) -> list[Station]:
        self.sorts += 1
        return self._work_out()
