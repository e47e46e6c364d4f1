"""Which models make room: the group policy alone, and through the core (lifecycle section 6)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import DEFAULT_GROUP, Group, Settings
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import Running
from llamaswap.schedule.eviction import GroupPolicy, make_policy
from tests.support.schedule import Driver, group, settings


def grouped(models: str, *groups: Group) -> Driver:
    return Driver(settings(models, groups=groups))


def running(models: str) -> tuple[Running, ...]:
    return tuple(Running(ModelId(name), State.READY, 0, 0, 0.0, 0.0) for name in models.split())


class GroupPolicyTests(SynchronousTestCase):
    def test_s69_siblings_swap(self) -> None:
        """swap: true: a request for b stops a once and is served."""
        driver = grouped("a b", group("g", "a b"))
        driver.run("a")
        ticket = driver.arrive("b")
        self.assertEqual(driver.begun[-1].evict, ("a",))
        driver.end_swap("b")
        self.assertEqual(driver.granted[-1], ticket)

    def test_s70_siblings_stay(self) -> None:
        """swap: false: a is left alone and both run."""
        driver = grouped("a b", group("g", "a b", swap=False))
        driver.run("a")
        driver.run("b")
        self.assertEqual(driver.begun[-1].evict, ())
        driver.arrivals("a b")
        self.assertEqual(len(driver.granted), 4)

    def test_s71_exclusive_groups(self) -> None:
        """A request in one exclusive group stops the model of another."""
        driver = grouped("a b", group("g1", "a"), group("g2", "b"))
        driver.run("a")
        driver.arrive("b")
        self.assertEqual(driver.begun[-1].evict, ("a",))

    def test_s72_persistent(self) -> None:
        """A persistent group's model survives other groups, but not its own siblings."""
        driver = grouped("a b c", group("p", "a b", persistent=True), group("g", "c"))
        driver.run("a")
        driver.run("c")
        self.assertEqual(driver.begun[-1].evict, ())
        driver.arrive("b")
        self.assertEqual(driver.begun[-1].evict, ("a", "c"))

    def test_s73_not_exclusive(self) -> None:
        """A target that is not exclusive leaves a running exclusive model alone."""
        driver = grouped("a b", group("x", "a"), group("n", "b", exclusive=False))
        driver.run("a")
        driver.run("b")
        self.assertEqual(driver.begun[-1].evict, ())

    def test_s74_exclusive_model_asked_again(self) -> None:
        """The next request for the (ready) exclusive model waits until the other is idle, stops it, and is served."""
        driver = grouped("a b", group("x", "a"), group("n", "b", exclusive=False))
        driver.run("a")
        b = driver.arrive("b")
        driver.end_swap("b")
        a = driver.arrive("a")
        self.assertEqual(driver.targets, ["a", "b"])
        driver.serve(b)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("a", ("b",)))
        self.assertNotIn(a, driver.granted)
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], a)

    def test_s75_side_by_side(self) -> None:
        """Two groups that are not exclusive load in parallel, and nothing stops."""
        driver = grouped("a b", group("g1", "a", exclusive=False), group("g2", "b", exclusive=False))
        driver.arrivals("a b")
        self.assertEqual([swap.evict for swap in driver.begun], [(), ()])

    def test_s76_in_two_groups(self) -> None:
        """A model in two groups is an error."""
        with self.assertRaisesRegex(ValueError, "model a is in the groups g1 and g2"):
            GroupPolicy(settings("a", groups=[group("g1", "a"), group("g2", "a")]))

    def test_s76_in_no_group(self) -> None:
        """Models in no group are one exclusive group that swaps."""
        policy = GroupPolicy(settings("a b c d", groups=[group("n", "d", exclusive=False)]))
        self.assertEqual(policy.decide(ModelId("b"), running("a b c d"), 0.0).evict, ("a", "c", "d"))
        self.assertEqual(policy.decide(ModelId("d"), running("a b"), 0.0).evict, ())

    def test_verdict(self) -> None:
        """A verdict says what it costs and why, and keeps the order of what is running."""
        policy = GroupPolicy(settings("a b c"))
        verdict = policy.decide(ModelId("a"), running("c b"), 0.0)
        self.assertEqual((verdict.evict, verdict.cost, verdict.why), (("c", "b"), 2, f"group {DEFAULT_GROUP}"))

    def test_same_models_shown_again(self) -> None:
        """Asked about several targets and then about something else, it always answers what it is shown."""
        policy = GroupPolicy(settings("a b c"))
        shown = running("a b")
        for target, evict in (("a", ("b",)), ("b", ("a",)), ("c", ("a", "b"))):
            self.assertEqual(policy.decide(ModelId(target), shown, 0.0).evict, evict)
        self.assertEqual(policy.decide(ModelId("c"), running("b"), 0.0).evict, ("b",))

    def test_removed_model(self) -> None:
        """A model that is not configured any more goes for every target: exclusive or not, ready or not."""
        policy = GroupPolicy(settings("a b c", groups=[group("n", "a b", swap=False, exclusive=False)]))
        self.assertEqual(policy.decide(ModelId("a"), running("b c old"), 0.0).evict, ("old",))
        self.assertEqual(policy.decide(ModelId("a"), running("a old"), 0.0).evict, ("old",))
        self.assertEqual(policy.decide(ModelId("c"), running("b c old"), 0.0).evict, ("b", "old"))


class MakePolicyTests(SynchronousTestCase):
    def test_by_name(self) -> None:
        """The configured router names the policy."""
        self.assertIsInstance(make_policy(Settings()), GroupPolicy)

    def test_unknown(self) -> None:
        """A name that nobody knows is an error."""
        with self.assertRaisesRegex(ValueError, "unknown router: dice"):
            make_policy(Settings(router="dice"))
