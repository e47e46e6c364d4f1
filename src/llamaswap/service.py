"""llamaswap for other Twisted applications: one object with everything to run, mount or listen with.

It reads no file and no command line, installs no signal handler and opens no port.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from llamaswap.config.difference import Difference
from llamaswap.config.files import Files
from llamaswap.config.outcome import Outcome
from llamaswap.config.schema import Settings
from llamaswap.house import House
from llamaswap.notices import Notices
from llamaswap.schedule.policies import Policies
from llamaswap.shutdown import Shutdown

if TYPE_CHECKING:
    from twisted.web.resource import IResource


class LlamaSwap:
    """One server with these settings, on this reactor; it lives once, from the start of `service` to its stop.
    Other settings can take their place at any time (`reconfigure`).

    A complete application, for `twistd -ny`::

        llamaswap = LlamaSwap(load_file("config.yaml"), reactor)
        application = Application("a house with models")
        llamaswap.service.setServiceParent(application)
        strports.service("tcp:8090", llamaswap.factory).setServiceParent(application)
        strports.service("tcp:8091", Site(llamaswap.resource)).setServiceParent(application)

    `load_file` is in `llamaswap.config.files`. Of the two ways in, `factory` is the faster one and does all that the
    program does; `resource` can be mounted anywhere in a `twisted.web` site, but takes request bodies only when they
    are complete, and no WebSocket.
    """

    service: IService
    """Runs the models. Its `stopService` fires when everything has ended gracefully, which takes 30 seconds at most."""
    factory: IProtocolFactory
    """The protocol to listen with."""

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        *,
        read: Callable[[Settings], Settings] | None = None,
        policies: Policies | None = None,
        files: Files | None = None,
        edit: bool = False,
    ) -> None:
        """`read` is what `reload` reads with: called in a thread with the settings in force, it returns those that
        should be, or raises `ConfigurationError`; such as `lambda previous: files.load(previous=previous)`. `policies`
        are the eviction policies that exist (None: `Policies(find_plugins)`, of `llamaswap.schedule`); whoever loads
        settings that name one of another package gives the same object to `load` or `load_file`, as `routers`. `files`
        are those that `read` reads, for the page that shows them. With `edit` they can be edited there, by whoever
        shows an API key with the scope `admin`: such a one can have any command run.
        """
        self._house = House(settings, reactor, read=read, policies=policies, files=files, edit=edit)
        self._shutdown = Shutdown(self._house, reactor)
        self.service = _Life(self._house, self._shutdown)
        self.factory = self._house.factory

    @property
    def resource(self) -> IResource:
        """The same for a site of yours."""
        return self._house.resource

    @property
    def notices(self) -> Notices:
        """Where to hear what happens inside: models that change their state, reloads, other settings."""
        return self._house.notices

    @property
    def settings(self) -> Settings:
        """Those in force. Give them to `load` as `previous` when the configuration is read again, so that models keep
        their ports."""
        return self._house.settings

    def reconfigure(self, settings: Settings) -> Difference:
        """Put `settings` in force; returns what changes for models. To be called in the reactor's thread.

        Models that are launched alike run on, and their requests are not disturbed. One that is launched differently,
        or is there no more, answers what it has begun to answer and then stops; requests that wait for the former are
        served by what takes its place, those for the latter are refused. Everything else holds from the next request
        on. Settings that cannot be used raise what was wrong with them, and nothing has changed; once the service stops
        they are ignored, and the difference is empty.
        """
        return self._house.apply(settings)

    def reload(self, why: str) -> Deferred[Outcome]:
        """Read the settings again, and serve by them if they are good. `why` is for the log.

        Fires with what came of it, which also the log tells. Fails with a `Refusal`: without `read`, and once the
        server ends. Cancelling gives up the wait only.
        """
        return self._house.reload(why)

    def close_first(self, port: IListeningPort) -> None:
        """Let `service` close this port before it ends anything else. Yours to close otherwise."""
        self._house.close_first(port)

    def kill(self) -> None:
        """Kill every model this instant. A `stopService` under way, or called later, waits for no answer any more."""
        self._shutdown.force()


class _Life(Service):
    """Begins and ends a house."""

    def __init__(self, house: House, shutdown: Shutdown) -> None:
        self._house = house
        self._shutdown = shutdown

    def startService(self) -> None:
        super().startService()
        self._house.start()

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return self._shutdown.begin()
