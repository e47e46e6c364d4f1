"""What every source of GPU figures offers, and how it fails. Pure: it measures nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from llamaswap.errors import LlamaSwapError
from llamaswap.hardware.samples import GpuSample


class SourceFailed(LlamaSwapError):
    """The source is not there, or has nothing to say."""


class GpuSource(Protocol):
    """One source. All of it blocks, and is used by one thread at a time."""

    name: str
    """What the log calls it."""

    def open(self) -> None:
        """Do what takes time at the first look. Raises `SourceFailed` where the source cannot be used."""

    def read(self, when: float, pids: Collection[int]) -> Sequence[GpuSample]:
        """All cards at `when`, in the order of their numbers. Raises `SourceFailed`.

        Of the processes `pids` their memory is told as well, where the source knows; it may tell of others too.
        """

    def close(self) -> None:
        """Give back what `open` took. Harmless at any time."""
