"""The configuration of the journeys, as a tree that a test may change before it is written. Pure but for ports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
"""From where the models' server can be imported."""


def fake(folder: Path, model: str, /, *options: str, **more: Any) -> dict[str, Any]:
    """The entry of a model that plays scripts, on a port of its own; `more` are further keys of it."""
    port = free_ports()
    words = [*options, "--scripts", str(folder / "scripts"), "--pids", str(folder / "pids")]
    program = f"'{sys.executable}' -S -m tests.journeys.upstream --port {port} --name '{model}'"
    return {
        "cmd": " ".join([program, *(f"'{word}'" for word in words)]),
        "proxy": f"http://127.0.0.1:{port}",
        "env": [f"PYTHONPATH={ROOT}"],
        **more,
    }


def usual(folder: Path, peer: str) -> dict[str, Any]:
    """What web-ui section 6 asks for: alpha, beta, gamma, delta, `org/omega v1`, a peer, a selector, a profile."""
    sees = {"in": ["text", "image"], "out": ["text"], "tools": True, "context": 8192}
    models = {
        "alpha": fake(
            folder,
            "alpha",
            "--ready",
            "0.3",
            name="Alpha",
            aliases=["alpha-fast"],
            capabilities=sees,
            description="Quick.",
        ),
        "beta": fake(folder, "beta", "--ready", "5", name="Beta"),
        "gamma": fake(folder, "gamma", "--exit", "1", name="Gamma"),
        "delta": fake(folder, "delta", name="Delta", unlisted=True),
        "org/omega v1": fake(folder, "org/omega v1", "--ready", "0.2", description="Slash and blank."),
    }
    return {
        "startPort": free_ports(),
        "healthCheckTimeout": 20,
        "unloadTimeout": 2,
        "models": models,
        "groups": {"pair": {"members": ["alpha", "beta"], "swap": False}},
        "peers": {"p1": {"proxy": peer, "models": ["zed"]}},
        "selectors": {
            "auto": {
                "strategy": "spillover",
                "targets": ["alpha", "beta"],
                "settings": {"spillover": 2},
                "name": "Auto",
            }
        },
        "profiles": {"coding": {"description": "For editors", "pins": {"llm": "alpha", "off": None}}},
        "captureBuffer": 20,
        "performance": {"every": "5s"},
        "store": {"path": str(folder / "activity.db")},
    }


def changed(tree: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`tree` with other sections, and other models beside its own; None takes one away."""
    models = {**tree["models"], **(change.get("models") or {})}
    whole = {**tree, **change, "models": {name: entry for name, entry in models.items() if entry is not None}}
    return {name: section for name, section in whole.items() if section is not None}
