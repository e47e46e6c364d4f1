"""What there is to see of the scheduler."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from hypothesis import given
from hypothesis import settings as with_settings
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model
from llamaswap.ids import ModelId, TicketId
from llamaswap.schedule.survey import Glance, Survey
from tests.schedule.test_histories import LOADS, QUICK, WISHES, History, Wish, worlds
from tests.support.schedule import Driver, TablePolicy, World, settings

EXCLUDE = {"a": "b c", "b": "a c", "c": "a b"}


def exclusive(**every: Any) -> Driver:
    """Models of which one runs at a time."""
    return Driver(settings("a b c", **every), TablePolicy(EXCLUDE))


def seen(driver: Driver, most: int = 500) -> Survey:
    return driver.core.survey(driver.now, most)


def queue(driver: Driver) -> list[tuple[str, int, str]]:
    return [(each.model, each.position, each.why) for each in seen(driver).queue]


class GlanceTests(SynchronousTestCase):
    def glance(self, driver: Driver, model: str) -> Glance:
        return next(each for each in seen(driver).models if each.model == model)

    def test_nothing_has_happened(self) -> None:
        """Then there is nothing to tell."""
        self.assertEqual(seen(exclusive()), Survey([], (), 0))

    def test_a_first_load(self) -> None:
        """Nobody knows how long it will take."""
        driver = exclusive()
        driver.arrivals("a a")
        expected = Glance(ModelId("a"), 0, 2, None, None, 0, None, None)
        self.assertEqual(seen(driver).models, [expected])

    def test_a_second_load(self) -> None:
        """It is expected to take as long as the first did; a model that is used again expires no more."""
        driver = exclusive(ttl=60)
        driver.now = 100.0
        ticket = driver.arrive("a")
        driver.now = 108.0
        driver.end_swap("a")
        driver.serve(ticket)
        self.assertEqual(self.glance(driver, "a"), Glance(ModelId("a"), 0, 0, None, None, 60, 168.0, 108.0))
        driver.run("b")
        driver.now = 150.0
        driver.arrive("a")
        driver.now = 153.0
        glance = self.glance(driver, "a")
        self.assertEqual((glance.expected_ready, glance.expires, glance.waiting), (158.0, None, 1))

    def test_it_waits_to_begin(self) -> None:
        """What has to go is in use."""
        driver = exclusive()
        used = driver.arrive("a")
        driver.end_swap("a")
        driver.now = 5.0
        driver.arrive("b")
        driver.now = 9.0
        self.assertEqual(self.glance(driver, "b").waits_since, 5.0)
        driver.serve(used)
        self.assertIsNone(self.glance(driver, "b").waits_since)

    def test_a_model_that_stopped(self) -> None:
        """It is known when it was used last."""
        driver = exclusive()
        driver.now = 7.0
        driver.run("a")
        driver.now = 9.0
        driver.run("b")
        self.assertEqual(self.glance(driver, "a").last_used, 7.0)


class QueueTests(SynchronousTestCase):
    def test_reasons(self) -> None:
        """Why each waits, in the order in which they will be served."""
        driver = exclusive(concurrency_limit=1)
        driver.arrivals("a")
        driver.end_swap("a")
        driver.arrivals("a b c b")
        self.assertEqual(
            queue(driver), [("a", 1, "places"), ("b", 2, "in_use"), ("b", 3, "in_use"), ("c", 4, "in_use")]
        )
        self.assertEqual({each.behind for each in seen(driver).queue[1:]}, {(ModelId("a"),)})

    def test_those_that_load_come_first(self) -> None:
        """They are behind nobody."""
        driver = exclusive()
        driver.arrivals("a b a")
        self.assertEqual(queue(driver), [("a", 1, "loading"), ("a", 2, "loading"), ("b", 3, "in_use")])

    def test_it_is_to_stop(self) -> None:
        """Who wants a model that is being stopped."""
        driver = exclusive()
        driver.run("a")
        driver.unload("a")
        driver.arrive("a")
        self.assertEqual(queue(driver), [("a", 1, "stopping")])

    def test_bounded(self) -> None:
        """All are counted."""
        driver = exclusive()
        driver.arrivals("a " * 7)
        survey = seen(driver, 3)
        self.assertEqual(([each.position for each in survey.queue], survey.total), ([1, 2, 3], 7))

    def test_expected(self) -> None:
        """A load takes as long as the last, and so does an answer; turns are one after the other."""
        driver = exclusive(concurrency_limit=1)
        for model, load, answer in (("a", 4.0, 2.0), ("b", 8.0, 1.0)):
            ticket = driver.arrive(model)
            driver.now += load
            driver.end_swap(model)
            driver.now += answer
            driver.serve(ticket)
        start = driver.now
        driver.arrivals("a a b b")
        found = [each.expected and each.expected - start for each in seen(driver).queue]
        self.assertEqual(found, [4.0, 6.0, 16.0, 17.0])

    def test_the_next_place(self) -> None:
        """Is free when the oldest answer has taken as long as others did."""
        driver = exclusive(concurrency_limit=1)
        ticket = driver.arrive("a")
        driver.end_swap("a")
        driver.now += 10.0
        driver.serve(ticket)
        driver.arrivals("a")
        driver.now += 3.0
        driver.arrivals("a")
        self.assertEqual([each.expected for each in seen(driver).queue], [20.0])

    def test_nothing_is_known(self) -> None:
        """Then nothing is expected, nor of those behind."""
        driver = exclusive()
        driver.arrivals("a b c")
        self.assertEqual({each.expected for each in seen(driver).queue}, {None})


class PromiseTests(SynchronousTestCase):
    @with_settings(QUICK, max_examples=200)
    @given(worlds(), WISHES, LOADS)
    def test_it_changes_nothing_and_leaves_nobody_out(
        self, world: World, wishes: list[Wish], loads: list[tuple[int, int]]
    ) -> None:
        """Whatever happens: each that waits has one place, without gaps. The world's twin is never looked at."""
        check = world.feed

        def feed(event: Any) -> Any:
            effects = check(event)
            survey = world.core.survey(world.now, 500)
            self.assertEqual(survey.total, sum(world.core.waiting(model) for model in world.core.models))
            self.assertEqual([each.position for each in survey.queue], list(range(1, survey.total + 1)))
            self.assertEqual(len({each.ticket for each in survey.queue}), survey.total)
            return effects

        world.feed = feed  # type: ignore[method-assign]
        history = History(world, loads)
        history.expect(wishes)
        history.play()
        world.settle()

    def test_many(self) -> None:
        """1,000 models, 5,000 that wait: some milliseconds."""
        names = [f"m{number}" for number in range(1000)]
        models = [Model(id=ModelId(name), queue_size=10_000) for name in names]
        driver = Driver(settings(models), TablePolicy(dict.fromkeys(names, "")))
        for number in range(5000):
            driver.arrive(names[number % 1000])
        driver.core.survey(driver.now, 500)
        best = min(_seconds(driver) for _ in range(5))
        self.assertEqual(driver.core.survey(driver.now, 500).total, 5000)
        self.assertLess(best, 0.05, "ten times what it takes")
        self.assertEqual(driver.core.head(ModelId("m0")), TicketId(1))


def _seconds(driver: Driver) -> float:
    began = perf_counter()
    driver.core.survey(driver.now, 500)
    return perf_counter() - began
