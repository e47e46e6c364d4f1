"""The hardware snapshot: its parts, put together (http-api section 19). Blocks for some seconds at most.

Only Linux is asked for details; of other systems what Python itself knows is told.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from twisted.logger import Logger

from llamaswap import rfc3339
from llamaswap.errors import LlamaSwapError
from llamaswap.hardware.facts import accelerators, words
from llamaswap.hardware.facts.accelerators import Found
from llamaswap.hardware.facts.amd import by_kfd, by_rocm_smi
from llamaswap.hardware.facts.cards import by_drm
from llamaswap.hardware.facts.cpu import cpu
from llamaswap.hardware.facts.environment import environment, told
from llamaswap.hardware.facts.memory import capacity
from llamaswap.hardware.facts.nvidia import nvidia
from llamaswap.hardware.files import text
from llamaswap.hardware.gpus.figures import known
from llamaswap.hardware.tools import Run

_log = Logger()
Facts = Mapping[str, Any]


class NoMemory(LlamaSwapError):
    """how much memory this machine has cannot be known"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class Name(NamedTuple):
    """What the system calls itself (`uname`)."""

    system: str
    release: str
    machine: str


def detect(when: float, version: str, run: Run) -> Facts:
    """The snapshot of this machine at `when` (seconds since the epoch), taken by this server's `version`.

    `run` runs the tools.
    """
    uname = platform.uname()
    name = Name(uname.system, uname.release, uname.machine)
    parts = linux(Path("/"), name, run, import_module) if name.system == "Linux" else other(name)
    return {"schema_version": 1, **_capture(when, version), **parts}


def _capture(when: float, version: str) -> Facts:
    detector = {"name": "llama-swap", "version": version}
    return {
        "captured_at": rfc3339.write(int(when), "seconds"),
        "capture": {"scope": "inference_host", "method": "detected", "detector": detector},
    }


def linux(root: Path, name: Name, run: Run, load: Callable[[str], Any]) -> Facts:
    """The parts of a Linux machine whose files are below `root`. Raises `NoMemory`."""
    bytes_there = capacity(root, os.sysconf("SC_PAGE_SIZE"))
    if not bytes_there:
        raise NoMemory()
    release = words.release(text(root / "etc/os-release") or text(root / "usr/lib/os-release"))
    title, version = known(release.get("NAME")), known(release.get("VERSION_ID"))
    return {
        "architecture": words.architecture(name.machine),
        "operating_system": words.operating_system(name.system, title, version, known(name.release)),
        "environment": environment(root, run),
        "cpu": cpu(root),
        "memory": {"capacity_bytes": bytes_there},
        "accelerators": accelerators.told(accelerators.merged(_sources(root, run, load))),
    }


def _sources(root: Path, run: Run, load: Callable[[str], Any]) -> Iterator[list[Found]]:
    """What each source knows; one that fails knows nothing, and does not keep the others from telling."""
    asks: list[Callable[[], Iterable[Found]]] = [
        partial(nvidia, run, load),
        partial(by_rocm_smi, run),
        partial(by_kfd, root),
        partial(by_drm, root),
    ]
    for ask in asks:
        try:
            yield list(ask())
        except Exception:
            _log.failure("a source of accelerators failed")


def other(name: Name) -> Facts:
    """The parts of a machine with another system."""
    import psutil

    version = platform.mac_ver()[0] if name.system == "Darwin" else platform.version()
    title = "macOS" if name.system == "Darwin" else name.system
    counts = (psutil.cpu_count(logical=False), psutil.cpu_count())
    return {
        "architecture": words.architecture(name.machine),
        "operating_system": words.operating_system(name.system, known(title), known(version), known(name.release)),
        "environment": told("unknown", None),
        "cpu": {
            "vendor": None,
            "model": known(platform.processor()),
            "socket_count": None,
            "physical_core_count": counts[0] or None,
            "logical_thread_count": counts[1] or None,
        },
        "memory": {"capacity_bytes": int(psutil.virtual_memory().total)},
        "accelerators": [],
    }
