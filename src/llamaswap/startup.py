"""What every command line of ours does before it hands over to the reactor: settings, open ports, one root service.

All that can fail for the user's reasons fails here, before anything is started, as a `LlamaSwapError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.logger import Logger

from llamaswap.config.load import load
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.errors import LlamaSwapError
from llamaswap.listen import describe, is_public, open_ports, own_lock
from llamaswap.service import LlamaSwap
from llamaswap.signals import SignalService

MODELS_NAMED = 10
"""How many models the first lines of the log name."""
Wrap = Callable[[IProtocolFactory], IProtocolFactory]
"""Puts a layer around the protocol of a port."""


def plain(factory: IProtocolFactory) -> IProtocolFactory:
    """No layer at all."""
    return factory


def demo_settings() -> Settings:
    """Settings of the generated demo models. Raises `LlamaSwapError` naming what is missing to run them."""
    from llamaswap.demo import prepare

    return load([Source("demo", prepare())])


def one_line(error: LlamaSwapError) -> str:
    """What the user reads on stderr."""
    return "llamaswap: " + " ".join(str(error).split())


class Announcement(Service):
    """Says in the log where the server listens and who can reach it, once it runs."""

    log = Logger()

    def __init__(self, settings: Settings, ports: Sequence[IListeningPort]) -> None:
        self._settings = settings
        self._ports = ports

    def startService(self) -> None:
        super().startService()
        for port in self._ports:
            own_lock(port)
            self.log.info("listening on {address}", address=describe(port))
        names = ", ".join(list(self._settings.models)[:MODELS_NAMED])
        more = ", …" if len(self._settings.models) > MODELS_NAMED else ""
        if names:
            self.log.info("models: {names}{more}", names=names, more=more)
        else:
            self.log.warn("no models: the configuration has no `models:`, so no request can be served")
        for warning in self._settings.warnings:
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
) -> MultiService:
    """A service that is `settings` served on every address of `listen`; raises `CannotListen`.

    The ports are open when this returns; the models and everything else wait for `startService`. `wrap` puts a
    layer (TLS) around the protocol. With `signals` the service owns the process's signals: only for a command line.
    """
    llamaswap = LlamaSwap(settings, reactor)
    ports = open_ports(reactor, listen, wrap(llamaswap.factory))
    for port in ports:
        llamaswap.close_first(port)
    root = MultiService()
    Announcement(settings, ports).setServiceParent(root)
    if signals:
        SignalService(reactor, llamaswap.kill).setServiceParent(root)
    llamaswap.service.setServiceParent(root)
    return root
