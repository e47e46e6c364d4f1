"""Nobody waits for ever: what `maxWait` promises, and what it does not touch (W-08)."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from tests.schedule.test_histories import QUICK, History, Wish
from tests.support.schedule import Driver, Request, TablePolicy, World, group, settings

ALL_EXCLUDE = {"a": "b c d", "b": "a c d", "c": "a b d", "d": "a b c"}


def exclusive(models: str = "a b c d", **every: Any) -> Driver:
    """Models of which one runs at a time; `maxWait` is 10."""
    return Driver(settings(models, max_wait=10.0, **every), TablePolicy(ALL_EXCLUDE))


class OverdueTests(SynchronousTestCase):
    def test_overtaken_until_then_and_no_longer(self) -> None:
        """Overlapping traffic for a loaded model overtakes another request for `maxWait` seconds, then it ends."""
        driver = exclusive()
        busy = driver.arrive("a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.advance(9.9)
        overlapping = driver.arrive("a")
        self.assertIn(overlapping, driver.granted)
        driver.serve(busy)
        driver.advance(0.1)
        late = driver.arrive("a")
        self.assertNotIn(late, driver.granted)
        driver.serve(overlapping)
        self.assertEqual(driver.targets, ["a", "b"])

    def test_without_a_tick(self) -> None:
        """An arrival that comes when the tick is late finds the overdue request overdue all the same."""
        driver = exclusive()
        driver.arrive("a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.now = 11.0
        self.assertNotIn(driver.arrive("a"), driver.granted)

    def test_max_wait_zero(self) -> None:
        """`maxWait: 0`: requests for the loaded model always go first."""
        driver = Driver(settings("a b", max_wait=0.0), TablePolicy(ALL_EXCLUDE))
        driver.arrive("a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.advance(1e6)
        self.assertIn(driver.arrive("a"), driver.granted)
        self.assertIsNone(driver.wish)

    def test_priority_does_not_help(self) -> None:
        """Once overdue, a request is not overtaken by a later one of higher priority."""
        driver = Driver(settings("a b c", max_wait=10.0, priorities={"c": 9}), TablePolicy(ALL_EXCLUDE))
        busy = driver.arrive("a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.arrive("c")
        driver.advance(10)
        driver.serve(busy)
        self.assertEqual(driver.targets, ["a", "b"])

    def test_the_oldest_leads(self) -> None:
        """Overdue requests are served by age, whatever their priority."""
        driver = Driver(settings("a b c d", max_wait=10.0, priorities={"b": -5, "d": 5}), TablePolicy(ALL_EXCLUDE))
        tickets = driver.arrivals("a b c d")
        driver.end_swap("a")
        driver.advance(10)
        for model, ticket in zip("abcd", tickets, strict=True):
            driver.serve(ticket)
            if model != "d":
                driver.end_swap("bcd"["abc".index(model)])
        self.assertEqual(driver.targets, ["a", "b", "c", "d"])

    def test_the_batch_is_served_first(self) -> None:
        """Requests that were waiting when a model became ready are served before an overdue one evicts it."""
        driver = exclusive(concurrency_limit=1)
        first, b = driver.arrivals("a b")
        driver.advance(10)
        second = driver.arrive("a")
        driver.end_swap("a")
        third = driver.arrive("a")
        driver.serve(first)
        self.assertEqual((driver.granted, driver.targets), ([first, second], ["a"]))
        driver.serve(second)
        self.assertEqual((driver.granted, driver.targets), ([first, second], ["a", "b"]))
        driver.end_swap("b")
        driver.serve(b)
        driver.end_swap("a")
        self.assertEqual(driver.granted, [first, second, b, third])

    def test_older_requests_behind_the_limit_keep_their_turn(self) -> None:
        """An overdue request does not hold back one that is older, only those that are younger."""
        driver = exclusive(concurrency_limit=1)
        driver.run("a")
        served, older = driver.arrivals("a a")
        b = driver.arrive("b")
        younger = driver.arrive("a")
        driver.advance(10)
        driver.serve(served)
        self.assertEqual(driver.granted[-1], older)
        driver.serve(older)
        driver.end_swap("b")
        self.assertEqual(driver.granted[-1], b)
        driver.serve(b)
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], younger)

    def test_those_between_two_overdue_ones(self) -> None:
        """When the oldest leaves, its successor is served, but not what is younger than the next in line."""
        driver = exclusive("a b c")
        driver.arrive("a")
        driver.end_swap("a")
        oldest = driver.arrive("b")
        driver.advance(10)
        second = driver.arrive("a")
        third = driver.arrive("c")
        fourth = driver.arrive("a")
        driver.advance(10)
        self.assertEqual(len(driver.granted), 1)
        driver.leave(oldest)
        self.assertEqual(driver.granted[1:], [second])
        driver.serve(*driver.granted)
        self.assertEqual(driver.targets[-1], "c")
        driver.end_swap("c")
        driver.serve(third)
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], fourth)

    def test_when_it_leaves_the_others_go_on(self) -> None:
        """The moment an overdue request leaves, those it kept waiting are granted."""
        driver = exclusive()
        driver.arrive("a")
        driver.end_swap("a")
        b = driver.arrive("b")
        driver.advance(10)
        late = driver.arrive("a")
        driver.leave(b)
        self.assertEqual(driver.granted[-1], late)

    def test_refused_by_its_timeout_it_holds_nobody(self) -> None:
        """The moment an overdue request runs into its `queueTimeout`, those it kept waiting are granted."""
        driver = exclusive(queue_timeout=15.0)
        driver.arrive("a")
        driver.end_swap("a")
        b = driver.arrive("b")
        driver.advance(12)
        late = driver.arrive("a")
        driver.advance(4)
        self.assertIn(b, driver.refused)
        self.assertEqual(driver.granted[-1], late)

    def test_a_request_whose_load_is_under_way_holds_nobody(self) -> None:
        """A long load keeps no place from others: what it needed is gone already."""
        driver = Driver(settings("a b", max_wait=10.0), TablePolicy({"a": "b"}))
        driver.arrivals("a b")
        driver.end_swap("b")
        driver.advance(20)
        self.assertIn(driver.arrive("b"), driver.granted)


class RoomTests(SynchronousTestCase):
    """What later swaps may do while an overdue request waits for room."""

    def waiting_for(self, table: dict[str, str], models: str = "w x y u") -> Driver:
        """w is overdue: it has to evict x, which is idle, and y, which is busy."""
        driver = Driver(settings(models, max_wait=10.0), TablePolicy({"w": "x y", **table}))
        driver.run("x")
        driver.arrive("y")
        driver.end_swap("y")
        driver.arrive("w")
        driver.advance(10)
        return driver

    def test_unrelated_models_load(self) -> None:
        """A model that has nothing to do with it loads and is served."""
        driver = self.waiting_for({})
        driver.arrive("u")
        self.assertIn("u", driver.swaps)

    def test_no_shared_victim(self) -> None:
        """Nobody who came later evicts what it waits to evict: it would have to wait for that load."""
        driver = self.waiting_for({"u": "x"})
        driver.arrive("u")
        self.assertNotIn("u", driver.swaps)

    def test_nothing_that_it_would_evict_is_loaded(self) -> None:
        """Nobody who came later loads a model that it would have to evict as well."""
        driver = self.waiting_for({"w": "x y u"})
        driver.arrive("u")
        self.assertNotIn("u", driver.swaps)
        driver.serve(driver.granted[-1])
        self.assertEqual(driver.swaps[ModelId("w")].evict, ("x", "y"))

    def test_its_own_model_is_not_evicted(self) -> None:
        """Its model, ready but waiting for room, is not evicted by a later request."""
        driver = Driver(settings("w y u", max_wait=10.0), TablePolicy({"w": "y", "u": "w"}))
        driver.run("w")
        driver.arrive("y")
        driver.end_swap("y")
        driver.arrive("w")
        driver.advance(10)
        driver.arrive("u")
        self.assertNotIn("u", driver.swaps)

    def test_while_its_own_model_is_being_stopped(self) -> None:
        """An overdue request whose model is still being evicted keeps others away from what it will need."""
        driver = Driver(settings("w x y u", max_wait=10.0), TablePolicy({"w": "x y u", "x": "w"}))
        driver.run("w")
        busy = driver.arrive("y")
        driver.end_swap("y")
        driver.arrive("x")
        driver.arrive("w")
        driver.advance(10)
        late, _ = driver.arrivals("y u")
        self.assertNotIn(late, driver.granted)
        self.assertNotIn("u", driver.swaps)
        driver.end_swap("x")
        driver.serve(busy, driver.granted[-1])
        self.assertEqual(driver.swaps[ModelId("w")].evict, ("x", "y"))


class PriorityTests(SynchronousTestCase):
    """A request of low priority, in a stream of others of high priority."""

    LOAD, SERVICE, MAX_WAIT, END = 3, 4, 20.0, 400

    def world(self, stream: list[Wish], arrival: float, max_wait: float) -> tuple[World, Request]:
        """What came of the stream, and of the one request for `a` that came after `arrival` seconds."""
        every = settings(
            "a b c d", max_wait=max_wait, priorities={"a": -1, "b": 9, "c": 5, "d": 5}, concurrency_limit=1000
        )
        table = TablePolicy(ALL_EXCLUDE)
        world = World(every, table.evicts, table)
        history = History(world, [(self.LOAD, 1)])
        history.expect(stream)
        history.at(arrival, lambda: history.come(Wish(0, "a", 1, None)))
        history.play()
        world.settle()
        (request,) = (each for each in world.requests_seen.values() if each.model == "a")
        return world, request

    def stream(self, gaps: list[int], models: list[str]) -> list[Wish]:
        """Requests to the end of the time, at these distances in turn."""
        wishes, when, turns = [], 0, zip(cycle(gaps), cycle(models))
        while when < self.END:
            gap, model = next(turns)
            when += gap
            wishes.append(Wish(gap, model, self.SERVICE, None))
        return wishes

    def test_without_a_bound(self) -> None:
        """Where nobody is ever overdue such a stream starves it: it is served when the stream has ended."""
        _, request = self.world(self.stream([1], ["b"]), 10.5, 0.0)
        self.assertGreater(request.granted, self.END)

    @hypothesis_settings(QUICK, max_examples=60)
    @given(
        st.lists(st.integers(1, 3), min_size=1, max_size=5),
        st.lists(st.sampled_from("bcd"), min_size=1, max_size=7),
        st.integers(0, 200),
    )
    def test_w08_whatever_comes(self, gaps: list[int], models: list[str], arrival: int) -> None:
        """It waits for `maxWait`, what is then served or loaded, a load and a batch for each older one, and its own."""
        world, request = self.world(self.stream(gaps, models), arrival + 0.5, self.MAX_WAIT)
        due = request.arrived + self.MAX_WAIT
        older = sum(each.ticket < request.ticket and each.granted > due for each in world.requests_seen.values())
        bound = self.MAX_WAIT + (older + 1) * (self.LOAD + self.SERVICE) + self.LOAD
        self.assertLessEqual(request.granted - request.arrived, bound)
        self.assertLess(request.granted, self.END)


class OneWayTests(SynchronousTestCase):
    def test_batch_goes_before_room_is_made(self) -> None:
        """What was promised when an exclusive model became ready is served before it makes room for later requests."""
        groups = (group("x", "a"), group("n", "b", exclusive=False))
        driver = Driver(settings("a b", groups=groups, concurrency_limit=1))
        first, second, b = driver.arrivals("a a b")
        driver.end_swap("b")
        driver.serve(b)
        driver.end_swap("a")
        driver.serve(first)
        self.assertEqual((driver.granted[-1], driver.targets), (second, ["a", "b"]))
        third = driver.arrive("a")
        driver.serve(second)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b",)))
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], third)
        self.assertEqual(driver.core.waiting(ModelId("a")), 0)
