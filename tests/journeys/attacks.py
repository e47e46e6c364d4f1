"""What a hostile model writes, each piece in a block of its own.

Each tries to call `hit()`, which is not there, so that the page would throw and the test fail; or to fetch from `LEAK`.
"""

from __future__ import annotations

import json
from pathlib import Path

LEAK = "evil.example"
END = "That is all."
CORPUS: list[str] = json.loads((Path(__file__).parent / "hostile.json").read_text())
ALL = "\n\n".join((*CORPUS, END))
