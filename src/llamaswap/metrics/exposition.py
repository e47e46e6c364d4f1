"""Families as the text that Prometheus reads (http-api section 18.3). It takes its time: for a thread.

prometheus-client is imported with the first scrape: a server that nobody scrapes does without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from llamaswap.metrics.merging import merged
from llamaswap.series import Distribution, Family

if TYPE_CHECKING:
    from prometheus_client.core import Metric

OWN = "llamaswap_"
"""What the names of our own series begin with; no engine's do."""


def render(families: Iterable[Family], engines: Mapping[str, str]) -> bytes:
    """`families` that have samples, the figures of this process, and what `engines` (by model) say of themselves."""
    from prometheus_client import generate_latest

    own = (_metric(family) for family in families if family.samples)
    metrics = merged(_with_pauses(chain(own, _process_metrics())), engines, OWN)
    return generate_latest(cast(Any, _Collected(_with_pauses(metrics))))


class _Collected(NamedTuple):
    """What was collected already, as a collector."""

    metrics: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def _with_pauses(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """Let the reactor's thread run after each, which else would have to wait for its turn."""
    for metric in metrics:
        yield metric
        sleep(0)


@lru_cache(maxsize=1)
def _process() -> Any:
    from prometheus_client import ProcessCollector

    return ProcessCollector(registry=None)


def _process_metrics() -> list[Metric]:
    """`process_*`; empty where there is no /proc."""
    return list(_process().collect())


def _metric(family: Family) -> Metric:
    """A label that is empty counts for none, and is left out."""
    from prometheus_client.core import Metric

    name = family.name.removesuffix("_total") if family.kind == "counter" else family.name
    metric = Metric(name, family.help, family.kind)
    for values, measured in family.samples:
        labels = {label: _text(value) for label, value in zip(family.labels, values, strict=True) if value}
        if isinstance(measured, Distribution):
            for suffix, more, value in _lines(measured):
                metric.add_sample(family.name + suffix, labels | more, value)
        else:
            metric.add_sample(family.name, labels, measured)
    return metric


def _text(value: str) -> str:
    """As UTF-8 can say it: names out of JSON may hold halves of characters."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _lines(measured: Distribution) -> Iterator[tuple[str, dict[str, str], float]]:
    """Suffix, label and value of each line; those of buckets count all that is not above the bound."""
    total = 0
    for bound, count in zip((*map(str, measured.bounds), "+Inf"), measured.counts, strict=True):
        total += count
        yield "_bucket", {"le": bound}, total
    yield "_count", {}, total
    yield "_sum", {}, measured.sum
