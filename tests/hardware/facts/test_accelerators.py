"""Cards out of several sources: what each knows, what they come to, and what is never told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.facts.accelerators import Found, completed, merged, told
from llamaswap.hardware.facts.amd import QUERY, by_kfd, by_rocm_smi, gfx, rocm_listed
from llamaswap.hardware.facts.cards import by_drm
from llamaswap.hardware.facts.nvidia import WITH_CAPABILITY, WITHOUT, architecture, listed, nvidia
from llamaswap.hardware.tools import ToolFailed
from llamaswap.units import MIB
from tests.support.machines import FakeTools, tree
from tests.support.nvml import FakeNvml

GIB = 1 << 30
NVIDIA_SMI = """\
00000000:01:00.0, NVIDIA GeForce RTX 4090, 24564, 560.35.03, 450.00, 8.9
00000000:81:00.0, NVIDIA GB10, [N/A], 560.35.03, [N/A], 12.1
"""
ROCM_SMI = """\
device,Device Name,PCI Bus,Max Graphics Package Power (W),VRAM Total Memory (B),Card Series,GFX Version
card0,Radeon RX 7900 XTX,0000:2D:00.0,327.0,25753026560,Radeon RX 7900 XTX,gfx1100
card1,N/A,N/A,N/A,N/A,N/A,N/A
"""
NODES = "sys/class/kfd/kfd/topology/nodes"
KFD = {
    f"{NODES}/0/properties": "cpu_cores_count 32\nsimd_count 0\nvendor_id 0\nlocation_id 0\n",
    f"{NODES}/1/properties": "cpu_cores_count 0\nsimd_count 192\nvendor_id 4098\ndevice_id 29772\n"
    "location_id 11520\ndomain 0\ngfx_target_version 110000\nunique_id 6791234567890\n",
    f"{NODES}/1/mem_banks/0/properties": "heap_type 1\nsize_in_bytes 25753026560\nflags 0\n",
    f"{NODES}/1/mem_banks/1/properties": "heap_type 0\nsize_in_bytes 99\n",
}
DRM = {
    "sys/class/drm/card0/device/vendor": "0x1a03",
    "sys/class/drm/card0/device/uevent": "DRIVER=ast\nPCI_SLOT_NAME=0000:c4:00.0",
    "sys/class/drm/card1/device/vendor": "0x1002",
    "sys/class/drm/card1/device/uevent": "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:2d:00.0",
    "sys/class/drm/card1/device/product_name": "Radeon PRO",
    "sys/class/drm/card1/device/mem_info_vram_total": "25753026560",
    "sys/class/drm/card1/device/hwmon/hwmon2/power1_cap": "303000000",
    "sys/class/drm/card1/device/drm/renderD128/dev": "226:128",
    "sys/module/amdgpu/version": "6.8.5",
    "sys/class/drm/card2/device/vendor": "0x8086",
    "sys/class/drm/card2/device/uevent": "DRIVER=i915\nPCI_SLOT_NAME=0000:00:02.0",
    "sys/class/drm/card2/device/drm/renderD129/dev": "226:129",
}


class TestNvidia:
    def test_by_the_tool(self) -> None:
        """Memory in bytes; where it is the system's nothing is claimed."""
        first, second = listed(NVIDIA_SMI)
        assert first == Found(
            address="0000:01:00.0",
            vendor="NVIDIA",
            model="NVIDIA GeForce RTX 4090",
            architecture="Ada Lovelace",
            memory_kind="dedicated",
            capacity=24564 * MIB,
            driver="NVIDIA",
            driver_version="560.35.03",
            power_limit=450.0,
        )
        assert (second.memory_kind, second.capacity, second.power_limit) == ("unknown", None, None)
        assert second.architecture == "Blackwell"
        assert listed("No devices were found\n\n") == []

    def test_an_older_tool(self) -> None:
        """Is asked again without the field that it does not know."""

        def prints(argv: Sequence[str]) -> str:
            if argv == WITH_CAPABILITY:
                raise ToolFailed("nvidia-smi failed with status 2")
            return "00000000:01:00.0, Tesla K80, 11441, 470.256.02, 149.00\n"

        run = FakeTools(nvidia_smi=prints)
        (only,) = nvidia(run, __import__, lambda: False)
        assert (only.model, only.architecture, only.power_limit) == ("Tesla K80", None, 149)
        assert run.asked == [WITH_CAPABILITY, WITHOUT]
        assert list(nvidia(FakeTools(), __import__, lambda: False)) == []

    def test_by_the_library(self) -> None:
        """First; the tool is not asked then. A card that tells little is one all the same."""
        nvml = FakeNvml({}, dict.fromkeys(("memory", "capability", "power_limit", "address", "name")))
        run = FakeTools(nvidia_smi=NVIDIA_SMI)
        first, second = nvidia(run, lambda name: nvml, lambda: True)
        assert first == Found(
            address="0000:01:00.0",
            vendor="NVIDIA",
            model="NVIDIA H100",
            architecture="Hopper",
            memory_kind="dedicated",
            capacity=81920 * MIB,
            driver="NVIDIA",
            driver_version="560.35.03",
            power_limit=700.0,
        )
        assert second == Found(vendor="NVIDIA", driver="NVIDIA", driver_version="560.35.03")
        assert (run.asked, nvml.opened) == ([], 0)
        nvml.broken = True
        assert len(nvidia(run, lambda name: nvml, lambda: True)) == 2
        assert run.asked == [WITH_CAPABILITY]

    @pytest.mark.parametrize(
        ("capability", "name"),
        [
            ((2, 0), "Fermi"),
            ((3, 5), "Kepler"),
            ((5, 2), "Maxwell"),
            ((6, 1), "Pascal"),
            ((7, 0), "Volta"),
            ((7, 5), "Turing"),
            ((8, 6), "Ampere"),
            ((8, 9), "Ada Lovelace"),
            ((9, 0), "Hopper"),
            ((10, 0), "Blackwell"),
            ((12, 0), "Blackwell"),
            ((0, 0), None),
            ((99, 1), None),
        ],
    )
    def test_architectures(self, capability: tuple[int, int], name: str | None) -> None:
        """By the compute capability."""
        assert architecture(*capability) == name


