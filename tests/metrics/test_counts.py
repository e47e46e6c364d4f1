"""Counts, rates and times, out of whatever engines put there."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.counts import MOST, Tally, count, measure
from llamaswap.metrics.row import NO_TOKENS, Tokens

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.integers().map(str),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside, max_size=2),
    max_leaves=4,
)
MEMBERS = st.sampled_from(
    "prompt_tokens input_tokens completion_tokens output_tokens cache_read_input_tokens input_tokens_details"
    " prompt_tokens_details cached_tokens prompt_n predicted_n cache_n prompt_per_second predicted_ms prompt_ms"
    " draft_n draft_n_accepted speculative_decoding num_draft_tokens num_accepted_draft_tokens"
    " time_to_first_token_ms mean_itl_ms".split()
)
PARTS = st.dictionaries(MEMBERS, ANYTHING | st.dictionaries(MEMBERS, ANYTHING, max_size=3), max_size=6)
OBJECTS = st.dictionaries(
    st.sampled_from(["usage", "timings", "metrics", "response", "message"]),
    ANYTHING | PARTS | st.fixed_dictionaries({"usage": PARTS}),
)


def of_whole(**body: Any) -> Tokens:
    tally = Tally()
    tally.whole(body)
    return tally.cost()[0]


def of_events(*events: dict[str, Any]) -> Tokens:
    tally = Tally()
    for event in events:
        tally.event(event)
    return tally.cost()[0]


class NumberTests(SynchronousTestCase):
    def test_counts(self) -> None:
        """Integers in strings count, floats are cut off, all else is nothing."""
        for value, whole in ((7, 7), ("7", 7), ("007", 7), (7.9, 7), (-0.5, 0), (0, 0), (MOST, MOST), (1e12, MOST)):
            self.assertEqual(count(value), whole, value)
        for garbage in (None, True, -1, -1.5, "-1", "7.5", " 7", "7\n", "", "x", "٣", "1_0", [7], {"a": 7}):
            self.assertEqual(count(garbage), 0, garbage)
        for huge in (MOST + 1, 1e300, float("nan"), float("inf"), "9" * 13, "9" * 5000):
            self.assertEqual(count(huge), 0, huge)

    def test_measures(self) -> None:
        """So do numbers in strings."""
        for value, number in ((7, 7.0), (7.5, 7.5), ("7.5", 7.5), ("7", 7.0), ("1e3", 1000.0), ("2.", 2.0)):
            self.assertEqual(measure(value), number, value)
        for garbage in (None, True, -1, "", "x", "nan", "inf", "1e99", "1_0", "0x1", "Indeterminate", [7]):
            self.assertEqual(measure(garbage), 0.0, garbage)
        for huge in (10**13, 1e300, float("nan"), float("inf"), "9" * 5000):
            self.assertEqual(measure(huge), 0.0, huge)


class WholeTests(SynchronousTestCase):
    def test_alternatives(self) -> None:
        """The first that is there; what is null is not."""
        self.assertEqual(of_whole(usage={"prompt_tokens": 1, "input_tokens": 2, "output_tokens": 3})[:3], (1, 3, -1))
        self.assertEqual(of_whole(usage={"prompt_tokens": None, "input_tokens": 2})[:3], (2, 0, -1))
        self.assertEqual(of_whole(usage={"prompt_tokens": 0, "input_tokens": 2})[:3], (0, 0, -1))
        several = {"input_tokens_details": {"cached_tokens": 5}, "prompt_tokens_details": {"cached_tokens": 6}}
        self.assertEqual(of_whole(usage={"cache_read_input_tokens": 4, **several}).cached, 4)
        self.assertEqual(of_whole(usage=several).cached, 5)
        self.assertEqual(of_whole(usage={**several, "input_tokens_details": None}).cached, 6)
        self.assertEqual(of_whole(usage={"prompt_tokens_details": [1]}).cached, -1)
        self.assertEqual(of_whole(usage={"cache_read_input_tokens": -7}).cached, -1)

    def test_what_says_nothing(self) -> None:
        """Is all 0 when there is nothing, and unknown when something is there."""
        self.assertEqual(of_whole(choices=[]), NO_TOKENS)
        nothing: tuple[dict[str, Any], ...] = ({"usage": {}}, {"usage": None}, {"usage": 5}, {"metrics": None})
        for body in (*nothing, {"usage": {}, "timings": None}):
            self.assertEqual(of_whole(**body), (0, 0, -1, -1, -1, -1.0, -1.0, 0), body)

    def test_q4_timings_that_say_nothing(self) -> None:
        """Do not replace what `usage` said, and are no reason to count."""
        usage = {"prompt_tokens": 9, "completion_tokens": 8}
        nothing: tuple[Any, ...] = (None, {}, [], 5, {"total_ms": 4})
        for timings in nothing:
            self.assertEqual(of_whole(usage=usage, timings=timings)[:2], (9, 8), timings)
            self.assertEqual(of_whole(timings=timings), NO_TOKENS, timings)

    def test_timings(self) -> None:
        """Replace usage, save what was cached when they do not say it; drafts need both numbers."""
        usage = {"prompt_tokens": 9, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 3}}
        self.assertEqual(of_whole(usage=usage, timings={"prompt_n": 5}), (5, 0, 3, -1, -1, 0.0, 0.0, 3))
        self.assertEqual(of_whole(usage=usage, timings={"cache_n": 0}), (0, 0, 0, -1, -1, 0.0, 0.0, 0))
        self.assertEqual(of_whole(timings={"draft_n": 4})[3:5], (-1, -1))
        self.assertEqual(of_whole(timings={"draft_n": 4, "draft_n_accepted": 0})[3:5], (4, 0))

    def test_whether_the_input_holds_what_was_cached(self) -> None:
        """Not in llama.cpp's timings, nor as Anthropic counts; it does as OpenAI counts."""
        details = {"prompt_tokens_details": {"cached_tokens": 20}}
        self.assertEqual(of_whole(usage={"prompt_tokens": 21, **details}).apart, 0)
        self.assertEqual(of_whole(usage={"prompt_tokens": 21, **details}, timings={"prompt_n": 1}).apart, 20)
        self.assertEqual(of_whole(timings={"prompt_n": 1, "cache_n": 20}).apart, 20)
        self.assertEqual(of_whole(usage={"input_tokens": 1, "cache_read_input_tokens": 20}).apart, 20)
        self.assertEqual(of_whole(usage={"input_tokens": 21, "input_tokens_details": {"cached_tokens": 20}}).apart, 0)
        self.assertEqual(of_whole(usage={"prompt_tokens": 21, "cache_read_input_tokens": 20}).apart, 0)

    def test_engine_time(self) -> None:
        """Is the sum of both, cut off once."""
        for timings, whole in (({"prompt_ms": 0.6, "predicted_ms": 0.6}, 1), ({"predicted_ms": "7.9"}, 7)):
            tally = Tally()
            tally.whole({"timings": timings})
            self.assertEqual(tally.cost()[1], whole)

    def test_metrics(self) -> None:
        """Give rates and drafts; the counts are those of usage or timings."""
        times = {"time_to_first_token_ms": 100, "mean_itl_ms": 10}
        self.assertEqual(of_whole(metrics=times), (0, 0, -1, -1, -1, 0.0, 100.0, 0))
        cached = {"prompt_tokens": 5, "cache_read_input_tokens": 9}
        self.assertEqual(of_whole(usage=cached, metrics=times).prompt_rate, 0.0)
        self.assertEqual(of_whole(timings={"prompt_n": 5}, metrics=times), (5, 0, -1, -1, -1, 50.0, 100.0, 0))
        halves: tuple[Any, ...] = ({"num_draft_tokens": 4}, [], None)
        for draft in halves:
            self.assertEqual(of_whole(metrics={"speculative_decoding": draft})[3:5], (-1, -1))
        self.assertEqual(of_whole(metrics={"mean_itl_ms": 1e-300}).generation_rate, -1.0)


