"""Two graphics cards for a server that has none: an `nvidia-smi` that prints what was recorded, for its PATH.

What the cards hold follows the processes that run: a model's server writes its process ID to a file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

HELD: Mapping[str, tuple[int, int]] = {"alpha": (6144, 0), "beta": (0, 10240), "org/omega v1": (8192, 8192)}
"""MiB on each of the cards, by model."""
CARDS = [
    {
        "index": str(number),
        "name": "NVIDIA GeForce RTX 3090",
        "uuid": f"GPU-0000000{number}-journey",
        "temperature.gpu": str(48 + 9 * number),
        "utilization.gpu": str(35 + 20 * number),
        "memory.total": "24576",
        "fan.speed": "30",
        "power.draw": "142.50",
        "power.limit": "350.00",
        "driver_version": "560.35.03",
        "compute_cap": "8.6",
        "pci.bus_id": f"00000000:0{number + 1}:00.0",
    }
    for number in range(2)
]
SCRIPT = """\
#!{python} -S
import os, sys
CARDS, HELD, PIDS = {cards}, {held}, {pids!r}
alive = []
for name in os.listdir(PIDS):
    pid = open(os.path.join(PIDS, name)).read()
    if name in HELD and pid and os.path.exists("/proc/" + pid):
        alive.append((pid, HELD[name]))
for word in sys.argv[1:]:
    option, _, fields = word.partition("=")
    if option == "--query-gpu":
        for n, card in enumerate(CARDS):
            used = {{"memory.used": str(512 + sum(held[n] for _, held in alive))}}
            print(", ".join((card | used).get(field, "[N/A]") for field in fields.split(",")))
    elif option == "--query-compute-apps":
        for pid, held in alive:
            for n, card in enumerate(CARDS):
                if held[n]:
                    print(", ".join((card["uuid"], pid, str(held[n]))))
"""


def write_cards(folder: Path, pids: Path) -> Path:
    """Write the program; returns the folder that belongs in front of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    held: dict[str, Any] = {quote(model, safe=""): list(sizes) for model, sizes in HELD.items()}
    text = SCRIPT.format(python=sys.executable, cards=json.dumps(CARDS), held=json.dumps(held), pids=str(pids))
    program = folder / "nvidia-smi"
    program.write_text(text)
    program.chmod(0o755)
    return folder
