"""Requests and answers as they went by, for whoever wants to look at them afterwards (http-api section 16).

Memory has one bound for all: what is kept (compressed, after a while), and what is being gathered. When there is no
room, what is kept longest goes; a request for which that is not enough loses its own capture. None of this is ever
written to a disk. Under a load that would drive captures out within seconds only some requests are captured.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.config.schema import Settings
from llamaswap.exchange import Header
from llamaswap.metrics.packing import OVERHEAD, Capture, Gathered, Packer, unpack
from llamaswap.metrics.parts import HEADERS, Parts, parts_of
from llamaswap.threads import InThread

PACK_AFTER = 1.0
"""Seconds between two parts that are packed, and before the first."""
PACKED_AT_ONCE = 256 * 1024
"""Bytes, after which a batch is full."""
COMPLAIN_EVERY = 60.0
"""Seconds between two warnings of what is too large."""
MOST_A_SECOND = 250
"""Requests that are captured within a second: thousands would drive each other out before anybody has seen one."""
FOLDED = 16 * 1024
"""Bytes up to which one is folded when it is finished."""
HEAD = 512
"""Bytes that the heads of a request and its answer count for while they pass: then the request holds them anyway."""
LINE_OVERHEAD = 150
"""Bytes that a header line takes besides its own."""


class Body(Protocol):
    """A request's body as it is forwarded (`proxy/body.py`)."""

    @property
    def length(self) -> int: ...
    def kept(self) -> bytes | Callable[[], bytes]:
        """All of it, or what gives it to a thread that asks, also when the request is over. Raises `OSError`."""


class Captures:
    """The captures of one server, by the id of their row. Packing and unpacking is done by `in_thread`."""

    _log = Logger()

    def __init__(self, settings: Settings, in_thread: InThread, clock: IReactorTime) -> None:
        self._in_thread = in_thread
        self._clock = clock
        self._timer: IDelayedCall | None = None
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        """Oldest first."""
        self._finished: OrderedDict[int, Taking | bytes] = OrderedDict()
        """Those that are not packed yet; folded, if they are small."""
        self._packing = False
        self._complain_at = 0.0
        self._taken = 0
        """In the second that began then:"""
        self._since = 0.0
        self.off = True
        """Nothing is captured."""
        self._budget = 0
        self._used = 0
        self._era = 0
        self._rules = settings.captures
        self._packer = Packer(settings.captures)
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Other settings: what does not fit any more goes, and all of it when other things are to be captured."""
        self._budget = settings.capture_buffer * 1024 * 1024
        self.off = not settings.capture_buffer or settings.captures.level == "off"
        if settings.captures != self._rules or self.off:
            self.clear()
        self._rules = settings.captures
        self._packer = Packer(settings.captures)
        self._evict()

    def clear(self) -> None:
        """Forget all, those under way as well: ids may begin anew."""
        self._era += 1
        for id in (*self._kept, *self._finished):
            self.forget(id)

    def take(self, path: str) -> Taking | None:
        """Gather the parts of a request that are captured on this path; None when it is not captured."""
        if self.off or self._has_enough():
            return None
        return Taking(self, HEADERS if self._rules.level == "headers" else parts_of(path), self._era)

    def _has_enough(self) -> bool:
        """As many were taken in this second as are in one."""
        now = self._clock.seconds()
        if not 0.0 <= now - self._since < 1.0:
            self._since, self._taken = now, 0
        self._taken += 1
        return self._taken > MOST_A_SECOND

    @property
    def secret(self) -> Collection[bytes]:
        """Lower-case names of headers that the settings want hidden."""
        return self._packer.secret

    def close(self) -> None:
        """Pack no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __contains__(self, id: object) -> bool:
        return id in self._kept or id in self._finished

    def forget(self, id: int) -> None:
        """Drop the capture of a row that there is not."""
        for held in (self._kept.pop(id, None), self._finished.pop(id, None)):
            if isinstance(held, Taking):
                held.drop()
            elif held is not None:
                self._used -= len(held) + OVERHEAD

    def get(self, id: int) -> Deferred[Capture | None]:
        """Fires with the capture of a row; None when there is none. Cancelling forgets the answer."""
        packed, finished = self._kept.get(id), self._finished.get(id)
        if packed is not None:
            return self._in_thread(partial(unpack, packed))
        if finished is not None:
            return self._in_thread(partial(self._packer.shown, _gathered(finished)))
        return succeed(None)

    # -- for `Taking` ------------------------------------------------------------------------------------------------

    def grown(self, taking: Taking, size: int) -> None:
        """`taking` needs so many bytes more; it is dropped if they cannot be had."""
        self._used += size
        if self._used > self._budget:
            if taking.size <= self._budget:  # else nothing helps
                self._evict()
            if self._used > self._budget:
                self._lose(taking)

    def freed(self, size: int) -> None:
        self._used -= size

    def finished(self, id: int, taking: Taking, era: int) -> None:
        """All of it is there."""
        if era != self._era:
            taking.drop()
            return
        folded = taking.gathered().folded() if taking.size <= FOLDED else None
        if folded is None:
            self._finished[id] = taking
        else:
            self._finished[id] = folded
            taking.drop()
            self._used += len(folded) + OVERHEAD
        self._plan()

    # -- within ------------------------------------------------------------------------------------------------------

    def _evict(self) -> None:
        while self._used > self._budget and (self._kept or self._finished):
            self.forget(next(iter(self._kept or self._finished)))

    def _lose(self, taking: Taking) -> None:
        now = self._clock.seconds()
        if taking.size > self._budget and now >= self._complain_at:
            self._complain_at = now + COMPLAIN_EVERY
            self._log.warn(
                "a request and its answer are larger than captureBuffer ({budget} MiB): they are not captured",
                budget=self._budget >> 20,
            )
        taking.drop()

    def _plan(self) -> None:
        """Pack what is finished, a part of it each second."""
        if self._timer is None and not self._packing and self._finished:
            self._timer = self._clock.callLater(PACK_AFTER, self._pack)

    def _pack(self) -> None:
        self._timer = None
        if not self._finished:
            return
        self._packing = True
        batch = self._batch()
        work = partial(self._packer.pack, [_gathered(each) for each in batch.values()])
        packing = self._in_thread(work)
        packing.addCallbacks(self._packed, self._not_packed, callbackArgs=(batch,), errbackArgs=(batch,))
        packing.addBoth(self._next)

    def _batch(self) -> dict[int, Taking | bytes]:
        """Those that have waited longest."""
        batch: dict[int, Taking | bytes] = {}
        size = 0
        for id, finished in self._finished.items():
            batch[id] = finished
            size += len(finished) if isinstance(finished, bytes) else finished.size
            if size > PACKED_AT_ONCE:
                break
        return batch

    def _packed(self, packed: Sequence[bytes], batch: dict[int, Taking | bytes]) -> None:
        for (id, finished), data in zip(batch.items(), packed, strict=True):
            if self._finished.get(id) is finished:
                self.forget(id)
                self._kept[id] = data
                self._used += len(data) + OVERHEAD
        self._evict()

    def _not_packed(self, failure: Failure, batch: dict[int, Taking | bytes]) -> None:
        self._log.failure("captures could not be packed", failure)
        for id, finished in batch.items():
            if self._finished.get(id) is finished:
                self.forget(id)

    def _next(self, _: Any) -> None:
        self._packing = False
        self._plan()


