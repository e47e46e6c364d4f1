"""The shape and the words of a tiny model's sentences."""

from __future__ import annotations

from itertools import combinations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.demo.grammar import FOLLOWS, FOREST, SEA, TOWN, Part


class GrammarTests(SynchronousTestCase):
    """The table leads from every part to the end, in proportions that add up."""

    def test_shares_add_up_to_one(self) -> None:
        """What follows a part is a distribution, for every part."""
        self.assertEqual([sum(FOLLOWS[part].values()) for part in Part], [1.0] * len(Part))

    def test_prompt_text_is_never_produced(self) -> None:
        """No part may be followed by a letter or a byte."""
        self.assertFalse([part for part in Part if Part.TEXT in FOLLOWS[part]])

    def test_the_end_can_be_reached_from_every_part(self) -> None:
        """No answer is caught in a loop that the table forbids it to leave."""
        reached = {Part.END}
        for _ in Part:
            reached |= {part for part in Part if reached.intersection(FOLLOWS[part])}
        self.assertEqual(reached, set(Part))


class VoiceTests(SynchronousTestCase):
    """A text tells who spoke."""

    def test_a_voice_knows_its_own_words(self) -> None:
        """A sentence is recognised by its speaker and by nobody else."""
        text = " The gull carries a lantern. One sailor rows."
        self.assertEqual([voice.spoke(text) for voice in (SEA, FOREST, TOWN)], [True, False, False])

    def test_no_word_stands_twice(self) -> None:
        """Words of a voice differ from each other, so that each is one token."""
        for voice in (SEA, FOREST, TOWN):
            words = [word for texts in voice.words().values() for word in texts]
            self.assertEqual(len(words), len(set(words)))

    def test_voices_share_common_words_only(self) -> None:
        """A word that is not common belongs to one speaker."""
        common = {word for texts in SEA.words().values() for word in texts if TOWN.spoke(word) or FOREST.spoke(word)}
        self.assertEqual(common, set())
        for one, other in combinations((SEA, FOREST, TOWN), 2):
            shared = {part for part in one.words() if set(one.words()[part]) & set(other.words()[part])}
            self.assertEqual(shared, {Part.OPENING, Part.ARTICLE, Part.PREPOSITION, Part.POSSESSIVE})
