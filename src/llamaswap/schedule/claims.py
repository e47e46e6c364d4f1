"""What do overdue requests keep others away from?

An overdue request is treated by all that arrived after it as though its swap were under way; older ones are never
held back by it. That is the whole of fairness (W-08): the core says who is overdue, and asks here before it lets
anyone else on.
"""

from __future__ import annotations

from dataclasses import dataclass

from llamaswap.ids import ModelId, TicketId
from llamaswap.schedule.outlook import Outlook
from llamaswap.schedule.station import UNCLAIMED, Station


@dataclass(slots=True, frozen=True)
class Claim:
    """An overdue request: `ticket` at the head of `station`, and what its load would evict."""

    station: Station
    ticket: TicketId
    victims: tuple[Station, ...]
    evict: frozenset[ModelId]


class Claims:
    """The overdue requests that cannot be served yet.

    What they claim is noted at the stations themselves (`Station.claimed`), where granting a place looks for it.
    """

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._claims: list[Claim] = []

    def add(self, station: Station) -> None:
        """Keep later requests away from what the overdue head of `station` needs.

        Where nothing has to go for it, its own model is left alone too: it waits for a place, or for a stop to end.
        """
        victims = self._outlook.victims(station)
        claim = Claim(station, station.head, victims, frozenset([victim.id for victim in victims]))
        self._claims.append(claim)
        station.claiming = True
        for touched in (station, *victims) if victims else ():
            touched.claimed = min(touched.claimed, claim.ticket)

    def drop(self) -> None:
        """Forget them all, to be made anew."""
        for claim in self._claims:
            claim.station.claiming = False
            for touched in (claim.station, *claim.victims):
                touched.claimed = UNCLAIMED
        self._claims = []

    def forbid(self, station: Station, victims: tuple[Station, ...]) -> bool:
        """An older request needs what the swap of `station` would touch, or would have more to evict after it."""
        head = station.head
        if station.claimed < head or any(victim.claimed < head for victim in victims):
            return True
        older = [claim for claim in self._claims if claim.ticket < head]
        if not older:
            return False
        after = self._outlook.after(station, victims)
        return any(not claim.evict.issuperset(self._outlook.would_evict(claim.station, after)) for claim in older)
