"""The bus: who hears what, and what a listener that raises costs the others."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, Notices, ReloadFailed, ReloadStarted, State

CHANGED = ModelChanged(ModelId("m"), State.STOPPED, State.STARTING, 1.0)
STARTED = ReloadStarted("SIGHUP", 2.0)


class NoticesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.errors: list[Exception] = []
        self.heard: list[object] = []
        self.notices = Notices(self.errors.append)

    def test_by_kind(self) -> None:
        """A listener hears the notices of its kind only, those who listen to one kind in the order they subscribed."""
        self.notices.subscribe(ReloadStarted, lambda notice: self.heard.append(("first", notice)))
        self.notices.subscribe(ReloadStarted, lambda notice: self.heard.append(("second", notice)))
        for notice in (CHANGED, STARTED, ReloadFailed((), 3.0)):
            self.notices.publish(notice)
        self.assertEqual(self.heard, [("first", STARTED), ("second", STARTED)])

    def test_unsubscribe(self) -> None:
        """Who has unsubscribed, once or twice, hears nothing more, and the others still do."""
        stop = self.notices.subscribe(ModelChanged, self.heard.append)
        self.notices.subscribe(ModelChanged, self.heard.append)
        stop()
        stop()
        self.notices.publish(CHANGED)
        self.assertEqual(self.heard, [CHANGED])

    def test_listener_that_raises(self) -> None:
        """It is reported, and the next one hears all the same."""

        def fail(notice: ModelChanged) -> None:
            raise ZeroDivisionError

        self.notices.subscribe(ModelChanged, fail)
        self.notices.subscribe(ModelChanged, self.heard.append)
        self.notices.publish(CHANGED)
        self.assertEqual((len(self.errors), self.heard), (1, [CHANGED]))
