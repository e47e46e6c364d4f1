"""Requests that are more urgent than others of their model: those of an API key with a priority."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.schedule.events import Grant, SwapEnded
from tests.support.schedule import Driver, TablePolicy, settings

BOTH = {"a": "b c", "b": "a c", "c": "a b"}


class UrgencyTests(SynchronousTestCase):
    def driver(self, **every: Any) -> Driver:
        return Driver(settings("a b c", **every), TablePolicy(BOTH))

    def test_among_those_of_one_model(self) -> None:
        """They come first, then by age."""
        driver = self.driver(concurrency_limit=1)
        driver.run("a")
        serving = driver.arrive("a")
        plain, urgent, later, patient = (driver.arrive("a", priority) for priority in (0, 5, 5, -1))
        for ticket in (serving, urgent, later, plain, patient):
            self.assertEqual(driver.granted[-1], ticket)
            driver.serve(ticket)

    def test_among_models(self) -> None:
        """A model is as urgent as the most urgent of those that wait for it, beside its own priority."""
        driver = self.driver(priorities={"b": 2})
        driver.run("a")
        blocking = driver.arrive("a")
        driver.arrive("b")
        driver.arrive("c")
        driver.arrive("c", 3)
        driver.serve(blocking)
        self.assertEqual(driver.targets[-1], "c")

    def test_when_it_leaves(self) -> None:
        """Its model is as urgent as before."""
        driver = self.driver(priorities={"b": 2})
        driver.run("a")
        blocking = driver.arrive("a")
        b = driver.arrive("b")
        c = driver.arrive("c")
        urgent = driver.arrive("c", 3)
        self.assertEqual([driver.core.position(ticket) for ticket in (urgent, c, b)], [1, 2, 3])
        driver.leave(urgent)
        self.assertEqual([driver.core.position(ticket) for ticket in (b, c)], [1, 2])
        driver.serve(blocking)
        self.assertEqual(driver.targets[-1], "b")

    def test_nobody_starves(self) -> None:
        """Who has waited for `maxWait` comes before any that is more urgent."""
        driver = self.driver(concurrency_limit=1, max_wait=10.0)
        driver.run("a")
        serving, plain = driver.arrive("a"), driver.arrive("a")
        driver.advance(10)
        driver.arrive("a", 9)
        driver.serve(serving)
        self.assertEqual(driver.granted[-1], plain)

    def test_in_the_record(self) -> None:
        """The grant tells the priority of both together."""
        driver = self.driver(priorities={"a": 2})
        driver.arrive("a", 3)
        effects = driver.core.feed(SwapEnded(driver.swaps[ModelId("a")].id, 0.0))
        self.assertEqual([effect.priority for effect in effects if isinstance(effect, Grant)], [5])
