"""The parts of one server, fitted together, and the steps of its beginning and its end.

Which part knows which other is said here and nowhere else; the order of the end is `shutdown.py`'s word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger, LogLevel, globalLogPublisher
from twisted.python.failure import Failure

from llamaswap import __version__
from llamaswap.backends.host import Host
from llamaswap.backends.journal import Journal, state_directories, usable_directory
from llamaswap.backends.local import LocalBackend
from llamaswap.backends.pool import Pool
from llamaswap.backends.processes import system_processes
from llamaswap.backends.sweep import log_sweep, sweep
from llamaswap.config.difference import Difference
from llamaswap.config.outcome import Outcome
from llamaswap.config.schema import Settings
from llamaswap.errors import NothingToReload
from llamaswap.ids import ModelId
from llamaswap.logs.sources import Logs
from llamaswap.notices import Notices, State
from llamaswap.reload.reloader import Reloader
from llamaswap.resolve.resolver import Resolver
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.eviction import make_policy
from llamaswap.web import pages
from llamaswap.web.api import Api, Version
from llamaswap.web.configuration import Configuration
from llamaswap.web.feeds import LogFeeds
from llamaswap.web.front import Front
from llamaswap.web.gate import Gate
from llamaswap.web.inference import Inference
from llamaswap.web.passthrough import Passthrough
from llamaswap.web.resource import LlamaSwapResource
from llamaswap.web.root import ResourceTree
from llamaswap.web.routes import ROUTES, Lane, RouteTable
from llamaswap.wire.channel import ChannelFactory
from llamaswap.wire.lane import TreeLane
from llamaswap.wire.upstream import Upstream

T = TypeVar("T")


class House:
    """One server, whose children inherit `environ`. Nothing of it runs, nor touches the disk, before `start`.

    `read` reads the configuration again (`reload/reloader.py`); without it there is nothing to reload.
    """

    log = Logger()

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        environ: Mapping[str, str] = os.environ,
        read: Callable[[Settings], Settings] | None = None,
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._environ = environ
        self._ports: list[IListeningPort] = []
        self._closing: list[Deferred[Any]] = []
        self._logs = Logs(settings, globalLogPublisher)
        self._swept: Deferred[None] = Deferred()
        self._processes = system_processes()
        self._journal = Journal(self._processes)
        self._notices = Notices(lambda error: self.log.failure("a listener failed", Failure(error)))
        self._reloader = self._make_reloader(read) if read else None
        self._pool = self._make_pool()
        core = Core(settings, make_policy(settings))
        self._dispatcher = Dispatcher(core, self._pool, self._pool.upstream_of, reactor)
        self._pool.tell = self._dispatcher.tell
        self._resolver = Resolver(settings)
        self._feeds = LogFeeds(self._logs, self._resolver)
        self._open_the_doors()

    def _make_reloader(self, read: Callable[[Settings], Settings]) -> Reloader:
        return Reloader(
            read,
            self.apply,
            lambda: self._settings,
            in_thread=self._in_thread,
            publish=self._notices.publish,
            clock=self._reactor,
        )

    def _make_pool(self) -> Pool:
        host = Host(
            clock=self._reactor,
            spawner=self._reactor,
            in_thread=self._in_thread,
            processes=self._processes,
            journal=self._journal,
            notices=self._notices,
            connect=lambda origin: Upstream(self._reactor, origin),
            environ=self._environ,
            health_check_timeout=self._settings.health_check_timeout,
        )
        models = self._settings.models
        self._backends = {model: LocalBackend(each, host, self._logs.output(model)) for model, each in models.items()}
        return Pool(
            self._backends,
            {model: float(each.unload_timeout) for model, each in models.items()},
            clock=self._reactor,
            notices=self._notices,
            ready_to_start=self._swept,
        )

    def _open_the_doors(self) -> None:
        """Make the two ways in: the protocol of our own ports, and the resource for somebody else's site."""
        table = RouteTable(ROUTES)
        inference = Inference(self._settings, self._resolver, self._dispatcher, self._in_thread)
        passthrough = Passthrough(self._settings, self._resolver, self._dispatcher, self._state_of)
        front = Front(
            Gate(self._settings, table),
            {Lane.MODEL: inference.serve, Lane.PASSTHROUGH: passthrough.serve},
            self._reactor,
            log_requests=self._logs.shows(LogLevel.info),
        )
        api = Api(self._settings, self._dispatcher, self._state_of, self._resolver, Version(__version__), self._reactor)
        own = {**api.endpoints(), **self._feeds.endpoints(), **Configuration(self).endpoints()}
        tree = ResourceTree(table, {**pages.endpoints(), **own})
        self.resource = LlamaSwapResource(front, tree)
        self.factory = ChannelFactory(front, TreeLane(tree), self._settings.limits, self._reactor)

    # -- what parts ask of each other ----------------------------------------------------------------------------

    def _state_of(self, model: ModelId) -> State:
        return self._backends[model].state

    def _in_thread(self, work: Callable[..., T], *arguments: Any) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work, *arguments)

    # -- the beginning -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Record the log, and sweep what a crashed server left behind: no model starts before that is done.

        Where the journal lies is decided here: a server that sheds its privileges has done so by now.
        """
        self._logs.start()
        places = state_directories(self._environ)
        self._journal.open(usable_directory(places))
        sweeping = self._in_thread(sweep, places, self._processes)
        sweeping.addCallbacks(log_sweep, lambda failure: self.log.failure("the sweep failed", failure))
        sweeping.addBoth(lambda _: self._swept.callback(None))

    def close_first(self, port: IListeningPort) -> None:
        """Close `port` as the first step of the end."""
        self._ports.append(port)

    # -- another configuration -------------------------------------------------------------------------------------

    def reload(self, why: str) -> Deferred[Outcome]:
        """`Reloader.reload`. Fails with `NothingToReload` where there is nothing to read."""
        return self._reloader.reload(why) if self._reloader else fail(NothingToReload())

    def apply(self, settings: Settings) -> Difference:
        """Serve by `settings` from now on."""
        raise NotImplementedError

    # -- the steps of the end (`shutdown.House`) -----------------------------------------------------------------

    def stop_accepting(self) -> None:
        if self._reloader is not None:
            self._reloader.stop()
        self._closing = [maybeDeferred(port.stopListening) for port in self._ports]
        self.factory.close()

    def refuse_waiting(self) -> None:
        self._dispatcher.close()

    def end_feeds(self) -> None:
        self._feeds.close()

    def drained(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._drained())

    async def _drained(self) -> None:
        await self._dispatcher.drained()
        await self.factory.drained()
        for closing in self._closing:
            await closing

    def cut(self) -> None:
        self.factory.cut()

    def stop_models(self, grace: float) -> Deferred[None]:
        return self._pool.close(grace)

    def kill_models(self) -> None:
        self._pool.kill()

    def close(self) -> None:
        self._journal.close()
        self._logs.stop()
