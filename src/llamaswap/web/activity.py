"""What is known of requests that have ended: pages, sums, files of all of it, and captures (http-api sections 14, 16).

Each method answers the endpoint of its name in the route table. The gate has been passed before. Nothing that may be
long is kept whole here, and texts of many rows are made in a thread.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qs

from twisted.logger import Logger

from llamaswap.errors import BadRequest, Refusal
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.listing import COLUMNS, cells, record, stats_record, table
from llamaswap.metrics.packing import Capture
from llamaswap.metrics.queries import Parameters, Query, descending, one, read_filter, read_query
from llamaswap.metrics.row import Row
from llamaswap.metrics.storage import Page, Stats, StoreFailed
from llamaswap.threads import InThread
from llamaswap.web.answers import JSON, NOT_FOUND, Answer, json_answer
from llamaswap.web.call import Call, Respond
from llamaswap.web.flow import Flow

log = Logger()
T = TypeVar("T")
PART = 500
"""Rows of a file that are read at once."""
_ID = re.compile(r"[+-]?[0-9]{1,30}")
_CSV = b"text/csv; charset=utf-8"


class CaptureNotFound(Refusal):
    """capture not found: captures are kept in memory, as many as captureBuffer has room for"""

    status = 404


class CapturesOff(CaptureNotFound):
    """capture not found: nothing is captured, as the configuration has it (captureBuffer, captures.level)"""


class ActivityUnreadable(Refusal):
    """the activity cannot be read; the server's log says more"""


class Store(Protocol):
    """The rows (`metrics/store.py`). Its answers fail with `StoreFailed`."""

    def page(self, query: Query) -> Awaitable[Page]: ...
    def stats(self, filter: Filter) -> Awaitable[Stats]: ...
    def part(self, filter: Filter, after: int | None, limit: int, *, descending: bool) -> Awaitable[list[Row]]: ...


class CaptureBuffer(Protocol):
    """The captures (`metrics/captures.py`)."""

    @property
    def off(self) -> bool:
        """Nothing is captured."""

    def __contains__(self, id: object) -> bool: ...
    def get(self, id: int) -> Awaitable[Capture | None]: ...


class Activity:
    """The endpoints of the activity. Before anything is read, `settle` has what has ended recorded."""

    def __init__(self, store: Store, captures: CaptureBuffer, in_thread: InThread, settle: Callable[[], None]) -> None:
        self._settle = settle
        self._store = store
        self._captures = captures
        self._in_thread = in_thread

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {
            "activity": self.activity,
            "activity_stats": self.stats,
            "activity_export": self.export,
            "capture": self.capture,
        }

    async def activity(self, call: Call) -> Answer:
        """One page of rows. Raises `BadRequest` for parameters that mean nothing."""
        query = read_query(_parameters(call))
        self._settle()
        page = await _read(self._store.page(query))
        return _json(await self._in_thread(partial(_page_text, page, query, self._captures)))

    async def stats(self, call: Call) -> Answer:
        """Sums and rates of the rows that the filter lets through. Raises `BadRequest`."""
        filter = read_filter(_parameters(call))
        self._settle()
        return json_answer(stats_record(await _read(self._store.stats(filter))))

    async def export(self, call: Call) -> None:
        """Every row that the filter lets through, by id, as a file; no faster than it is read, in bounded memory."""
        given = _parameters(call)
        form = _form(one(given, "format") or "json")
        self._settle()
        filter, down = read_filter(given), descending(given)
        rows = await self._part(filter, None, down)
        call.begin(form.head)
        if call.head_only:
            return
        with Flow(call.request) as flow:
            call.request.write(form.opening)
            first = True
            while rows:
                call.request.write(await self._in_thread(partial(form.text, rows, first, self._captures)))
                await flow.open()
                first, rows = False, await self._part(filter, rows[-1].id, down)
            call.request.write(form.closing)

    async def capture(self, call: Call) -> Answer:
        """The capture of the row that the path names. Raises `BadRequest`, `CaptureNotFound`."""
        rest = call.rest or ""
        if not rest or "/" in rest:
            return NOT_FOUND
        if not _ID.fullmatch(rest):
            raise BadRequest("invalid capture ID: a whole number is needed")
        found = await self._captures.get(int(rest))
        if found is None:
            raise CapturesOff if self._captures.off else CaptureNotFound
        return _json(await self._in_thread(partial(_capture_text, int(rest), found)))

    async def _part(self, filter: Filter, after: int | None, down: bool) -> list[Row]:
        return await _read(self._store.part(filter, after, PART, descending=down))


async def _read(answer: Awaitable[T]) -> T:
    """What the store answers. Raises `ActivityUnreadable`."""
    try:
        return await answer
    except StoreFailed as error:
        log.warn("the activity cannot be read: {why}", why=str(error))
        raise ActivityUnreadable from error


def _parameters(call: Call) -> Parameters:
    return parse_qs(call.query[1:].decode("utf-8", "replace"), keep_blank_values=True)


def _json(body: bytes) -> Answer:
    return Answer(200, ((b"Content-Type", JSON),), body)


# -- texts, made in a thread ---------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """How a file of rows is written."""

    head: Answer
    opening: bytes
    text: Callable[[Sequence[Row], bool, Container[int]], bytes]
    """Of some of the rows, and whether they are the first ones."""
    closing: bytes


def _page_text(page: Page, query: Query, captured: Container[int]) -> bytes:
    told = {
        "data": [record(row, captured) for row in page.rows],
        "page": query.page,
        "limit": query.limit,
        "total": page.total,
        "total_pages": -(-page.total // query.limit),
    }
    return _compact(told) + b"\n"


def _capture_text(id: int, capture: Capture) -> bytes:
    told = {
        "id": id,
        "req_path": capture.path,
        "req_headers": capture.request_headers,
        "req_body": _base64(capture.request_body),
        "resp_headers": capture.response_headers,
        "resp_body": _base64(capture.response_body),
    }
    return _compact(told)


def _base64(body: bytes | None) -> str | None:
    return None if body is None else b64encode(body).decode()


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _json_rows(rows: Sequence[Row], first: bool, captured: Container[int]) -> bytes:
    lines = b",\n".join(_compact(record(row, captured)) for row in rows)
    return lines if first else b",\n" + lines


def _csv_rows(rows: Sequence[Row], first: bool, captured: Container[int]) -> bytes:
    return table(map(cells, rows)).encode()


def _file(kind: bytes, name: bytes) -> Answer:
    return Answer(200, ((b"Content-Type", kind), (b"Content-Disposition", b'attachment; filename="%b"' % name)))


_FORMS = {
    "json": _Form(_file(JSON, b"activity.json"), b"[\n", _json_rows, b"\n]\n"),
    "csv": _Form(_file(_CSV, b"activity.csv"), ",".join(COLUMNS).encode() + b"\r\n", _csv_rows, b""),
}


def _form(name: str) -> _Form:
    """Raises `BadRequest`."""
    if name not in _FORMS:
        raise BadRequest(f"`format` must be one of {', '.join(_FORMS)}")
    return _FORMS[name]
