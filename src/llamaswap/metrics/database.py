"""The SQLite file of the activity, or the same in memory. Everything here blocks: it belongs in a thread.

One connection, used by one thread at a time. It knows nothing of batches, timers and the reactor.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from llamaswap.metrics import schema_sql
from llamaswap.metrics.columns import bound, row_of
from llamaswap.metrics.filter import Filter, where
from llamaswap.metrics.histogram import PERCENTILES, Spread, between, binning, places_in_parts, rank
from llamaswap.metrics.queries import Query
from llamaswap.metrics.rates import COLUMNS, Rates, range_of
from llamaswap.metrics.row import Row
from llamaswap.metrics.storage import Keep, Page, Stats, StoreFailed, Unusable, Written

if TYPE_CHECKING:
    from sqlite3 import Connection

PRUNED_AT_ONCE = 5000
"""Rows that one call of `prune` removes, at most."""


class Database:
    """An open database. Every method raises `StoreFailed`, and leaves it as it was."""

    def __init__(self, path: str | None, connection: Connection) -> None:
        self.path = path
        self._connection = connection
        self._place = _place(path)
        self.last_id = self._last_id()
        """The greatest id that was ever used."""

    def write(self, rows: Sequence[tuple[int, Row]]) -> Written:
        """Write rows with these ids, all or none.

        An id that another process has used meanwhile counts as lost; its row is written with the next free one.
        """
        try:
            with self._transaction("IMMEDIATE"):
                taken = self._last_id() >= rows[0][0]
                ids = self._renumbered(rows) if taken else self._numbered(rows)
        except StoreFailed as error:
            return Written([], [id for id, _ in rows], str(error))
        self.last_id = max(self.last_id, ids[-1])
        lost = [id for id, _ in rows] if taken else []
        return Written(ids, lost)

    def prune(self, keep: Keep, now: float) -> bool:
        """Remove what is beyond `keep`, or a part of it when it is much; returns whether there may be more."""
        gone = [0]
        with self._transaction("IMMEDIATE"):
            if keep.rows:
                gone.append(self._remove("id <= ?", self.last_id - keep.rows, "id"))
            if keep.seconds:
                gone.append(self._remove("ts_created < ?", math.floor(now - keep.seconds), "ts_created"))
        return max(gone) >= PRUNED_AT_ONCE

    def page(self, query: Query) -> Page:
        """One page."""
        texts, values = query.filter.conditions()
        ordered = f"{where(texts)} ORDER BY {query.ordering()} LIMIT ? OFFSET ?"
        with self._transaction("DEFERRED"):
            ((total,),) = self._run(f"SELECT COUNT(*) FROM activity{where(texts)}", values)
            found = self._run(schema_sql.SELECT + ordered, [*values, query.limit, query.offset])
        return Page([row_of(each) for each in found], total)

    def part(self, filter: Filter, after: int | None, limit: int, *, descending: bool) -> list[Row]:
        """The next rows behind the one with the id `after`, by id."""
        texts, values = filter.conditions()
        texts = ["+" + text for text in texts]  # go along the ids: an index would have to be sorted for every part
        if after is not None:
            texts.append("id < ?" if descending else "id > ?")
            values.append(after)
        way = "DESC" if descending else "ASC"
        return [
            row_of(each)
            for each in self._run(f"{schema_sql.SELECT}{where(texts)} ORDER BY id {way} LIMIT ?", [*values, limit])
        ]

    def stats(self, filter: Filter) -> Stats:
        """Sums and rates of the rows that the filter lets through."""
        texts, values = filter.conditions()
        sums = "COUNT(*), TOTAL(input_tokens), TOTAL(output_tokens), TOTAL(MAX(cache_tokens, 0))"
        ranges = ", ".join(map(range_of, COLUMNS))
        with self._transaction("DEFERRED"):
            ((count, read, made, cached, *found),) = self._run(
                f"SELECT {sums}, {ranges} FROM activity{where(texts)}", values
            )
            spreads = [
                self._spread(Rates(column, texts, values, *found[3 * n : 3 * n + 3]))
                for n, column in enumerate(COLUMNS)
            ]
        return Stats(count, int(read), int(made), int(cached), spreads[0], spreads[1])

    @property
    def removed(self) -> bool:
        """The file is not there any more, or another stands in its place: what is written is seen by nobody."""
        return _place(self.path) != self._place

    def close(self) -> None:
        """Done with it."""
        with told():
            self._connection.close()

    # -- within ----------------------------------------------------------------------------------------------------

    def _run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with told():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        self._run(f"BEGIN {kind}")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with suppress(StoreFailed):  # SQLite may have rolled back by itself
                self._run("ROLLBACK")
            raise

    def _numbered(self, rows: Sequence[tuple[int, Row]]) -> list[int]:
        with told():
            self._connection.executemany(schema_sql.INSERT, [(id, *bound(row)) for id, row in rows])
        return [id for id, _ in rows]

    def _renumbered(self, rows: Sequence[tuple[int, Row]]) -> list[int]:
        with told():
            inserted = (self._connection.execute(schema_sql.INSERT, (None, *bound(row))) for _, row in rows)
            return [int(cursor.lastrowid or 0) for cursor in inserted]

    def _remove(self, condition: str, value: float, column: str) -> int:
        """How many rows that was."""
        chosen = f"SELECT id FROM activity WHERE {condition} ORDER BY {column} LIMIT {PRUNED_AT_ONCE}"
        self._run(f"DELETE FROM activity WHERE id IN ({chosen})", [value])
        ((number,),) = self._run("SELECT changes()")
        return int(number)

    def _last_id(self) -> int:
        ((greatest,),) = self._run("SELECT MAX(id) FROM activity")
        used = 0
        if self._run("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
            used = max(
                (seq for (seq,) in self._run("SELECT seq FROM sqlite_sequence WHERE name = 'activity'")), default=0
            )
        return max(greatest or 0, used)

    def _spread(self, rates: Rates) -> Spread | None:
        """Counted and sorted by SQLite, which does not hold up other threads."""
        if not rates.number:
            return None
        number, width = binning(rates.number, rates.low, rates.high)
        bins, fine = [0] * number, dict[int, int]()
        for bin, part, found in self._run(*rates.counted(number, width)):
            bins[bin] += found
            fine[part] = fine.get(part, 0) + found
        return Spread(tuple(bins), rates.low, rates.high, width, self._percentiles(rates, fine))

    def _percentiles(self, rates: Rates, fine: Mapping[int, int]) -> tuple[float, ...]:
        """Only those are sorted that lie near a percentile: in the same of the `fine` parts, whose sizes are given."""
        ranks = [rank(percent, rates.number) for percent in PERCENTILES]
        wanted = sorted({min(index + step, rates.number - 1) for index, _ in ranks for step in (0, 1)})
        parts, places = places_in_parts(wanted, fine)
        at = dict(self._run(*rates.picked(parts, places)))
        found = {index: at[place] for index, place in zip(wanted, places, strict=True)}
        last = rates.number - 1
        return tuple(between(found[index], found[min(index + 1, last)], fraction) for index, fraction in ranks)


def _place(path: str | None) -> tuple[int, int] | None:
    """Which file it is, if there is one."""
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


@contextmanager
def told() -> Iterator[None]:
    """What SQLite raises, in our words."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        kind = Unusable if type(error) is sqlite3.DatabaseError else StoreFailed  # those below it pass, or are ours
        raise kind(str(error)) from error