class Taking:
    """One request and its answer, while they pass. To be ended by `finish` or `drop`, once."""

    __slots__ = ("_captures", "_era", "_gathered", "parts", "size")

    def __init__(self, captures: Captures, parts: Parts, era: int) -> None:
        self._captures = captures
        self._era = era
        self._gathered: Gathered | None = Gathered()
        self.parts = parts
        """Which bodies are wanted: others need not be given."""
        self.size = 0
        """Bytes that it takes in memory."""

    def request(self, headers: Sequence[Header], body: Body | None) -> None:
        """What goes to the model: header lines as they were received, and the body as it is forwarded."""
        gathered = self._gathered
        if gathered is None:
            return
        length = body.length if body is not None else 0
        gathered.request_headers, gathered.length = headers, length
        self._grow(HEAD + (length if self.parts.request else 0))
        if self._gathered is not None and self.parts.request:
            try:
                gathered.request_body = body.kept() if body is not None else b""
            except OSError:  # too many files are open: the request goes on without a capture
                self.drop()

    def failed(self) -> None:
        """The answer is an error, whose body nobody wants."""
        self.parts = self.parts._replace(response=False)

    def response(self, data: bytes) -> None:
        """The next piece of the answer, with its content coding undone. Cheap."""
        gathered = self._gathered
        if gathered is not None and self.parts.response:
            gathered.pieces.append(data)
            self._grow(len(data) + OVERHEAD)

    def finish(self, id: int, path: str, headers: Sequence[Header], *, body: bool = True) -> None:
        """The answer is complete: keep what was gathered for the row `id`.

        `path` as it was forwarded, `headers` of the answer. Without `body`, the body of the answer is left out.
        """
        gathered = self._gathered
        if gathered is None:
            return
        gathered.path, gathered.response_headers = path, headers
        gathered.keeps_response = body and self.parts.response
        if not body:
            self._grow(-gathered.without_response())
        if self.size > FOLDED:  # the size of others is seen when they are folded
            self._grow(_size(gathered.request_headers) + _size(headers) - HEAD)
        if self._gathered is not None:
            self._captures.finished(id, self, self._era)

    def drop(self) -> None:
        """Let go of all of it. Harmless when that has happened."""
        self._gathered = None
        size, self.size = self.size, 0
        self._captures.freed(size)

    def gathered(self) -> Gathered:
        """What there is, for whoever packs it; not once it was dropped."""
        assert self._gathered is not None
        return self._gathered

    def _grow(self, size: int) -> None:
        self.size += size
        self._captures.grown(self, size)


def _gathered(finished: Taking | bytes) -> Gathered | bytes:
    return finished if isinstance(finished, bytes) else finished.gathered()


def _size(headers: Sequence[Header]) -> int:
    """Bytes that header lines take in memory."""
    return sum(map(len, chain.from_iterable(headers))) + LINE_OVERHEAD * len(headers)
