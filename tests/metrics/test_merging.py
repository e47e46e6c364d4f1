"""What engines say of themselves, beside ours."""

from __future__ import annotations

from time import thread_time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.exposition import render
from llamaswap.metrics.merging import LONGEST_LINE, MOST_SAMPLES
from llamaswap.series import Family
from tests.support.figures import Labels, samples, types, value

LLAMA_CPP = """\
# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 12
# HELP llamacpp:requests_processing Number of requests processing.
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 1
"""
VLLM = """\
# HELP process_open_fds Number of open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 40.0
# HELP vllm:request_success_total Count of successfully processed requests.
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 3.0
# HELP vllm:e2e_request_latency_seconds Histogram of end to end request latency in seconds.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{le="0.3",model_name="m"} 0.0
vllm:e2e_request_latency_seconds_bucket{le="+Inf",model_name="m"} 3.0
vllm:e2e_request_latency_seconds_count{model_name="m"} 3.0
vllm:e2e_request_latency_seconds_sum{model_name="m"} 4.5
"""
OWN = Family("llamaswap_x", "gauge", "Ours.", (), [((), 1.0)])


def merged(**engines: str) -> dict[str, dict[Labels, float]]:
    return samples(render([OWN], engines))


class MergeTests(SynchronousTestCase):
    def test_each_has_its_label(self) -> None:
        """Two engines of one kind are one family."""
        text = render([OWN], {"a": LLAMA_CPP, "b": LLAMA_CPP.replace("12", "30")})
        found = samples(text)
        self.assertEqual(value(found, "llamacpp:prompt_tokens_total", model="a"), 12)
        self.assertEqual(value(found, "llamacpp:prompt_tokens_total", model="b"), 30)
        self.assertEqual(types(text)["llamacpp:prompt_tokens_total"], "counter")
        self.assertEqual(value(found, "llamaswap_engine_up", model="a"), 1)

    def test_histograms(self) -> None:
        """Keep their other labels."""
        found = merged(m=VLLM)
        name = "vllm:e2e_request_latency_seconds"
        self.assertEqual(value(found, f"{name}_sum", model="m", model_name="m"), 4.5)
        self.assertEqual(value(found, f"{name}_bucket", model="m", model_name="m", le="+Inf"), 3)

    def test_figures_that_we_have_as_well(self) -> None:
        """Ours has no model."""
        found = merged(m=VLLM)["process_open_fds"]
        self.assertEqual(found[frozenset({("model", "m")})], 40)
        self.assertIn(frozenset(), found)

    def test_a_model_label_of_the_engine(self) -> None:
        """Makes room, as Prometheus has it."""
        found = merged(m='x{model="theirs",exported_model="older"} 1\n')
        labels = {"model": "m", "exported_model": "theirs", "exported_exported_model": "older"}
        self.assertEqual(value(found, "x", **labels), 1)

    def test_types_that_clash(self) -> None:
        """The family is untyped, and all of it is there."""
        texts = {"a": "# TYPE x gauge\nx 1\n", "b": "# TYPE x summary\nx_sum 2\nx_count 3\n"}
        text = render([], texts)
        self.assertEqual(types(text)["x"], "untyped")
        found = samples(text)
        self.assertEqual(value(found, "x", model="a"), 1)
        self.assertEqual(value(found, "x_sum", model="b"), 2)

    def test_a_counter_and_a_gauge_of_one_name(self) -> None:
        """Stand once."""
        texts = {"a": "# TYPE x_total counter\nx_total 1\n", "b": "# TYPE x_total gauge\nx_total 2\n"}
        text = render([], texts)
        self.assertEqual(types(text)["x_total"], "untyped")
        self.assertEqual(set(samples(text)["x_total"].values()), {1, 2})

    def test_names_that_are_ours(self) -> None:
        """Nobody else may say them: another server of our kind behind us is not counted twice."""
        found = merged(a="# TYPE llamaswap_x gauge\nllamaswap_x 99\nllamaswap_y 1\ny 2\n")
        self.assertEqual(found["llamaswap_x"], {frozenset(): 1.0})
        self.assertNotIn("llamaswap_y", found)
        self.assertEqual(value(found, "y", model="a"), 2)

    def test_what_is_said_twice(self) -> None:
        """Counts once: the first time."""
        self.assertEqual(value(merged(a="x 1\nx 2\ny 3\nx 4\n"), "x", model="a"), 1)

    def test_times_are_dropped(self) -> None:
        """It is of this moment."""
        self.assertIn(b'x{model="a"} 1.0\n', render([], {"a": "x 1 1700000000000\n"}))

    def test_names_of_the_new_format(self) -> None:
        """Are left out: they cannot be written in the old one without becoming others."""
        found = merged(a='{"a.b"} 1\nx{"c.d"="e"} 1\ny 2\n')
        self.assertEqual({name for name in found if not name.startswith(("llamaswap", "process"))}, {"y"})

    def test_an_engine_that_cannot_be_read(self) -> None:
        """Is left out whole, which can be seen; the others are there."""
        bad = {
            "html": "<html>\n",
            "nothing": "",
            "half": 'x{a="b',
            "many": "".join(f'x{{n="{number}"}} 1\n' for number in range(MOST_SAMPLES + 1)),
            "long": f'x{{a="{"b" * LONGEST_LINE}"}} 1\n',
        }
        found = merged(good=LLAMA_CPP, **bad)
        up = {dict(labels)["model"]: number for labels, number in found["llamaswap_engine_up"].items()}
        self.assertEqual(up, {"good": 1, **dict.fromkeys(bad, 0)})
        self.assertEqual(set(found["llamacpp:prompt_tokens_total"]), {frozenset({("model", "good")})})
        self.assertNotIn("x", found)

    def test_much_of_little(self) -> None:
        """Lines are counted before they are read, which takes the parser seconds."""
        began = thread_time()
        for line in ("x 1\n", "#\n", "\n"):
            found = merged(m=line * (1024 * 1024 // len(line)))
            self.assertEqual(value(found, "llamaswap_engine_up", model="m"), 0)
        self.assertLess(thread_time() - began, 1.0)

    @given(st.lists(st.text(st.sampled_from('abx_:{}="\\,# 1\n'), max_size=40), max_size=6), st.text(max_size=20))
    def test_whatever_is_said(self, lines: list[str], more: str) -> None:
        """What is written can be read, and ours is in it."""
        found = merged(a="\n".join(lines), b=more, c=LLAMA_CPP)
        self.assertEqual(found["llamaswap_x"], {frozenset(): 1.0})
        self.assertEqual(value(found, "llamacpp:requests_processing", model="c"), 1)
