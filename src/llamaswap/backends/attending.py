"""All attendants of a pool as one: they are called in their order, and cannot hurt what they attend.

What one of them gets wrong is logged and counts for nothing. Which turn of a model's life comes when is `pool.py`'s
business.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.interface import Attendant
from llamaswap.backends.waiters import Waiters
from llamaswap.config.schema import Model
from llamaswap.errors import Refusal
from llamaswap.wire.upstream import Upstream


class Attendants:
    """Each method returns when the last of them has done its work.

    Cancelling ends the work at once, and the others are not called. The two of a load raise the first `Refusal`.
    """

    _log = Logger()

    def __init__(self, each: Sequence[Attendant]) -> None:
        self._each = each
        self._under_way: set[_Errand] = set()
        self._idle: Waiters[None] = Waiters()
        self._closed = False

    async def before_load(self, model: Model) -> None:
        """`model` is about to start. Raises `Refusal`."""
        for one in self._each:
            await self._send(one.before_load(model, "load"), "before the load", model, refusable=True)

    async def after_load(self, model: Model, upstream: Upstream) -> None:
        """`model` is ready. Raises `Refusal`."""
        for one in self._each:
            await self._send(one.after_load(model, upstream), "after the load", model, refusable=True)

    async def before_unload(self, model: Model, upstream: Upstream, why: str) -> None:
        """`model` is about to stop."""
        for one in self._each:
            await self._send(one.before_unload(model, upstream, why), "before the unload", model)

    async def before_stop(self, model: Model) -> None:
        """Processes of `model` are about to be stopped. `close` alone cuts this short, and it returns then as well."""
        with suppress(CancelledError):
            for one in self._each:
                await self._send(one.before_stop(model), "before the stop", model)

    async def after_stop(self, model: Model) -> None:
        """They are gone. As `before_stop`."""
        with suppress(CancelledError):
            for one in self._each:
                await self._send(one.after_stop(model), "after the stop", model)

    async def after_unload(self, model: Model, why: str) -> None:
        """Nothing of `model` is left. `close` alone cuts this short, and it returns then as well."""
        with suppress(CancelledError):
            for one in self._each:
                await self._send(one.after_unload(model, why), "after the unload", model)

    def idle(self) -> Deferred[None]:
        """Fires when none of them is at work."""
        return self._idle.add() if self._under_way else succeed(None)

    def close(self) -> None:
        """Cancel what is under way; nobody is called any more."""
        self._closed = True
        for errand in tuple(self._under_way):
            errand.done.cancel()

    def _send(
        self, work: Coroutine[Any, Any, None], when: str, model: Model, *, refusable: bool = False
    ) -> Deferred[None]:
        if self._closed:
            work.close()
            return succeed(None)
        errand = _Errand(work, partial(self._judge, when, model, refusable))
        self._under_way.add(errand)
        return errand.done.addBoth(self._finished, errand)

    def _judge(self, when: str, model: Model, refusable: bool, failure: Failure) -> bool:
        """Whether the failure counts; if not, it is logged."""
        if refusable and failure.check(Refusal):
            return True
        self._log.failure("{model}: an attendant failed {when}", failure, model=model.id, when=when)
        return False

    def _finished(self, result: Failure | None, errand: _Errand) -> Failure | None:
        self._under_way.discard(errand)
        if not self._under_way:
            self._idle.fire(None)
        return result


class _Errand:
    """The work of one attendant. `done` ends at once when it is cancelled, whatever the work makes of that."""

    def __init__(self, work: Coroutine[Any, Any, None], counts: Callable[[Failure], bool]) -> None:
        self._counts = counts
        self._cut = False
        self.done: Deferred[None] = Deferred(self._cancel)
        self._work = Deferred.fromCoroutine(work)
        self._work.addCallbacks(self._over, self._failed)

    def _over(self, _: None) -> None:
        if not self._cut:
            self.done.callback(None)

    def _failed(self, failure: Failure) -> None:
        if self._cut:
            return
        if self._counts(failure):
            self.done.errback(failure)
        else:
            self.done.callback(None)

    def _cancel(self, _: Deferred[None]) -> None:
        self._cut = True
        self._work.cancel()
