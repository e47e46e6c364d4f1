"""A turn of a model's life, as hooks are told of it, and which hooks it is the turn of. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from llamaswap import rfc3339
from llamaswap.config.commands import split_command
from llamaswap.config.schema import Hook
from llamaswap.ids import ModelId
from llamaswap.notices import State

_STATES = {
    "before_load": State.STOPPED,
    "after_load": State.READY,
    "before_unload": State.READY,
    "after_unload": State.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What happens to `model`, and why: a word of `backends/interface.Attendant`."""

    moment: str
    model: ModelId
    reason: str
    when: float
    """Seconds since the epoch."""

    @property
    def can_be_refused(self) -> bool:
        """A failure may prevent it: a load, but no stop."""
        return self.moment.endswith("_load")

    @property
    def variables(self) -> tuple[str, ...]:
        """What a command finds in its environment, `NAME=value` each."""
        told = {"EVENT": self.moment, "MODEL": self.model, "STATE": self._state, "REASON": self.reason}
        return tuple(f"LLAMASWAP_{name}={value}" for name, value in told.items())

    @property
    def json(self) -> bytes:
        """What a webhook is sent; `time` is RFC 3339, in UTC."""
        time = rfc3339.write(self.when, "milliseconds")
        told = {"event": self.moment, "model": self.model, "state": self._state, "reason": self.reason, "time": time}
        return json.dumps(told).encode("ascii")

    @property
    def _state(self) -> str:
        return _STATES[self.moment].value


def due(hooks: Mapping[str, tuple[Hook, ...]], occasion: Occasion) -> Iterator[tuple[str, Hook]]:
    """The hooks for the occasion in their order, each with the name that logs and errors give it."""
    for index, hook in enumerate(hooks.get(occasion.moment, ())):
        if hook.models is None or occasion.model in hook.models:
            yield f"hooks.{occasion.moment}[{index}] ({_action(hook)})", hook


def _action(hook: Hook) -> str:
    """What it does, without what may be a secret: arguments, and all of a URL but the host."""
    if hook.command:
        return f"command {split_command(hook.command)[0]}"
    return f"webhook on {urlsplit(hook.webhook).netloc.rpartition('@')[2]}"
