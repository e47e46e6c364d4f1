"""How much has happened in the span of time that ends now? Pure.

The span moves with time. What happens seldom counts for exactly that long. What happens often is counted in slots, so
that the memory is bounded whatever the amount: it counts until its whole slot has left the span, so never more than
`most` fits into any span, and what is over counts a slot longer at most.
"""

from __future__ import annotations

from collections import deque

SLOTS = 60
"""Of a span; and so many events are remembered one by one."""


class Window:
    """At most `most` within any `per` seconds."""

    __slots__ = ("_latest", "_slots", "_total", "most", "per")

    def __init__(self, most: int, per: float) -> None:
        self.most = most
        self.per = per
        self._slots: deque[tuple[float, int]] = deque()
        """End of a slot, and how much happened in it."""
        self._total = 0
        self._latest = 0.0

    def limit(self, most: int, per: float) -> None:
        """Other limits for what has happened already, too."""
        self.most, self.per = most, per

    def add(self, amount: int, when: float) -> None:
        """So much happens."""
        self._advance(when)
        end = when if len(self._slots) < SLOTS else when + self.per / SLOTS
        if self._slots and self._slots[-1][0] >= when:
            end, before = self._slots.pop()
            self._slots.append((end, before + amount))
        else:
            self._slots.append((end, amount))
        self._total += amount

    def take_back(self) -> None:
        """One of what happened last has not happened."""
        if self._slots:
            end, amount = self._slots.pop()
            self._total -= 1
            if amount > 1:
                self._slots.append((end, amount - 1))

    def used(self, when: float) -> int:
        """How much has happened in the span that ends now."""
        self._advance(when)
        return self._total

    def rest(self, when: float) -> float:
        """Seconds until nothing of it counts any more."""
        self._advance(when)
        return self._slots[-1][0] + self.per - when if self._slots else 0.0

    def wait(self, when: float) -> float:
        """Seconds until something may happen again; 0 = it may."""
        self._advance(when)
        left = self._total
        for end, amount in self._slots:
            if left < self.most:
                break
            left -= amount
            if left < self.most:
                return end + self.per - when
        return 0.0

    @property
    def idle(self) -> bool:
        """Nothing of what happened counted, when it was last asked."""
        return not self._slots

    def _advance(self, when: float) -> None:
        if when < self._latest:  # the clock was set back: what happened goes with it
            back = self._latest - when
            self._slots = deque((end - back, amount) for end, amount in self._slots)
        self._latest = when
        while self._slots and self._slots[0][0] + self.per <= when:
            self._total -= self._slots.popleft()[1]
