"""What every command line of ours does before it hands over to the reactor: settings, open ports, one root service.

All that can fail for the user's reasons fails here, before anything is started, as a `LlamaSwapError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.config.files import Files
from llamaswap.config.load import load
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.errors import Refusal
from llamaswap.listen import describe, is_public, open_ports, own_lock
from llamaswap.notices import ConfigurationChanged
from llamaswap.reload.snapshot import Look, look
from llamaswap.reload.watch import CannotNotify, Notifier, Watch
from llamaswap.schedule.plugins import find_plugins
from llamaswap.schedule.policies import Policies
from llamaswap.service import LlamaSwap
from llamaswap.signals import SignalService

T = TypeVar("T")
MODELS_NAMED = 10
"""How many models the first lines of the log name."""
Wrap = Callable[[IProtocolFactory], IProtocolFactory]
"""Puts a layer around the protocol of a port."""


def plain(factory: IProtocolFactory) -> IProtocolFactory:
    """No layer at all."""
    return factory


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings have come from, so that they can be read again."""

    files: Files
    watched: Look | None = None
    """How the files looked before they were read; None when nobody wants to know whether they change."""
    edit: bool = False
    """Whoever has the rights may edit the files."""
    policies: Policies = field(default_factory=lambda: Policies(find_plugins), compare=False)
    """The eviction policies that they may name."""

    @property
    def given(self) -> dict[str, Any]:
        """What `LlamaSwap` is told of it."""
        return {"read": self.read, "files": self.files, "edit": self.edit}

    def read(self, previous: Settings) -> Settings:
        """The settings that the files ask for now, when `previous` are in force. Raises `ConfigurationError`."""
        return self.files.load(routers=self.policies, previous=previous)


def file_settings(files: Files, *, watch: bool, edit: bool = False) -> tuple[Settings, Origin]:
    """Settings of these files, and how to keep up with them. Raises `ConfigurationError`."""
    watched = look(files) if watch else None  # before reading: no change in between is missed
    origin = Origin(files.absolute(), watched, edit)
    return files.load(routers=origin.policies), origin


def demo_settings() -> Settings:
    """Settings of the generated demo models. Raises `LlamaSwapError` naming what is missing to run them."""
    from llamaswap.demo import prepare

    return load([Source("demo", prepare())])


class Announcement(Service):
    """Says in the log where the server listens and who can reach it, once it runs."""

    log = Logger()

    def __init__(self, settings: Settings, ports: Sequence[IListeningPort], remarks: Sequence[str] = ()) -> None:
        self._settings = settings
        self._ports = ports
        self._warnings = (*settings.warnings, *remarks)

    def startService(self) -> None:
        super().startService()
        for port in self._ports:
            own_lock(port)
            self.log.info("listening on {address}", address=describe(port))
        names = ", ".join(list(self._settings.models)[:MODELS_NAMED])
        more = ", …" if len(self._settings.models) > MODELS_NAMED else ""
        if names:
            self.log.info("models: {names}{more}", names=names, more=more)
        elif not self._settings.peers:
            self.log.warn("no models: the configuration has no `models:`, so no request can be served")
        for warning in self._warnings:
            self.log.warn("{warning}", warning=warning)
        if any(map(is_public, self._ports)):
            self._hint()

    def _hint(self) -> None:
        if self._settings.api_keys:
            self.log.info("reachable from the network; --listen 127.0.0.1:8080 restricts it to this machine")
        else:
            self.log.warn(
                "reachable from the network without a key: anyone there can use the models; set apiKeys, or restrict "
                "it to this machine with --listen 127.0.0.1:8080"
            )


def root_service(
    settings: Settings,
    listen: Sequence[str],
    reactor: Any,
    *,
    signals: bool,
    wrap: Wrap = plain,
    origin: Origin | None = None,
    applied: Callable[[Settings], None] | None = None,
) -> MultiService:
    """A service that is `settings` served on every address of `listen`; raises `CannotListen`.

    The ports are open when this returns; the models and everything else wait for `startService`. `wrap` puts a
    layer (TLS) around the protocol. With `signals` the service owns the process's signals: only for a command line.
    From `origin` the settings are read again when somebody asks for it, or something has changed there; `applied` is
    told of those that are in force then.
    """
    policies = origin.policies if origin else Policies(find_plugins)
    llamaswap = LlamaSwap(settings, reactor, policies=policies, **(origin.given if origin else {}))
    if applied is not None:
        llamaswap.notices.subscribe(ConfigurationChanged, lambda _: applied(llamaswap.settings))
    ports = open_ports(reactor, listen, wrap(llamaswap.factory))
    for port in ports:
        llamaswap.close_first(port)
    root = MultiService()
    Announcement(settings, ports, policies.remarks).setServiceParent(root)
    if signals:
        hangup = partial(_reload, llamaswap, "SIGHUP") if origin else None
        SignalService(reactor, llamaswap.kill, hangup=hangup).setServiceParent(root)
    llamaswap.service.setServiceParent(root)
    if origin is not None and origin.watched is not None:
        _watch(origin.files, origin.watched, reactor, llamaswap).setServiceParent(root)
    return root


def _reload(llamaswap: LlamaSwap, why: str) -> None:
    """The log says what comes of it."""
    llamaswap.reload(why).addErrback(Failure.trap, Refusal)


def _watch(files: Files, first: Look, reactor: Any, llamaswap: LlamaSwap) -> Watch:
    def in_thread(work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), work)

    def notify(told: Callable[[], None]) -> Notifier:
        try:
            from llamaswap.reload.inotify import Inotify
        except ImportError as error:
            raise CannotNotify("this system has no inotify") from error
        return Inotify(told, reactor)

    changed = partial(_reload, llamaswap, "the files have changed")
    return Watch(partial(look, files), first, changed, clock=reactor, in_thread=in_thread, notify=notify)
