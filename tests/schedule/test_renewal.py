"""Other settings while models run (lifecycle section 12, W-15 and W-16), sentence by sentence, on the pure core."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model
from llamaswap.errors import ModelRemoved, StartFailed, TooManyRequests
from llamaswap.ids import ModelId, SwapId, TicketId
from llamaswap.schedule.events import (
    Arrived,
    BeginSwap,
    CancelSwap,
    Died,
    Left,
    Reconfigured,
    Refuse,
    Renew,
    Stop,
    StopEnded,
    SwapEnded,
    Unload,
    UnloadDone,
    WakeAt,
)
from tests.support.schedule import Driver, TablePolicy, edited, settings

ALL_EXCLUDE = {"a": "b c d", "b": "a c d", "c": "a b d", "d": "a b c"}
A, B = ModelId("a"), ModelId("b")


def entry(id: str, cmd: str = "old", /, **others: Any) -> Model:
    return Model(id=ModelId(id), cmd=cmd, **others)


class RenewalCase(SynchronousTestCase):
    """Models that do not exclude each other, unless a table says so."""

    def begin(self, *models: Model, table: dict[str, str] | None = None, **others: Any) -> None:
        self.policy = TablePolicy(table)
        self.driver = Driver(settings(models, **others), self.policy)

    def edit(self, *models: Model, removed: str = "", **others: Any) -> list[object]:
        """Reconfigure; returns what follows, but for the timer."""
        new = edited(self.driver.settings, *models, removed=removed, **others)
        return [effect for effect in self.driver.reconfigure(new, self.policy) if not isinstance(effect, WakeAt)]

    def busy(self, name: str = "a") -> TicketId:
        """The model is ready, and serves one request."""
        ticket = self.driver.arrive(name)
        if ModelId(name) in self.driver.swaps:
            self.driver.end_swap(name)
        self.assertIn(ticket, self.driver.granted)
        return ticket

    def reload_stop(self) -> Stop:
        [stop] = self.driver.stops
        self.assertEqual(stop.why, "reload")
        return stop


class UnchangedTests(RenewalCase):
    """Models whose process suits the new settings."""

    def test_runs_on(self) -> None:
        """An edit of others touches neither the process, nor those it serves, nor those that wait for a place."""
        self.begin(entry("a", concurrency_limit=1), entry("b"))
        served = self.busy()
        waiting = self.driver.arrive("a")
        self.assertEqual(
            self.edit(entry("b", "new"), entry("c")), [Renew(ModelId("c"), entry("c")), Renew(B, entry("b", "new"))]
        )
        self.assertEqual((self.driver.stops, self.driver.cancelled, self.driver.refused), ([], [], {}))
        self.driver.serve(served)
        self.assertEqual((self.driver.granted[-1], self.driver.targets), (waiting, ["a"]))

    def test_a_load_goes_on(self) -> None:
        """So does a load under way, and it serves those that wait for it."""
        self.begin(entry("a"))
        ticket = self.driver.arrive("a")
        self.edit(entry("a", ttl=5), entry("b"))
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted, self.driver.cancelled), ([ticket], []))

    def test_the_rest_of_an_entry_takes_no_restart(self) -> None:
        """What is no launch setting is told to who runs the model, at once; what has not changed is not told."""
        self.begin(entry("a"), entry("b"))
        self.driver.run("a")
        new = entry("a", cmd_stop="kill ${PID}", aliases=("x",), name="A")
        self.assertEqual(self.edit(new), [Renew(A, new)])
        self.assertEqual(self.edit(new), [])

    def test_idle_time_is_kept(self) -> None:
        """W-16: the TTL clock runs on, whatever is edited elsewhere."""
        self.begin(entry("a", ttl=4))
        self.driver.run("a")
        self.driver.advance(3)
        self.edit(entry("b"))
        self.driver.advance(1.1)
        self.assertEqual([stop.why for stop in self.driver.stops], ["ttl"])

    def test_ttl(self) -> None:
        """A new `ttl` counts from the last use: a shorter one may be over already, a longer one is waited for."""
        self.begin(entry("a", ttl=100), entry("b", ttl=3))
        self.driver.run("a")
        self.driver.run("b")
        self.driver.advance(2)
        self.edit(entry("a", ttl=1), entry("b", ttl=50))
        self.assertEqual([stop.models for stop in self.driver.stops], [("a",)])
        self.driver.advance(40)
        self.assertEqual(len(self.driver.stops), 1)
        self.driver.advance(9)
        self.assertEqual(self.driver.stops[-1].models, ("b",))

    def test_no_ttl_before(self) -> None:
        """A model that nothing was to stop is stopped by a `ttl` that it gets while it idles."""
        self.begin(entry("a"))
        self.driver.run("a")
        self.edit(entry("a", ttl=4))
        self.driver.advance(4.1)
        self.assertEqual([stop.why for stop in self.driver.stops], ["ttl"])

    def test_concurrency_limit(self) -> None:
        """More places are taken at once; fewer hold once those that are too many have ended."""
        self.begin(entry("a", concurrency_limit=1))
        first = self.busy()
        second, third = self.driver.arrivals("a a")
        self.edit(entry("a", concurrency_limit=2))
        self.assertEqual(self.driver.granted, [first, second])
        self.edit(entry("a", concurrency_limit=1))
        self.driver.serve(first)
        self.assertNotIn(third, self.driver.granted)
        self.driver.serve(second)
        self.assertIn(third, self.driver.granted)

    def test_queue_size(self) -> None:
        """A shorter queue takes nobody new; nobody who waits in it is refused."""
        self.begin(entry("a", concurrency_limit=1))
        self.busy()
        waiting = self.driver.arrivals("a a")
        self.edit(entry("a", concurrency_limit=1, queue_size=1))
        self.assertEqual(self.driver.refused, {})
        self.assertIsInstance(self.driver.refused.get(self.driver.arrive("a")), TooManyRequests)
        self.assertEqual(self.driver.core.waiting(A), len(waiting))

    def test_queue_timeout(self) -> None:
        """A new `queueTimeout` counts from the arrival, also for those that were to wait for ever."""
        self.begin(entry("a"))
        self.driver.arrive("a")
        self.driver.advance(3)
        self.driver.arrive("a")
        self.edit(entry("a", queue_timeout=4.0))
        self.driver.advance(1)
        self.assertEqual(list(self.driver.refused), [1])
        self.driver.advance(3)
        self.assertEqual(list(self.driver.refused), [1, 2])

    def test_max_wait(self) -> None:
        """A new `maxWait` counts from the arrival: who has waited that long may no longer be overtaken."""
        self.begin(entry("a"), entry("b"), table=ALL_EXCLUDE, max_wait=0)
        self.busy()
        self.driver.arrive("b")
        self.driver.advance(5)
        self.edit(max_wait=9.0)
        self.assertIn(self.driver.arrive("a"), self.driver.granted)
        self.driver.advance(4)
        self.assertNotIn(self.driver.arrive("a"), self.driver.granted)
        self.edit(max_wait=0.0)
        self.assertIn(self.driver.arrive("a"), self.driver.granted)

    def test_priority(self) -> None:
        """Who comes first is decided by the new priorities."""
        self.begin(entry("a"), entry("b"), entry("c"), table=ALL_EXCLUDE)
        served = self.busy()
        self.driver.arrivals("b c")
        self.edit(priorities={ModelId("c"): 1})
        self.driver.serve(served)
        self.assertEqual(self.driver.targets[-1], "c")

    def test_back_off_is_kept(self) -> None:
        """A model that keeps failing is not tried sooner for an edit that cannot help it."""
        self.begin(entry("a"))
        for _ in range(2):
            self.driver.arrive("a")
            self.driver.end_swap("a", StartFailed("no luck"))
        self.edit(entry("a", name="A"))
        self.assertIn(self.driver.arrive("a"), self.driver.refused)


class ChangedTests(RenewalCase):
    """Models that are launched differently."""

    def test_stopped(self) -> None:
        """Nothing of it is left, so it is of its new form at once, and is tried at once whatever the old one did."""
        self.begin(entry("a"))
        for _ in range(2):
            self.driver.arrive("a")
            self.driver.end_swap("a", StartFailed("no luck"))
        self.assertEqual(self.edit(entry("a", "new")), [Renew(A, entry("a", "new"))])
        self.driver.arrive("a")
        self.assertEqual(self.driver.targets, ["a"] * 3)

    def test_idle(self) -> None:
        """It is stopped with the `unloadTimeout` it was started with, and starts again when it is wanted."""
        self.begin(entry("a", unload_timeout=7))
        self.driver.run("a")
        self.edit(entry("a", "new", unload_timeout=1))
        stop = self.reload_stop()
        self.assertEqual((stop.models, stop.grace, self.driver.renewed), (("a",), 7.0, []))
        self.driver.end_stop(stop)
        self.assertEqual([renew.form for renew in self.driver.renewed], [entry("a", "new", unload_timeout=1)])
        self.assertEqual(self.driver.targets, ["a"])
        self.driver.run("a")
        self.assertEqual(self.driver.targets, ["a", "a"])

    def test_busy(self) -> None:
        """What it serves runs to its end without a limit; who comes meanwhile waits, and is served by the new form."""
        self.begin(entry("a", ttl=1))
        served = self.busy()
        self.edit(entry("a", "new", ttl=1))
        late = self.driver.arrive("a")
        self.driver.advance(10_000)
        self.assertEqual((self.driver.stops, self.driver.granted), ([], [served]))
        self.assertTrue(self.driver.core.outdated(A))
        self.driver.serve(served)
        stop = self.reload_stop()
        self.driver.stops.remove(stop)
        effects = self.driver.feed(StopEnded(stop.id, self.driver.now))
        self.assertEqual(effects[0], Renew(A, entry("a", "new", ttl=1)))
        self.assertIsInstance(effects[1], BeginSwap)
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted, [served, late])
        self.assertFalse(self.driver.core.outdated(A))

    def test_not_even_its_batch(self) -> None:
        """Those that waited when the old form became ready wait on, for the new one."""
        self.begin(entry("a", concurrency_limit=1))
        served, waiting = self.driver.arrivals("a a")
        self.driver.end_swap("a")
        self.edit(entry("a", "new", concurrency_limit=1))
        self.driver.serve(served)
        self.assertEqual(self.driver.granted, [served])
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted, [served, waiting])

    def test_loading(self) -> None:
        """A load of the old form is given up; those that waited for it are served by the new one, however it ended."""
        self.begin(entry("a"))
        tickets = self.driver.arrivals("a a")
        self.assertEqual(self.edit(entry("a", "new")), [CancelSwap(self.driver.begun[0].id)])
        self.driver.swaps.clear()
        effects = self.driver.feed(SwapEnded(self.driver.begun[0].id, self.driver.now, StartFailed("no luck")))
        self.assertEqual(effects[0], Renew(A, entry("a", "new")))
        self.assertIsInstance(effects[1], BeginSwap)
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted, self.driver.refused), (tickets, {}))

    def test_ready_a_moment_before(self) -> None:
        """A load that succeeds before it was given up serves nobody: it is stopped, and the new form is started."""
        self.begin(entry("a"))
        ticket = self.driver.arrive("a")
        self.edit(entry("a", "new"))
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted, [])
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted, self.driver.targets), ([ticket], ["a", "a"]))

    def test_while_it_is_stopped_anyway(self) -> None:
        """One that is being evicted, unloaded or left alone for its `ttl` is of its new form when that is over."""
        self.begin(entry("a", ttl=2), entry("b"), table={"b": "a"})
        self.driver.run("a")
        self.driver.advance(3)
        self.edit(entry("a", "new"))
        [stop] = self.driver.stops
        self.assertEqual((stop.why, self.driver.renewed), ("ttl", []))
        self.driver.end_stop(stop)
        self.assertEqual([renew.form for renew in self.driver.renewed], [entry("a", "new")])
        self.driver.run("a")
        self.driver.arrive("b")
        self.edit(entry("a", "newer"))
        self.assertEqual((self.driver.stops, len(self.driver.renewed)), ([], 1))
        self.driver.end_swap("b")
        self.assertEqual(self.driver.renewed[-1].form, entry("a", "newer"))

    def test_unload_need_not_wait_for_what_it_serves(self) -> None:
        """Whoever cannot wait unloads the model: it stops at once, and those that wait are refused as ever."""
        self.begin(entry("a"))
        served = self.busy()
        self.edit(entry("a", "new"))
        waiting = self.driver.arrive("a")
        self.driver.unload("a", 2.0)
        self.assertIn(waiting, self.driver.refused)
        [stop] = self.driver.stops
        again = self.driver.arrive("a")
        self.driver.end_stop(stop)
        self.assertEqual((self.driver.unloaded, self.driver.renewed), ([1], [Renew(A, entry("a", "new"))]))
        self.driver.serve(served, completed=False)
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted[-1], again)

    def test_unload_while_it_is_told_to_stop(self) -> None:
        """Two stops of one process: the new form starts after the second has ended too."""
        self.begin(entry("a"))
        self.driver.run("a")
        self.edit(entry("a", "new"))
        self.driver.unload("a")
        waiting = self.driver.arrive("a")
        first, second = self.driver.stops
        self.driver.end_stop(first)
        self.assertEqual((self.driver.targets, len(self.driver.renewed)), (["a"], 1))
        self.driver.end_stop(second)
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted[-1], self.driver.unloaded), (waiting, [1]))

    def test_dies(self) -> None:
        """One that dies before it was told to stop is of its new form; the death is not held against that."""
        self.begin(entry("a"))
        for _ in range(2):
            served = self.busy()
            self.edit(entry("a", f"new {served}"))
            waiting = self.driver.arrive("a")
            self.driver.die("a")
            self.driver.serve(served, completed=False)
            self.driver.leave(waiting)
            self.driver.end_swap("a")
        self.assertEqual((self.driver.refused, self.driver.stops), ({}, []))

    def test_ready_target_of_a_swap(self) -> None:
        """A swap that finds its target ready, and evicts others for it, grants nobody a place on the old form."""
        self.begin(entry("a"), entry("b"), table={"a": "b"})
        self.driver.run("a")
        self.driver.run("b")
        ticket = self.driver.arrive("a")
        self.assertEqual(self.edit(entry("a", "new")), [])
        self.driver.end_swap("a")
        self.assertNotIn(ticket, self.driver.granted)
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted[-1], ticket)

    def test_ready_target_of_a_swap_dies(self) -> None:
        """… nor starts the old form anew when that has died."""
        self.begin(entry("a"), entry("b"), table={"a": "b"})
        self.driver.run("a")
        self.driver.run("b")
        ticket = self.driver.arrive("a")
        self.edit(entry("a", "new"))
        self.driver.die("a")
        self.assertEqual(self.driver.cancelled, [self.driver.begun[-1].id])
        self.driver.end_swap("a", StartFailed("aborted"))
        self.driver.end_swap("a")
        self.assertEqual(self.driver.granted[-1], ticket)

    def test_is_not_in_the_way_of_others(self) -> None:
        """While it serves its last, models that may run beside it start, and those that may not wait for its end."""
        self.begin(entry("a"), entry("b"), entry("c"), table={"c": "a"})
        served = self.busy()
        self.edit(entry("a", "new"))
        self.driver.arrivals("b c")
        self.assertEqual(set(self.driver.swaps), {"b"})
        self.driver.serve(served)
        self.assertEqual(set(self.driver.swaps), {"b"})
        self.driver.end_stop(self.reload_stop())
        self.assertEqual((set(self.driver.swaps), self.driver.begun[-1].evict), ({"b", "c"}, ()))

    def test_a_port_is_free_before_another_model_uses_it(self) -> None:
        """Two models that exchange their ports wait for each other's process; others do not."""
        self.begin(entry("a", port=1), entry("b", port=2), entry("c", port=3))
        served = [self.busy("a"), self.busy("b")]
        self.edit(entry("a", port=2), entry("b", port=1))
        self.driver.arrivals("a b c")
        self.driver.serve(served[0])
        self.driver.end_stop(self.reload_stop())
        self.assertEqual(set(self.driver.swaps), {"c"})
        self.driver.serve(served[1])
        self.driver.end_stop(self.reload_stop())
        self.assertEqual(set(self.driver.swaps), {"a", "b", "c"})


