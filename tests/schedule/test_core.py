"""The rules of lifecycle section 5 one by one, on the pure core. Numbers are the specification's scenarios."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model
from llamaswap.errors import OutOfMemory, StartFailed, TooManyRequests, Unloaded
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.schedule.core import Core, NotHeld
from llamaswap.schedule.events import (
    Arrived,
    BeginSwap,
    Close,
    Grant,
    Left,
    Served,
    StopEnded,
    SwapEnded,
    Tick,
    Unload,
    UnloadDone,
)
from tests.support.schedule import Driver, TablePolicy, settings

ALL_EXCLUDE = {"a": "b c d", "b": "a c d", "c": "a b d", "d": "a b c"}


def independent(models: str, **every: Any) -> Driver:
    """Models that never evict each other."""
    return Driver(settings(models, **every), TablePolicy())


def exclusive(models: str, **every: Any) -> Driver:
    """Models of which one runs at a time."""
    return Driver(settings(models, **every), TablePolicy(ALL_EXCLUDE))


def evicting(models: str, table: dict[str, str], **every: Any) -> Driver:
    return Driver(settings(models, **every), TablePolicy(table))


class GrantTests(SynchronousTestCase):
    def test_s42_ready_model(self) -> None:
        """A request for a ready model with nothing to evict is granted at once, without a swap."""
        driver = independent("a")
        driver.run("a")
        ticket = driver.arrive("a")
        self.assertEqual(driver.granted[-1], ticket)
        self.assertEqual(len(driver.begun), 1)

    def test_s43_one_swap_for_many(self) -> None:
        """Three requests for a stopped model cost one swap, and all are granted in order when it ends."""
        driver = independent("a")
        tickets = driver.arrivals("a a a")
        self.assertEqual(driver.granted, [])
        driver.end_swap("a")
        self.assertEqual(driver.granted, tickets)
        self.assertEqual(driver.targets, ["a"])

    def test_s44_failed_swap(self) -> None:
        """All that wait for a swap that fails get its error; a queued request for another model goes on."""
        driver = exclusive("a b")
        first, second, other = driver.arrivals("a a b")
        error = StartFailed("upstream command exited prematurely")
        driver.end_swap("a", error)
        self.assertEqual(driver.refused, {first: error, second: error})
        driver.end_swap("b")
        self.assertEqual(driver.granted, [other])

    def test_s45_one_after_the_other(self) -> None:
        """A conflicting request waits for the load, then for the request being served, then evicts."""
        driver = exclusive("a b")
        a, b = driver.arrivals("a b")
        driver.end_swap("a")
        self.assertEqual((driver.granted, driver.targets), ([a], ["a"]))
        driver.serve(a)
        self.assertEqual(driver.begun[-1].evict, ("a",))
        driver.end_swap("b")
        self.assertEqual(driver.granted, [a, b])

    def test_a_swap_knows_how_long_it_was_waited_for(self) -> None:
        """From the arrival of the oldest request that waits for it; a second try does not count that again."""
        driver = exclusive("a b")
        a, _ = driver.arrivals("a b")
        driver.end_swap("a")
        driver.advance(7)
        driver.arrive("b")
        driver.serve(a)
        self.assertEqual([swap.drained for swap in driver.begun], [0.0, 7.0])
        error = OutOfMemory("no memory")
        error.unsettled = True
        driver.advance(5)
        driver.end_swap("b", error)
        self.assertEqual((driver.targets, driver.begun[-1].drained), (["a", "b", "b"], 0.0))

    def test_s46_busy_is_not_evicted(self) -> None:
        """A model with two requests in flight is evicted only after the second has ended."""
        driver = exclusive("a b")
        first, second = driver.arrivals("a a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.serve(first)
        self.assertEqual(driver.targets, ["a"])
        driver.serve(second)
        self.assertEqual(driver.targets, ["a", "b"])

    def test_s47_loads_side_by_side(self) -> None:
        """Models that do not conflict load at the same time."""
        driver = independent("a b")
        driver.arrivals("a b")
        self.assertEqual(set(driver.swaps), {"a", "b"})

    def test_s48_shared_victim(self) -> None:
        """Two loads that evict the same model follow each other; the second finds it gone."""
        driver = evicting("a b x", {"a": "x", "b": "x"})
        driver.run("x")
        driver.arrivals("a b")
        self.assertEqual(set(driver.swaps), {"a"})
        driver.end_swap("a")
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("b", ()))

    def test_s49_promotion(self) -> None:
        """Requests for two evicted models start together when the swap that evicted them ends."""
        driver = evicting("a b c", {"a": "b c"})
        driver.run("b")
        driver.run("c")
        driver.arrivals("a b c")
        self.assertEqual((set(driver.swaps), driver.swaps[ModelId("a")].evict), ({"a"}, ("b", "c")))
        driver.end_swap("a")
        self.assertEqual(set(driver.swaps), {"b", "c"})

    def test_s50_collation(self) -> None:
        """a b c a b c on models that exclude each other: one load each, served a a b b c c."""
        driver = exclusive("a b c")
        a1, b1, c1, a2, b2, c2 = driver.arrivals("a b c a b c")
        for model, pair in (("a", (a1, a2)), ("b", (b1, b2)), ("c", (c1, c2))):
            driver.end_swap(model)
            driver.serve(*pair)
        self.assertEqual(driver.granted, [a1, a2, b1, b2, c1, c2])
        self.assertEqual(driver.targets, ["a", "b", "c"])

    def test_late_arrivals_ride_along(self) -> None:
        """While a ready model is in use, a new request for it is granted though a conflicting one waits longer."""
        driver = exclusive("a b")
        driver.arrivals("a b")
        driver.end_swap("a")
        self.assertIn(driver.arrive("a"), driver.granted)

    def test_waiting_for_a_place_rides_along_too(self) -> None:
        """A request that waits only for a place on a ready model goes before an older one that would evict it."""
        driver = exclusive("a b", concurrency_limit=1)
        driver.run("a")
        served, _, waiting = driver.arrivals("a b a")
        driver.serve(served)
        self.assertEqual((driver.granted[-1], driver.targets), (waiting, ["a"]))
        driver.serve(waiting)
        self.assertEqual(driver.targets, ["a", "b"])

    def test_parallel_bursts_join_their_own_swap(self) -> None:
        """A load of one model does not delay another that it does not conflict with."""
        driver = independent("a x")
        tickets = driver.arrivals("a x a x")
        driver.end_swap("x")
        self.assertEqual(driver.granted, [tickets[1], tickets[3]])

    def test_s61_committed_counts_as_running(self) -> None:
        """A request right behind another does not start a conflicting model before the first has even begun."""
        driver = Driver(settings("a b"))
        driver.arrivals("a b")
        self.assertEqual(driver.targets, ["a"])

    def test_priority_before_age(self) -> None:
        """Of those that wait, the higher priority is loaded first, and age decides between equals."""
        driver = Driver(settings("a b c d", priorities={"c": 5, "d": 5}), TablePolicy(ALL_EXCLUDE))
        order = driver.arrivals("a b d c")
        for model, ticket in zip("adcb", (order[0], order[2], order[3], order[1]), strict=True):
            driver.end_swap(model)
            driver.serve(ticket)
        self.assertEqual(driver.targets, ["a", "d", "c", "b"])

    def test_policy_is_asked_once_for_a_ready_model(self) -> None:
        """The verdict on a ready model is remembered until a model changes its state."""
        policy = TablePolicy()
        driver = Driver(settings("a b"), policy)
        driver.run("a")
        driver.serve(driver.arrive("a"))
        policy.asked.clear()
        driver.serve(*driver.arrivals("a a a"))
        self.assertEqual(policy.asked, [])
        driver.arrive("b")
        driver.arrive("a")
        self.assertEqual(policy.asked, ["b", "a"])


class LeavingTests(SynchronousTestCase):
    def test_s52_queued_request_leaves(self) -> None:
        """A cancelled request causes no load later, and its place in line is free again."""
        driver = exclusive("a b", concurrency_limit=1, queue_size=0)
        a, b = driver.arrivals("a b")
        driver.leave(b)
        again = driver.arrive("b")
        self.assertNotIn(again, driver.refused)
        driver.leave(again)
        driver.end_swap("a")
        driver.serve(a)
        self.assertEqual(driver.targets, ["a"])

    def test_s53_one_of_two_waiters_leaves(self) -> None:
        """One of two that wait for a load leaves: exactly one grant, one in flight."""
        driver = independent("a")
        first, second = driver.arrivals("a a")
        driver.leave(first)
        driver.end_swap("a")
        self.assertEqual(driver.granted, [second])
        self.assertEqual(driver.core.in_flight(ModelId("a")), 1)

    def test_s54_granted_request_cannot_leave(self) -> None:
        """Leaving with a ticket that was granted, or never existed, has no effect."""
        driver = independent("a")
        driver.run("a")
        ticket = driver.arrive("a")
        self.assertEqual(driver.feed(Left(ticket, 0.0)), [])
        self.assertEqual(driver.feed(Left(TicketId(99), 0.0)), [])
        self.assertEqual(driver.core.in_flight(ModelId("a")), 1)

    def test_s57_a_place_is_given_back_once(self) -> None:
        """Giving back a place that nobody holds is detected, and changes nothing."""
        driver = independent("a")
        waiting = driver.arrive("a")
        with self.assertRaises(NotHeld):
            driver.core.feed(Served(waiting, 0.0))
        driver.end_swap("a")
        driver.serve(waiting)
        with self.assertRaises(NotHeld):
            driver.core.feed(Served(waiting, 0.0))

    def test_abandoned_load_is_given_up_for_another(self) -> None:
        """A load that nobody waits for is cancelled as soon as a conflicting request arrives (W-07)."""
        driver = exclusive("a b")
        driver.leave(driver.arrive("a"))
        self.assertEqual(driver.cancelled, [])
        driver.arrive("b")
        self.assertEqual(driver.cancelled, [driver.begun[0].id])
        self.assertEqual(driver.targets, ["a"])
        driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual(driver.targets, ["a", "b"])

    def test_last_waiter_leaves_while_another_wants_the_place(self) -> None:
        """When its last client leaves, a load is cancelled for the sake of one that waits already (W-07)."""
        driver = exclusive("a b")
        first, second, _ = driver.arrivals("a a b")
        driver.leave(first)
        self.assertEqual(driver.cancelled, [])
        driver.leave(second)
        self.assertEqual(driver.cancelled, [driver.begun[0].id])

    def test_abandoned_load_is_given_up_for_its_victim(self) -> None:
        """A request for a model that an abandoned load evicts gets it back without waiting for the load."""
        driver = exclusive("a b")
        driver.run("a")
        driver.leave(driver.arrive("b"))
        driver.arrive("a")
        self.assertEqual(driver.cancelled, [driver.begun[-1].id])
        driver.end_swap("b", StartFailed("aborted"))
        self.assertEqual(driver.targets, ["a", "b", "a"])

    def test_abandoned_load_that_nobody_minds_goes_on(self) -> None:
        """A load without waiters runs to its end when nothing collides with it, and serves who comes later."""
        driver = independent("a b")
        driver.leave(driver.arrive("a"))
        driver.arrive("b")
        driver.end_swap("a")
        self.assertEqual(driver.cancelled, [])
        self.assertIn(driver.arrive("a"), driver.granted)

    def test_cancelled_load_that_was_ready_a_moment_before(self) -> None:
        """A cancelled swap that ends well leaves the model ready: it is evicted in turn."""
        driver = exclusive("a b")
        driver.leave(driver.arrive("a"))
        driver.arrive("b")
        driver.end_swap("a")
        self.assertEqual(driver.begun[-1].evict, ("a",))

    def test_request_for_a_load_that_was_given_up(self) -> None:
        """Whoever comes for a model whose load was given up is not failed by its end, but has it loaded again."""
        driver = exclusive("a b")
        driver.leave(driver.arrive("a"))
        b, late = driver.arrivals("b a")
        driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual(driver.refused, {})
        driver.end_swap("b")
        driver.serve(b)
        driver.end_swap("a")
        self.assertEqual(driver.granted, [b, late])


class LimitTests(SynchronousTestCase):
    def refused(self, driver: Driver, ticket: TicketId) -> TooManyRequests:
        why = driver.refused[ticket]
        assert isinstance(why, TooManyRequests)
        self.assertEqual((why.status, why.code, why.always_json), (429, "concurrency_limit", True))
        return why

    def test_s58_default_limit(self) -> None:
        """Without room to wait, a model takes ten requests and refuses the eleventh with Retry-After 1."""
        driver = independent("a", queue_size=0)
        tickets = driver.arrivals("a " * 11)
        self.assertEqual(self.refused(driver, tickets[-1]).retry_after, 1)
        driver.end_swap("a")
        self.assertEqual(driver.granted, tickets[:10])

    def test_s58_limit_one(self) -> None:
        """Limit 1: the second is refused; after the first has ended a third is served."""
        driver = independent("a", concurrency_limit=1, queue_size=0)
        driver.run("a")
        first, second = driver.arrivals("a a")
        self.refused(driver, second)
        driver.serve(first)
        self.assertIn(driver.arrive("a"), driver.granted)

    def test_s58_limit_two_while_loading(self) -> None:
        """Limit 2 while loading: the third is refused and only two are served."""
        driver = independent("a", concurrency_limit=2, queue_size=0)
        tickets = driver.arrivals("a a a")
        self.refused(driver, tickets[2])
        driver.end_swap("a")
        self.assertEqual(driver.granted, tickets[:2])

    def test_s58_limit_two_behind_another_model(self) -> None:
        """Limit 2 with two queued behind another model: the third is refused."""
        driver = exclusive("a b", concurrency_limit=2, queue_size=0)
        tickets = driver.arrivals("a b b b")
        self.refused(driver, tickets[3])

    def test_waiting_is_not_serving(self) -> None:
        """A burst for a cold model waits in line: the limit bounds those being served, in order of arrival (W-32)."""
        driver = independent("a", concurrency_limit=2)
        tickets = driver.arrivals("a " * 5)
        driver.end_swap("a")
        self.assertEqual(driver.granted, tickets[:2])
        driver.serve(tickets[1])
        self.assertEqual(driver.granted, tickets[:3])
        self.assertEqual((driver.core.in_flight(ModelId("a")), driver.core.waiting(ModelId("a"))), (2, 2))

    def test_w32_burst_of_two_hundred(self) -> None:
        """Two hundred requests for a cold model: one load, nobody refused."""
        driver = independent("a")
        tickets = driver.arrivals("a " * 200)
        driver.end_swap("a")
        for ticket in tickets:
            driver.serve(ticket)
        self.assertEqual((driver.granted, driver.refused, driver.targets), (tickets, {}, ["a"]))

    def test_queue_timeout(self) -> None:
        """`queueTimeout` refuses who has waited that long, loading included; it counts from arrival to grant."""
        driver = independent("a", queue_timeout=5.0, concurrency_limit=1)
        first = driver.arrive("a")
        driver.advance(2)
        second, third = driver.arrivals("a a")
        driver.end_swap("a")
        driver.advance(4.9)
        self.assertEqual(driver.refused, {})
        driver.advance(0.2)
        self.refused(driver, second)
        self.refused(driver, third)
        driver.advance(100)
        self.assertEqual(driver.granted, [first])

    def test_w32_retry_after_is_an_estimate(self) -> None:
        """With history, Retry-After says how long loading and those ahead will take."""
        driver = independent("a", concurrency_limit=2, queue_size=0)
        tickets = driver.arrivals("a a")
        driver.advance(20)
        driver.end_swap("a")
        driver.advance(6)
        self.assertEqual(self.refused(driver, driver.arrive("a")).retry_after, 1)
        driver.serve(*tickets)
        driver.arrivals("a a")
        self.assertEqual(self.refused(driver, driver.arrive("a")).retry_after, 3)
        driver.die("a")
        driver.serve(*driver.granted[-2:], completed=False)
        driver.arrivals("a a")
        driver.advance(5)
        self.assertEqual(self.refused(driver, driver.arrive("a")).retry_after, 15 + 9)


class UnloadTests(SynchronousTestCase):
    def test_s62_while_loading(self) -> None:
        """Unload of a loading model: both waiters fail, the load is cancelled, and it is over when that has ended."""
        driver = independent("a")
        tickets = driver.arrivals("a a")
        request = driver.unload("a", 3.0)
        self.assertEqual([driver.why(ticket) for ticket in tickets], ["unspecific error: group: model unloaded"] * 2)
        self.assertIsInstance(driver.refused[tickets[0]], Unloaded)
        self.assertEqual((driver.cancelled, driver.unloaded), ([driver.begun[0].id], []))
        driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual((driver.stops, driver.unloaded), ([], [request]))

    def test_s62_ready_a_moment_before(self) -> None:
        """A load that succeeds before its cancel arrives is stopped with the unload's grace."""
        driver = independent("a")
        driver.arrive("a")
        request = driver.unload("a", 3.0)
        driver.end_swap("a")
        [stop] = driver.stops
        self.assertEqual((stop.models, stop.grace, stop.why, driver.unloaded), (("a",), 3.0, "unload", []))
        driver.end_stop(stop)
        self.assertEqual(driver.unloaded, [request])

    def test_s63_queued_behind_another(self) -> None:
        """Unload of b, queued while a loads: b's request fails and b never starts; a's are untouched."""
        driver = exclusive("a b")
        a, b = driver.arrivals("a b")
        driver.unload("b")
        self.assertEqual((list(driver.refused), driver.unloaded), ([b], [1]))
        driver.end_swap("a")
        driver.serve(a)
        self.assertEqual((driver.granted, driver.targets), ([a], ["a"]))

    def test_s64_all_at_once(self) -> None:
        """Models with the same timeout stop at the same time; the unload is done after the last."""
        driver = independent("a b c")
        for model in "abc":
            driver.run(model)
        driver.unload("a b c")
        [stop] = driver.stops
        self.assertEqual((stop.models, stop.grace), (("a", "b", "c"), 10.0))
        self.assertEqual(driver.unloaded, [])
        driver.end_stop(stop)
        self.assertEqual(driver.unloaded, [1])

    def many(self) -> Driver:
        timeouts = {"a": 45, "b": 10, "c": 25, "d": 10}
        models = [Model(id=ModelId(name), unload_timeout=timeout) for name, timeout in timeouts.items()]
        driver = Driver(settings(models), TablePolicy())
        for model in timeouts:
            driver.run(model)
        return driver

    def test_s65_in_ascending_batches(self) -> None:
        """Unload of all goes by ascending unloadTimeout, one batch after the other, equals together."""
        driver = self.many()
        driver.unload("a b c d")
        seen = []
        while driver.stops:
            [stop] = driver.stops
            seen.append((stop.models, stop.grace))
            driver.end_stop(stop)
        self.assertEqual(seen, [(("b", "d"), 10.0), (("c",), 25.0), (("a",), 45.0)])
        self.assertEqual(driver.unloaded, [1])

    def test_s65_explicit_grace(self) -> None:
        """An explicit grace overrides them all and makes one batch."""
        driver = self.many()
        driver.unload("a b c d", 1.0)
        self.assertEqual([(stop.models, stop.grace) for stop in driver.stops], [(("a", "b", "c", "d"), 1.0)])

    def test_s66_others_are_left_alone(self) -> None:
        """Unload of one model leaves others ready."""
        driver = independent("a b")
        driver.run("a")
        driver.run("b")
        driver.unload("a")
        self.assertEqual([stop.models for stop in driver.stops], [("a",)])
        self.assertIn(driver.arrive("b"), driver.granted)

    def test_stopped_models(self) -> None:
        """Unload of what is not running is done at once."""
        driver = independent("a b")
        self.assertEqual(driver.feed(Unload(7, (ModelId("a"), ModelId("b")), 0.0)), [UnloadDone(7)])

    def test_the_world_goes_on(self) -> None:
        """While a model stops, others are granted, loaded and finished, and a new request for it waits (W-04)."""
        driver = independent("a b c")
        driver.run("a")
        driver.run("b")
        driver.unload("a")
        again, b, c = driver.arrivals("a b c")
        driver.end_swap("c")
        driver.serve(b, c)
        self.assertEqual(driver.granted[-2:], [b, c])
        driver.end_stop(driver.stops[0])
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], again)

    def test_new_request_while_an_aborted_load_ends(self) -> None:
        """A request right after an unload is not failed by the old load's end: it gets a load of its own (W-05)."""
        driver = independent("a")
        driver.arrive("a")
        driver.unload("a")
        again = driver.arrive("a")
        old = driver.begun[0]
        driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual(driver.targets, ["a", "a"])
        driver.feed(SwapEnded(old.id, 0.0, StartFailed("aborted")))
        self.assertNotIn(again, driver.refused)
        driver.end_swap("a")
        self.assertEqual(driver.granted, [again])

    def test_while_a_swap_is_stopping_its_victims(self) -> None:
        """A swap whose target is unloaded is cancelled and awaited, so nothing conflicting starts beside it (W-05)."""
        driver = exclusive("a b c")
        driver.run("a")
        driver.arrivals("b c")
        driver.unload("b")
        self.assertEqual((driver.targets, driver.unloaded), (["a", "b"], []))
        driver.end_swap("b", StartFailed("aborted"))
        self.assertEqual((driver.targets, driver.unloaded), (["a", "b", "c"], [1]))

    def test_victim_of_a_swap(self) -> None:
        """Unload of a model that a swap is evicting waits until it is gone, not until the target is loaded."""
        driver = exclusive("a b")
        driver.run("a")
        driver.arrive("b")
        driver.unload("a")
        [stop] = driver.stops
        driver.end_stop(stop)
        self.assertEqual((driver.unloaded, set(driver.swaps)), ([1], {"b"}))
        driver.arrive("a")
        self.assertEqual(set(driver.swaps), {"b"})

    def test_in_flight_is_not_awaited(self) -> None:
        """Unload stops a busy model; its requests give back their places as they end."""
        driver = independent("a")
        ticket = driver.arrive("a")
        driver.end_swap("a")
        driver.unload("a")
        driver.end_stop(driver.stops[0])
        self.assertEqual(driver.unloaded, [1])
        driver.serve(ticket, completed=False)
        self.assertFalse(driver.core.serving)

    def test_later_batch_takes_no_new_requests(self) -> None:
        """A ready model of a later batch is spoken for: new requests wait until it was stopped, and start it again."""
        driver = self.many()
        driver.unload("a b")
        waiting = driver.arrive("a")
        self.assertNotIn(waiting, driver.granted)
        driver.end_stop(driver.stops[0])
        driver.end_stop(driver.stops[0])
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], waiting)

    def test_waiting_rivals_go_on_at_once(self) -> None:
        """When the requests that were served next are refused by an unload, the others need not wait for its end."""
        driver = Driver(settings("a b c", max_wait=1.0), TablePolicy({"a": "c", "b": "c"}))
        holding = driver.arrive("c")
        driver.end_swap("c")
        overdue = driver.arrive("a")
        driver.advance(2)
        held = driver.arrive("c")
        self.assertNotIn(held, driver.granted)
        driver.unload("a")
        self.assertEqual((list(driver.refused), driver.granted), ([overdue], [holding, held]))

    def test_twice(self) -> None:
        """Two unloads of the same model both end, and so does one of a model that died meanwhile."""
        driver = self.many()
        driver.unload("a b")
        driver.unload("b")
        driver.die("a")
        while driver.stops:
            driver.end_stop(driver.stops[0])
        self.assertEqual(sorted(driver.unloaded), [1, 2])


