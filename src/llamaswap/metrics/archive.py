"""What is remembered of requests that have ended, as one part of a server: rows and captures, through all settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from llamaswap.config.schema import Settings
from llamaswap.config.source import NOWHERE
from llamaswap.errors import ConfigurationError, Problem
from llamaswap.metrics.captures import Captures
from llamaswap.metrics.one_thread import OneThread
from llamaswap.metrics.shelf import Shelf
from llamaswap.metrics.storage import Keep, StoreFailed
from llamaswap.metrics.store import ActivityStore
from llamaswap.threads import InThread


class Archive:
    """The store, with a thread of its own, and the captures of its rows. Nothing is opened before `start`.

    `stored` hears of every id that can be read from now on.
    """

    log = Logger()

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        in_thread: InThread,
        stored: Callable[[int], None],
    ) -> None:
        self._thread = OneThread(reactor, "activity")
        self._prepared: Shelf | None = None
        self._settings = settings
        """Those of the start."""
        self.captures = Captures(settings, in_thread, reactor)
        self.store = ActivityStore(
            settings.store_path,
            keep_of(settings),
            self._thread,
            reactor,
            stored=stored,
            lost=self.captures.forget,
        )

    def start(self) -> None:
        """Open the file, if there is one. Blocks. Raises `StoreFailed`."""
        try:
            self.store.start()
        except StoreFailed as error:
            raise StoreFailed(str(_problem(error, self._settings))) from error

    def prepare(self, settings: Settings) -> None:
        """Open what these settings want to move to. Blocks; any thread, one at a time. Raises `ConfigurationError`."""
        self._unprepare()
        if settings.store_path != self.store.path:
            self._prepared = self._opened(settings)

    def moving(self, settings: Settings) -> Callable[[], None]:
        """What puts these settings in place, and cannot fail. Opens what was not prepared: then as `prepare`."""
        if self._prepared is None or self._prepared.path != settings.store_path:
            self.prepare(settings)
        shelf, self._prepared = self._prepared, None
        return partial(self._stay, settings) if shelf is None else partial(self._move, settings, shelf)

    def close(self) -> Deferred[None]:
        """Write what waits. Fires when that is done, or has taken too long; never fails."""
        self._unprepare()
        self.captures.close()
        return self.store.close().addBoth(lambda _: self._thread.close())

    def _opened(self, settings: Settings) -> Shelf:
        try:
            return self.store.open(settings.store_path)
        except StoreFailed as error:
            raise ConfigurationError((_problem(error, settings),)) from error

    def _unprepare(self) -> None:
        """Close what nobody has moved to."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            prepared.close()

    def _stay(self, settings: Settings) -> None:
        self.store.keep(keep_of(settings))
        self.captures.configure(settings)

    def _move(self, settings: Settings, shelf: Shelf) -> None:
        self.log.info("the activity is kept in {path} from now on", path=settings.store_path or "memory")
        self.store.move(shelf, keep_of(settings))
        self.captures.clear()  # the ids of another store mean other requests
        self.captures.configure(settings)


def _problem(error: StoreFailed, settings: Settings) -> Problem:
    """Where the configuration names the file."""
    return Problem(str(error), *(settings.store_place or NOWHERE), "store.path")


def keep_of(settings: Settings) -> Keep:
    """How much of the activity these settings want to be kept."""
    if settings.store_path is None:
        return Keep(rows=settings.metrics_max_in_memory)
    return Keep(settings.store_max_rows, settings.store_max_age)
