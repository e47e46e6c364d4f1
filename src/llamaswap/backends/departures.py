"""The ways out of models: what goes with a stop, a crash and the end of the server.

Whether a model goes, and when, is decided elsewhere; here stands in which order its attendants and its processes hear
of it, and that each model is taken leave of and seen off once, however many want it to go. Lifecycle section 5.8.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from llamaswap.backends.attending import Attendants
from llamaswap.backends.interface import Backend
from llamaswap.backends.underway import Departure
from llamaswap.wire.upstream import Upstream


class Departures:
    """Those under way. `backend in departures`: it was ready, and is on its way out."""

    def __init__(self, attendants: Attendants, clock: IReactorTime) -> None:
        self._attendants = attendants
        self._clock = clock
        self._under_way: dict[Backend, Departure] = {}
        self._in_haste = False

    def __contains__(self, backend: Backend) -> bool:
        return backend in self._under_way

    def cut(self) -> None:
        """End all taking of leave."""
        for departure in tuple(self._under_way.values()):
            departure.cut()

    def hasten(self) -> None:
        """The server ends: nobody attends to the stops of processes any more."""
        self._in_haste = True

    async def stop(self, backend: Backend, grace: float, why: str) -> None:
        """Stop it, with all that goes with it. Of several who do so at once all but the first only wait."""
        if (departure := self._under_way.get(backend)) is not None:
            await departure.ended()
        elif backend.upstream is None:
            await self.end(backend, grace)
        else:
            await self._depart(backend, backend.upstream, why, partial(self.end, backend, grace))

    async def end(self, backend: Backend, grace: float) -> None:
        """Stop its processes, if there are any, ready or not."""
        attended = backend.pid is not None and not self._in_haste
        if attended:
            await self._attendants.before_stop(backend.form)
        await backend.stop(grace)
        if attended:
            await self._attendants.after_stop(backend.form)

    async def close(self, backend: Backend, end: float) -> None:
        """The same for good: what is left of it at `end` is killed."""

        def close() -> Deferred[None]:
            return backend.close(max(0.0, end - self._clock.seconds()))

        if (departure := self._under_way.get(backend)) is not None:
            await departure.left()
            await close()
            await departure.ended()
        elif backend.upstream is None:
            await close()
        else:
            await self._depart(backend, backend.upstream, "shutdown", close)

    async def clear(self, backend: Backend) -> bool:
        """Wait for the remains of a model that died to be gone; returns whether it is yet to be seen off."""
        departure = self._under_way.get(backend)
        if departure is not None:
            departure.cut()
        await backend.stop(0.0)
        return departure is None

    async def see_off(self, backend: Backend) -> None:
        """What goes with the end of a model that died."""
        await self._attendants.after_unload(backend.form, "crash")

    async def _depart(
        self, backend: Backend, upstream: Upstream, why: str, stop: Callable[[], Awaitable[None]]
    ) -> None:
        """A ready model's way out."""
        departure = self._under_way[backend] = Departure()
        try:
            await departure.take_leave(self._attendants.before_unload(backend.form, upstream, why))
            await stop()
            await self._attendants.after_unload(backend.form, why)
        finally:
            del self._under_way[backend]
            departure.end()
