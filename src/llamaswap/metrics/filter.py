"""Which rows of the activity are meant, as conditions of SQL (http-api section 14.2). Pure.

Nothing that a client writes becomes a part of SQL: values are bound, and classes of status come from a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STATUSES = {
    **{f"{n}xx": f"resp_status_code BETWEEN {n}00 AND {n}99" for n in range(1, 6)},
    "none": "resp_status_code = 0",
    "failed": "resp_status_code = 0 OR resp_status_code >= 400 OR error_msg <> ''",
}
"""What the words of `status` mean. A request may fail after its answer has begun well."""
_KEY = "CASE WHEN json_valid(metadata_json) THEN json_extract(metadata_json, '$.key') END"
"""No column, and no index: every row that meets the other conditions is looked at. The same holds for a free text."""
_LIKE = """(model_id LIKE ? ESCAPE '!' OR req_path LIKE ? ESCAPE '!' OR error_msg LIKE ? ESCAPE '!'
 OR CASE WHEN json_valid(metadata_json) THEN EXISTS
 (SELECT 1 FROM json_each(metadata_json) WHERE json_each.value LIKE ? ESCAPE '!') END)"""
"""One of the texts of a row is like something; the name of the key is among the values of the metadata."""

SEARCHED = 200_000
"""Rows in which a free text is looked for, as nothing else is read or written meanwhile: the newest of those that meet
the other conditions, so that older ones are reached by a time or an ID."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows."""

    models: tuple[str, ...] = ()
    """One of these; empty = all."""
    start: int | None = None
    end: int | None = None
    """Seconds since the epoch, both included."""
    min_id: int | None = None
    max_id: int | None = None
    key: str = ""
    """The name of the API key that it came with; empty = any, and none."""
    statuses: tuple[str, ...] = ()
    """Keys of `STATUSES`, of which one has to hold; empty = all."""
    text: str = ""
    """Within the model's name, the path, the error or the metadata, whatever the case of ASCII letters; empty = all.
    It is looked for in `SEARCHED` rows."""

    def conditions(self) -> tuple[list[str], list[Any]]:
        """SQL that a row has to meet, and what is bound in it."""
        bounds = {
            "ts_created >= ?": self.start,
            "ts_created <= ?": self.end,
            "id >= ?": self.min_id,
            "id <= ?": self.max_id,
            f"{_KEY} = ?": self.key or None,
        }
        given = {text: value for text, value in bounds.items() if value is not None}
        texts, values = list(given), list[Any](given.values())
        if self.models:
            texts.append(f"model_id IN ({', '.join('?' * len(self.models))})")
            values += self.models
        if self.statuses:
            texts.append(f"({' OR '.join(STATUSES[word] for word in self.statuses)})")
        if self.text:
            newest = f"SELECT id FROM activity{where(texts)} ORDER BY id DESC LIMIT ?"
            texts += [f"id >= (SELECT COALESCE(MIN(id), 0) FROM ({newest}))", _LIKE]
            values += [*values, SEARCHED, *[_within(self.text)] * _LIKE.count("?")]
        return texts, values


def where(texts: Sequence[str]) -> str:
    """A clause of these conditions."""
    return f" WHERE {' AND '.join(texts)}" if texts else ""


def _within(text: str) -> str:
    """The pattern of `LIKE` for texts that have `text` somewhere."""
    return f"%{''.join(f'!{letter}' if letter in '!%_' else letter for letter in text)}%"
