"""The hardware snapshot: its shape, of a recorded machine and of this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import capturedLogs

from llamaswap.hardware.detect import Name, NoMemory, detect, linux, other
from llamaswap.hardware.tools import Tools
from tests.hardware.facts.test_accelerators import DRM, KFD, NVIDIA_SMI, ROCM_SMI
from tests.hardware.facts.test_cpu import two_sockets
from tests.hardware.facts.test_memory import MEMINFO
from tests.support.machines import FakeTools, tree

SERVER = {
    **KFD,
    **DRM,
    "proc/cpuinfo": two_sockets(),
    "proc/meminfo": MEMINFO,
    "etc/os-release": 'NAME="Ubuntu"\nVERSION_ID="24.04"\n',
    "sys/class/dmi/id/sys_vendor": "Supermicro",
}
LINUX = Name("Linux", "6.8.0-45-generic", "x86_64")


def load(name: str) -> Any:
    raise ImportError(name)


def test_a_recorded_machine(tmp_path: Path) -> None:
    """Every part, in the words of the contract."""
    found = linux(tree(tmp_path, SERVER), LINUX, FakeTools(nvidia_smi=NVIDIA_SMI, rocm_smi=ROCM_SMI), load)
    assert found["architecture"] == {"name": "x86_64", "raw_name": None}
    assert found["operating_system"] == {
        "family": "linux",
        "name": "Ubuntu",
        "version": "24.04",
        "kernel": "6.8.0-45-generic",
    }
    assert found["environment"] == {"kind": "native", "name": None, "version": None}
    assert found["cpu"]["logical_thread_count"] == 8
    assert found["memory"] == {"capacity_bytes": 16303472 * 1024}
    models = [card["model"] for card in found["accelerators"]]
    assert models == [None, "NVIDIA GeForce RTX 4090", "Radeon RX 7900 XTX", "NVIDIA GB10", None]
    assert "0000:" not in json.dumps(found)


def test_memory_is_required(tmp_path: Path) -> None:
    """Without it there is no snapshot."""
    with pytest.raises(NoMemory):
        linux(tmp_path, LINUX, FakeTools(), load)


def test_a_source_that_fails(tmp_path: Path) -> None:
    """Costs what it knows; the log has the traceback."""

    def broken(argv: Any) -> str:
        raise RuntimeError("odd")

    with capturedLogs() as events:
        found = linux(tree(tmp_path, SERVER), LINUX, FakeTools(nvidia_smi=broken), load)
    assert len(found["accelerators"]) == 2
    assert [event["log_failure"].type for event in events] == [RuntimeError]


def test_another_system() -> None:
    """What Python knows of it; the rest is null."""
    found = other(Name("FreeBSD", "14.1-RELEASE", "amd64"))
    assert found["operating_system"]["family"] == "freebsd"
    assert found["memory"]["capacity_bytes"] > 0
    assert (found["accelerators"], found["environment"]["kind"]) == ([], "unknown")


def test_this_machine() -> None:
    """Whatever it is: all parts are there, and the snapshot can be told."""
    found = detect(1_700_000_000.9, "1.2.3", Tools())
    assert found["schema_version"] == 1
    assert found["captured_at"] == "2023-11-14T22:13:20Z"
    detector = {"name": "llama-swap", "version": "1.2.3"}
    assert found["capture"] == {"scope": "inference_host", "method": "detected", "detector": detector}
    assert list(found)[3:] == ["architecture", "operating_system", "environment", "cpu", "memory", "accelerators"]
    assert found["memory"]["capacity_bytes"] > 0
    assert (found["cpu"]["logical_thread_count"] or 1) >= (found["cpu"]["physical_core_count"] or 1)
    json.dumps(found)
