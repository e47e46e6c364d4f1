"""`/metrics` as the parsers of Prometheus' own package read it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.contracts.conftest import KEY
from tests.support.live import LiveServer, eventually


def scraped(server: LiveServer) -> str:
    """The page, once the machine has been looked at."""
    for _ in eventually():
        with server.asking("GET", "/metrics", headers={"x-api-key": KEY}) as response:
            assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            text = response.read().decode()
        if "llamaswap_load_average" in text:
            break
    return text


def samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from family.samples


def test_probe_136_it_can_be_parsed(server: LiveServer) -> None:
    """Every family has a type and a help text, once; no series stands twice."""
    with server.asking("POST", "/v1/chat/completions", {"model": "m"}, {"x-api-key": KEY}) as response:
        response.read()
    text = scraped(server)
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    for family in families:
        assert family.documentation, family.name
        assert family.type in ("gauge", "counter", "histogram", "unknown"), family.name
    series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples(text)]
    assert len(series) == len(set(series))
    assert ("llamaswap_load_average", (("interval", "1m"),)) in series
    assert not any(name == "llamaswap_network_bytes_total" and ("interface", "lo") in labels for name, labels in series)


def test_histograms_add_up(server: LiveServer) -> None:
    """Buckets only grow, and the last one is the count."""
    text = scraped(server)
    buckets: dict[tuple[str, tuple[tuple[str, str], ...]], list[float]] = {}
    counts = {}
    for sample in samples(text):
        labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
        if sample.name.endswith("_bucket"):
            buckets.setdefault((sample.name.removesuffix("_bucket"), labels), []).append(sample.value)
        elif sample.name.endswith("_count"):
            counts[sample.name.removesuffix("_count"), labels] = sample.value
    for series, values in buckets.items():
        assert values == sorted(values), series
        assert values[-1] == counts[series], series


def test_no_key_is_shown(server: LiveServer) -> None:
    """Keys go by their names."""
    assert KEY not in scraped(server)
