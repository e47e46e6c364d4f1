"""Keeping a picture of a server up to date."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.terminal.client import Client, NoAnswer, Refused
from llamaswap.terminal.picture import Picture
from llamaswap.terminal.watching import ASKING, SILENCE, Watching
from tests.terminal.asked import Asked, answer, envelope
from tests.terminal.telling import BURST, PERFORMANCE, row, status
from tests.terminal.telling import envelope as event

EVENTS = "/api/events"
ACTIVITY = "/api/metrics/activity?limit=100"
PAGE = {"data": [row(7, "m", 40)]}


class Watched(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = Asked()
        self.clock = Clock()
        self.picture = Picture()
        self.watching = Watching(Client(self.server, "", self.clock), self.picture, self.clock)

    def tell(self, *events: tuple[str, Any], id: str = "") -> None:
        text = "".join(f"event:message\nid:{id}\ndata:{event(*each)}\n\n" for each in events)
        self.server.streams(EVENTS, text.encode())

    def states(self) -> dict[str, str]:
        return {model.id: model.state for model in self.picture.view(self.clock.seconds()).models}


class OnceTests(Watched):
    def setUp(self) -> None:
        super().setUp()
        self.once = Deferred.fromCoroutine(self.watching.once())

    def test_all_of_it(self) -> None:
        """The beginning of the events, then both lists; nothing is left open."""
        self.server.begins(EVENTS)
        self.tell(*BURST)
        self.assertTrue(self.server.is_cut(EVENTS))
        self.server.answers("/api/performance", PERFORMANCE)
        self.server.answers(ACTIVITY, PAGE)
        self.successResultOf(self.once)
        view = self.picture.view(0)
        self.assertEqual((view.models[0].tokens_per_second, len(view.gpus), len(view.requests)), (40, 2, 2))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lists_that_are_not_there(self) -> None:
        """They are not shown."""
        self.server.begins(EVENTS)
        self.tell(*BURST)
        self.server.at("/api/performance").dataReceived(answer(b'{"enabled":false}', 503))
        self.server.at(ACTIVITY).dataReceived(envelope("forbidden", 403))
        self.successResultOf(self.once)
        self.assertIsNone(self.picture.view(0).machine)

    def test_events_that_are_refused(self) -> None:
        """That is told."""
        self.server.last.dataReceived(envelope("unauthorized", 401))
        self.failureResultOf(self.once, Refused)

    def test_events_that_end_too_early(self) -> None:
        """There is nothing to show."""
        self.server.begins(EVENTS)
        self.tell(*BURST[:3])
        self.server.ends(EVENTS)
        self.failureResultOf(self.once, NoAnswer)

    def test_cancel(self) -> None:
        """It hangs up."""
        self.server.begins(EVENTS)
        self.once.cancel()
        self.failureResultOf(self.once, CancelledError)
        self.assertTrue(self.server.is_cut(EVENTS))


class WatchTests(Watched):
    def setUp(self) -> None:
        super().setUp()
        self.watch = Deferred.fromCoroutine(self.watching.watch())

    def begin(self) -> None:
        self.server.begins(EVENTS)
        self.tell(*BURST, id="t-6")

    def looks(self) -> int:
        return sum(target.startswith("/base/api/performance") for target in self.server.asked)

    def test_events(self) -> None:
        """They are shown as they come."""
        self.begin()
        self.tell(("modelStatus", [status("m", "stopping")]))
        self.assertEqual(self.states(), {"m": "stopping"})

    def test_lists(self) -> None:
        """The machine is looked at again and again, from the last sample on; activity when a request has ended."""
        self.begin()
        self.server.answers("/api/performance", PERFORMANCE)
        self.server.answers(ACTIVITY, PAGE)
        self.clock.advance(ASKING)
        later = "/api/performance?after=2026-01-01T00%3A00%3A05%2B01%3A00"
        self.server.answers(later, {"enabled": True, "sys_stats": [], "gpu_stats": []})
        self.assertEqual(self.server.asked[-1], f"/base{later}")
        self.tell(("activity", {"id": 8}))
        self.clock.advance(ASKING)
        self.server.answers(later, {"enabled": True, "sys_stats": [], "gpu_stats": []})
        self.assertEqual(self.server.asked[-1], f"/base{ACTIVITY}")

    def test_a_list_that_does_not_come(self) -> None:
        """It is not asked for twice at a time."""
        self.begin()
        self.clock.pump([ASKING] * 3)
        self.assertEqual(self.looks(), 1)

    def test_a_dead_stream(self) -> None:
        """Without heartbeats it is hung up and asked for again, from the last event on."""
        self.begin()
        self.clock.advance(SILENCE - 1)
        self.server.streams(EVENTS, b": heartbeat\n\n")
        self.clock.advance(2)
        self.assertFalse(self.server.is_cut(EVENTS))
        self.clock.advance(SILENCE)
        stream = self.server.at(EVENTS)
        self.assertTrue(self.server.is_cut(EVENTS))
        self.server.connections.remove(stream)
        stream.connectionLost(self.lost())
        self.assertIn("connecting again", self.watching.trouble)
        self.clock.advance(1)
        self.assertIn("\r\nLast-Event-ID: t-6\r\n", self.server.request(self.server.at(EVENTS)))
        self.server.begins(EVENTS)
        self.assertEqual(self.watching.trouble, "")

    def lost(self) -> Any:
        from twisted.internet.error import ConnectionLost
        from twisted.python.failure import Failure

        return Failure(ConnectionLost())

    def test_a_server_that_starts_again(self) -> None:
        """Its state takes the place of the old one's."""
        self.begin()
        self.server.ends(EVENTS)
        self.clock.advance(1)
        self.server.begins(EVENTS)
        self.tell(("modelStatus", []), ("inflight", {"operation": "snapshot"}))
        self.assertEqual((self.states(), self.picture.view(0).requests), ({}, ()))

    def test_cancel(self) -> None:
        """Nothing is left."""
        self.begin()
        self.watch.cancel()
        self.failureResultOf(self.watch, CancelledError)
        self.assertTrue(self.server.is_cut(EVENTS) and self.server.is_cut("/api/performance"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_first_attempt_must_succeed(self) -> None:
        """Or there is nothing to show."""
        self.server.at(EVENTS).dataReceived(envelope("unauthorized", 401))
        self.failureResultOf(self.watch, Refused)
        self.assertTrue(self.server.is_cut("/api/performance"))
