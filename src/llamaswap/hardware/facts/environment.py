"""What surrounds the system: a container, a virtual machine, WSL, or nothing (http-api section 19)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from llamaswap.hardware.files import text
from llamaswap.hardware.tools import Run, ToolFailed

_NAMES = {
    "docker": "Docker",
    "podman": "Podman",
    "libpod": "Podman",
    "lxc": "LXC",
    "lxc-libvirt": "LXC",
    "rkt": "rkt",
    "containerd": "containerd",
    "cri-containerd": "containerd",
    "kubepods": "Kubernetes",
    "systemd-nspawn": "systemd-nspawn",
    "kvm": "KVM",
    "qemu": "QEMU",
    "vmware": "VMware",
    "oracle": "VirtualBox",
    "virtualbox": "VirtualBox",
    "microsoft": "Hyper-V",
    "hyperv": "Hyper-V",
    "xen": "Xen",
    "amazon": "Amazon EC2",
    "google": "Google Compute Engine",
    "parallels": "Parallels",
    "bhyve": "bhyve",
    "apple": "Apple Virtualization",
}
_CONTAINERS = frozenset(
    "docker podman libpod lxc lxc-libvirt rkt containerd cri-containerd kubepods systemd-nspawn openvz proot".split()
)
_BOARDS = {
    "qemu": "kvm",
    "kvm": "kvm",
    "vmware": "vmware",
    "virtualbox": "virtualbox",
    "innotek": "virtualbox",
    "xen": "xen",
    "amazon ec2": "amazon",
    "google compute engine": "google",
    "parallels": "parallels",
    "bhyve": "bhyve",
    "openstack": "kvm",
    "apple virtualization": "apple",
}
"""What makers of virtual machines write where a board's maker would."""
_GROUPS = {
    r"/kubepods": "kubepods",
    r"/docker/[0-9a-f]{12}|docker-[0-9a-f]{12}": "docker",
    r"libpod-[0-9a-f]{12}": "podman",
    r"cri-containerd-[0-9a-f]{12}|/containerd/[0-9a-f]{12}": "containerd",
    r"/lxc[./]": "lxc",
    r"/machine-rkt": "rkt",
}
"""How managers of containers call the control groups of theirs."""
SECONDS = 2.0
"""For `systemd-detect-virt`."""


class Signs(NamedTuple):
    """What can be seen of the surroundings."""

    kernel: str
    """What the kernel says of itself."""
    container: str = ""
    """What the container's manager has left for programs to see."""
    has_dockerenv: bool = False
    board: str = ""
    """Maker and product of the board."""
    is_guest: bool = False
    """The processor says that a hypervisor runs it."""
    is_host: bool = False
    """It runs virtual machines itself."""


def environment(root: Path, run: Run) -> Mapping[str, Any]:
    """Of the system whose files are below `root`; `run` asks systemd when they do not tell."""
    found = judge(signs(root)) or _asked(run)
    return found or told("unknown", None)


def told(kind: str, name: str | None) -> Mapping[str, Any]:
    """As the snapshot has it."""
    return {"kind": kind, "name": _NAMES.get(name.lower(), name) if name else None, "version": None}


def signs(root: Path) -> Signs:
    """What can be seen below `root`."""
    board = " ".join(text(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name"))
    flags = text(root / "proc/cpuinfo")
    modules = {line.split(" ", 1)[0] for line in text(root / "proc/modules").splitlines()}
    return Signs(
        kernel=text(root / "proc/version") + text(root / "proc/sys/kernel/osrelease"),
        container=_container(root),
        has_dockerenv=(root / ".dockerenv").exists(),
        board=board.strip(),
        is_guest=" hypervisor" in flags or bool(text(root / "sys/hypervisor/type")),
        is_host=bool(modules & {"kvm_intel", "kvm_amd", "vboxdrv"}),
    )


def _container(root: Path) -> str:
    """What it is called by who runs it; empty when we are in none."""
    for entry in text(root / "proc/1/environ").split("\0"):
        if entry.startswith("container="):
            return entry.removeprefix("container=")
    if said := text(root / "run/systemd/container"):
        return said
    if (root / "run/.containerenv").exists():
        return "podman"
    groups = text(root / "proc/self/cgroup")
    return next((name for pattern, name in _GROUPS.items() if re.search(pattern, groups)), "")


def judge(seen: Signs) -> Mapping[str, Any] | None:
    """What it comes to; None when that cannot be known from it.

    A container on a host of virtual machines sees the host's modules, so what speaks for a container counts first.
    """
    if "microsoft" in seen.kernel.lower():
        return told("wsl", "WSL2" if "wsl2" in seen.kernel.lower() else "WSL")
    if seen.container:
        return told("container", seen.container)
    if seen.has_dockerenv:
        return told("container", "docker")
    board = seen.board.lower()
    maker = next((name for sign, name in _BOARDS.items() if sign in board), None)
    if maker is None and "microsoft corporation virtual machine" in board:
        maker = "hyperv"
    if maker or (seen.is_guest and not seen.is_host):
        return told("virtual_machine", maker)
    return told("native", None) if seen.is_host or board else None


def _asked(run: Run) -> Mapping[str, Any] | None:
    """What systemd says: it fails where it finds nothing, and says `none`."""
    try:
        said = run(("systemd-detect-virt",), SECONDS).strip()
    except ToolFailed:
        return None
    return told("container" if said in _CONTAINERS else "virtual_machine", said) if said and said != "none" else None
