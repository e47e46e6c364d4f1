"""The parts of one server, fitted together, and the steps of its beginning, its changes and its end.

Which part knows which other is said here and in `doors.py`, and nowhere else; the order of the end is `shutdown.py`'s
word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger, globalLogPublisher
from twisted.python.failure import Failure

from llamaswap.backends.gauges import Gauges
from llamaswap.backends.host import Host
from llamaswap.backends.journal import Journal, state_directories, usable_directory
from llamaswap.backends.local import LocalBackend
from llamaswap.backends.memory import MemorySettle
from llamaswap.backends.pool import Pool
from llamaswap.backends.processes import system_processes
from llamaswap.backends.slots import SlotKeeper
from llamaswap.backends.sweep import log_sweep, sweep
from llamaswap.config.difference import Difference, difference
from llamaswap.config.files import Files
from llamaswap.config.originals import Originals
from llamaswap.config.outcome import Outcome
from llamaswap.config.schema import Model, Peer, Settings, Timeouts
from llamaswap.doors import Doors
from llamaswap.errors import NothingToReload
from llamaswap.hardware.machine import Machine
from llamaswap.hardware.threads import LooseThreads
from llamaswap.hooks.idle import IdleLoader
from llamaswap.hooks.lifecycle import LifecycleHooks
from llamaswap.hooks.preload import Preload
from llamaswap.ids import ModelId
from llamaswap.logs.sources import Logs
from llamaswap.metrics.archive import Archive
from llamaswap.metrics.prometheus import Counted
from llamaswap.notices import ActivityStored, ConfigurationChanged, Notices
from llamaswap.peers.peers import Peers
from llamaswap.reload.desk import Desk
from llamaswap.reload.reloader import Reloader
from llamaswap.schedule.core import Core
from llamaswap.schedule.dispatcher import Dispatcher
from llamaswap.schedule.events import EvictionPolicy
from llamaswap.schedule.plugins import find_plugins
from llamaswap.schedule.policies import Policies
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

if TYPE_CHECKING:
    from twisted.web.resource import IResource

T = TypeVar("T")


class House:
    """One server, whose children inherit `environ`. Nothing of it runs, nor touches the disk, before `start`.

    `read` reads the configuration again (`reload/reloader.py`); without it there is nothing to reload. `policies` are
    the eviction policies that a configuration may name. `files` are those that `read` reads; with `edit` whoever has
    the rights may edit them.
    """

    log = Logger()

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        environ: Mapping[str, str] = os.environ,
        read: Callable[[Settings], Settings] | None = None,
        policies: Policies | None = None,
        files: Files | None = None,
        *,
        edit: bool = False,
    ) -> None:
        self.settings = settings
        """Those in force."""
        self._reactor = reactor
        self._environ = environ
        self._policies = policies or Policies(find_plugins)
        self._ports: list[IListeningPort] = []
        self._closing: list[Deferred[Any]] = []
        self._ending = False
        self.notices = Notices(lambda error: self.log.failure("a listener failed", Failure(error)))
        self._logs = Logs(settings, globalLogPublisher)
        self._swept: Deferred[None] = Deferred()
        self._processes = system_processes()
        self._journal = Journal(self._processes)
        self._reloader = self._make_reloader(read) if read else None
        self._counted = Counted(self.notices, self._knows)
        self._pool = self._make_pool()
        core = Core(settings, self._make_policy(settings))
        self._dispatcher = Dispatcher(core, self._pool, self._pool.upstream_of, reactor)
        self._pool.tell = self._dispatcher.tell
        self._unasked = self._make_unasked()
        self._archive = Archive(settings, reactor, self._in_thread, self._stored)
        self._machine = Machine(self._leaders, LooseThreads(reactor), reactor)
        self._peers = Peers(self._connect_peer, clock=reactor, in_thread=self._in_thread, publish=self.notices.publish)
        self._doors = Doors(
            settings,
            self._dispatcher,
            self._pool,
            self._logs,
            self._in_thread,
            self._peers,
            self.notices,
            self,
            self._counted,
            self._machine,
            reactor,
            self._archive.store,
            self._archive.captures,
            self._make_desk(files) if files else None,
            edit=edit,
        )
        self.factory = self._doors.factory

    def _stored(self, id: int) -> None:
        if self.notices.hears(ActivityStored):
            self.notices.publish(ActivityStored(id))

    def _make_reloader(self, read: Callable[[Settings], Settings]) -> Reloader:
        def reading(previous: Settings) -> Settings:
            """In a thread: what takes long, and what can fail, is done before anything changes."""
            settings = read(previous)
            self._archive.prepare(settings)
            return settings

        return Reloader(
            reading,
            self.apply,
            lambda: self.settings,
            in_thread=self._in_thread,
            publish=self.notices.publish,
            clock=self._reactor,
        )

    def _make_desk(self, files: Files) -> Desk:
        read = partial(files.load, environ=self._environ, routers=self._policies)
        return Desk(Originals(files), read, lambda: self.settings, self.reload, self._in_thread)

    def _make_pool(self) -> Pool:
        host = Host(
            clock=self._reactor,
            spawner=self._reactor,
            in_thread=self._in_thread,
            processes=self._processes,
            journal=self._journal,
            notices=self.notices,
            connect=self._connect,
            environ=self._environ,
            health_check_timeout=lambda: self.settings.health_check_timeout,
        )

        def make(model: Model) -> LocalBackend:
            return LocalBackend(model, host, self._logs.output(model.id))

        memory = MemorySettle(
            Gauges(),
            lambda model: self._pool.pid_of(model),
            lambda: self.settings.memory_settle,
            self._in_thread,
            self._reactor,
        )
        self._hooks = LifecycleHooks(host, self._logs.output, lambda: self.settings.hooks)
        return Pool(
            self.settings.models.values(),
            make,
            clock=self._reactor,
            notices=self.notices,
            ready_to_start=self._swept,
            attendants=[  # in the order of their turns
                self._counted.attendant,
                memory,
                SlotKeeper(self._in_thread, self._reactor),
                self._hooks,
            ],
            unsettled=memory.unsettled,
        )

    def _knows(self, model: str) -> bool:
        """A model that is configured, or of which something is left."""
        return model in self.settings.models or self._pool.knows(ModelId(model))

    def _make_unasked(self) -> tuple[Preload, IdleLoader]:
        """What loads models by itself."""
        around: Any = {"notices": self.notices, "clock": self._reactor}
        return (
            Preload(lambda: self.settings, partial(self._dispatcher.load, why="preload"), **around),
            IdleLoader(lambda: self.settings, self._dispatcher, self._pool.state_of, **around),
        )

    def _leaders(self) -> dict[ModelId, int]:
        """The process of every model that has one."""
        pids = ((model.id, self._pool.pid_of(model.id)) for model, _ in self._pool.states())
        return {id: pid for id, pid in pids if pid is not None}

    def _make_policy(self, settings: Settings) -> EvictionPolicy:
        return self._policies.make(settings, lambda what, error: self.log.failure("{what}", Failure(error), what=what))

    def _connect(self, origin: Origin, timeouts: Timeouts = Timeouts()) -> Upstream:  # noqa: B008 (it is frozen)
        return Upstream(self._reactor, origin, timeouts=timeouts)

    def _connect_peer(self, origin: Origin, peer: Peer) -> Upstream:
        authorities = peer.ca_pem if peer.ca_file else None
        return Upstream(self._reactor, origin, timeouts=peer.timeouts, authorities=authorities)

    def _in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work)

    @property
    def resource(self) -> IResource:
        """The same for somebody else's site, made when it is first asked for."""
        return self._doors.resource

    # -- the beginning -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Record the log, and sweep what a crashed server left behind: no model starts before that is done.

        Where the journal lies is decided here, and files are opened: a server that sheds its privileges has done so by
        now. Raises `StoreFailed`, with nothing started, when `store.path` cannot be opened.
        """
        self._archive.start()
        self._logs.start()
        places = state_directories(self._environ)
        self._journal.open(usable_directory(places))
        sweeping = self._in_thread(partial(sweep, places, self._processes))
        sweeping.addCallbacks(log_sweep, lambda failure: self.log.failure("the sweep failed", failure))
        sweeping.addBoth(lambda _: self._begin())
        self._peers.start()
        self._machine.start(self.settings.performance)

    def _begin(self) -> None:
        """Models may start now."""
        self._swept.callback(None)
        for loader in self._unasked if not self._ending else ():
            loader.begin()

    # -- other settings ------------------------------------------------------------------------------------------

    def reload(self, why: str) -> Deferred[Outcome]:
        """`Reloader.reload`. Fails with `NothingToReload` where there is nothing to read."""
        return self._reloader.reload(why) if self._reloader else fail(NothingToReload())

    def apply(self, settings: Settings) -> Difference:
        """Put `settings` in force, in one step; returns what changes for models (lifecycle section 12, W-15).

        Models that are launched alike run on, with all they serve and remember; others stop when they have served,
        and what takes their place starts when it is wanted. What the settings cannot be used for is raised before
        anything has changed. Once the end has begun nothing changes any more, and the difference is empty.
        """
        if self._ending:
            self.log.info("the server is stopping: the new configuration is not applied")
            return Difference((), (), ())
        policy, open_doors = self._make_policy(settings), self._doors.prepare(settings)
        move_archive = self._archive.moving(settings)
        changes = difference(self.settings, settings)
        self.settings = settings
        self._logs.configure(settings)
        open_doors()
        move_archive()
        self._dispatcher.reconfigure(settings, policy)
        self._machine.configure(settings.performance)
        self._logs.keep({*settings.models, *(model.id for model, _ in self._pool.states())})
        self.log.info("configuration applied: {changes}", changes=_in_words(changes))
        self.notices.publish(ConfigurationChanged(changes, self._reactor.seconds()))
        return changes

    def close_first(self, port: IListeningPort) -> None:
        """Close `port` as the first step of the end."""
        self._ports.append(port)

    # -- the steps of the end (`shutdown.House`) -----------------------------------------------------------------

    @property
    def patience(self) -> float:
        return self._pool.patience

    def stop_accepting(self) -> None:
        self._ending = True
        if self._reloader is not None:
            self._reloader.stop()
        for loader in self._unasked:
            loader.stop()
        self._closing = [maybeDeferred(port.stopListening) for port in self._ports]
        self.factory.close()

    def refuse_waiting(self) -> None:
        self._dispatcher.close()
        self._peers.refuse()

    def end_feeds(self) -> None:
        self._doors.feeds.close()
        self._doors.prometheus.stop()
        self._machine.stop()

    def drained(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._drained())

    async def _drained(self) -> None:
        await self._dispatcher.drained()
        await self._peers.drained()
        await self.factory.drained()
        for closing in self._closing:
            await closing

    def cut(self) -> None:
        self._doors.cut()
        self._doors.prometheus.cut()
        self._peers.close()

    def stop_models(self, grace: float) -> Deferred[None]:
        return self._pool.close(grace).addCallback(lambda _: self._hooks.over())

    def kill_models(self) -> None:
        self._ending = True
        self._pool.kill()
        self._hooks.kill()

    def close(self) -> Deferred[None]:
        self._doors.close()
        self._journal.close()
        return self._archive.close().addBoth(lambda _: self._logs.stop())


def _in_words(changes: Difference) -> str:
    """`changes` as a log line names them."""
    kinds = (
        ("added", changes.added),
        ("removed", changes.removed),
        ("changed", changes.changed),
        ("adjusted", changes.adjusted),
        ("settings", changes.settings),
    )
    said = [f"{what} {', '.join(names)}" for what, names in kinds if names]
    if not changes.removed and not changes.changed:
        said.append("no model restarts" if said else "it says what it said before")
    return "; ".join(said)
