"""Which profile is active (lifecycle section 10.3). Pure.

One at a time, none at the start. It outlives the settings (W-16): what its pins are, the settings in force say.
"""

from __future__ import annotations

from collections.abc import Collection


class ActiveProfile:
    """The name of the active profile, if any."""

    def __init__(self) -> None:
        self.name: str | None = None

    def choose(self, name: str | None) -> bool:
        """Make this one active; returns whether that is a change."""
        changed = name != self.name
        self.name = name
        return changed

    def among(self, profiles: Collection[str]) -> str | None:
        """Its name, if there is such a profile."""
        return self.name if self.name in profiles else None