class EventTests(SynchronousTestCase):
    def test_later_counts_replace(self) -> None:
        """When they are more than 0; what was cached also when it is 0."""
        first = {"usage": {"prompt_tokens": 5, "completion_tokens": 1, "cache_read_input_tokens": 4}}
        self.assertEqual(of_events(first, {"usage": {"completion_tokens": 7}})[:3], (5, 7, 4))
        zeros = {"usage": {"prompt_tokens": 0, "completion_tokens": None, "cache_read_input_tokens": 0}}
        self.assertEqual(of_events(first, zeros)[:3], (5, 1, 0))
        self.assertEqual(of_events(first, {"usage": {"cache_read_input_tokens": None}})[:3], (5, 1, 4))

    def test_one_place_of_an_event(self) -> None:
        """The first of the three that says anything."""
        inner = {"usage": {"input_tokens": 2}}
        self.assertEqual(of_events({"usage": {"prompt_tokens": 1}, "response": inner}).input, 1)
        self.assertEqual(of_events({"usage": {}, "response": inner}).input, 2)
        self.assertEqual(of_events({"usage": None, "response": {"usage": None}, "message": inner}).input, 2)

    def test_what_does_not_count(self) -> None:
        """Usage without any known member, timings and metrics that are no objects."""
        usages: tuple[Any, ...] = ({}, {"x": 1}, None)
        events = [{"usage": usage} for usage in usages]
        for event in (*events, {"timings": {}}, {"metrics": None}, {}):
            self.assertEqual(of_events(event), NO_TOKENS, event)

    def test_last_timings_and_metrics(self) -> None:
        """Win, whatever comes after them."""
        timed: list[dict[str, Any]] = [
            {"timings": {"prompt_n": 1}},
            {"timings": {"predicted_n": 2}},
            {"timings": None},
            {"timings": {}},
        ]
        self.assertEqual(of_events(*timed)[:2], (0, 2))
        measured: list[dict[str, Any]] = [
            {"metrics": {"mean_itl_ms": 1}},
            {"metrics": {"mean_itl_ms": 10}},
            {"metrics": None},
        ]
        self.assertEqual(of_events(*measured).generation_rate, 100.0)


class GarbageTests(SynchronousTestCase):
    @given(st.lists(OBJECTS, max_size=3), OBJECTS)
    def test_every_reading_can_be_kept(self, events: list[dict[str, Any]], body: dict[str, Any]) -> None:
        """Whatever an engine says, the numbers are finite, not below -1 and not beyond all measure."""
        for tokens in (of_events(*events), of_whole(**body)):
            self.assertTrue(all(-1 <= number <= MOST for number in tokens), tokens)
            self.assertEqual([type(number) for number in tokens], [int] * 5 + [float] * 2 + [int])
            json.dumps(tokens, allow_nan=False)