class RemovedTests(RenewalCase):
    """Models that are configured no more."""

    def test_stopped(self) -> None:
        """It is forgotten at once."""
        self.begin(entry("a"), entry("b"))
        self.assertEqual(self.edit(removed="a"), [Renew(A, None)])
        self.assertEqual(self.driver.core.models, ("b",))

    def test_busy(self) -> None:
        """Who waits is refused; what it serves runs to its end; then it is stopped and forgotten."""
        self.begin(entry("a", concurrency_limit=1, unload_timeout=7))
        served = self.busy()
        waiting = self.driver.arrive("a")
        [refuse] = self.edit(removed="a")
        assert isinstance(refuse, Refuse)
        self.assertEqual(refuse.ticket, waiting)
        self.assertIsInstance(refuse.why, ModelRemoved)
        self.assertEqual(refuse.why.status, 404)
        self.assertEqual(str(refuse.why), "model a was removed from the configuration while the request waited")
        self.assertEqual((self.driver.core.models, self.driver.core.in_flight(A)), (("a",), 1))
        self.assertTrue(self.driver.core.serving)
        self.driver.serve(served)
        stop = self.reload_stop()
        self.assertEqual((stop.grace, self.driver.renewed), (7.0, []))
        self.driver.end_stop(stop)
        self.assertEqual((self.driver.renewed, self.driver.core.models), ([Renew(A, None)], ()))

    def test_loading(self) -> None:
        """Its load is given up."""
        self.begin(entry("a"))
        waiting = self.driver.arrive("a")
        self.edit(removed="a")
        self.assertEqual((list(self.driver.refused), len(self.driver.cancelled)), ([waiting], 1))
        self.driver.end_swap("a", StartFailed("aborted"))
        self.assertEqual(self.driver.renewed, [Renew(A, None)])

    def test_late_news(self) -> None:
        """Whatever arrives for a model that is gone, or on its way out, is answered or does nothing."""
        self.begin(entry("a"), entry("b"))
        served = self.busy()
        self.edit(removed="a")
        late = self.driver.arrive("a")
        self.assertIsInstance(self.driver.refused[late], ModelRemoved)
        self.driver.unload("a")
        [stop] = self.driver.stops
        self.driver.end_stop(stop)
        self.assertTrue(self.driver.core.serving)
        self.assertEqual(self.driver.core.in_flight(A), 0)
        self.driver.serve(served)
        self.assertFalse(self.driver.core.serving)
        for event in (Left(served, 0.0), Died(A, 0.0), StopEnded(stop.id, 0.0), SwapEnded(SwapId(1), 0.0)):
            self.assertEqual(self.driver.feed(event), [])
        self.assertEqual(self.driver.feed(Unload(7, (A,), 0.0)), [UnloadDone(7)])
        ticket = TicketId(99)
        [refuse] = self.driver.feed(Arrived(ticket, A, 0.0))
        self.assertIsInstance(refuse, Refuse)

    def test_later_batch_of_an_unload(self) -> None:
        """An unload that has yet to come to it finds it gone."""
        self.begin(entry("a", unload_timeout=9), entry("b", unload_timeout=1))
        self.driver.run("a")
        self.driver.run("b")
        self.driver.unload("a b")
        self.edit(removed="a")
        for stop in list(self.driver.stops):
            self.driver.end_stop(stop)
        while self.driver.stops:
            self.driver.end_stop(self.driver.stops[0])
        self.assertEqual((self.driver.unloaded, self.driver.core.models), ([1], ("b",)))

    def test_nothing_starts_before_it_is_gone(self) -> None:
        """By the last rules that knew it: a start waits, but who has a ready model is not disturbed."""
        self.begin(entry("a"), entry("b"), entry("c"), table={"c": "a"})
        served = self.busy()
        self.driver.run("b")
        self.edit(removed="a")
        self.assertIn(self.driver.arrive("b"), self.driver.granted)
        waiting = self.driver.arrive("c")
        self.driver.serve(served)
        self.assertEqual(self.driver.swaps, {})
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("c")
        self.assertIn(waiting, self.driver.granted)
        self.assertEqual(self.driver.begun[-1].evict, ())

    def test_what_could_run_beside_it_starts(self) -> None:
        """Its long answer holds up nobody that it ran beside; one that was not there then waits."""
        self.begin(entry("a"), entry("b"))
        served = self.busy()
        self.edit(entry("c"), removed="a")
        self.driver.arrivals("b c")
        self.assertEqual(list(self.driver.swaps), ["b"])
        self.driver.serve(served)
        self.driver.end_stop(self.reload_stop())
        self.assertEqual(sorted(self.driver.swaps), ["b", "c"])


