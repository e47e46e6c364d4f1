"""What a new configuration changes for the models that an older one has started (lifecycle section 12, W-15).

Pure. What follows for the processes is the scheduler's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter

from llamaswap.config.commands import split_command
from llamaswap.config.describe import tell
from llamaswap.config.schema import NOTHING, Model, Settings
from llamaswap.ids import ModelId

LAUNCH = attrgetter("proxy", "check_endpoint", "env", "port")
"""What a process was started with, besides the words of its command. All else takes effect on one that runs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Models by what happens to them, each in ascending order."""

    added: tuple[ModelId, ...]
    removed: tuple[ModelId, ...]
    changed: tuple[ModelId, ...]
    """In both, but started differently."""
    adjusted: tuple[ModelId, ...] = ()
    """In both, and different in what needs no other process."""
    settings: tuple[str, ...] = ()
    """The other top-level keys that say something else, in the words of a file."""

    @property
    def empty(self) -> bool:
        """Nothing says something else than before."""
        return self == Difference((), (), ())


def difference(old: Settings, new: Settings) -> Difference:
    """What has to happen to models when `new` takes the place of `old`."""
    edited = [id for id, model in new.models.items() if id in old.models and _edited(old.models[id], model)]
    alike = {id for id in edited if launched_alike(old.models[id], new.models[id])}
    before = _others(old)
    return Difference(
        added=_sorted(new.models.keys() - old.models.keys()),
        removed=_sorted(old.models.keys() - new.models.keys()),
        changed=_sorted(id for id in edited if id not in alike),
        adjusted=_sorted(alike),
        settings=tuple(key for key, told in _others(new).items() if told != before.get(key)),
    )


def _edited(old: Model, new: Model) -> bool:
    """Values of the user's own are compared as they are written: 1 is not true."""
    return old != new or repr((old.metadata, old.filters)) != repr((new.metadata, new.filters))


def _others(settings: Settings) -> dict[str, str]:
    """All but the models, by key, as text: the order of a matrix's sets counts, what a `caFile` says, and
    the keys themselves."""
    told = tell(replace(settings, models=NOTHING))
    told["apiKeys"] = [told["apiKeys"], [key.key for key in settings.api_keys]]
    told["peers"] = [told["peers"], [peer.ca_pem for peer in settings.peers.values()]]
    return {key: json.dumps(value) for key, value in told.items() if key != "models"}


def launched_alike(one: Model, other: Model) -> bool:
    """A process that was started as `one` may run on as `other`."""
    return bool(LAUNCH(one) == LAUNCH(other)) and (
        one.cmd == other.cmd or split_command(one.cmd) == split_command(other.cmd)
    )


def _sorted(models: Iterable[ModelId]) -> tuple[ModelId, ...]:
    return tuple(sorted(models))
