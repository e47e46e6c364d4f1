"""How the reactor comes from an event of the system to whom it concerns, in fewer steps.

Twisted calls every reader and writer in a logging context of its own, at which only its old log looks. That is a tenth
of what a short request costs. Only for command lines: the reactor of an embedder is the embedder's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

_log = Logger()
_KIND = ("twisted.internet.epollreactor", "EPollReactor")
_PARTS = ("_poller", "_selectables", "_doReadOrWrite", "_disconnectSelectable")
_READABLE = 0x001
"""`EPOLLIN`, which only Linux has."""


def hasten(reactor: Any) -> None:
    """Have `reactor` poll like this from now on, if it is Twisted's own for epoll, and made as it is known here."""
    kind = type(reactor)
    if (kind.__module__, kind.__qualname__) == _KIND and all(hasattr(reactor, part) for part in _PARTS):
        reactor.doIteration = _polling(reactor)


def _polling(reactor: Any) -> Callable[[float | None], None]:
    """What `EPollReactor.doPoll` does, less the contexts."""
    wait, selectables = reactor._poller.poll, reactor._selectables
    read_or_write, disconnect = reactor._doReadOrWrite, reactor._disconnectSelectable

    def poll(timeout: float | None) -> None:
        for descriptor, event in wait(-1 if timeout is None else timeout, len(selectables)):
            selectable = selectables.get(descriptor)
            if selectable is None:  # somebody whose turn came before has closed it
                continue
            try:
                if event == _READABLE:
                    read(selectable)
                else:
                    read_or_write(selectable, descriptor, event)
            except BaseException:  # as there: whatever it is, the others go on
                _log.failure("a connection was lost, and that failed")

    def read(selectable: Any) -> None:
        try:
            why = selectable.doRead()
        except BaseException as error:
            _log.failure("dealing with what a connection has to say failed")
            disconnect(selectable, error, False)
        else:
            if why:
                disconnect(selectable, why, True)

    return poll
