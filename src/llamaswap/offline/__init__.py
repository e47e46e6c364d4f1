"""Commands that concern configurations and start nothing: `llama-swap check`, `plan` and `schema`.

They must answer quickly, so nothing here imports Twisted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llamaswap.offline.check import check
from llamaswap.offline.plan import plan
from llamaswap.offline.schema import schema
from llamaswap.schedule.policies import Policies

COMMANDS: dict[str, Callable[[Sequence[str], Policies], int]] = {"check": check, "plan": plan, "schema": schema}
"""By their first word; each takes the words after it, and the eviction policies that a configuration may name, and
returns the exit status."""
