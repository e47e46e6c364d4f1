"""What do overdue requests keep others away from?

An overdue request is treated by all that arrived after it as though its swap were under way; older ones are never
held back by it. That is the whole of fairness (W-08): the core says who is overdue, and asks here before it lets
anyone else on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llamaswap.ids import TicketId
from llamaswap.schedule.events import Running
from llamaswap.schedule.outlook import Outlook
from llamaswap.schedule.station import UNCLAIMED, Station


class Claim(NamedTuple):
    """An overdue request, `ticket` at the head of `station`, and who has to go for it."""

    station: Station
    ticket: TicketId
    victims: tuple[Station, ...]


class Claims:
    """The overdue requests that cannot be served yet.

    What they claim is noted at the stations themselves (`Station.claimed`), where granting a place looks for it.
    """

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._claims: list[Claim] = []

    def add(self, station: Station) -> None:
        """Keep later requests away from what the overdue head of `station` needs.

        Where nothing has to go for it, nothing is noted: it waits for a place, or for a stop to end.
        """
        ticket, victims = station.head, self._outlook.plan(station).victims
        self._claims.append(Claim(station, ticket, victims))
        station.claiming = True
        if victims:
            station.claimed = min(station.claimed, ticket)
        for victim in victims:
            victim.claimed = min(victim.claimed, ticket)

    def drop(self) -> None:
        """Forget them all, to be made anew."""
        for claim in self._claims:
            claim.station.claiming = False
            claim.station.claimed = UNCLAIMED
            for victim in claim.victims:
                victim.claimed = UNCLAIMED
        self._claims = []

    def forbid(self, station: Station, victims: tuple[Station, ...]) -> bool:
        """An older request needs what the swap of `station` would touch, or would have more to evict than now."""
        head = station.head
        if station.claimed < head or any(victim.claimed < head for victim in victims):
            return True
        if not self._claims:
            return False
        if self._any_has_more_to_evict(head, self._outlook.after(station, victims)):
            return True
        # while the victims stop, an older request may have more to evict than before and after
        return bool(victims) and self._any_has_more_to_evict(head, self._outlook.after(station, ()))

    def _any_has_more_to_evict(self, head: TicketId, running: Sequence[Running]) -> bool:
        for place, claim in enumerate(self._claims):
            if claim.ticket < head and self._has_more_to_evict(claim, running):
                # the next one asks the strictest first: often it is in everybody's way
                self._claims[0], self._claims[place] = claim, self._claims[0]
                return True
        return False

    def _has_more_to_evict(self, claim: Claim, after: Sequence[Running]) -> bool:
        now = {victim.id for victim in claim.victims}
        return not now.issuperset(self._outlook.would_evict(claim.station, after))