class StopTests(SynchronousTestCase):
    def test_s28_no_ttl(self) -> None:
        """Without `ttl` a model stays."""
        driver = independent("a")
        driver.run("a")
        driver.advance(1e6)
        self.assertEqual(driver.stops, [])

    def test_s25_ttl_from_the_end_of_the_last_request(self) -> None:
        """A model idle for more than `ttl` seconds is stopped with its unloadTimeout, counted from the last end."""
        driver = independent("a", ttl=4, unload_timeout=7)
        ticket = driver.arrive("a")
        driver.end_swap("a")
        driver.advance(60)
        driver.serve(ticket)
        driver.advance(4)
        self.assertEqual(driver.stops, [])
        driver.advance(0.01)
        [stop] = driver.stops
        self.assertEqual((stop.models, stop.grace, stop.why), (("a",), 7.0, "ttl"))

    def test_s27_a_long_answer_is_not_idleness(self) -> None:
        """A model is not unloaded while an answer runs, however long; `ttl` seconds after its end it is."""
        driver = independent("a", ttl=1)
        ticket = driver.arrive("a")
        driver.end_swap("a")
        driver.advance(4)
        self.assertEqual(driver.stops, [])
        driver.serve(ticket)
        driver.advance(1.01)
        self.assertEqual([stop.why for stop in driver.stops], ["ttl"])

    def test_ttl_from_ready(self) -> None:
        """A model that nobody has used yet is idle from the moment it became ready (W-06)."""
        driver = independent("a", ttl=4)
        driver.advance(1000)
        driver.leave(driver.arrive("a"))
        driver.advance(3)
        driver.end_swap("a")
        driver.advance(4)
        self.assertEqual(driver.stops, [])
        driver.advance(0.01)
        self.assertEqual(len(driver.stops), 1)

    def test_s26_use_keeps_it(self) -> None:
        """Requests less than `ttl` apart keep a model; the timer is not set anew for each of them."""
        driver = independent("a", ttl=4)
        driver.run("a")
        wish = driver.wish
        for _ in range(3):
            driver.advance(1)
            driver.serve(driver.arrive("a"))
            self.assertEqual(driver.wish, wish)
        driver.advance(4)
        self.assertEqual(driver.stops, [])

    def test_s68_request_while_stopping(self) -> None:
        """A request for a model that is being stopped waits for that, and one new start serves it (W-18)."""
        driver = independent("a", ttl=4)
        driver.run("a")
        driver.advance(5)
        ticket = driver.arrive("a")
        self.assertEqual(driver.targets, ["a"])
        driver.end_stop(driver.stops[0])
        driver.end_swap("a")
        self.assertEqual((driver.granted[-1], driver.targets), (ticket, ["a", "a"]))

    def test_swap_waits_for_a_stop_under_way(self) -> None:
        """A load that would evict what is being stopped already waits, and then evicts nothing."""
        driver = exclusive("a b", ttl=4)
        driver.run("a")
        driver.advance(5)
        driver.arrive("b")
        self.assertEqual(driver.targets, ["a"])
        driver.end_stop(driver.stops[0])
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("b", ()))

    def test_unknown_operations(self) -> None:
        """Late news of operations that are over already change nothing (W-05)."""
        driver = independent("a")
        self.assertEqual(driver.feed(SwapEnded(SwapId(9), 0.0)), [])
        self.assertEqual(driver.feed(StopEnded(SwapId(9), 0.0)), [])
        driver.die("a")
        self.assertEqual(driver.begun, [])

    def test_early_tick(self) -> None:
        """A tick before its time is asked for again."""
        driver = independent("a", ttl=4)
        driver.run("a")
        wish = driver.wish
        driver.wish = None
        driver.feed(Tick(1.0))
        self.assertEqual(driver.wish, wish)


