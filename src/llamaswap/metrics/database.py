"""The SQLite file of the activity, or the same in memory. Everything here blocks: it belongs in a thread.

One connection, used by one thread at a time. It knows nothing of batches, timers and the reactor.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from llamaswap.errors import LlamaSwapError
from llamaswap.metrics import schema_sql
from llamaswap.metrics.histogram import PERCENTILES, Spread, between, binning, rank
from llamaswap.metrics.queries import Filter, Query, where
from llamaswap.metrics.row import Row, Tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

BUSY = 5.0
"""Seconds to wait for another process that writes."""
PRUNED_AT_ONCE = 5000
"""Rows that one call of `prune` removes, at most."""
_MOST = 10**15
"""Greater counts, times and rates are nonsense; so many can be added up without an overflow."""
_RATED = "> 0 AND {0} < 1e300"


class StoreFailed(LlamaSwapError):
    """The activity cannot be stored, or read."""


class Keep(NamedTuple):
    """How much is kept; what is older goes. 0 = all."""

    rows: int = 0
    seconds: float = 0.0


class Written(NamedTuple):
    """What became of rows that were to be written, by their ids."""

    stored: list[int]
    lost: list[int]
    why: str = ""
    """Why the lost ones are."""


class Page(NamedTuple):
    """Rows of one page."""

    rows: list[Row]
    total: int
    """Rows that the filter lets through."""


class Stats(NamedTuple):
    """All rows, or those of one model, in sum."""

    requests: int
    input: int
    output: int
    cached: int
    prompt: Spread | None
    """Of the prompt's rates; None when there are none."""
    generation: Spread | None


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

    def prune(self, keep: Keep, now: float) -> None:
        """Remove what is beyond `keep`, or a part of it when it is much."""
        with self._transaction("IMMEDIATE"):
            if keep.rows:
                self._remove("id <= ?", self.last_id - keep.rows, "id")
            if keep.seconds:
                self._remove("ts_created < ?", math.floor(now - keep.seconds), "ts_created")

    def page(self, query: Query) -> Page:
        """One page."""
        texts, values = query.filter.conditions()
        ordered = f"{where(texts)} ORDER BY {query.ordering()} LIMIT ? OFFSET ?"
        with self._transaction("DEFERRED"):
            ((total,),) = self._run(f"SELECT COUNT(*) FROM activity{where(texts)}", values)
            found = self._run(schema_sql.SELECT + ordered, [*values, query.limit, query.offset])
        return Page([_row(each) for each in found], total)

    def part(self, filter: Filter, after: int | None, limit: int, *, descending: bool) -> list[Row]:
        """The next rows behind the one with the id `after`, by id."""
        texts, values = filter.conditions()
        texts = ["+" + text for text in texts]  # go along the ids: an index would have to be sorted for every part
        if after is not None:
            texts.append("id < ?" if descending else "id > ?")
            values.append(after)
        way = "DESC" if descending else "ASC"
        return [
            _row(each)
            for each in self._run(f"{schema_sql.SELECT}{where(texts)} ORDER BY id {way} LIMIT ?", [*values, limit])
        ]

    def stats(self, model: str) -> Stats:
        """Sums and rates of one model; of all for an empty name."""
        texts, values = (["model_id = ?"], [model]) if model else ([], [])
        sums = "COUNT(*), TOTAL(input_tokens), TOTAL(output_tokens), TOTAL(MAX(cache_tokens, 0))"
        with self._transaction("DEFERRED"):
            ((count, *totals),) = self._run(f"SELECT {sums} FROM activity{where(texts)}", values)
            prompt = self._spread("prompt_per_second", texts, values)
            generation = self._spread("tokens_per_second", texts, values)
        read, made, cached = map(int, totals)
        return Stats(count, read, made, cached, prompt, generation)

    @property
    def removed(self) -> bool:
        """The file is not there any more, or another stands in its place: what is written is seen by nobody."""
        return _place(self.path) != self._place

    def close(self) -> None:
        """Done with it."""
        with _told():
            self._connection.close()

    # -- within ----------------------------------------------------------------------------------------------------

    def _run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _told():
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
        with _told():
            self._connection.executemany(schema_sql.INSERT, [(id, *_values(row)) for id, row in rows])
        return [id for id, _ in rows]

    def _renumbered(self, rows: Sequence[tuple[int, Row]]) -> list[int]:
        with _told():
            inserted = (self._connection.execute(schema_sql.INSERT, (None, *_values(row))) for _, row in rows)
            return [int(cursor.lastrowid or 0) for cursor in inserted]

    def _remove(self, condition: str, value: float, column: str) -> None:
        chosen = f"SELECT id FROM activity WHERE {condition} ORDER BY {column} LIMIT {PRUNED_AT_ONCE}"
        self._run(f"DELETE FROM activity WHERE id IN ({chosen})", [value])

    def _last_id(self) -> int:
        ((greatest,),) = self._run("SELECT MAX(id) FROM activity")
        used = 0
        if self._run("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
            used = max(
                (seq for (seq,) in self._run("SELECT seq FROM sqlite_sequence WHERE name = 'activity'")), default=0
            )
        return max(greatest or 0, used)

    def _spread(self, column: str, texts: Sequence[str], values: Sequence[Any]) -> Spread | None:
        """Counted and sorted by SQLite, which does not hold up other threads."""
        rated = f"FROM activity{where([*texts, f'{column} ' + _RATED.format(column)])}"
        ((count, low, high),) = self._run(f"SELECT COUNT(*), MIN({column}), MAX({column}) {rated}", values)
        if not count:
            return None
        number, width = binning(count, low, high)
        bins = [0] * number
        index = f"MIN(CAST(({column} - ?) / ? AS INTEGER), ?)"
        counted = f"SELECT {index} AS bin, COUNT(*) {rated} GROUP BY bin"
        for bin, found in self._run(counted, [low, width or 1.0, number - 1, *values]):
            bins[bin] = found
        return Spread(tuple(bins), low, high, width, self._percentiles(column, rated, values, count))

    def _percentiles(self, column: str, rated: str, values: Sequence[Any], count: int) -> tuple[float, ...]:
        ranks = [rank(percent, count) for percent in PERCENTILES]
        wanted = sorted({min(index + step, count - 1) for index, _ in ranks for step in (0, 1)})
        sorted_by = f"SELECT {column} AS rate, ROW_NUMBER() OVER (ORDER BY {column}) - 1 AS place {rated}"
        picked = f"SELECT place, rate FROM ({sorted_by}) WHERE place IN ({', '.join('?' * len(wanted))})"
        at: Mapping[int, float] = dict(self._run(picked, [*values, *wanted]))
        return tuple(between(at[index], at[min(index + 1, count - 1)], fraction) for index, fraction in ranks)


def _place(path: str | None) -> tuple[int, int] | None:
    """Which file it is, if there is one."""
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


# -- rows ----------------------------------------------------------------------------------------------------------


def _values(row: Row) -> tuple[Any, ...]:
    """What is bound for a row, in the order of the columns. Whatever an engine claims, it can be stored."""
    tokens = row.tokens
    counts = (tokens.cached, tokens.drafted, tokens.accepted, tokens.input, tokens.output)
    rates = (tokens.prompt_rate, tokens.generation_rate)
    metadata = json.dumps(dict(row.metadata)) if row.metadata else ""
    return (
        _count(row.when),
        *map(_text, (row.model, row.path, row.content_type)),
        _count(row.status),
        *map(_count, counts),
        *map(_rate, rates),
        _count(row.duration_ms),
        _text(row.error),
        metadata,
    )


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _count(value: float) -> int:
    return int(min(max(value, -1), _MOST))


def _rate(value: float) -> float:
    return min(max(float(value), -1.0), float(_MOST)) if math.isfinite(value) else 0.0


def _row(found: tuple[Any, ...]) -> Row:
    id, when, model, path, kind, status, cached, drafted, accepted, read, made, prompt, rate, took, error, extra = found
    tokens = Tokens(read, made, cached, drafted, accepted, prompt, rate)
    return Row(id, when, model, path, kind, status, tokens, took, error, _metadata(extra))


def _metadata(text: str) -> Mapping[str, str]:
    """Another program may have written it."""
    with suppress(ValueError, RecursionError):
        found = json.loads(text) if text else {}
        if isinstance(found, dict):
            return {name: value for name, value in found.items() if isinstance(value, str)}
    return {}


# -- opening -------------------------------------------------------------------------------------------------------


def open_database(path: str | None) -> Database:
    """Open the file, and bring it up to date; None = an empty one in memory.

    Raises `StoreFailed` for a file that is no database, is damaged, is locked, or is a newer version's.
    """
    import sqlite3  # late: it is not small, and a server that stores nothing yet can do without

    with _told():
        connection = sqlite3.connect(path or ":memory:", timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            if path is not None:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                connection.execute("PRAGMA synchronous = NORMAL")
            _bring_up_to_date(connection)
            return Database(path, connection)
        except BaseException:
            connection.close()
            raise


def _bring_up_to_date(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)
    if version == 0:
        _begin(connection)
    for step in schema_sql.MIGRATIONS[max(version - 1, 0) :]:
        for statement in step:
            connection.execute(statement)
    if version < schema_sql.VERSION:
        connection.execute(f"PRAGMA application_id = {schema_sql.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema_sql.VERSION}")
    connection.execute("COMMIT")


def _version(connection: Connection) -> int:
    """Of the tables in there; 0 for an empty file, and for one of the original. Raises `StoreFailed`."""
    ((application,),) = connection.execute("PRAGMA application_id").fetchall()
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    fault = version_fault(application, version)
    if fault:
        raise StoreFailed(fault)
    return int(version) if application else 0


def version_fault(application: int, version: int) -> str:
    """Why a file that says so of itself cannot be used; empty when it can."""
    if application not in (0, schema_sql.APPLICATION):
        return "it is a database of another program"
    if application and version > schema_sql.VERSION:
        return f"a newer version of this program wrote it (its tables are version {version}, not {schema_sql.VERSION})"
    return ""


def _begin(connection: Connection) -> None:
    """Make the table, or what an older one lacks."""
    connection.execute(schema_sql.FIRST)
    there = {name for _, name, *_ in connection.execute("PRAGMA table_info(activity)")}
    if "id" not in there:
        raise StoreFailed("it has a table `activity` that is not one of requests")
    for column in schema_sql.COLUMNS:
        if column not in there:
            connection.execute(schema_sql.added(column))
    for statement in schema_sql.INDEXES:
        connection.execute(statement)


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite raises, in our words."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        raise StoreFailed(str(error)) from error


Opener = Callable[[str | None], Database]
