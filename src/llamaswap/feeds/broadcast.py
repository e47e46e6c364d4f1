"""Messages for any number of clients: written once, kept once, and handed on a few clients in each turn of the reactor.

What waits for slow clients is bounded, however many they are: the backlog, and a few snapshots. Who has not even been
sent a snapshot by the time that too many newer ones are under way is cut off, and gets another when it comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import CooperativeTask
from twisted.logger import Logger

from llamaswap.feeds import sse
from llamaswap.feeds.backlog import Backlog
from llamaswap.feeds.follower import Follower, Snapshot
from llamaswap.feeds.sse import Place
from llamaswap.feeds.turns import Turns

MOST_SNAPSHOTS = 16
MOST_SNAPSHOT_BYTES = 16 * 1024 * 1024
_FRESH = 0.25
"""Seconds for which a snapshot is given to others who come, while nothing happens."""
_REST = 4.0
"""A round through all clients is followed by a rest so many times as long, `_LONGEST_REST` at most."""
_LONGEST_REST = 0.5


class Broadcast:
    """The messages of one server's life. `tell_all` gives those of a snapshot, and publishes what is due before."""

    log = Logger()

    def __init__(
        self,
        tell_all: Callable[[], Sequence[str]],
        clock: IReactorTime,
        turns: Turns,
        backlog: Backlog | None = None,
        most_bytes: int = MOST_SNAPSHOT_BYTES,
    ) -> None:
        """`most_bytes` of snapshots are kept; beyond it no other is begun beside them."""
        self._tell_all = tell_all
        self._clock = clock
        self._turns = turns
        self._backlog = backlog or Backlog()
        self._most_bytes = most_bytes
        self._token = token_hex(8)
        self._followers: dict[Follower, None] = {}
        self._snapshots: list[Snapshot] = []
        self._round: CooperativeTask[Iterator[None]] | None = None
        self._waking: IDelayedCall | None = None
        self._rested = 0.0

    def __len__(self) -> int:
        """How many clients there are."""
        return len(self._followers)

    # -- clients ---------------------------------------------------------------------------------------------------

    def follow(
        self, write: Callable[[bytes], object], cut: Callable[[], object], last_id: bytes | None = None
    ) -> Follower:
        """A client, which has seen all up to the message `last_id`; nothing is written before its `go_on`."""
        seen = sse.place_of(last_id)
        known = seen is not None and seen.token == self._token and self._backlog.reaches(seen.number + 1)
        follower = Follower(self, write, cut, seen.number + 1 if seen is not None and known else None)
        self._followers[follower] = None
        return follower

    def leave(self, follower: Follower) -> None:
        """It is gone. May be called twice."""
        self._followers.pop(follower, None)
        follower.leave()

    # -- messages --------------------------------------------------------------------------------------------------

    def publish(self, data: str) -> None:
        """A message for everybody. Nothing is written in this turn."""
        place = Place(self._token, self._backlog.next)
        self._backlog.append(sse.message(data, sse.id_of(place)))
        if self._round is None and self._waking is None and self._followers:
            rest = self._rested - self._clock.seconds()
            self._waking = self._clock.callLater(min(max(0.0, rest), _LONGEST_REST), self._begin_round)

    def close(self) -> None:
        """Hand on nothing any more."""
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
        if self._round is not None:
            self._round.stop()
            self._round = None

    def _begin_round(self) -> None:
        self._waking = None
        self._round = self._turns.spread(self._all_around())

    def _all_around(self) -> Iterator[None]:
        began, newest = self._clock.seconds(), self._backlog.next
        for follower in tuple(self._followers):
            self._go_on(follower)
            yield
        now = self._clock.seconds()
        rest = min(_LONGEST_REST, _REST * max(0.0, now - began))
        self._rested = now + rest
        self._round = None
        if newest != self._backlog.next:
            self._waking = self._clock.callLater(rest, self._begin_round)

    def _go_on(self, follower: Follower) -> None:
        try:
            follower.go_on()
        except Exception:  # one that cannot be told must not cost the others their news
            self.log.failure("a client of the events could not be told")
            self._cut(follower)

    # -- what followers ask (`follower.Source`) ---------------------------------------------------------------------

    def since(self, number: int) -> tuple[bytes, int] | None:
        return self._backlog.since(number)

    def snapshot(self) -> Snapshot:
        newest = self._snapshots[-1] if self._snapshots else None
        self._snapshots = [each for each in self._snapshots if each.readers or each is newest]
        full = len(self._snapshots) >= MOST_SNAPSHOTS or self._snapshot_bytes() >= self._most_bytes
        if newest is not None and self._backlog.reaches(newest.number) and (full or self._is_current(newest)):
            return newest
        if full:
            self._cut_off(self._snapshots.pop(0))
        made = self._made()
        self._snapshots.append(made)
        return made

    def _snapshot_bytes(self) -> int:
        return sum(len(each.data) for each in self._snapshots)

    def _is_current(self, snapshot: Snapshot) -> bool:
        return snapshot.number == self._backlog.next and 0.0 <= self._clock.seconds() - snapshot.when < _FRESH

    def _made(self) -> Snapshot:
        told = self._tell_all()
        place = Place(self._token, self._backlog.next - 1)
        ids = [sse.part_of(place, part) for part in range(1, len(told))] + [sse.id_of(place)]
        return Snapshot(place.number + 1, b"".join(map(sse.message, told, ids)), self._clock.seconds())

    def _cut_off(self, snapshot: Snapshot) -> None:
        for follower in tuple(snapshot.readers):
            self._cut(follower)

    def _cut(self, follower: Follower) -> None:
        follower.cut()
        self.leave(follower)
