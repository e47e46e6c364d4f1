"""What a server tells `llama-swap top`: events as they come, and lists as they are answered."""

from __future__ import annotations

import json
from typing import Any


def envelope(kind: str, data: Any) -> str:
    """An event's data."""
    return json.dumps({"type": kind, "data": json.dumps(data)})


def status(id: str, state: str, peer: str = "") -> dict[str, Any]:
    """An item of `modelStatus`."""
    return {"id": id, "name": "", "description": "", "state": state, "unlisted": False, "peerID": peer}


def request(id: str, model: str, **more: Any) -> dict[str, Any]:
    """A request under way."""
    told: dict[str, Any] = {
        "id": id,
        "timestamp": "2026-01-01T00:00:00.5Z",
        "model": model,
        "req_path": "/v1/chat/completions",
    }
    told |= {"method": "POST", "req_headers": {}, "remote_ip": "127.0.0.1", "resp_headers": {}, "resp_bytes": 0}
    return {**told, "elapsed_ms": 1000, **more}


def row(id: int, model: str, rate: float, prompt: float = -1) -> dict[str, Any]:
    """A row of activity."""
    return {"id": id, "model": model, "tokens": {"tokens_per_second": rate, "prompt_per_second": prompt}}


PERFORMANCE = {
    "enabled": True,
    "sys_stats": [
        {"timestamp": "1", "cpu_util_per_core": [0]},
        {
            "timestamp": "2026-01-01T00:00:05+01:00",
            "cpu_util_per_core": [50, 100],
            "mem_used_mb": 1024,
            "mem_total_mb": 4096,
            "swap_used_mb": 0,
            "load_avg_1": 1.5,
        },
    ],
    "gpu_stats": [
        {"id": 1, "name": "B", "gpu_util_pct": 1},
        {"id": 0, "name": "A", "gpu_util_pct": 10, "mem_used_mb": 1},
        {"id": 0, "name": "A", "gpu_util_pct": 90, "mem_used_mb": 2048, "mem_total_mb": 8192, "temp_c": 60},
    ],
    "models": {"m": {"gpu_mem_mb": 700}},
}
BURST: tuple[tuple[str, Any], ...] = (
    ("logData", {"source": "proxy", "data": "hello"}),
    ("logData", {"source": "upstream", "data": ""}),
    ("modelStatus", [status("z", "stopped"), status("m", "ready"), status("p/q", "", "p"), status("a", "starting")]),
    ("uiConfig", {"activity": {"session_id": []}}),
    ("profileChanged", {"active": "night"}),
    (
        "inflight",
        {"operation": "snapshot", "requests": [request("1", "m"), request("2", "m", resp_headers={"A": "b"})]},
    ),
)
