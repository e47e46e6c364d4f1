"""`nvidia-smi`, as different drivers and cards have it print."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from llamaswap.hardware.gpus.nvidia_smi import CARDS, PROCESSES, NvidiaSmiSource, cards, processes
from llamaswap.hardware.gpus.source import SourceFailed
from llamaswap.hardware.tools import ToolFailed
from tests.support.machines import FakeTools, gpu

TWO = """\
0, NVIDIA GeForce RTX 3090, GPU-0b8f2a6e-5f5c-4e0a-9c2d-3d1a4f6b7c8d, 41, 97, 22310, 24576, 38, 287.44
1, NVIDIA RTX A6000, GPU-7d3c9a10-1111-2222-3333-444455556666, 63, 5, 12, 49140, [N/A], [N/A]
"""
TESLA = "0, Tesla T4, GPU-1, 55, 0, 0, 15360, [Not Supported], 27.05\n"
MIG = "0, NVIDIA A100-SXM4-40GB, GPU-2, 30, [N/A], 5120, 40960, [N/A], 45.12\n"
SPARK = "0, NVIDIA GB10, GPU-3, 44, 3, [N/A], [N/A], [N/A], 11.03\n"
LOST = (
    "Unable to determine the device handle for GPU0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU\n"
)
USERS = """\
GPU-0b8f2a6e-5f5c-4e0a-9c2d-3d1a4f6b7c8d, 4242, 22010
GPU-0b8f2a6e-5f5c-4e0a-9c2d-3d1a4f6b7c8d, 4243, 290
GPU-2, 77, 100
GPU-2, 77, 200
GPU-3, 5, [N/A]
"""


def test_two_cards() -> None:
    """Shares follow from what is used; what a card does not tell is 0."""
    first, second = cards(TWO, 7.5)
    assert first == gpu(
        0,
        7.5,
        name="NVIDIA GeForce RTX 3090",
        uuid="GPU-0b8f2a6e-5f5c-4e0a-9c2d-3d1a4f6b7c8d",
        temp_c=41,
        gpu_util_pct=97.0,
        mem_util_pct=90.78,
        fan_speed_pct=38.0,
        mem_used_mb=22310,
        mem_total_mb=24576,
        power_draw_w=287.44,
    )
    assert (second.id, second.fan_speed_pct, second.power_draw_w, second.mem_total_mb) == (1, 0, 0, 49140)


def test_cards_that_do_not_tell_all() -> None:
    """Without a fan, split into instances, or with the system's memory."""
    assert cards(TESLA, 0)[0].fan_speed_pct == 0
    split = cards(MIG, 0)[0]
    assert (split.gpu_util_pct, split.mem_util_pct) == (0, 12.5)
    shared = cards(SPARK, 0)[0]
    assert (shared.mem_total_mb, shared.mem_util_pct, shared.power_draw_w) == (0, 0, 11.03)


@pytest.mark.parametrize(
    "text", [LOST, "", "0, Tesla T4, GPU-1, 55, 0, 0, 15360, 1\n", "index, name\n", "\0\n", "No devices were found\n"]
)
def test_lines_that_are_none(text: str) -> None:
    """Messages, heads, and lines with fewer fields."""
    assert cards(text, 0) == []
    assert len(cards(text + TESLA, 0)) == 1


def test_processes() -> None:
    """By card; instances of one card add up."""
    assert processes(USERS) == {
        "GPU-0b8f2a6e-5f5c-4e0a-9c2d-3d1a4f6b7c8d": {4242: 22010, 4243: 290},
        "GPU-2": {77: 300},
    }
    assert processes("No running processes found\n") == {}


class TestSource:
    """What is asked when."""

    def prints(self, argv: Sequence[str]) -> str:
        return TWO if argv == CARDS else USERS

    def test_processes_are_asked_for_when_they_are_wanted(self) -> None:
        run = FakeTools(nvidia_smi=self.prints)
        source = NvidiaSmiSource(run)
        source.open()
        assert [sample.processes for sample in source.read(0, ())] == [{}, {}]
        assert run.asked == [CARDS, CARDS]
        first, second = source.read(0, {1})
        assert (first.processes, second.processes) == ({4242: 22010, 4243: 290}, {})
        assert run.asked[2:] == [CARDS, PROCESSES]
        source.close()

    def test_without_processes(self) -> None:
        """Cards are told of all the same."""

        def prints(argv: Sequence[str]) -> str:
            if argv == PROCESSES:
                raise ToolFailed("nvidia-smi failed with status 6")
            return TWO

        assert [sample.processes for sample in NvidiaSmiSource(FakeTools(nvidia_smi=prints)).read(0, {1})] == [{}, {}]

    def test_nothing(self) -> None:
        """No tool, or no card."""
        with pytest.raises(SourceFailed, match="not on PATH"):
            NvidiaSmiSource(FakeTools()).open()
        with pytest.raises(SourceFailed, match="no GPU"):
            NvidiaSmiSource(FakeTools(nvidia_smi=LOST)).open()
