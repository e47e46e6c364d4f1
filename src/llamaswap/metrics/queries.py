"""What may be asked of the activity: parameters of a request made into conditions (http-api section 14.2). Pure.

Nothing that a client writes becomes a part of SQL: values are bound, and what rows are sorted by comes from a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llamaswap import rfc3339
from llamaswap.errors import BadRequest
from llamaswap.metrics.filter import STATUSES, Filter

SORTED_BY = {
    "id": "id",
    "time": "ts_created",
    "model": "model_id",
    "req_path": "req_path",
    "resp_status_code": "resp_status_code",
    "resp_content_type": "resp_content_type",
    "cached": "cache_tokens",
    "prompt": "input_tokens",
    "generated": "output_tokens",
    "drafted": "draft_tokens",
    "prompt_speed": "prompt_per_second",
    "gen_speed": "tokens_per_second",
    "duration": "duration_ms",
}
"""The column behind each word of `sort`."""
MOST_ROWS = 999
MOST_MODELS = 1000
LONGEST_TEXT = 200
"""Characters of a free text."""
MOST = 2**63 - 1
"""The greatest number that SQLite knows."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")

Parameters = Mapping[str, Sequence[str]]
"""Values by name, as `parse_qs` gives them."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows, and which of them on which page."""

    filter: Filter = field(default_factory=Filter)
    limit: int = 25
    page: int = 1
    sort: str = "id"
    """A key of `SORTED_BY`."""
    descending: bool = True

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return min((self.page - 1) * self.limit, MOST)

    def ordering(self) -> str:
        """SQL that sorts; rows that are alike are sorted by id in the same direction."""
        column, way = SORTED_BY[self.sort], "DESC" if self.descending else "ASC"
        return f"id {way}" if column == "id" else f"{column} {way}, id {way}"


# -- from the parameters of a request ----------------------------------------------------------------------------


def read_query(given: Parameters) -> Query:
    """What a request for a page asks for; unknown parameters are ignored. Raises `BadRequest`."""
    page, limit = _counted(given, "page"), _counted(given, "limit", MOST_ROWS)
    return Query(read_filter(given), limit or 25, page or 1, _sort(given), descending(given))


def read_filter(given: Parameters) -> Filter:
    """Which rows a request is about. Raises `BadRequest`."""
    start, end = _moment(given, "start"), _moment(given, "end")
    if start is not None and end is not None and start > end:
        raise BadRequest("`start` is after `end`")
    first, last = _counted(given, "min_id"), _counted(given, "max_id")
    if first is not None and last is not None and first > last:
        raise BadRequest("`min_id` is greater than `max_id`")
    return Filter(
        models=_models(given),
        start=_seconds(start),
        end=_seconds(end),
        min_id=first,
        max_id=last,
        key=one(given, "key"),
        statuses=_statuses(given),
        text=_text(given),
    )


def descending(given: Parameters) -> bool:
    """Whether `order` wants the greatest first, which is the default. Raises `BadRequest`."""
    word = one(given, "order")
    if word.lower() not in ("", "asc", "desc"):
        raise BadRequest(f"`order` must be asc or desc, not `{_quoted(word)}`")
    return word.lower() != "asc"


def one(given: Parameters, name: str) -> str:
    """The first value of a parameter, without blanks around it; empty when it is absent."""
    values = given.get(name, ())
    return values[0].strip() if values else ""


def _models(given: Parameters) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in given.get("model", ()) if name.strip()))
    if len(names) > MOST_MODELS:
        raise BadRequest(f"`model` may be given {MOST_MODELS} times, not {len(names)}")
    return names


def _statuses(given: Parameters) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip().lower() for word in given.get("status", ()) if word.strip()))
    for word in words:
        if word not in STATUSES:
            raise BadRequest(f"`status` must be one of {', '.join(STATUSES)}, not `{_quoted(word)}`")
    return words


def _text(given: Parameters) -> str:
    text = one(given, "q")
    if len(text) > LONGEST_TEXT:
        raise BadRequest(f"`q` may have {LONGEST_TEXT} characters, not {len(text)}")
    return text


def _sort(given: Parameters) -> str:
    word = one(given, "sort")
    if word and word not in SORTED_BY:
        raise BadRequest(f"`sort` must be one of {', '.join(SORTED_BY)}, not `{_quoted(word)}`")
    return word or "id"


def _counted(given: Parameters, name: str, most: int = MOST) -> int | None:
    """A number from 1 on."""
    text = one(given, name)
    if not text:
        return None
    value = int(text) if _INTEGER.fullmatch(text) else 0
    if not 1 <= value <= most:
        allowed = f"from 1 to {most}" if most < MOST else "from 1 on"
        raise BadRequest(f"`{name}` must be a whole number {allowed}, not `{_quoted(text)}`")
    return value


def _moment(given: Parameters, name: str) -> int | None:
    """In microseconds since the epoch."""
    text = one(given, name)
    if not text:
        return None
    moment = rfc3339.read(text)
    if moment is None:
        raise BadRequest(
            f"`{name}` must be a time such as 2026-01-31T12:00:00Z (RFC 3339; write `+` as %2B), not `{_quoted(text)}`"
        )
    return moment


def _seconds(moment: int | None) -> int | None:
    """Whole seconds since the epoch."""
    return None if moment is None else moment // 1_000_000


def _quoted(text: str) -> str:
    """What was given, as far as a message repeats it."""
    return " ".join(text[:40].split())
