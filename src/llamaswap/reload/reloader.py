"""Reading the configuration again, one reload at a time (lifecycle section 12, W-17).

It knows neither where the configuration comes from nor what applying one means. Whatever goes wrong, the configuration
in force stays, and the next reload begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from llamaswap.backends.waiters import Waiters
from llamaswap.config.difference import Difference
from llamaswap.config.outcome import Applied, Outcome, Rejected
from llamaswap.config.schema import Settings
from llamaswap.errors import ConfigurationError, Problem, ShuttingDown
from llamaswap.notices import Notice, Reloaded, ReloadFailed, ReloadStarted
from llamaswap.threads import InThread


class Reloader:
    """Reads settings with `read` and puts them into force with `apply`.

    `read` blocks, is given the settings in force, which `current` tells, and raises `ConfigurationError` for what
    cannot be used; so may `apply`, which works in the reactor's turn.
    """

    log = Logger()

    def __init__(
        self,
        read: Callable[[Settings], Settings],
        apply: Callable[[Settings], Difference],
        current: Callable[[], Settings],
        *,
        in_thread: InThread,
        publish: Callable[[Notice], None],
        clock: IReactorTime,
    ) -> None:
        self._read = read
        self._apply = apply
        self._current = current
        self._in_thread = in_thread
        self._publish = publish
        self._clock = clock
        self._asked: dict[str, None] = {}
        """Why there has to be another reload: each reason once, in order."""
        self._waiting: Waiters[Outcome] = Waiters()
        self._reading: Deferred[Settings] | None = None
        self._busy = False
        self._stopped = False

    def reload(self, why: str) -> Deferred[Outcome]:
        """Fires with what came of it.

        During a reload all who ask are answered by one more, which begins when that is over, as what they have
        changed may not have been read. Fails with `ShuttingDown` from `stop` on. Cancelling gives up the wait only.
        """
        if self._stopped:
            return fail(_shutting_down())
        self._asked[why] = None
        waiting = self._waiting.add()
        if not self._busy:
            self._busy = True
            Deferred.fromCoroutine(self._run()).addErrback(
                lambda failure: self.log.failure("reloading has ended", failure)
            )
        return waiting

    def stop(self) -> None:
        """Apply nothing from now on: a reload that waits for its thread is forgotten, and all who wait are refused."""
        self._stopped = True
        self._asked.clear()
        self._waiting.fail(_shutting_down())
        if self._reading is not None:
            self._reading.cancel()

    async def _run(self) -> None:
        try:
            while self._asked:
                await self._answer()
        finally:
            self._busy = False

    async def _answer(self) -> None:
        """One reload, for all who have asked until now."""
        why, waiting = ", ".join(self._asked), self._waiting
        self._asked, self._waiting = {}, Waiters()
        try:
            waiting.fire(await self._reload(why))
        except CancelledError:
            waiting.fail(_shutting_down())

    async def _reload(self, why: str) -> Outcome:
        self.log.info("{why}: reading the configuration again", why=why)
        self._publish(ReloadStarted(why, self._clock.seconds()))
        outcome = await self._outcome()
        said_before = isinstance(outcome, Applied) and outcome.difference.empty
        for warning in () if said_before else outcome.warnings:
            self.log.warn("{warning}", warning=warning)
        if isinstance(outcome, Applied):
            self._publish(Reloaded(self._clock.seconds()))
        else:
            for problem in outcome.problems:
                self.log.warn("the configuration stays as it was: {problem}", problem=str(problem))
            self._publish(ReloadFailed(outcome.problems, self._clock.seconds()))
        return outcome

    async def _outcome(self) -> Outcome:
        try:
            return await self._attempt()
        except CancelledError:
            raise
        except ConfigurationError as error:
            return Rejected(error.problems, tuple(map(str, error.warnings)))
        except OSError as error:
            return Rejected((Problem(error.strerror or str(error), str(error.filename or "")),), ())
        except Exception:
            self.log.failure("the configuration could not be reloaded")
            return Rejected((Problem("internal error; the server's log says more", ""),), ())

    async def _attempt(self) -> Applied:
        settings = await self._settings()
        return Applied(self._apply(settings), settings.warnings)

    async def _settings(self) -> Settings:
        """What the configuration asks for, read with the settings in force at hand: both may change meanwhile."""
        while True:
            before = self._current()
            self._reading = self._in_thread(partial(self._read, before))
            settings = await self._reading
            if self._stopped:
                raise CancelledError
            if self._current() is before:
                return settings


def _shutting_down() -> ShuttingDown:
    return ShuttingDown("the server is shutting down")
