"""A coroutine carried to its end without a Deferred of its own."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.wire.steps import Steps


class StepsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ends: list[tuple[str, str]] = []

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> Steps[str]:
        steps = Steps(coroutine, self.over, "it")
        steps.go_on()
        return steps

    def over(self, failure: Failure | None, of: str) -> None:
        self.ends.append((of, type(failure.value).__name__ if failure else ""))

    def test_one_that_never_waits_ends_at_once(self) -> None:
        """What has fired already is no wait either, whatever it has fired with."""

        async def answering() -> None:
            self.assertEqual(await succeed(1), 1)
            with self.assertRaises(ZeroDivisionError):
                await fail(ZeroDivisionError())

        self.begin(answering())
        self.assertEqual(self.ends, [("it", "")])

    def test_each_wait_gives_what_it_was_for(self) -> None:
        """Values and failures, in the coroutine and in those that it awaits."""
        waits: list[Deferred[int]] = [Deferred(), Deferred(), Deferred()]
        got = []

        async def inner(wait: Deferred[int]) -> int:
            return await wait

        async def answering() -> None:
            got.append(await waits[0])
            try:
                await inner(waits[1])
            except ZeroDivisionError:
                got.append(-1)
            got.append(await inner(waits[2]))

        self.begin(answering())
        waits[0].callback(1)
        waits[1].errback(ZeroDivisionError())
        self.assertEqual((got, self.ends), ([1, -1], []))
        waits[2].callback(3)
        self.assertEqual((got, self.ends), ([1, -1, 3], [("it", "")]))

    def test_what_it_raises_is_told(self) -> None:
        """At its first step or later."""

        async def answering(wait: Deferred[None] | None) -> None:
            if wait is not None:
                await wait
            raise ZeroDivisionError

        self.begin(answering(None))
        wait: Deferred[None] = Deferred()
        self.begin(answering(wait))
        wait.callback(None)
        self.assertEqual(self.ends, [("it", "ZeroDivisionError")] * 2)

    def test_cancelling_ends_the_wait(self) -> None:
        """The coroutine may go on, and be cancelled again."""
        cancelled: list[Deferred[None]] = []

        async def answering() -> None:
            try:
                await Deferred(cancelled.append)
            except CancelledError:
                await Deferred(cancelled.append)

        steps = self.begin(answering())
        steps.cancel()
        self.assertEqual((len(cancelled), self.ends), (1, []))
        steps.cancel()
        self.assertEqual((len(cancelled), self.ends), (2, [("it", "CancelledError")]))

    def test_cancelled_in_the_middle_of_a_step_it_meets_that_at_the_next_wait(self) -> None:
        """As happens when a write finds the client gone."""
        wait: Deferred[None] = Deferred()

        async def answering() -> None:
            await wait
            steps.cancel()
            self.ends.append(("step", ""))
            await Deferred()

        steps = self.begin(answering())
        wait.callback(None)
        self.assertEqual(self.ends, [("step", ""), ("it", "CancelledError")])
