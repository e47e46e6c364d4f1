"""Whether a peer answers, as far as requests and looks at its models have shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llamaswap.notices import PeerState

LONGEST_ERROR = 300
"""Characters of what went wrong."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a peer. It decides nothing: a peer that is down is asked all the same."""

    state: PeerState = PeerState.UNKNOWN
    since: float | None = None
    """When it came to this state, in seconds since the epoch; None while nothing is known."""
    error: str = ""
    """Why it is down."""

    def answered(self, when: float) -> Health:
        """It has answered, whatever it said."""
        return self if self.state is PeerState.UP else Health(PeerState.UP, when)

    def failed(self, why: str, when: float) -> Health:
        """It could not be reached, or broke off before it answered. The latest reason counts, and the first moment."""
        why = why[:LONGEST_ERROR]
        return replace(self, error=why) if self.state is PeerState.DOWN else Health(PeerState.DOWN, when, why)
