"""What does a tiny model say? Sentences of one plain shape, in words that tell at once which model spoke.

Data and one table. How a network is made to follow it is `model.py`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Part(IntEnum):
    """What a token is in a sentence. The number is its place among the network's grammar components."""

    TEXT = 0
    """Anything of a prompt; never produced."""
    OPENING = 1
    SUBJECT = 2
    VERB = 3
    ARTICLE = 4
    ADJECTIVE = 5
    OBJECT = 6
    PREPOSITION = 7
    POSSESSIVE = 8
    PLACE = 9
    STOP = 10
    END = 11
    """The end of the answer."""


FOLLOWS: Mapping[Part, Mapping[Part, float]] = {
    Part.TEXT: {Part.OPENING: 1.0},
    Part.OPENING: {Part.SUBJECT: 1.0},
    Part.SUBJECT: {Part.VERB: 1.0},
    Part.VERB: {Part.ARTICLE: 1.0},
    Part.ARTICLE: {Part.ADJECTIVE: 0.5, Part.OBJECT: 0.5},
    Part.ADJECTIVE: {Part.OBJECT: 1.0},
    Part.OBJECT: {Part.PREPOSITION: 0.6, Part.STOP: 0.4},
    Part.PREPOSITION: {Part.POSSESSIVE: 1.0},
    Part.POSSESSIVE: {Part.PLACE: 1.0},
    Part.PLACE: {Part.STOP: 1.0},
    Part.STOP: {Part.OPENING: 0.7, Part.END: 0.3},
    Part.END: {Part.OPENING: 1.0},
}
"""Which parts may follow a part, and how often each does."""

COMMON: Mapping[Part, str] = {
    Part.OPENING: "The A Every One That This",
    Part.ARTICLE: "the a another one some",
    Part.PREPOSITION: "under behind beside above near",
    Part.POSSESSIVE: "its every my our your",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """The words that only this speaker uses, blank-separated."""

    subjects: str
    verbs: str
    adjectives: str
    objects: str
    places: str

    def words(self) -> Mapping[Part, tuple[str, ...]]:
        """All words of the speaker, the common ones included."""
        own = {
            Part.SUBJECT: self.subjects,
            Part.VERB: self.verbs,
            Part.ADJECTIVE: self.adjectives,
            Part.OBJECT: self.objects,
            Part.PLACE: self.places,
        }
        return {part: tuple(text.split()) for part, text in {**COMMON, **own}.items()}

    def spoke(self, text: str) -> bool:
        """Whether `text` holds a word of this speaker."""
        own = " ".join((self.subjects, self.verbs, self.adjectives, self.objects, self.places)).split()
        return not set(own).isdisjoint(text.replace(".", " ").split())


SEA = Voice(
    subjects="gull sailor crab captain dolphin lighthouse tide mermaid",
    verbs="carries follows rocks anchors salutes floats rows",
    adjectives="salty silver drifting foamy stormy pearly",
    objects="lantern barrel sail rope compass bucket shell",
    places="harbour pier reef lagoon cove bay",
)
FOREST = Voice(
    subjects="fox raven badger hermit squirrel birch wizard hedgehog",
    verbs="gathers hides whispers climbs guards plants finds",
    adjectives="mossy golden silent hollow thorny leafy",
    objects="chestnut mushroom basket feather candle berry pinecone",
    places="clearing cabin thicket ravine meadow cave",
)
TOWN = Voice(
    subjects="baker tram clockmaker pigeon mayor cat fiddler painter",
    verbs="repairs paints borrows admires juggles weighs polishes",
    adjectives="crooked crimson noisy velvet dusty cheerful",
    objects="kettle pretzel clock violin teapot newspaper hat",
    places="market alley tower square bakery station",
)
