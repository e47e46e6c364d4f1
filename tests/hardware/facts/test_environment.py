"""What surrounds the system, of recorded machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaswap.hardware.facts.environment import environment
from tests.support.machines import FakeTools, tree

GUEST = "processor: 0\nflags: fpu hypervisor sse\n"
HOST = "kvm_amd 208896 0 - Live 0x0000000000000000\nkvm 1 1 kvm_amd, Live 0x0\n"
WSL = "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@x) #1 SMP"
DELL = {"sys/class/dmi/id/sys_vendor": "Dell Inc.\n", "sys/class/dmi/id/product_name": "PowerEdge R750\n"}


def board(vendor: str, product: str) -> dict[str, str]:
    names = {"sys_vendor": vendor, "product_name": product}
    return {f"sys/class/dmi/id/{name}": text for name, text in names.items()}


@pytest.mark.parametrize(
    ("files", "kind", "name"),
    [
        ({"proc/version": WSL, ".dockerenv": ""}, "wsl", "WSL2"),
        ({"proc/sys/kernel/osrelease": "4.4.0-19041-Microsoft"}, "wsl", "WSL"),
        ({".dockerenv": "", "proc/cpuinfo": GUEST}, "container", "Docker"),
        ({".dockerenv": "", "proc/modules": HOST, **DELL}, "container", "Docker"),
        ({"run/.containerenv": "engine=podman"}, "container", "Podman"),
        ({"run/systemd/container": "systemd-nspawn\n"}, "container", "systemd-nspawn"),
        ({"proc/1/environ": "TERM=x\0container=lxc\0HOME=/"}, "container", "LXC"),
        ({"proc/self/cgroup": "0::/kubepods/burstable/pod1/cri-containerd-2.scope\n"}, "container", "Kubernetes"),
        ({"proc/self/cgroup": "12:memory:/docker/0123456789abcdef\n"}, "container", "Docker"),
        ({"proc/self/cgroup": "0::/system.slice/docker.service\n", **DELL}, "native", None),
        (board("QEMU", "Standard PC (Q35 + ICH9, 2009)"), "virtual_machine", "KVM"),
        (board("VMware, Inc.", "VMware Virtual Platform"), "virtual_machine", "VMware"),
        (board("innotek GmbH", "VirtualBox"), "virtual_machine", "VirtualBox"),
        (board("Microsoft Corporation", "Virtual Machine"), "virtual_machine", "Hyper-V"),
        (board("Microsoft Corporation", "Surface Pro 9"), "native", None),
        (board("Amazon EC2", "g5.xlarge"), "virtual_machine", "Amazon EC2"),
        ({"proc/cpuinfo": GUEST}, "virtual_machine", None),
        ({"proc/cpuinfo": GUEST, "sys/hypervisor/type": "xen"}, "virtual_machine", None),
        ({"proc/modules": HOST}, "native", None),
        (DELL, "native", None),
        ({}, "unknown", None),
    ],
)
def test_signs(tmp_path: Path, files: dict[str, str], kind: str, name: str | None) -> None:
    """What counts first, and what it is called."""
    found = environment(tree(tmp_path, files), FakeTools())
    assert found == {"kind": kind, "name": name, "version": None}


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ("kvm\n", "virtual_machine", "KVM"),
        ("podman\n", "container", "Podman"),
        ("acrn\n", "virtual_machine", "acrn"),
        ("none\n", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_systemd_is_asked_last(tmp_path: Path, said: str, kind: str, name: str | None) -> None:
    """Only where the files do not tell."""
    run = FakeTools(systemd_detect_virt=said)
    assert environment(tmp_path, run) == {"kind": kind, "name": name, "version": None}
    environment(tree(tmp_path, DELL), run)
    assert run.asked == [("systemd-detect-virt",)]
