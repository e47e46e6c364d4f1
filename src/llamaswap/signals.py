"""What SIGTERM, SIGINT and SIGHUP do to a server that the command line started; an embedded service never sees this.

SIGHUP reloads the configuration. The first SIGTERM or SIGINT ends the server gracefully, exit status 0. A second one,
or a graceful end that takes longer than `FORCED_AFTER`, kills every model at once, exit status 1. All of that is done
in the reactor's turns; an alarm stands behind it that needs none, because a reactor may be stuck. `twist` and `twistd`
would otherwise end by the signal itself (status 143) and ignore a second one.
"""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from twisted.application.service import Service
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

FORCED_AFTER = 35.0
"""Seconds from the first signal to the forced end (lifecycle section 14)."""
LAST_RESORT = 2.0
"""Seconds that a forced end may take before the process leaves without cleaning up."""


def leave() -> None:
    """End the process this instant with status 1, whatever status the program around us would have chosen.

    Nothing is flushed: that fails when nobody reads stdout any more, and may wait for ever.
    """
    os._exit(1)


def set_alarm(seconds: float) -> None:
    """Have SIGALRM sent after `seconds`, and every `LAST_RESORT` seconds from then on."""
    signal.setitimer(signal.ITIMER_REAL, seconds, LAST_RESORT)


class SignalService(Service):
    """Owns the three signals from the moment the reactor runs.

    `kill` must kill what the server started and let its graceful stop end at once; as the last resort it is called
    between any two steps of the program. `hangup` is called for every SIGHUP until the end has begun; without it there
    is nothing to reload. `at_exit` is given what is to run last of all, when the program around us has removed its pid
    file.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        kill: Callable[[], None],
        *,
        hangup: Callable[[], object] | None = None,
        leave: Callable[[], None] = leave,
        at_exit: Callable[[Callable[[], None]], Any] = atexit.register,
        set_alarm: Callable[[float], None] = set_alarm,
    ) -> None:
        self._reactor = reactor
        self._kill = kill
        self._hangup = hangup
        self._leave = leave
        self._at_exit = at_exit
        self._set_alarm = set_alarm
        self._told_to_end = 0
        self._stopping = False
        self._forced = False
        self._overdue = False

    def startService(self) -> None:
        super().startService()
        self._reactor.callWhenRunning(self._install)  # the reactor sets its own just before

    def _install(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.arrived)
        signal.signal(signal.SIGALRM, self.overdue)

    # -- between any two steps of the program: nothing here may log, wait, or expect the reactor to turn -----------

    def arrived(self, number: int, frame: FrameType | None = None) -> None:
        """Take a signal: set the alarm that its end must not reach, and leave the rest to the reactor's turn."""
        if number != signal.SIGHUP:
            self._told_to_end += 1
            if self._told_to_end == 1:
                self._set_alarm(FORCED_AFTER + LAST_RESORT)
            elif self._told_to_end == 2:
                self._set_alarm(LAST_RESORT)
        self._reactor.callFromThread(self._received, signal.Signals(number))

    def overdue(self, number: int, frame: FrameType | None = None) -> None:
        """The alarm: kill every model here and now, and leave. The next alarm leaves when even that is stuck."""
        if not self._overdue:
            self._overdue = True
            with suppress(Exception):  # whatever was interrupted may not bear it
                self._kill()
        self._leave()

    # -- in the reactor's turn -------------------------------------------------------------------------------------

    def _received(self, number: signal.Signals) -> None:
        if self._stopping:
            self._second(number)
        elif number is not signal.SIGHUP:
            self._first(number)
        elif self._hangup is not None:
            self._hangup()
        else:
            self.log.warn("SIGHUP: there is no configuration file to read again")

    def _first(self, number: signal.Signals) -> None:
        self.log.info("{signal}: stopping; a second signal kills the models at once", signal=number.name)
        self._stopping = True
        self._reactor.callLater(FORCED_AFTER, self._force, "the graceful end took too long")
        with suppress(ReactorNotRunning):  # somebody else has begun the graceful end
            self._reactor.stop()

    def _second(self, number: signal.Signals) -> None:
        """SIGHUP means nothing any more."""
        if number is not signal.SIGHUP:
            self._force(f"{number.name} again")

    def _force(self, why: str) -> None:
        if self._forced:
            return
        self._forced = True
        self.log.warn("{why}: killing every model", why=why)
        self._at_exit(self._leave)
        self._kill()
