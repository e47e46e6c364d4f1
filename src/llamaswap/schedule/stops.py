"""Which stops are under way, and what comes after each: stops of one model, and unloads in batches.

An unload stops its models by ascending `unloadTimeout`, those of one timeout together, and is done after the last
(lifecycle section 5.8). Why a model is stopped, and who is refused for it, is the core's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from llamaswap.ids import SwapId
from llamaswap.notices import State
from llamaswap.schedule.events import Effect, Stop, UnloadDone
from llamaswap.schedule.outlook import Outlook
from llamaswap.schedule.station import ActiveStop, ActiveUnload, Station, in_batches


class Stops:
    """A model that is to stop is held until it has; `emit` is given the effects."""

    def __init__(self, outlook: Outlook, emit: Callable[[Effect], None], next_id: Callable[[], SwapId]) -> None:
        self._outlook = outlook
        self._emit = emit
        self._next_id = next_id
        self._stops: dict[SwapId, ActiveStop] = {}
        self._unloads: list[ActiveUnload] = []

    def alone(self, station: Station, why: str) -> None:
        """Stop one model, with its own grace."""
        station.holds += 1
        self._stop([station], float(station.form.unload_timeout), why, None)

    def unload(self, request: int, stations: Sequence[Station], grace: float | None) -> None:
        """Stop them all; `UnloadDone` says when that is done. Loads of theirs have been given up."""
        for station in stations:
            station.holds += 1
        unload = ActiveUnload(request, in_batches(stations, grace))
        self._unloads.append(unload)
        self._proceed(unload)

    def ended(self, id: SwapId) -> None:
        """What the stop was for is gone. An unknown one: no effect."""
        stop = self._stops.pop(id, None)
        if stop is None:
            return
        for station in stop.stations:
            self._outlook.enter(station, State.STOPPED)
            self._release(station, stop.unload)
        if stop.unload is not None:
            self._proceed(stop.unload)

    def settled(self, target: Station) -> None:
        """A swap of `target`, which an unload may have waited for, is over."""
        for unload in [unload for unload in self._unloads if target in unload.awaited]:
            self._stop_members(unload, [target])
            self._proceed(unload)

    def _proceed(self, unload: ActiveUnload) -> None:
        """Go on to the next batch when the one before is gone, and finish after the last."""
        while not unload.awaited and unload.batches:
            unload.grace, members = unload.batches.popleft()
            unload.awaited = set(members)
            self._stop_members(unload, members)
        if not unload.awaited:
            self._unloads.remove(unload)
            self._emit(UnloadDone(unload.request))

    def _stop_members(self, unload: ActiveUnload, members: Iterable[Station]) -> None:
        """Stop those of the batch that run. One that is loading has to end that first: its swap was given up."""
        settled = [member for member in members if not member.loading]
        running = [member for member in settled if member.state is not State.STOPPED]
        for member in settled:
            if member.state is State.STOPPED:
                self._release(member, unload)
        if running:
            self._stop(running, unload.grace, "unload", unload)

    def _stop(self, stations: Sequence[Station], grace: float, why: str, unload: ActiveUnload | None) -> None:
        for station in stations:
            self._outlook.enter(station, State.STOPPING)
        stop = Stop(self._next_id(), tuple(station.id for station in stations), grace, why)
        self._stops[stop.id] = ActiveStop(tuple(stations), unload)
        self._emit(stop)

    def _release(self, station: Station, unload: ActiveUnload | None) -> None:
        station.holds -= 1
        if unload is not None:
            unload.awaited.discard(station)