class DeathTests(SynchronousTestCase):
    def test_waiting_requests_start_it_again(self) -> None:
        """A ready model dies: what is served keeps its place until it ends, what waits has it started again."""
        driver = independent("a", concurrency_limit=2)
        driver.run("a")
        served, other, waiting = driver.arrivals("a a a")
        driver.die("a")
        self.assertEqual(driver.targets, ["a", "a"])
        driver.serve(served, other, completed=False)
        driver.end_swap("a")
        self.assertEqual(driver.granted[-1], waiting)

    def test_ready_target_dies_during_its_swap(self) -> None:
        """A ready model that dies while its swap still stops others is started by that swap."""
        driver = evicting("a b", {"a": "b"})
        driver.run("a")
        driver.run("b")
        ticket = driver.arrive("a")
        driver.die("a")
        driver.end_swap("a")
        self.assertEqual((driver.granted[-1], driver.targets), (ticket, ["a", "b", "a"]))

    def test_ready_target_is_unloaded_and_dies(self) -> None:
        """… unless it was unloaded: then the swap is told not to."""
        driver = evicting("a b", {"a": "b"})
        driver.run("a")
        driver.run("b")
        driver.arrive("a")
        driver.unload("a")
        self.assertEqual(driver.cancelled, [])
        driver.die("a")
        self.assertEqual(driver.cancelled, [driver.begun[-1].id])
        driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual((driver.stops, driver.unloaded), ([], [1]))

    def test_died_while_loading_or_stopping(self) -> None:
        """A death that belongs to an operation under way changes nothing by itself."""
        driver = independent("a", ttl=4)
        driver.arrive("a")
        driver.die("a")
        driver.end_swap("a")
        self.assertEqual(len(driver.granted), 1)
        driver.serve(*driver.granted)
        driver.advance(5)
        driver.die("a")
        self.assertEqual(len(driver.stops), 1)


