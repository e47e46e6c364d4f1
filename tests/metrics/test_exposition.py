"""The text that Prometheus reads."""

from __future__ import annotations

import os
import sys

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.exposition import render
from llamaswap.series import Distribution, Family
from tests.support.figures import everything, samples, types, value


def gauge(*series: tuple[tuple[str, ...], float], labels: tuple[str, ...] = ("l",)) -> Family:
    return Family("llamaswap_x", "gauge", "What it is.", labels, series)


def own(text: bytes) -> list[str]:
    """The lines without those of the process."""
    return [line for line in text.decode().splitlines() if "process_" not in line]


class RenderTests(SynchronousTestCase):
    def test_a_gauge(self) -> None:
        """Description, type, series."""
        lines = ["# HELP llamaswap_x What it is.", "# TYPE llamaswap_x gauge", 'llamaswap_x{l="a"} 1.5']
        self.assertEqual(own(render([gauge((("a",), 1.5))], {})), lines)

    def test_a_counter(self) -> None:
        """Keeps its name."""
        lines = own(render([Family("llamaswap_x_total", "counter", "H", (), [((), 3.0)])], {}))
        self.assertEqual(
            lines, ["# HELP llamaswap_x_total H", "# TYPE llamaswap_x_total counter", "llamaswap_x_total 3.0"]
        )

    def test_a_histogram(self) -> None:
        """Buckets hold all that is not above their bounds."""
        family = Family("llamaswap_x", "histogram", "H", ("l",), [(("a",), Distribution((0.5, 2.0), (1, 0, 2), 9.5))])
        expected = [
            'llamaswap_x_bucket{l="a",le="0.5"} 1.0',
            'llamaswap_x_bucket{l="a",le="2.0"} 1.0',
            'llamaswap_x_bucket{l="a",le="+Inf"} 3.0',
            'llamaswap_x_count{l="a"} 3.0',
            'llamaswap_x_sum{l="a"} 9.5',
        ]
        self.assertEqual(sorted(own(render([family], {}))[2:]), sorted(expected))
        samples(render([family], {}))

    def test_a_family_without_series(self) -> None:
        """Is left out, with its description."""
        self.assertEqual(own(render([gauge()], {})), [])

    def test_a_label_that_is_empty(self) -> None:
        """Is no label."""
        text = render([gauge((("", "b"), 1.0), labels=("l", "k"))], {})
        self.assertIn('llamaswap_x{k="b"} 1.0', own(text))

    def test_escapes(self) -> None:
        """Backslash, quote and line break of label values."""
        self.assertEqual(own(render([gauge((('a\\b"c\nd',), 1.0))], {}))[2:], ['llamaswap_x{l="a\\\\b\\"c\\nd"} 1.0'])

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_any_label(self, label: str) -> None:
        """Comes back as it was; none makes a series of its own."""
        found = samples(render([gauge(((label,), 1.0))], {}))
        self.assertEqual(value(found, "llamaswap_x", l=label), 1.0)
        self.assertEqual(len(found["llamaswap_x"]), 1)

    def test_half_a_character(self) -> None:
        """JSON may hold one, UTF-8 cannot: the label has a mark in its place, and all else is shown."""
        self.assertIn('llamaswap_x{l="x?"} 1.0', own(render([gauge((("x\ud800",), 1.0))], {})))

    def test_the_process(self) -> None:
        """Its own figures, by the names that Prometheus has for them."""
        if not sys.platform.startswith("linux"):
            return
        found = samples(render([], {}))
        self.assertGreater(value(found, "process_resident_memory_bytes"), 1e6)
        self.assertGreater(value(found, "process_cpu_seconds_total"), 0)
        self.assertGreaterEqual(value(found, "process_open_fds"), 3)
        self.assertGreater(value(found, "process_start_time_seconds"), os.stat("/proc/1").st_ctime - 1e9)

    def test_everything(self) -> None:
        """Can be read, and follows the habits: counters end in `_total`, and only they."""
        text = everything()
        samples(text)
        kinds = types(text)
        self.assertGreater(len(kinds), 50)
        for name, kind in kinds.items():
            self.assertEqual(name.endswith("_total"), kind == "counter", name)
            self.assertTrue(name.startswith(("llamaswap_", "process_")), name)
