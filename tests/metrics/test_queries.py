"""Parameters of requests for the activity (http-api section 14.2, probe 101)."""

from __future__ import annotations

from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import BadRequest
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.queries import LONGEST_TEXT, MOST, SORTED_BY, Query, read_query


def query(text: str) -> Query:
    return read_query(parse_qs(text, keep_blank_values=True))


class ReadTests(SynchronousTestCase):
    def refusal(self, text: str) -> str:
        with self.assertRaises(BadRequest) as caught:
            query(text)
        return str(caught.exception)

    def test_defaults(self) -> None:
        """Absent, blank and unknown parameters are as if nothing were asked."""
        blank = "model=&start=%20&end=&min_id=&max_id=&limit=%09&page=&sort=&order=&other=5"
        for text in ("", blank):
            self.assertEqual(query(text), Query(Filter(), 25, 1, "id", True), text)

    def test_given(self) -> None:
        """Every one of them, trimmed; models each once, other parameters as they are given first."""
        text = "model=+a+&model=b&model=a&limit=+7&page=2&page=x&sort=%20time&order=Asc&min_id=3&max_id=3"
        found = query(text)
        self.assertEqual(found, Query(Filter(("a", "b"), min_id=3, max_id=3), 7, 2, "time", False))
        self.assertEqual(query("key=+tv&key=x").filter, Filter(key="tv"))

    def test_statuses_and_text(self) -> None:
        """Each class once, in any case of letters; the text as it is, without blanks around it."""
        found = query("status=5XX&status=&status=none&status=5xx&q=+50%25%20_").filter
        self.assertEqual(found, Filter(statuses=("5xx", "none"), text="50% _"))
        for word in ("6xx", "200", "2xx OR 1=1", "2xx,4xx"):
            self.assertIn("`status` must be one of 1xx, 2xx", self.refusal(f"status={word}"))
        self.assertEqual(len(query("q=" + "x" * LONGEST_TEXT).filter.text), LONGEST_TEXT)
        self.assertIn("200 characters, not 201", self.refusal("q=" + "x" * 201))

    def test_times(self) -> None:
        """Whole seconds since the epoch, from any offset, digits of a second cut off."""
        for text, seconds in {
            "1970-01-01T00:00:00Z": 0,
            "2023-11-14T22:13:20.999999999Z": 1_700_000_000,
            "2023-11-15T00:13:20%2B02:00": 1_700_000_000,
            "2023-11-14T17:43:20-04:30": 1_700_000_000,
            "1969-12-31T23:59:59.5Z": -1,
        }.items():
            self.assertEqual(query(f"start={text}").filter.start, seconds, text)
        same = query("start=2023-11-14T22:13:20Z&end=2023-11-14T22:13:20Z").filter
        self.assertEqual((same.start, same.end), (1_700_000_000, 1_700_000_000))

    def test_probe_101_numbers(self) -> None:
        """What is no number, or out of range, is refused with what is allowed."""
        for text in ("0", "-1", "x", "1.5", "1_0", "٣", "0x1", "9" * 31, "1 2"):
            for name in ("limit", "page", "min_id", "max_id"):
                self.assertIn(f"`{name}` must be a whole number from 1", self.refusal(f"{name}={text}"), text)
        self.assertIn("from 1 to 999, not `1000`", self.refusal("limit=1000"))
        self.assertEqual((query("limit=999").limit, query("limit=%2B01").limit), (999, 1))
        self.assertIn("min_id", self.refusal("min_id=5&max_id=2"))

    def test_probe_101_words(self) -> None:
        """Columns and directions are words of a table, whatever else is tried."""
        for word in ("foo", "ts_created", "id;drop table activity", "ID", "id,id"):
            self.assertIn("one of id, time, model", self.refusal(f"sort={word.replace(';', '%3B')}"))
        self.assertIn("asc or desc, not `up`", self.refusal("order=up"))

    def test_probe_101_times(self) -> None:
        """Times are those of RFC 3339 only, and in their order."""
        wrong = "2026-01-01 2026-01-01T00:00:00 2026-13-01T00:00:00Z 2026-02-30T00:00:00Z"
        wrong += " 2026-01-01T24:00:00Z 2026-01-01T00:00:60Z 2026-01-01T00:00:00%2B0100 0000-01-01T00:00:00Z now 5"
        wrong += (
            " 2026-01-01T00:00:00%2B24:00 2026-01-01T00:00:00%2B01:60 2026-01-01T00:00:00+01:00 2026-01-01T00:00:00.Z"
        )
        for text in wrong.split():
            for name in ("start", "end"):
                self.assertIn(f"`{name}` must be a time such as", self.refusal(f"{name}={text}"), text)
        self.assertEqual("`start` is after `end`", self.refusal("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"))

    def test_bounds(self) -> None:
        """Nothing grows with what is asked: not the statement, not its numbers, not the message."""
        self.assertIn("1000 times, not 1001", self.refusal("&".join(f"model={n}" for n in range(1001))))
        self.assertEqual(query(f"page={MOST}&limit=999").offset, MOST)
        self.assertLess(len(self.refusal("sort=" + "x" * 10_000)), 300)

    @given(
        st.dictionaries(
            st.sampled_from(["limit", "page", "min_id", "sort", "order", "start", "model", "status", "q"]),
            st.lists(st.text()),
        )
    )
    def test_anything(self, parameters: dict[str, list[str]]) -> None:
        """Whatever is written: a query within its bounds, or a refusal."""
        try:
            found = read_query(parameters)
        except BadRequest:
            return
        self.assertTrue(1 <= found.limit <= 999 and found.page >= 1 and found.offset <= MOST)
        self.assertIn(found.sort, SORTED_BY)
        texts, values = found.filter.conditions()
        self.assertEqual("".join(texts).count("?"), len(values))