class CrashLoopTests(SynchronousTestCase):
    def fail_start(self, driver: Driver, model: str = "a") -> None:
        driver.end_swap(model, StartFailed("upstream command exited prematurely"))

    def test_first_failure_may_be_retried_at_once(self) -> None:
        """After one failed start the next request tries again (S-07)."""
        driver = independent("a")
        driver.arrive("a")
        self.fail_start(driver)
        driver.arrive("a")
        self.assertEqual(driver.targets, ["a", "a"])

    def test_from_the_second_it_waits(self) -> None:
        """From the second failure in a row requests are refused at once, with the cause and the time that is left."""
        driver = independent("a")
        waits = []
        for _ in range(9):
            driver.arrive("a")
            self.fail_start(driver)
            refused = driver.arrive("a")
            if refused in driver.refused:
                why = driver.refused[refused]
                waits.append(why.retry_after)
                driver.advance(why.retry_after or 0)
            else:
                driver.leave(refused)
                driver.end_swap("a", StartFailed("upstream command exited prematurely"))
                driver.advance(1)
        self.assertEqual(waits, [2, 4, 8, 16, 32, 60, 60, 60])

    def test_wording(self) -> None:
        """The refusal names the last cause and the next attempt."""
        driver = independent("a")
        for _ in range(2):
            driver.arrive("a")
            self.fail_start(driver)
        ticket = driver.arrive("a")
        cause = "upstream command exited prematurely; next attempt in 1 s"
        self.assertEqual(driver.why(ticket), f"unspecific error: {cause}")

    def test_w10_nothing_healthy_is_evicted_meanwhile(self) -> None:
        """While a model is not to be tried, its requests evict nothing (W-10)."""
        driver = exclusive("a b")
        for _ in range(2):
            driver.arrive("b")
            self.fail_start(driver, "b")
        driver.run("a")
        self.assertIn(driver.arrive("b"), driver.refused)
        self.assertEqual(driver.targets, ["b", "b", "a"])
        self.assertIn(driver.arrive("a"), driver.granted)

    def test_those_that_still_wait_are_refused_too(self) -> None:
        """Requests that wait for a place on a model that dies twice without serving anybody are refused."""
        driver = independent("a", concurrency_limit=1)
        first, second, third = driver.arrivals("a a a")
        driver.end_swap("a")
        driver.die("a")
        driver.serve(first, completed=False)
        driver.end_swap("a")
        driver.die("a")
        self.assertEqual((driver.granted, list(driver.refused)), ([first, second], [third]))
        self.assertIn("upstream command exited unexpectedly; next attempt in 1 s", driver.why(third))

    def test_a_served_request_resets_it(self) -> None:
        """A request that the model answered makes good for all failures before; a death after that counts as none."""
        driver = independent("a")
        driver.arrive("a")
        self.fail_start(driver)
        driver.run("a")
        driver.die("a")
        driver.arrive("a")
        self.fail_start(driver)
        driver.arrive("a")
        self.assertEqual(driver.targets, ["a"] * 4)

    def test_a_load_that_was_given_up_is_no_failure(self) -> None:
        """Unloading a model again and again while it loads never makes it wait."""
        driver = independent("a")
        for _ in range(3):
            driver.arrive("a")
            driver.unload("a")
            self.fail_start(driver)
        driver.arrive("a")
        self.assertEqual(driver.targets, ["a"] * 4)