class SeveralTests(RenewalCase):
    """One edit after the other."""

    def test_removed_and_back(self) -> None:
        """A model that comes back differently while its old process drains is a changed one."""
        self.begin(entry("a"))
        served = self.busy()
        self.edit(removed="a")
        self.edit(entry("a", "new"))
        waiting = self.driver.arrive("a")
        self.driver.serve(served)
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted, self.driver.refused), ([served, waiting], {}))
        self.assertEqual(self.driver.renewed, [Renew(A, entry("a", "new"))])

    def test_back_as_it_was(self) -> None:
        """A process that was not told to stop yet is current again when its settings are: it serves as before."""
        for removed in ("a", ""):
            self.begin(entry("a", concurrency_limit=2))
            served = self.busy()
            self.edit(*([] if removed else [entry("a", "new")]), removed=removed)
            same = entry("a", concurrency_limit=2, ttl=60)
            self.assertEqual(self.edit(same), [Renew(A, same)])
            self.assertIn(self.driver.arrive("a"), self.driver.granted)
            self.driver.serve(served)
            self.assertEqual((self.driver.stops, self.driver.targets), ([], ["a"]))

    def test_who_waits_goes_on_when_it_is_back(self) -> None:
        """Those that came meanwhile are granted their places."""
        self.begin(entry("a"))
        self.busy()
        self.edit(entry("a", "new"))
        waiting = self.driver.arrive("a")
        self.edit(entry("a"))
        self.assertIn(waiting, self.driver.granted)

    def test_back_too_late(self) -> None:
        """One that was told to stop does so, and starts again when it is wanted."""
        self.begin(entry("a"))
        self.driver.run("a")
        self.edit(entry("a", "new"))
        self.edit(entry("a"))
        waiting = self.driver.arrive("a")
        self.driver.end_stop(self.reload_stop())
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted[-1], self.driver.renewed), (waiting, []))

    def test_load_that_was_given_up_and_is_wanted_again(self) -> None:
        """It is begun anew when it has ended; if it was ready a moment before, it serves."""
        for error in (StartFailed("aborted"), None):
            self.begin(entry("a"))
            waiting = self.driver.arrive("a")
            self.edit(entry("a", "new"))
            self.edit(entry("a"))
            self.driver.end_swap("a", error)
            if error is not None:
                self.driver.end_swap("a")
            self.assertEqual((self.driver.granted, self.driver.stops, self.driver.renewed), ([waiting], [], []))

    def test_twenty_edits(self) -> None:
        """However often it changes while it serves, one stop and one start follow, of the last form."""
        self.begin(entry("a"))
        served = self.busy()
        waiting: list[TicketId] = []
        for number in range(20):
            self.edit(entry("a", f"form {number}", concurrency_limit=20))
            waiting.append(self.driver.arrive("a"))
        self.driver.serve(served)
        self.driver.end_stop(self.reload_stop())
        self.assertEqual(self.driver.renewed, [Renew(A, entry("a", "form 19", concurrency_limit=20))])
        self.driver.end_swap("a")
        self.assertEqual((self.driver.granted, self.driver.targets), ([served, *waiting], ["a", "a"]))

    def test_twenty_edits_of_a_stopped_model(self) -> None:
        """Each is of its newest form at once."""
        self.begin(entry("a"))
        for number in range(20):
            self.edit(entry("a", f"form {number}"))
        self.assertEqual(len(self.driver.renewed), 20)


