"""The bus of notices."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.ids import ModelId
from llamaswap.notices import ConfigurationChanged, ModelChanged, Notice, Notices, State

READY = ModelChanged(ModelId("a"), State.STARTING, State.READY, 1.0)
CHANGED = ConfigurationChanged(Difference((), (), ()), 2.0)


class NoticesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.errors: list[Exception] = []
        self.heard: list[Notice] = []
        self.notices = Notices(self.errors.append)

    def fail_at(self, notice: Notice) -> None:
        raise ZeroDivisionError

    def test_by_kind(self) -> None:
        """A listener hears the notices of its kind, and no others."""
        self.notices.subscribe(ModelChanged, self.heard.append)
        self.notices.publish(CHANGED)
        self.notices.publish(READY)
        self.assertEqual(self.heard, [READY])
        self.notices.subscribe(ConfigurationChanged, self.heard.append)
        self.notices.publish(CHANGED)
        self.assertEqual(self.heard, [READY, CHANGED])

    def test_one_that_raises(self) -> None:
        """The others hear it all the same, and whoever owns the bus is told."""
        self.notices.subscribe(ModelChanged, self.fail_at)
        self.notices.subscribe(ModelChanged, self.heard.append)
        self.notices.publish(READY)
        self.assertEqual((self.heard, len(self.errors)), ([READY], 1))

    def test_the_end(self) -> None:
        """Whoever has unsubscribed hears nothing more; doing so twice is harmless."""
        unsubscribe = self.notices.subscribe(ModelChanged, self.heard.append)
        unsubscribe()
        unsubscribe()
        self.notices.publish(READY)
        self.assertEqual(self.heard, [])
