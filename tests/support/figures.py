"""What is written for Prometheus, read strictly; and a server's figures with all there can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from llamaswap.config.schema import ApiKey
from llamaswap.hardware.families import machine_families
from llamaswap.hardware.samples import Disk, GpuSample, Interface, SystemSample
from llamaswap.ids import ModelId
from llamaswap.metrics.exposition import render
from llamaswap.metrics.prometheus import Counted, Present, Prometheus
from llamaswap.metrics.row import NO_TOKENS, Finished, Tokens
from llamaswap.notices import ModelChanged, Notices, State, Swapped
from llamaswap.series import Family
from llamaswap.web.refused import Refused
from tests.support.web import model, run

Labels = frozenset[tuple[str, str]]

TOKENS = Tokens(100, 200, 30, 20, 12, 400.0, 40.0)
SYSTEM = SystemSample(
    when=5.0,
    cpu_util_per_core=(12.5, 100.0),
    mem_total_mb=32768,
    mem_used_mb=1024,
    mem_free_mb=512,
    swap_total_mb=2048,
    swap_used_mb=1,
    load_avg=(0.5, 1.25, 2.0),
    net_io=(Interface("eth0", 7, 9),),
    disks=(Disk("/", 100, 40, 11, 13),),
)
GPU = GpuSample(5.0, 0, "GPU 0", "GPU-1", 61, 72, 99.0, 50.0, 33.0, 12288, 24576, 250.5)


def samples(text: bytes | str) -> dict[str, dict[Labels, float]]:
    """Values by name and labels. Fails for whatever Prometheus would refuse or complain of."""
    text = text.decode() if isinstance(text, bytes) else text
    described = [line.split(" ")[1:3] for line in text.splitlines() if line.startswith("# ")]
    assert len(described) == len(set(map(tuple, described))), "a HELP or TYPE stands twice"
    assert text.endswith("\n") or not text
    found: dict[str, dict[Labels, float]] = {}
    for metric in text_string_to_metric_families(text):
        if metric.type == "histogram":
            _check_histogram(metric)
        for sample in metric.samples:
            labels = frozenset(sample.labels.items())
            assert labels not in found.setdefault(sample.name, {}), f"{sample.name}{sample.labels} stands twice"
            found[sample.name][labels] = sample.value
    return found


def types(text: bytes) -> dict[str, str]:
    """The type of each family, as it is written."""
    lines = (line.split(" ") for line in text.decode().splitlines() if line.startswith("# TYPE "))
    return {name: kind for _, _, name, kind in lines}


def value(found: Mapping[str, Mapping[Labels, float]], name: str, /, **labels: str) -> float:
    """Of the one series with these labels and no others."""
    return found[name][frozenset(labels.items())]


def _check_histogram(metric: Any) -> None:
    """Buckets never fall, the last is all there is, and the sum is none without values."""
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    counts: dict[Labels, float] = {}
    for sample in metric.samples:
        labels = frozenset((key, text) for key, text in sample.labels.items() if key != "le")
        if sample.name.endswith("_bucket"):
            buckets.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_count"):
            counts[labels] = sample.value
    assert buckets.keys() == counts.keys()
    for labels, steps in buckets.items():
        values = [count for _, count in steps]
        assert steps == sorted(steps) and values == sorted(values), (metric.name, steps)
        assert steps[-1] == (float("inf"), counts[labels]), (metric.name, steps)


def finished(name: str = "m", status: int = 200, **more: Any) -> Finished:
    """A request that ended; it took 2 s, and its head came after 0.5 s."""
    usual: dict[str, Any] = {
        "peer": "",
        "selector": "",
        "key": "",
        "waited": 0.25,
        "first_byte": 0.5,
        "seconds": 2.0,
        "tokens": NO_TOKENS,
        "listed": True,
        "cost": 0,
    }
    return Finished(model=name, status=status, **(usual | more))


def now(work: Callable[[], Any]) -> Deferred[Any]:
    """A thread that is done at once."""
    return succeed(work())


class Figures:
    """A server with the models a and b; nothing has happened."""

    def __init__(self, *names: str) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.errors: list[Exception] = []
        self.notices = Notices(self.errors.append)
        self.models = [model(name) for name in names or ("a", "b")]
        self.states: dict[str, State] = {}
        self.servers: dict[str, Any] = {}
        self.flying: dict[str, int] = {}
        self.queued: dict[str, int] = {}
        self.peers: list[tuple[str, bool | None]] = []
        self.machine: Callable[[], Iterable[Family]] = tuple
        self.refused: list[Family] = []
        self.in_thread: Any = now
        self.counted = Counted(self.notices, lambda name: any(each.id == name for each in self.models))
        present = Present(
            states=lambda: [(each, self.states.get(each.id, State.STOPPED)) for each in self.models],
            in_flight=lambda name: self.flying.get(name, 0),
            waiting=lambda name: self.queued.get(name, 0),
            upstream_of=lambda name: self.servers.get(name),
            peers=lambda: self.peers,
            connections=lambda: 3,
            machine=lambda: self.machine(),
            refused=lambda: self.refused,
        )
        self.prometheus = Prometheus(self.counted, present, lambda work: self.in_thread(work), self.clock)

    def enter(self, name: str, state: State) -> None:
        """A model changes its state."""
        old = self.states.get(name, State.STOPPED)
        self.states[name] = state
        self.notices.publish(ModelChanged(ModelId(name), old, state, self.clock.seconds()))

    def text(self) -> bytes:
        """What a scrape is given, which must not have to wait."""
        written: list[bytes] = []
        self.prometheus.text(engines=False).addCallback(written.append)
        return written[0]

    def samples(self) -> dict[str, dict[Labels, float]]:
        return samples(self.text())


def everything() -> bytes:
    """A scrape that shows every series there is, those of engines aside."""
    figures, refused = Figures(), Refused()
    refused.follow([ApiKey(key="k", name="alice", models=("a",))])
    for state in (State.STARTING, State.READY, State.STOPPED):
        figures.enter("a", state)
    stages = {"drain": 1.0, "stop": 0.5, "settle": 0.1, "start": 4.0, "ready": 0.2}
    figures.notices.publish(Swapped(ModelId("a"), (ModelId("b"),), "", "loaded", stages, 0.0))
    run(figures.counted.attendant.after_unload(figures.models[1], "evict"))
    requests = [
        finished("a", key="alice", tokens=TOKENS),
        finished("a", 503, key="alice"),
        finished("x", peer="p", tokens=TOKENS),
    ]
    figures.counted.requests.take(requests)
    figures.peers = [("p", True)]
    figures.refused = [*refused.families()]
    figures.machine = lambda: machine_families(SYSTEM, [GPU], {ModelId("a"): 4096})
    figures.text()  # looks how late the reactor is from now on
    figures.clock.advance(1)
    figures.prometheus.stop()
    return render(figures.prometheus.families(), {"a": ""})