class RuleTests(RenewalCase):
    """Another eviction policy."""

    def test_what_runs_together_may_do_so(self) -> None:
        """Models that may not run together any more do so until a decision concerns them."""
        self.begin(entry("a"), entry("b"))
        self.driver.run("a")
        served = self.busy("b")
        self.policy = TablePolicy(ALL_EXCLUDE)
        self.assertEqual(self.edit(), [])
        waiting = self.driver.arrive("a")
        self.assertNotIn(waiting, self.driver.granted)
        self.driver.serve(served)
        self.assertEqual((self.driver.begun[-1].target, self.driver.begun[-1].evict), ("a", ("b",)))

    def test_a_batch_is_served(self) -> None:
        """Those that wait for a load which the new rules would not begin are served when it ends."""
        self.begin(entry("a"), entry("b"))
        self.driver.run("b")
        ticket = self.driver.arrive("a")
        self.policy = TablePolicy(ALL_EXCLUDE)
        self.edit()
        self.driver.end_swap("a")
        self.assertIn(ticket, self.driver.granted)

    def test_what_waits_may_go_on(self) -> None:
        """A request that the old rules held back is served as soon as the new ones allow it."""
        self.begin(entry("a"), entry("b"), table=ALL_EXCLUDE)
        self.busy()
        self.driver.arrive("b")
        self.policy = TablePolicy()
        self.edit()
        self.assertEqual(set(self.driver.swaps), {"b"})

    def test_remembered_answers_are_forgotten(self) -> None:
        """The new policy is asked about models that are ready."""
        self.begin(entry("a"), entry("b"))
        self.driver.run("a")
        self.driver.run("b")
        self.driver.serve(self.driver.arrive("a"))
        self.policy = TablePolicy({"a": "b"})
        self.edit()
        self.assertNotIn(self.driver.arrive("a"), self.driver.granted)

    def test_shows_the_policy_its_own_models_only(self) -> None:
        """It is neither shown nor asked about models that were removed, and need not know them."""
        self.begin(entry("a"), entry("b"), entry("c"), table={"c": "a"})
        self.busy("a")
        self.driver.run("b")
        self.driver.reconfigure(edited(self.driver.settings, removed="a"))  # the real policy of groups: one at a time
        self.driver.arrivals("c b")
        self.assertEqual(self.driver.swaps, {})


class EndTests(RenewalCase):
    def test_nothing_changes_after_the_end_has_begun(self) -> None:
        """Whatever is edited then, and whatever was on its way out: stopping the models is the end's business."""
        self.begin(entry("a"), entry("b"))
        served = self.busy()
        self.edit(entry("a", "new"))
        self.driver.close()
        self.assertEqual(self.edit(entry("a", "newer"), removed="b"), [])
        self.driver.serve(served)
        self.assertEqual((self.driver.stops, self.driver.renewed), ([], []))
        self.assertEqual(self.driver.core.models, ("a", "b"))

    def test_drained(self) -> None:
        """Who is served by a model that was removed counts until the end."""
        self.begin(entry("a"))
        served = self.busy()
        self.edit(removed="a")
        self.driver.close()
        self.assertTrue(self.driver.core.serving)
        self.driver.serve(served)
        self.assertFalse(self.driver.core.serving)

    def test_event(self) -> None:
        """A reconfiguration is an event as any other."""
        self.begin(entry("a"))
        self.assertEqual(self.driver.core.feed(Reconfigured(self.driver.settings, self.policy, 0.0)), [])
