"""Whose memory of GPUs it is: from what each process holds to what each model holds. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from llamaswap.hardware.samples import GpuSample
from llamaswap.ids import ModelId


def by_gpu(
    leaders: Mapping[ModelId, int],
    families: Mapping[ModelId, Collection[int]],
    sessions: Mapping[int, int],
    samples: Iterable[GpuSample],
) -> Mapping[ModelId, Mapping[int, int]]:
    """MiB that each model holds on each GPU, by its number; a model of which nothing is known is left out.

    A process is a model's when it is one of its `families` (its command's process, and the descendants), or in the
    session of its leader: `sessions` has those of processes that are in no family. One that a container runs beside
    us is nobody's.
    """
    owners = {pid: model for model, family in families.items() for pid in family}
    by_session = {leader: model for model, leader in leaders.items()}
    found: dict[ModelId, dict[int, int]] = {}
    for sample in samples:
        for pid, held in sample.processes.items():
            owner = owners.get(pid) or by_session.get(sessions.get(pid, 0))
            if owner is not None:
                cards = found.setdefault(owner, {})
                cards[sample.id] = cards.get(sample.id, 0) + held
    return found
