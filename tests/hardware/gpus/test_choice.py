"""Which source tells of the GPUs, and what happens when it does not any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from twisted.logger import capturedLogs, formatEvent

from llamaswap.hardware.gpus.choice import PATIENCE, Gpus, all_sources
from llamaswap.hardware.gpus.source import GpuSource, SourceFailed
from llamaswap.hardware.samples import GpuSample
from tests.support.machines import FakeTools, gpu


class Source:
    """Works, or fails with `error`."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self.error = error
        self.opened = 0
        self.closed = 0

    def open(self) -> None:
        self.opened += 1
        if self.error:
            raise self.error

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        if self.error:
            raise self.error
        return [gpu(0, when, name=self.name)]

    def close(self) -> None:
        self.closed += 1


def named(gpus: Gpus) -> list[str]:
    return [sample.name for sample in gpus.read(1.0, ())]


def test_the_first_that_works() -> None:
    """The others are not tried; the log says which it is."""
    sources = [Source("a", SourceFailed("not here")), Source("b"), Source("c")]
    gpus = Gpus(lambda: sources)
    with capturedLogs() as events:
        gpus.open()
    assert [formatEvent(event) for event in events] == ["figures of GPUs come from b"]
    assert named(gpus) == ["b"]
    assert [source.opened for source in sources] == [1, 1, 0]
    assert [source.closed for source in sources] == [1, 0, 0]
    gpus.close()
    assert sources[1].closed == 1


def test_none() -> None:
    """One line says so and why, and nothing is looked for again."""
    sources = [Source("a", SourceFailed("not here")), Source("b", ZeroDivisionError("odd"))]
    gpus = Gpus(lambda: sources)
    with capturedLogs() as events:
        gpus.open()
        for _ in range(3 * PATIENCE):
            assert named(gpus) == []
    assert [formatEvent(event) for event in events] == ["no source of GPU figures works here: not here; odd"]
    assert [source.opened for source in sources] == [1, 1]


def test_a_source_that_fails_for_a_moment() -> None:
    """It is asked again, and stays; the log has a line for each time that it begins to fail."""
    source = Source("a")
    gpus = Gpus(lambda: [source])
    gpus.open()
    with capturedLogs() as events:
        for _ in range(3):
            source.error = SourceFailed("busy")
            assert [named(gpus) for _ in range(PATIENCE - 1)] == [[]] * (PATIENCE - 1)
            source.error = None
            assert named(gpus) == ["a"]
    assert [formatEvent(event) for event in events] == ["a tells nothing of the GPUs: busy"] * 3
    assert source.opened == 1


def test_a_source_that_is_lost() -> None:
    """Another takes its place, as soon as one works; whatever it raises is a failure."""
    sources = [Source("a"), Source("b", SourceFailed("no"))]
    gpus = Gpus(lambda: sources)
    gpus.open()
    sources[0].error = RuntimeError("the driver was updated")
    for _ in range(PATIENCE):
        assert named(gpus) == []
    assert (sources[0].opened, sources[0].closed, sources[1].opened) == (2, 2, 1)
    sources[1].error = None
    with capturedLogs() as events:
        for _ in range(PATIENCE):
            assert named(gpus) == []
        assert named(gpus) == ["b"]
    assert [formatEvent(event) for event in events] == ["figures of GPUs come from b now"]


def test_the_real_ones() -> None:
    """In the order of the contract; a machine that has none of them is fine."""
    sources: Sequence[GpuSource] = all_sources(FakeTools())
    names = [source.name for source in sources]
    assert names == ["NVML", "LACT", "nvidia-smi", "rocm-smi", "AMD sysfs", "Intel sysfs"]
    gpus = Gpus(lambda: all_sources(FakeTools()))
    gpus.open()
    assert all(sample.when == 1.0 for sample in gpus.read(1.0, ()))
    gpus.close()
