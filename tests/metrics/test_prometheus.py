"""Figures put together: what a scrape shows, when it is written, and what a reload does to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.ids import ModelId
from llamaswap.notices import ConfigurationChanged, State, Swapped
from llamaswap.series import Family
from tests.support.figures import Figures, finished, samples, value
from tests.support.web import model
from tests.support.wire import MemoryUpstream


class PresentTests(SynchronousTestCase):
    def test_nothing_has_happened(self) -> None:
        """Models, the server and its process can be seen all the same."""
        found = Figures("a").samples()
        self.assertEqual(value(found, "llamaswap_client_connections"), 3)
        self.assertEqual(list(found["llamaswap_build_info"].values()), [1])
        self.assertEqual(value(found, "llamaswap_model_state", model="a", state="stopped"), 1)
        self.assertEqual(value(found, "llamaswap_requests_waiting", model="a"), 0)
        self.assertNotIn("llamaswap_requests_total", found)

    def test_what_can_happen_to_models_begins_at_0(self) -> None:
        """Or `increase()` would miss the first failed load of a model, and the first crash."""
        found = Figures("a").samples()
        for outcome in ("loaded", "failed", "out_of_memory", "abandoned"):
            self.assertEqual(value(found, "llamaswap_swaps_total", model="a", outcome=outcome), 0, outcome)
        for reason in ("evict", "unload", "ttl", "reload", "crash", "abandon"):
            self.assertEqual(value(found, "llamaswap_model_unloads_total", model="a", reason=reason), 0, reason)
        for name in ("starts_total", "crashes_total", "loaded_seconds_total"):
            self.assertEqual(value(found, f"llamaswap_model_{name}", model="a"), 0, name)
        self.assertNotIn("llamaswap_model_changed_timestamp_seconds", found)

    def test_states(self) -> None:
        """One of them is 1."""
        figures = Figures()
        for state in (State.STOPPED, State.STARTING, State.READY, State.STOPPING):
            figures.states["a"] = state
            found = figures.samples()["llamaswap_model_state"]
            ones = {(one["model"], one["state"]) for one, number in ((dict(k), v) for k, v in found.items()) if number}
            self.assertEqual(ones, {("a", state.value), ("b", "stopped")})
            self.assertEqual(len(found), 8)

    def test_queues(self) -> None:
        figures = Figures()
        figures.flying, figures.queued = {"a": 2}, {"b": 5}
        found = figures.samples()
        self.assertEqual(value(found, "llamaswap_requests_in_flight", model="a"), 2)
        self.assertEqual(value(found, "llamaswap_requests_waiting", model="b"), 5)
        self.assertEqual(value(found, "llamaswap_requests_waiting", model="a"), 0)

    def test_peers(self) -> None:
        """Of which it is known."""
        figures = Figures()
        figures.peers = [("q", False), ("p", True), ("new", None)]
        found = figures.samples()["llamaswap_peer_up"]
        self.assertEqual({dict(labels)["peer"]: up for labels, up in found.items()}, {"p": 1, "q": 0})


class CountedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.figures = Figures()

    def reload(self, *names: str) -> None:
        self.figures.models = [model(name) for name in names]
        self.figures.notices.publish(ConfigurationChanged(Difference((), (), ()), 0.0))

    def test_notices(self) -> None:
        """Changes, swaps and unloads are heard of."""
        self.figures.enter("a", State.STARTING)
        self.figures.notices.publish(Swapped(ModelId("a"), (), "", "loaded", {"start": 2.0}, 0.0))
        Deferred.fromCoroutine(self.figures.counted.attendant.after_unload(model("a"), "ttl"))
        found = self.figures.samples()
        self.assertEqual(value(found, "llamaswap_model_starts_total", model="a"), 1)
        self.assertEqual(value(found, "llamaswap_swaps_total", model="a", outcome="loaded"), 1)
        self.assertEqual(value(found, "llamaswap_model_unloads_total", model="a", reason="ttl"), 1)
        self.assertEqual(self.figures.errors, [])

    def test_counters_never_fall_over_a_reload(self) -> None:
        """Of what stays; what was removed ends."""
        self.figures.counted.requests.take([finished("a"), finished("b"), finished("nobody", 404)])
        for name in "ab":
            self.figures.enter(name, State.STARTING)
        before = self.figures.samples()
        self.reload("a", "c")
        after = self.figures.samples()
        for name in ("llamaswap_requests_total", "llamaswap_model_starts_total"):
            gone = {labels for labels in before[name] if dict(labels)["model"] == "b"}
            self.assertEqual(set(before[name]) - set(after[name]), gone)
            self.assertTrue(all(after[name][labels] >= before[name].get(labels, 0) for labels in after[name]))
        self.assertNotIn("b", {dict(labels)["model"] for labels in after["llamaswap_model_state"]})

    def test_a_thousand_reloads_with_other_models(self) -> None:
        """Leave the series of the last."""
        for number in range(1000):
            self.reload(f"m{number}")
            self.figures.enter(f"m{number}", State.STARTING)
            self.figures.counted.requests.take([finished(f"m{number}", key=f"k{number % 3}")])
        found = self.figures.samples()
        for name in ("llamaswap_requests_total", "llamaswap_model_starts_total"):
            self.assertEqual({dict(labels)["model"] for labels in found[name]}, {"m999"})


class WriteTests(SynchronousTestCase):
    """The thread takes until the test says so."""

    def setUp(self) -> None:
        self.figures = Figures()
        self.threads: list[tuple[Deferred[Any], Any]] = []
        self.figures.in_thread = self.in_thread
        self.addCleanup(self.figures.prometheus.stop)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.threads.append((done, work))
        return done

    def ask(self, *, engines: bool = False) -> Deferred[bytes]:
        return self.figures.prometheus.text(engines=engines)

    def finish(self) -> None:
        done, work = self.threads.pop(0)
        done.callback(work())

    def test_figures_are_those_of_one_moment(self) -> None:
        """What happens while they are written comes next time."""
        asked = self.ask()
        self.figures.counted.requests.take([finished("a")])
        self.finish()
        self.assertNotIn(b"llamaswap_requests_total", self.successResultOf(asked))
        asked = self.ask()
        self.finish()
        self.assertIn(b"llamaswap_requests_total", self.successResultOf(asked))

    def test_others_get_their_turn(self) -> None:
        """Where taking the figures takes its time, it is done in several turns of the reactor."""
        figures, turns = self.figures, 0

        def slow() -> list[Family]:
            figures.clock.rightNow += 1.0
            return []

        figures.machine = slow
        asked = self.ask()
        self.assertEqual(self.threads, [])
        while not self.threads:
            turns += 1
            figures.clock.advance(0)
        self.finish()
        self.assertIn(b"llamaswap_build_info", self.successResultOf(asked))
        self.assertEqual(turns, 1)

    def test_several_at_once(self) -> None:
        """Are given one text: nobody can keep all threads busy with this."""
        asked = [self.ask() for _ in range(50)]
        self.assertEqual(len(self.threads), 1)
        self.finish()
        texts = [self.successResultOf(one) for one in asked]
        self.assertEqual(len(set(map(id, texts))), 1)
        self.assertEqual(self.threads, [])

    def test_one_who_waits_no_longer(self) -> None:
        """The others still do."""
        first, second = self.ask(), self.ask()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.finish()
        self.assertIn(b"llamaswap_build_info", self.successResultOf(second))

    def test_writing_fails(self) -> None:
        """All who wait are told, and the next scrape is another try."""
        asked = [self.ask(), self.ask()]
        self.threads.pop()[0].errback(ValueError("no"))
        for one in asked:
            self.failureResultOf(one, ValueError)
        asked = [self.ask()]
        self.finish()
        self.successResultOf(asked[0])

    def test_the_end(self) -> None:
        """What is under way may end, and no timer is left."""
        asked = self.ask()
        self.figures.prometheus.stop()
        self.figures.prometheus.stop()
        self.assertEqual(self.figures.clock.getDelayedCalls(), [])
        self.assertNoResult(asked)
        self.finish()
        self.successResultOf(asked)

    def test_the_end_of_patience(self) -> None:
        """Nobody is waited for any more; whoever waits is told."""
        self.figures.servers = {"a": MemoryUpstream()}
        self.figures.states = {"a": State.READY}
        asked = self.ask(engines=True)
        self.figures.prometheus.stop()
        self.figures.prometheus.cut()
        self.failureResultOf(asked, CancelledError)
        self.figures.prometheus.cut()
        self.assertEqual(self.figures.clock.getDelayedCalls(), [])

    def test_engines(self) -> None:
        """Those of ready models are asked, if it is wanted; one that is going has no server any more."""
        servers = {"a": MemoryUpstream(), "c": MemoryUpstream()}
        self.figures.models.append(model("c"))
        self.figures.servers = dict(servers)
        self.figures.states = {"a": State.READY, "b": State.READY, "c": State.STARTING}
        self.ask()
        self.finish()
        self.assertEqual(servers["a"].connections, [])
        asked = self.ask(engines=True)
        self.assertEqual(self.threads, [])
        servers["a"].answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nx 1\n")
        self.finish()
        found = samples(self.successResultOf(asked))
        self.assertEqual(value(found, "x", model="a"), 1)
        self.assertEqual(found["llamaswap_engine_up"], {frozenset({("model", "a")}): 1})
        self.assertEqual(servers["c"].connections, [])
