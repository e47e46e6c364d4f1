"""The messages that are kept for those who are behind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.feeds.backlog import Backlog


class BacklogTests(SynchronousTestCase):
    def test_since(self) -> None:
        """From the number that is asked for to the newest; nothing when there is none."""
        backlog = Backlog()
        self.assertEqual(backlog.since(1), (b"", 1))
        for message in (b"a", b"b", b"c"):
            backlog.append(message)
        self.assertEqual([backlog.since(number) for number in (1, 3, 4)], [(b"abc", 4), (b"c", 4), (b"", 4)])

    def test_lost_and_not_yet_there(self) -> None:
        """Neither is answered."""
        backlog = Backlog(most_messages=2)
        for message in (b"a", b"b", b"c"):
            backlog.append(message)
        self.assertEqual((backlog.first, backlog.since(2)), (2, (b"bc", 4)))
        for number in (-1, 0, 1, 5):
            self.assertIsNone(backlog.since(number))
            self.assertFalse(backlog.reaches(number))

    def test_bounded_in_bytes(self) -> None:
        """A large message takes the place of others, and is kept itself."""
        backlog = Backlog(most_bytes=10)
        for message in (b"aaaa", b"bbbb", b"cccc", b"d" * 50):
            backlog.append(message)
        self.assertEqual(backlog.since(4), (b"d" * 50, 5))
        self.assertIsNone(backlog.since(3))
        backlog.append(b"e")
        self.assertEqual(backlog.first, 5)

    def test_much_is_sent_in_parts(self) -> None:
        """Many messages are not put together all at once."""
        backlog = Backlog()
        for _ in range(30):
            backlog.append(b"x" * 10_000)
        found = backlog.since(1)
        assert found is not None
        self.assertEqual((len(found[0]), found[1]), (70_000, 8))

    @given(st.lists(st.binary(min_size=1, max_size=9)), st.integers(1, 5), st.integers(1, 20))
    def test_what_is_kept(self, messages: list[bytes], most: int, most_bytes: int) -> None:
        """Always the newest ones, within both bounds, but one at least; what is answered is what was appended."""
        backlog = Backlog(most, most_bytes)
        for count, message in enumerate(messages, 1):
            backlog.append(message)
            kept = messages[backlog.first - 1 : count]
            self.assertTrue(1 <= len(kept) <= most)
            self.assertTrue(len(kept) == 1 or sum(map(len, kept)) <= most_bytes)
            for number in range(1, count + 2):
                expected = (b"".join(messages[number - 1 : count]), count + 1) if number >= backlog.first else None
                self.assertEqual(backlog.since(number), expected)
