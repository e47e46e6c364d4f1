"""Opening the file of the activity, and bringing it up to date. Blocks: it belongs in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llamaswap.metrics import schema_sql
from llamaswap.metrics.database import Database, told
from llamaswap.metrics.storage import Unusable

if TYPE_CHECKING:
    from sqlite3 import Connection

BUSY = 5.0
"""Seconds to wait for another process that writes."""
Opener = Callable[[str | None], Database]
"""Opens the file of that name; one in memory for None. Raises `StoreFailed`."""


def open_database(path: str | None) -> Database:
    """Open the file, and bring it up to date; None = an empty one in memory.

    Raises `StoreFailed` for a file that is no database, is damaged, is locked, is a newer version's or another
    program's: that one is left as it is.
    """
    import sqlite3  # late: it is not small, and a server that stores nothing yet can do without

    with told():
        connection = sqlite3.connect(path or ":memory:", timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            if path is not None:
                _version(connection)  # before anything is changed
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
    fault = _version_fault(version) if application == schema_sql.APPLICATION else _foreign(connection, application)
    if fault:
        raise Unusable(fault)
    return int(version) if application else 0


def _version_fault(version: int) -> str:
    """Why a file of ours cannot be used; empty when it can."""
    if version > schema_sql.VERSION:
        return f"a newer version of this program wrote it (its tables are version {version}, not {schema_sql.VERSION})"
    return ""


def _foreign(connection: Connection, application: int) -> str:
    """Why a file that is not ours yet cannot become it; empty for an empty one, and for one of the original."""
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    if application or (kinds and kinds.get("activity") != "table"):
        return "it is a database of another program"
    if kinds and not schema_sql.NEEDED <= _columns(connection):
        return "it has a table `activity` that is not one of requests"
    return ""


def _columns(connection: Connection) -> set[str]:
    """Those that the table has."""
    return {name for _, name, *_ in connection.execute("PRAGMA table_info(activity)")}


def _begin(connection: Connection) -> None:
    """Make the table, or what an older one lacks."""
    connection.execute(schema_sql.FIRST)
    there = _columns(connection)
    for column in schema_sql.COLUMNS:
        if column not in there:
            connection.execute(schema_sql.added(column))
    for statement in schema_sql.INDEXES:
        connection.execute(statement)
