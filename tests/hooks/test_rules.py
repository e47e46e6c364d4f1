"""Which models are loaded without a request, and when."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.hooks.rules import Quiet, due_again, each_once
from llamaswap.ids import ModelId


def ids(names: str) -> tuple[ModelId, ...]:
    return tuple(map(ModelId, names))


class ListTests(SynchronousTestCase):
    """Lists of models to load."""

    def test_each_once(self) -> None:
        """At its last place: what stands last is what remains."""
        self.assertEqual(each_once(ids("abacb")), list(ids("acb")))
        self.assertEqual(each_once(()), [])

    def due(self, before: str, now: str, *, added: str = "", removed: str = "", changed: str = "") -> str:
        changes = Difference(ids(added), ids(removed), ids(changed), adjusted=ids("ab"), settings=("hooks",))
        return "".join(due_again(ids(before), ids(now), changes))

    def test_due_again(self) -> None:
        """What is new on the list, or another model than before; in the order of the list."""
        self.assertEqual(self.due("ab", "ab"), "")
        self.assertEqual(self.due("ab", "cab"), "c")
        self.assertEqual(self.due("ab", "ba", changed="ab"), "ba")
        self.assertEqual(self.due("ab", "ab", changed="c", added="d"), "")
        self.assertEqual(self.due("ab", "a", removed="b"), "")
        self.assertEqual(self.due("", "aba"), "ba")

    def test_a_name_that_was_another_models(self) -> None:
        """A model that came with the reload is due although its name was on the list, as of one removed before."""
        self.assertEqual(self.due("a", "a", added="a"), "a")


class QuietTests(SynchronousTestCase):
    """Ten seconds of nothing, from 100 on."""

    def setUp(self) -> None:
        self.quiet = Quiet(10.0, 100.0)

    def test_once(self) -> None:
        """Its time comes once."""
        self.assertEqual(self.quiet.due, 110.0)
        self.assertFalse(self.quiet.look(109.9, busy=False))
        self.assertTrue(self.quiet.look(110.0, busy=False))
        self.assertIsNone(self.quiet.due)
        self.assertFalse(self.quiet.look(500.0, busy=False))

    def test_something_stirs(self) -> None:
        """It counts anew, also when its time had come."""
        self.quiet.stirred(105.0)
        self.assertFalse(self.quiet.look(110.0, busy=False))
        self.assertTrue(self.quiet.look(115.0, busy=False))
        self.quiet.stirred(120.0)
        self.assertEqual(self.quiet.due, 130.0)
        self.assertTrue(self.quiet.look(130.0, busy=False))

    def test_busy(self) -> None:
        """While anybody waits or is served nothing is quiet."""
        self.assertFalse(self.quiet.look(110.0, busy=True))
        self.assertEqual(self.quiet.due, 120.0)
