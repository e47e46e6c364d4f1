"""What a new configuration changes for the models that an older one has started (lifecycle section 12, W-15).

Pure. What follows for the processes is the scheduler's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from llamaswap.config.schema import Model, Settings
from llamaswap.ids import ModelId

LAUNCH = attrgetter("cmd", "proxy", "check_endpoint", "env", "port")
"""What a process was started with. All else takes effect on one that runs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Models by what happens to them, each in ascending order."""

    added: tuple[ModelId, ...]
    removed: tuple[ModelId, ...]
    changed: tuple[ModelId, ...]
    """In both, but started differently."""

    @property
    def empty(self) -> bool:
        """No process is touched."""
        return not (self.added or self.removed or self.changed)


def difference(old: Settings, new: Settings) -> Difference:
    """What has to happen to models when `new` takes the place of `old`."""
    return Difference(
        added=_sorted(new.models.keys() - old.models.keys()),
        removed=_sorted(old.models.keys() - new.models.keys()),
        changed=_sorted(
            id for id, model in new.models.items() if id in old.models and not launched_alike(old.models[id], model)
        ),
    )


def launched_alike(one: Model, other: Model) -> bool:
    """A process that was started as `one` may run on as `other`."""
    return bool(LAUNCH(one) == LAUNCH(other))


def _sorted(models: Iterable[ModelId]) -> tuple[ModelId, ...]:
    return tuple(sorted(models))
