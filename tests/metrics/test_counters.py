"""Requests that have ended: what is counted, under which names, and that these are bounded."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.counters import OTHER, UNKNOWN, Counters
from llamaswap.metrics.exposition import render
from llamaswap.metrics.row import Tokens
from tests.support.figures import TOKENS, Labels, finished, samples, value


class CountersCase(SynchronousTestCase):
    """The model m is known."""

    def setUp(self) -> None:
        self.known = {"m"}
        self.counters = Counters(lambda name: name in self.known, most=8)

    def count(self, name: str = "m", status: int = 200, **more: Any) -> None:
        self.counters.count(finished(name, status, **more))

    def shown(self) -> dict[str, dict[Labels, float]]:
        return samples(render(self.counters.families(), {}))

    def names(self) -> set[tuple[str, str]]:
        """Models and keys of what is shown."""
        series = self.shown()["llamaswap_requests_total"]
        return {(labels.get("model", ""), labels.get("key", "")) for labels in map(dict, series)}


class CountTests(CountersCase):
    def test_requests_by_the_class_of_their_status(self) -> None:
        """A status that is none counts as that."""
        for status in (200, 204, 101, 302, 404, 499, 500, 599, 0, 600, 99):
            self.count(status=status)
        found = self.shown()["llamaswap_requests_total"]
        by_class = {dict(labels)["status"]: number for labels, number in found.items()}
        self.assertEqual(by_class, {"1xx": 1, "2xx": 2, "3xx": 1, "4xx": 2, "5xx": 2, "none": 3})

    def test_errors_by_status(self) -> None:
        """What did well is none."""
        for status in (200, 301, 429, 503, 503):
            self.count(status=status)
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_request_errors_total", model="m", status="429"), 1)
        self.assertEqual(value(found, "llamaswap_request_errors_total", model="m", status="503"), 2)
        self.assertEqual(len(found["llamaswap_request_errors_total"]), 2)

    def test_keys_by_name(self) -> None:
        """Each has series of its own; without keys there is no label."""
        self.count(key="alice")
        self.count(key="alice")
        self.count()
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_requests_total", model="m", key="alice", status="2xx"), 2)
        self.assertEqual(value(found, "llamaswap_requests_total", model="m", status="2xx"), 1)

    def test_tokens(self) -> None:
        """Summed up; a drafted token may have been accepted."""
        self.count(tokens=TOKENS)
        self.count(tokens=TOKENS)
        found = self.shown()
        kinds = {"input": 200, "output": 400, "cached": 60, "drafted": 40, "accepted": 24}
        self.assertEqual({kind: value(found, f"llamaswap_{kind}_tokens_total", model="m") for kind in kinds}, kinds)

    def test_prompts_that_came_from_a_cache(self) -> None:
        """Whether the engine counts them into the prompt or apart, the whole prompt is counted, and no part is more."""
        self.count(tokens=Tokens(21, 10, 20))
        self.count(tokens=Tokens(1, 10, 20, apart=20))
        self.count(tokens=Tokens(0, 10, 8, apart=8))
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_input_tokens_total", model="m"), 21 + 21 + 8)
        self.assertEqual(value(found, "llamaswap_cached_tokens_total", model="m"), 48)

    def test_what_an_answer_does_not_say(self) -> None:
        """-1 takes nothing away, and a speed of none is no speed."""
        self.count(tokens=Tokens(5, 7, -1, -1, -1, -1.0, -1.0))
        self.count(tokens=Tokens(0, 3, 0, 0, 0, 0.0, 0.0))
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_output_tokens_total", model="m"), 10)
        for absent in ("cached_tokens_total", "drafted_tokens_total", "accepted_tokens_total"):
            self.assertNotIn(f"llamaswap_{absent}", found)
        self.assertNotIn("llamaswap_generation_tokens_per_second_count", found)
        self.assertNotIn("llamaswap_prompt_tokens_per_second_count", found)

    def test_times(self) -> None:
        """Of answers that are good; the sums are those of the values."""
        self.count(waited=1.5, first_byte=2.5, seconds=10.0, tokens=TOKENS)
        self.count(waited=0.0, first_byte=None, seconds=1.0)
        found = self.shown()
        for name, count, total in (
            ("llamaswap_request_wait_seconds", 2, 1.5),
            ("llamaswap_time_to_first_byte_seconds", 1, 2.5),
            ("llamaswap_request_duration_seconds", 2, 11.0),
            ("llamaswap_generation_tokens_per_second", 1, 40.0),
            ("llamaswap_prompt_tokens_per_second", 1, 400.0),
        ):
            self.assertEqual(value(found, f"{name}_count", model="m"), count)
            self.assertEqual(value(found, f"{name}_sum", model="m"), total)
        self.assertEqual(value(found, "llamaswap_request_wait_seconds_bucket", model="m", le="1.0"), 1)

    def test_times_of_errors(self) -> None:
        """They say nothing about the model; but one that was granted a place has waited for it."""
        self.count(status=429, waited=0.0, tokens=TOKENS)
        self.assertEqual(set(self.shown()) & {"llamaswap_request_wait_seconds_count"}, set())
        self.count(status=500, waited=3.0)
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_request_wait_seconds_sum", model="m"), 3.0)
        for absent in ("request_duration_seconds_count", "time_to_first_byte_seconds_count", "input_tokens_total"):
            self.assertNotIn(f"llamaswap_{absent}", found)

    def test_pages_and_sockets(self) -> None:
        """A style sheet (5 ms) and a socket (two hours) say nothing of how long answers take."""
        self.count(listed=False, seconds=0.005)
        self.count(status=101, listed=False, peer="p", seconds=7200.0)
        self.count(status=404, listed=False)
        self.assertEqual([name for name in self.shown() if name.startswith("llamaswap_")], [])

    def test_peers(self) -> None:
        """Who answered is told apart from the model, which needs no place here and so never waits."""
        self.count("x", peer="p", tokens=TOKENS)
        self.count("x", 502, peer="q")
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_peer_requests_total", peer="p", status="2xx"), 1)
        self.assertEqual(value(found, "llamaswap_peer_requests_total", peer="q", status="5xx"), 1)
        self.assertEqual(value(found, "llamaswap_output_tokens_total", model="x"), 200)
        self.assertNotIn("llamaswap_request_wait_seconds_count", found)


class NameTests(CountersCase):
    def test_names_that_clients_invent(self) -> None:
        """All of them are one series."""
        for number in range(1000):
            self.count(f"invented {number}", 404)
        self.assertEqual(self.names(), {(UNKNOWN, "")})
        self.assertEqual(
            value(self.shown(), "llamaswap_request_errors_total", model=UNKNOWN, status="404"),
            1000,
        )

    def test_too_many_keys(self) -> None:
        """The model is still told apart; nothing is lost."""
        for number in range(100):
            self.count(key=f"k{number}")
        self.assertEqual(self.names(), {*(("m", f"k{number}") for number in range(8)), ("m", OTHER)})
        self.assertEqual(sum(self.shown()["llamaswap_requests_total"].values()), 100)

    def test_too_many_models_of_peers(self) -> None:
        """They are one series together."""
        for number in range(100):
            self.count(f"r{number}", key="k", peer="p")
        self.assertEqual(len(self.names()), 9)
        self.assertIn((OTHER, OTHER), self.names())
        self.assertEqual(value(self.shown(), "llamaswap_peer_requests_total", peer="p", status="2xx"), 100)

    @given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=2), st.sampled_from(["", "p"])), max_size=60))
    def test_bounded(self, requests: list[tuple[str, str, str]]) -> None:
        """Whatever is asked for by whomever, and every request is counted once."""
        self.counters = Counters(lambda name: name in self.known, most=8)
        for name, key, peer in requests:
            self.count(name, key=key, peer=peer)
        if requests:
            self.assertLessEqual(len(self.names()), 8 + 3)
            self.assertEqual(sum(self.shown()["llamaswap_requests_total"].values()), len(requests))

    def test_a_model_that_is_removed(self) -> None:
        """Its series end; the others go on where they were."""
        self.known.add("n")
        self.count("n", key="k")
        self.count("m")
        self.count("gone", 404)
        self.count("r", peer="p")
        self.known.discard("n")
        self.counters.keep_known()
        self.assertEqual(self.names(), {("m", ""), (UNKNOWN, ""), ("r", "")})
        self.count("n")
        self.count("m")
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_requests_total", model=UNKNOWN, status="2xx"), 1)
        self.assertEqual(value(found, "llamaswap_requests_total", model="m", status="2xx"), 2)

    def test_a_reload_when_there_was_no_room(self) -> None:
        """Begins anew, with room for all that is asked for by then."""
        for number in range(100):
            self.count(f"r{number}", key=f"k{number}", peer=f"p{number}")
        self.assertLessEqual(len(self.shown()["llamaswap_peer_requests_total"]), 9)
        self.counters.keep_known()
        self.count(key="new", peer="p")
        self.assertEqual(self.names(), {("m", "new")})
        self.assertEqual(len(self.shown()["llamaswap_peer_requests_total"]), 1)

    def test_a_model_that_comes_up_later(self) -> None:
        """Is told apart from then on."""
        self.count("n", 404)
        self.known.add("n")
        self.count("n")
        self.assertEqual(self.names(), {(UNKNOWN, ""), ("n", "")})

    def test_a_batch(self) -> None:
        """All of it counts."""
        self.counters.take([finished(), finished()])
        self.assertEqual(value(self.shown(), "llamaswap_requests_total", model="m", status="2xx"), 2)
