"""Eviction policies of other packages, which are Twisted plugins.

A package that offers one has a module in `twisted/plugins/` (without an `__init__.py` there) with an object that
provides `IPolicyMaker` and `IPlugin`; `contrib/lru_policy` is one. `routing.router.use` then names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import get_ident
from typing import Any

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.plugin import getPlugins
from twisted.python.failure import Failure
from zope.interface import Attribute, Interface, implementer

from llamaswap.config.schema import ROUTERS, Model
from llamaswap.ids import ModelId
from llamaswap.schedule.events import EvictionPolicy
from llamaswap.schedule.policies import Found, Maker

_PLACE = "/twisted/plugins/"


class IPolicyMaker(Interface):
    """Makes an eviction policy of what a configuration says."""

    name: str = Attribute("""The word for `routing.router.use`.""")

    def make(models: Mapping[ModelId, Model], settings: Mapping[str, Any]) -> EvictionPolicy:
        """A policy for `models`, of the values under `routing.router.settings.<name>` (none: an empty mapping).

        Raises `ValueError` with words for the user when `settings` are wrong: it is shown where they stand. Called
        whenever a configuration is read, in any thread: it must be quick, and touch neither files nor the network.

        What is made satisfies `llamaswap.schedule.events.EvictionPolicy`, and `SparingPolicy` if it likes. It is asked
        often and in advance, for what may never happen: the answer depends on nothing but the arguments and `models`,
        and nothing is changed by a question. What it must not answer is in `schedule/guard.py`.
        """


def find_plugins() -> Found:
    """What is installed now. Reads directories, and imports what is new in them."""
    with _Failures() as failures:
        plugins = list(getPlugins(IPolicyMaker))
    return sort_out(plugins, map(_told, failures.heard))


def sort_out(plugins: Iterable[Maker], failures: Iterable[str] = ()) -> Found:
    """Which of `plugins` can be used by their names."""
    makers: dict[str, Maker] = {}
    unusable: dict[str, str] = {}
    remarks = [f"a plugin cannot be imported: {failure}" for failure in failures]
    for plugin in plugins:
        name, place = getattr(plugin, "name", None), _place(plugin)
        if not isinstance(name, str) or not name:
            remarks.append(f"the eviction policy of {place} has no name, and cannot be used")
        elif name in ROUTERS:
            remarks.append(f"the eviction policy {name} of {place} is not used: one of llamaswap has that name")
        elif name in makers:
            places = f"{_place(makers[name])} and {place}"
            unusable[name] = f"two installed eviction policies are named {name}, of {places}: uninstall one of them"
        else:
            makers[name] = plugin
    usable = {name: maker for name, maker in makers.items() if name not in unusable}
    return Found(usable, unusable, (*remarks, *unusable.values()))


def _place(plugin: Maker) -> str:
    return f"{type(plugin).__module__}.{type(plugin).__qualname__}"


@implementer(ILogObserver)
class _Failures:
    """Hears the failures that Twisted logs in this thread while it imports plugins."""

    def __init__(self) -> None:
        self.heard: list[Failure] = []
        self._thread = get_ident()

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure", event.get("failure"))  # the latter is what `twisted.python.log` says
        if isinstance(failure, Failure) and get_ident() == self._thread:
            self.heard.append(failure)

    def __enter__(self) -> _Failures:
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(self, *_: object) -> None:
        globalLogPublisher.removeObserver(self)


def _told(failure: Failure) -> str:
    """The plugin's file if it is known, and what happened."""
    files = [frame[1] for frame in failure.frames if _PLACE in frame[1]]
    what = f"{failure.value.__class__.__name__}: {failure.getErrorMessage()}"
    return " ".join((f"{files[0]}: {what}" if files else what).split())