class TestAmd:
    def test_rocm_smi(self) -> None:
        """What it does not know is None."""
        first, second = rocm_listed(ROCM_SMI)
        assert first == Found(
            address="0000:2d:00.0",
            vendor="AMD",
            model="Radeon RX 7900 XTX",
            architecture="gfx1100",
            memory_kind="dedicated",
            capacity=25753026560,
            power_limit=327.0,
        )
        assert second == Found(vendor="AMD")
        run = FakeTools(rocm_smi=ROCM_SMI)
        assert (len(by_rocm_smi(run)), run.asked) == (2, [QUERY])
        assert by_rocm_smi(FakeTools()) == ()

    def test_kfd(self, tmp_path: Path) -> None:
        """Nodes that compute; memory is that of the card's own banks."""
        assert list(by_kfd(tree(tmp_path, KFD))) == [
            Found(
                address="0000:2d:00.0",
                vendor="AMD",
                architecture="gfx1100",
                memory_kind="dedicated",
                capacity=25753026560,
                driver="amdgpu",
            )
        ]
        assert list(by_kfd(tmp_path / "nowhere")) == []

    def test_targets(self) -> None:
        """The last two places count in sixteens."""
        assert [gfx(version) for version in (90010, 90402, 100300, 110000, 120001, 0)] == [
            "gfx90a",
            "gfx942",
            "gfx1030",
            "gfx1100",
            "gfx1201",
            None,
        ]


def test_drm(tmp_path: Path) -> None:
    """Cards that programs can compute with; a card that only shows a console is none."""
    amd, intel = by_drm(tree(tmp_path, DRM))
    assert amd == Found(
        address="0000:2d:00.0",
        vendor="AMD",
        model="Radeon PRO",
        memory_kind="dedicated",
        capacity=25753026560,
        driver="amdgpu",
        driver_version="6.8.5",
        power_limit=303.0,
    )
    assert intel == Found(address="0000:00:02.0", vendor="Intel", memory_kind="shared_system", driver="i915")


def test_merge() -> None:
    """What an earlier source knows counts, a kind of memory that it does not know may be told by a later one."""
    sources = [
        rocm_listed(ROCM_SMI)[:1],
        [Found(address="0000:2d:00.0", driver="amdgpu", model="other", memory_kind="unified")],
    ]
    (only,) = merged(sources)
    assert (only.model, only.driver, only.memory_kind) == ("Radeon RX 7900 XTX", "amdgpu", "dedicated")
    (only,) = merged(reversed(sources))
    assert (only.model, only.memory_kind, only.capacity) == ("other", "unified", 25753026560)
    unknown = completed(Found(address="x"), Found(address="x", memory_kind="shared_system", capacity=5))
    assert (unknown.memory_kind, unknown.capacity) == ("shared_system", 5)


def test_order() -> None:
    """By where they sit, then by model; without an address each is its own."""
    cards = [
        Found(model="b"),
        Found(model="a"),
        Found(model="a"),
        Found(address="0000:82:00.0"),
        Found(address="0000:01:00.0"),
    ]
    found = merged([cards])
    assert [card.address for card in found] == ["0000:01:00.0", "0000:82:00.0", None, None, None]
    assert [card.model for card in found[2:]] == ["a", "a", "b"]


def test_told(tmp_path: Path) -> None:
    """Indices are dense, drivers null when nothing is known of them; addresses and UUIDs are never told."""
    root = tree(tmp_path, {**KFD, **DRM})
    cards = merged([listed(NVIDIA_SMI), rocm_listed(ROCM_SMI), by_kfd(root), by_drm(root)])
    records = told(cards)
    assert [record["index"] for record in records] == list(range(5))
    assert records[2] == {
        "index": 2,
        "kind": "gpu",
        "vendor": "AMD",
        "model": "Radeon RX 7900 XTX",
        "architecture": "gfx1100",
        "memory": {"kind": "dedicated", "capacity_bytes": 25753026560},
        "driver": {"name": "amdgpu", "version": "6.8.5"},
        "power_limit_watts": 327.0,
    }
    assert records[4]["driver"] is None
    text = json.dumps(records).lower()
    assert not [card.address for card in cards if card.address and card.address in text]


_FACTS = st.one_of(st.none(), st.text(max_size=3))
_FOUND = st.builds(
    Found,
    address=st.one_of(st.none(), st.sampled_from(["0000:01:00.0", "0000:02:00.0"])),
    vendor=_FACTS,
    model=_FACTS,
    capacity=st.one_of(st.none(), st.integers(1, 9)),
    memory_kind=st.sampled_from(["dedicated", "unified", "unknown"]),
)


@given(st.lists(st.lists(_FOUND, max_size=3), max_size=4))
def test_no_fact_is_lost_and_none_is_invented(sources: list[list[Found]]) -> None:
    """Each address once; what is told of it somebody has told; what somebody knows somebody's word is told."""
    found = merged(sources)
    addresses = [card.address for card in found if card.address]
    assert len(addresses) == len(set(addresses))
    for card in found:
        same = [other for source in sources for other in source if other.address == card.address]
        assert card.vendor in {other.vendor for other in same}
        assert card.address is None or (card.vendor is None) == all(other.vendor is None for other in same)
