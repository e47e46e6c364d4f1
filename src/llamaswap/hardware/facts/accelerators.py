"""Cards that compute, out of what several sources tell of them (http-api section 19). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A card as one source knows it; None where it does not."""

    address: str | None = None
    """Where it sits on the PCI bus: to know it again, and never told. Without one it is like no other."""
    kind: str = "gpu"
    vendor: str | None = None
    model: str | None = None
    architecture: str | None = None
    memory_kind: str = "unknown"
    """`dedicated`, `unified`, `shared_system` or `unknown`."""
    capacity: int | None = None
    """Bytes of memory."""
    driver: str | None = None
    driver_version: str | None = None
    power_limit: float | None = None
    """Watts."""


def merged(sources: Iterable[Iterable[Found]]) -> list[Found]:
    """Each card once: what an earlier source knows counts. Sorted by where they sit, then by model."""
    by_address: dict[str, Found] = {}
    others: list[Found] = []
    for found in (found for source in sources for found in source):
        if found.address is None:
            others.append(found)
        else:
            before = by_address.get(found.address)
            by_address[found.address] = completed(before, found) if before else found
    return sorted([*by_address.values(), *others], key=lambda each: (each.address or "~", each.model or "~"))


def completed(earlier: Found, later: Found) -> Found:
    """`earlier`, with what only `later` knows."""
    ours, theirs = earlier._asdict(), later._asdict()
    both = Found(**{name: theirs[name] if fact is None else fact for name, fact in ours.items()})
    return both._replace(memory_kind=later.memory_kind) if earlier.memory_kind == "unknown" else both


def told(cards: Sequence[Found]) -> list[Mapping[str, Any]]:
    """As the snapshot has them."""
    return [_record(index, card) for index, card in enumerate(cards)]


def _record(index: int, card: Found) -> Mapping[str, Any]:
    has_driver = card.driver is not None or card.driver_version is not None
    return {
        "index": index,
        "kind": card.kind,
        "vendor": card.vendor,
        "model": card.model,
        "architecture": card.architecture,
        "memory": {"kind": card.memory_kind, "capacity_bytes": card.capacity},
        "driver": {"name": card.driver, "version": card.driver_version} if has_driver else None,
        "power_limit_watts": card.power_limit,
    }