class CloseTests(SynchronousTestCase):
    def test_s67_all_that_wait_are_refused(self) -> None:
        """Closing refuses waiters and queued requests, cancels loads, and refuses whatever comes later."""
        driver = evicting("a b c", {"c": "a b"})
        tickets = driver.arrivals("a a b b c")
        driver.close()
        self.assertEqual(list(driver.refused), tickets)
        self.assertEqual({str(why) for why in driver.refused.values()}, {"unspecific error: group is shutting down"})
        self.assertEqual(driver.cancelled, [swap.id for swap in driver.begun])
        self.assertIn(driver.arrive("a"), driver.refused)
        self.assertEqual(driver.feed(Close(0.0)), [])

    def test_what_is_served_may_end(self) -> None:
        """Closing leaves granted requests alone; stopping the models follows by an unload."""
        driver = independent("a b", ttl=4)
        ticket = driver.arrive("a")
        driver.end_swap("a")
        driver.close()
        driver.advance(100)
        self.assertEqual(driver.stops, [])
        driver.serve(ticket)
        self.assertFalse(driver.core.serving)
        driver.unload("a b")
        driver.end_stop(driver.stops[0])
        self.assertEqual(driver.unloaded, [1])

    def test_a_ready_model_is_not_cancelled(self) -> None:
        """Closing during the swap of a model that is ready and in use does not cut those it serves."""
        driver = evicting("a b", {"a": "b"})
        driver.run("a")
        driver.run("b")
        driver.arrive("a")
        driver.close()
        self.assertEqual(driver.cancelled, [])


class ShapeTests(SynchronousTestCase):
    def test_effects_come_in_order(self) -> None:
        """An answer lists grants before the swaps that follow from the same event."""
        driver = evicting("a b", {"b": "a"})
        core: Core = driver.core
        first = core.feed(Arrived(TicketId(1), ModelId("a"), 0.0))
        assert isinstance(first[0], BeginSwap)
        core.feed(Arrived(TicketId(2), ModelId("b"), 0.0))
        effects = core.feed(SwapEnded(first[0].swap.id, 0.0))
        self.assertEqual(effects, [Grant(TicketId(1), ModelId("a"))])
        [begin] = core.feed(Served(TicketId(1), 0.0))
        self.assertIsInstance(begin, BeginSwap)

    def test_models(self) -> None:
        """The core names what it schedules."""
        self.assertEqual(independent("a b").core.models, ("a", "b"))
